"""Batch transform jobs really send objects through the model."""

import gzip
import json
import re
import struct
import time
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError
from joblab import BUCKET, ENDED, ROLE, Lab, until

from sagelab.account.worker import StartError, Worker

SUM = """
import os
def model_fn(model_dir):
    return 10
def input_fn(body, content_type):
    if b"slow" in (body if isinstance(body, bytes) else body.encode()):
        import time
        time.sleep(30)
    return [[float(cell) for cell in line.split(",")] for line in body.strip().splitlines()]
def predict_fn(data, model):
    print("batch of", len(data))
    return [model + sum(row) for row in data]
def output_fn(prediction, accept):
    return "\\n".join(str(value) for value in prediction)
"""
ECHO = """
import json, os
def model_fn(model_dir): return None
def transform_fn(model, body, content_type, accept):
    print("got", len(body))
    value = json.loads(body)
    if value.get("bad"):
        raise ValueError("no such thing")
    return json.dumps({"seen": sorted(value), "stage": os.environ.get("STAGE")}), accept
"""
COUNT = """
def model_fn(model_dir): return None
def transform_fn(model, body, content_type, accept):
    return f"<{len(body)}>", "text/plain"
"""
GROUP = "/aws/sagemaker/TransformJobs"


@pytest.fixture(scope="module")
def lab(account):
    return Lab(account)


@pytest.fixture(scope="module")
def summing(lab):
    return lab.model(SUM)


def transform(lab, model, source, wait=True, **request):
    """Start a transform job and wait for its end; the description and the output folder."""
    name = lab.unique("transform")
    out = f"s3://{BUCKET}/out/{name}"
    split = {k: request.pop(k) for k in ("ContentType", "SplitType", "CompressionType") if k in request}
    kept = {k: request.pop(k) for k in ("Accept", "AssembleWith") if k in request}
    kind = request.pop("S3DataType", "S3Prefix")
    lab.sm.create_transform_job(
        **{
            "TransformJobName": name,
            "ModelName": model,
            "TransformInput": {
                "DataSource": {"S3DataSource": {"S3DataType": kind, "S3Uri": source}},
                "ContentType": "text/csv",
                **split,
            },
            "TransformOutput": {"S3OutputPath": out, **kept},
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
            **request,
        }
    )
    return (ended(lab, name), out) if wait else (name, out)


def ended(lab, name):
    return until(
        lambda: lab.sm.describe_transform_job(TransformJobName=name),
        lambda job: job["TransformJobStatus"] in ENDED,
    )


def batches(lab, job):
    return [line for line in lab.log(GROUP, job["TransformJobName"]) if line.startswith(("batch of", "got"))]


def test_each_object_becomes_an_out_object_in_the_same_order_and_folder(lab, summing):
    lab.put("in/two/a.csv", "1,2\n3,4\n")
    lab.put("in/two/deep/b.csv", "5,6\n")

    job, out = transform(lab, summing, f"s3://{BUCKET}/in/two/", SplitType="Line", AssembleWith="Line")

    assert job["TransformJobStatus"] == "Completed"
    assert job["CreationTime"] <= job["TransformStartTime"] <= job["TransformEndTime"]
    assert lab.keys(out.removeprefix(f"s3://{BUCKET}/")) == [
        f"out/{job['TransformJobName']}/a.csv.out",
        f"out/{job['TransformJobName']}/deep/b.csv.out",
    ]
    assert lab.get(f"{out}/a.csv.out") == b"13.0\n17.0\n"
    assert lab.get(f"{out}/deep/b.csv.out") == b"21.0\n"


def test_a_transform_answers_what_the_endpoint_answers(lab, summing):
    from joblab import variant

    rows = [f"{n},{n * n}" for n in range(50)]
    lab.put("in/same/rows.csv", "\n".join(rows))
    endpoint = lab.endpoint(lab.config(variant("AllTraffic", summing)))
    direct = [lab.ask(endpoint, row) for row in rows[:5]]

    _, out = transform(lab, summing, f"s3://{BUCKET}/in/same/rows.csv", SplitType="Line", AssembleWith="Line")

    answers = lab.get(f"{out}/rows.csv.out").decode().split()
    assert answers == [str(10.0 + n + n * n) for n in range(50)]
    assert answers[:5] == direct


def test_single_record_asks_once_a_line_and_multi_record_fills_the_payload(lab, summing):
    source = lab.put("in/lines.csv", "1,1\n2,2\n3,3\n")

    single, out = transform(
        lab, summing, source, SplitType="Line", BatchStrategy="SingleRecord", AssembleWith="Line"
    )
    multi, _ = transform(lab, summing, source, SplitType="Line", MaxConcurrentTransforms=3)

    assert lab.get(f"{out}/lines.csv.out") == b"12.0\n14.0\n16.0\n"
    assert batches(lab, single) == ["batch of 1"] * 3
    assert batches(lab, multi) == ["batch of 3"]


def test_filters_choose_what_the_model_sees_and_what_is_kept(lab, summing):
    """AWS's own example: the id goes not to the model, and comes back beside the answer."""
    source = lab.put("in/ids.csv", 'id-1,1,2\n"id, two",3,4\n')
    processing = {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"}

    job, out = transform(
        lab,
        summing,
        source,
        SplitType="Line",
        AssembleWith="Line",
        Accept="text/csv",
        DataProcessing=processing,
    )

    assert job["DataProcessing"] == processing
    assert lab.get(f"{out}/ids.csv.out") == b'id-1,13.0\n"id, two",17.0\n'


def test_json_records_get_the_answer_as_a_member_and_environment_reaches_the_model(lab):
    source = lab.put("in/rows.jsonl", '{"id": 1, "x": {"a": 2}}\n{"id": 2, "x": {"b": 3}}\n')

    _, out = transform(
        lab,
        lab.model(ECHO),
        source,
        ContentType="application/jsonlines",
        Accept="application/jsonlines",
        SplitType="Line",
        BatchStrategy="SingleRecord",
        DataProcessing={
            "InputFilter": "$.x",
            "JoinSource": "Input",
            "OutputFilter": "$['id','SageMakerOutput']",
        },
        Environment={"STAGE": "batch"},
        AssembleWith="Line",
    )

    found = [json.loads(line) for line in lab.get(f"{out}/rows.jsonl.out").splitlines()]
    assert found == [
        {"id": 1, "SageMakerOutput": {"seen": ["a"], "stage": "batch"}},
        {"id": 2, "SageMakerOutput": {"seen": ["b"], "stage": "batch"}},
    ]


def test_a_bad_record_fails_the_job_but_the_other_objects_are_kept(lab):
    lab.put("in/mixed/a.json", '{"x": 1}')
    lab.put("in/mixed/b.json", '{"bad": true}')
    lab.put("in/mixed/c.json", '{"y": 1}')

    job, _ = transform(
        lab,
        lab.model(ECHO),
        f"s3://{BUCKET}/in/mixed",
        ContentType="application/json",
        ModelClientConfig={"InvocationsMaxRetries": 1},
    )

    name = job["TransformJobName"]
    log = lab.log(GROUP, f"{name}/")
    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: See job logs for more information"
    assert lab.keys(f"out/{name}") == [f"out/{name}/a.json.out", f"out/{name}/c.json.out"]
    assert any("in/mixed/b.json: AlgorithmError: 500, Message: no such thing" in line for line in log)
    assert len([line for line in log if line == "got 13"]) == 2


def test_an_object_larger_than_the_payload_is_the_clients_error(lab, summing):
    source = lab.put("in/big.csv", "1" * (1024 * 1024 + 1))

    job, _ = transform(lab, summing, source, MaxPayloadInMB=1)

    assert job["FailureReason"] == "ClientError: See job logs for more information"
    assert any(
        "Too much data for max payload size" in line for line in lab.log(GROUP, job["TransformJobName"])
    )


def test_gzip_is_unpacked_and_a_manifest_names_the_objects(lab, summing):
    lab.put("in/packed/a.csv", gzip.compress(b"1,2\n"))
    lab.put("in/packed/not-listed.csv", b"?")
    manifest = [{"prefix": f"s3://{BUCKET}/in/packed/"}, "a.csv"]
    source = lab.put("in/one.manifest", json.dumps(manifest))

    job, out = transform(
        lab,
        summing,
        source,
        S3DataType="ManifestFile",
        CompressionType="Gzip",
        SplitType="Line",
        AssembleWith="Line",
    )

    assert job["TransformJobStatus"] == "Completed"
    assert lab.get(f"{out}/a.csv.out") == b"13.0\n"


def test_recordio_and_tfrecord_are_cut_at_their_own_frames(lab):
    counting = lab.model(COUNT)
    recordio = b"".join(struct.pack("<II", 0xCED7230A, size) + b"x" * (size + -size % 4) for size in (5, 8))
    tfrecord = b"".join(struct.pack("<QI", size, 0) + b"x" * size + b"\0\0\0\0" for size in (5, 8))

    for split, data, wanted in (
        ("RecordIO", recordio, b"<16>\n<16>\n"),
        ("TFRecord", tfrecord, b"<21>\n<24>\n"),
    ):
        source = lab.put(f"in/{split}", data)
        _, out = transform(
            lab,
            counting,
            source,
            ContentType="application/x-recordio",
            SplitType=split,
            BatchStrategy="SingleRecord",
            AssembleWith="Line",
        )
        assert lab.get(f"{out}/{split}.out") == wanted


def test_data_capture_lists_what_was_read_and_written_and_gives_each_answer_an_id(lab, summing):
    source = lab.put("in/captured/a.csv", "1,2\n3,4\n")
    capture = {"DestinationS3Uri": f"s3://{BUCKET}/captured", "GenerateInferenceId": True}

    job, out = transform(
        lab, summing, source, SplitType="Line", AssembleWith="Line", DataCaptureConfig=capture
    )

    rows = [line.split(",") for line in lab.get(f"{out}/a.csv.out").decode().split()]
    hour = job["CreationTime"].strftime("%Y/%m/%d/%H")
    sides = {
        side: [json.loads(lab.get(f"s3://{BUCKET}/{key}")) for key in lab.keys(f"captured/{side}/{hour}/")]
        for side in ("input", "output")
    }
    assert [row[0] for row in rows] == ["13.0", "17.0"]
    assert len({row[1] for row in rows}) == 2
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", rows[0][2])
    assert sides["input"] == [[{"prefix": f"s3://{BUCKET}/in/captured/"}, "a.csv"]]
    assert sides["output"] == [[{"prefix": f"{out}/"}, "a.csv.out"]]


def test_objects_are_shared_out_among_instances(lab, summing):
    for number in range(3):
        lab.put(f"in/shared/{number}.csv", f"{number},0\n")

    job, out = transform(
        lab,
        summing,
        f"s3://{BUCKET}/in/shared/",
        SplitType="Line",
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 2},
    )

    streams = lab.logs.describe_log_streams(
        logGroupName=GROUP, logStreamNamePrefix=f"{job['TransformJobName']}/"
    )["logStreams"]
    assert len([s for s in streams if not s["logStreamName"].endswith("data-log")]) == 2
    assert [lab.get(f"{out}/{n}.csv.out").strip() for n in range(3)] == [b"10.0", b"11.0", b"12.0"]


def test_the_containers_of_a_pipeline_hand_the_answer_on(lab, summing):
    first = lab.sm.describe_model(ModelName=summing)["PrimaryContainer"]
    name = lab.unique("pipeline")
    lab.sm.create_model(ModelName=name, ExecutionRoleArn=ROLE, Containers=[first, first])
    source = lab.put("in/chained.csv", "1,2\n3,4\n")

    _, out = transform(lab, name, source, SplitType="Line", BatchStrategy="SingleRecord", Accept="text/csv")

    assert lab.get(f"{out}/chained.csv.out") == b"23.027.0"


def test_a_job_can_be_stopped_while_the_model_thinks(lab, summing):
    source = lab.put("in/slow.csv", "slow")
    name, out = transform(lab, summing, source, wait=False)
    until(
        lambda: lab.sm.describe_transform_job(TransformJobName=name), lambda job: "TransformStartTime" in job
    )

    began = time.monotonic()
    lab.sm.stop_transform_job(TransformJobName=name)
    job = ended(lab, name)

    assert job["TransformJobStatus"] == "Stopped"
    assert time.monotonic() - began < 10
    assert lab.keys(out.removeprefix(f"s3://{BUCKET}/")) == []
    with pytest.raises(ClientError, match="transform job is in status Stopped"):
        lab.sm.stop_transform_job(TransformJobName=name)


def test_a_container_that_is_closed_while_it_is_fetched_is_not_a_fault_of_the_account(tmp_path, monkeypatch):
    log = SimpleNamespace(add=lambda line: None, close=lambda: None)
    plane = SimpleNamespace(client=lambda service: None)
    model = {"PrimaryContainer": {"ModelDataUrl": "s3://bucket/model.tar.gz"}}
    worker = Worker(plane, tmp_path / "instance", "variant", model, log)

    def unpack(client, url, folder):
        worker.close()  # a stop that comes now
        (folder / "model.txt").write_text("late")

    monkeypatch.setattr("sagelab.account.s3.unpack", unpack)
    with pytest.raises(StartError, match="closed while it came up"):
        worker.prepare()
    assert not (tmp_path / "instance").exists()


def test_data_or_model_that_is_not_there_fails_the_job(lab, summing):
    nowhere, _ = transform(lab, summing, f"s3://{BUCKET}/in/nowhere/")
    dead = lab.model("raise RuntimeError('never starts')")
    source = lab.put("in/any.csv", "1")
    never, _ = transform(lab, dead, source)

    assert nowhere["FailureReason"].startswith("ClientError: No S3 objects found under S3 URL")
    assert never["FailureReason"] == "AlgorithmError: See job logs for more information"
    assert any("never starts" in line for line in lab.log(GROUP, never["TransformJobName"]))


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ({"MaxPayloadInMB": 50, "MaxConcurrentTransforms": 3}, "must not exceed 100 MB"),
        ({"S3DataType": "AugmentedManifestFile"}, "not compatible with batch transform"),
        ({"DataProcessing": {"InputFilter": "[1:]"}}, "must begin with"),
        ({"DataProcessing": {"OutputFilter": "$[a]"}}, "neither a number"),
        (
            {"DataProcessing": {"JoinSource": "Input"}, "ContentType": "image/png"},
            "need a TransformInput.ContentType",
        ),
        ({"TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 99}}, "at most 4 instances"),
        ({"ModelName": "no-such-model"}, "Could not find model"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(lab, summing, request_, sentence):
    with pytest.raises(ClientError, match="ValidationException") as refused:
        transform(lab, summing, f"s3://{BUCKET}/in/any.csv", wait=False, **request_)

    assert sentence in str(refused.value)


def test_jobs_are_listed_by_status_and_carry_tags(lab, summing):
    source = lab.put("in/tagged.csv", "1")
    job, _ = transform(lab, summing, source, Tags=[{"Key": "team", "Value": "risk"}])

    listed = lab.sm.list_transform_jobs(StatusEquals="Completed", NameContains=job["TransformJobName"])

    assert [each["TransformJobName"] for each in listed["TransformJobSummaries"]] == [job["TransformJobName"]]
    assert lab.sm.list_tags(ResourceArn=job["TransformJobArn"])["Tags"] == [{"Key": "team", "Value": "risk"}]
