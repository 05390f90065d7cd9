"""Endpoints really answer."""

import json
import os
import re
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from botocore.exceptions import ClientError
from joblab import BUCKET, ROLE, Lab, until, variant

from sagelab.account import images, worker

ECHO = """
import pathlib
def model_fn(model_dir):
    return pathlib.Path(model_dir, "model.txt").read_text()
def input_fn(body, content_type):
    return [content_type, body]
def predict_fn(data, model):
    return [model, *data]
def output_fn(prediction, accept):
    return f"{prediction} for {accept}", "text/plain"
"""
NAMED = """
def model_fn(model_dir): return {name!r}
def input_fn(body, content_type): return body
def predict_fn(data, model): return model
def output_fn(prediction, accept): return prediction
"""
FAILING = """
class BadRequest(Exception):
    status_code = 400
def model_fn(model_dir): return None
def input_fn(body, content_type): return body
def predict_fn(data, model):
    if data == "bad": raise BadRequest("a row has 23 columns")
    if data == "crash": import os; os._exit(3)
    if data == "wrong": raise ValueError("column 4 is empty")
    return "fine"
def output_fn(prediction, accept): return prediction
"""


@pytest.fixture(scope="module")
def lab(account):
    return Lab(account)


@pytest.fixture(scope="module")
def echo(lab):
    return lab.serve(ECHO)


@pytest.fixture(scope="module")
def failing(lab):
    return lab.serve(FAILING)


# -- the container's contract ----------------------------------------------------------------------------------
def test_an_endpoint_answers_through_the_scripts_four_functions(lab, echo):
    assert lab.ask(echo, "1,2", Accept="text/csv") == "['7', 'text/csv', '1,2'] for text/csv"


def test_the_answer_names_content_type_and_variant(lab, echo):
    answer = lab.runtime.invoke_endpoint(EndpointName=echo, Body=b"1", ContentType="text/csv")

    assert (answer["ContentType"].partition(";")[0], answer["InvokedProductionVariant"]) == (
        "text/plain",
        "AllTraffic",
    )


def test_text_comes_as_text_and_everything_else_as_bytes(lab, echo):
    assert "'text/csv; charset=utf-8', 'é'" in lab.ask(echo, "é", "text/csv; charset=utf-8")
    assert "b'{}\\n{}\\n'" in lab.ask(echo, "{}\n{}\n", "application/jsonlines")


def test_the_default_answer_is_json_as_in_awss_containers(lab, echo):
    assert lab.ask(echo).endswith("for application/json")


def test_a_script_of_model_fn_alone_predicts_from_csv_and_json(lab):
    script = """
class Doubler:
    def predict(self, X): return (2 * X).sum(axis=1)
def model_fn(model_dir): return Doubler()
"""
    endpoint = lab.serve(script)

    assert json.loads(lab.ask(endpoint, "1,2\n3,4\n")) == [6.0, 14.0]
    assert json.loads(lab.ask(endpoint, "[[1, 2]]", "application/json")) == [6.0]
    assert lab.ask(endpoint, "1,2\n3,4\n", Accept="text/csv") == "6.0\n14.0\n"
    with pytest.raises(ClientError, match=r"Received client error \(415\) .* text/xml is not supported"):
        lab.ask(endpoint, "<a/>", "text/xml")


def test_transform_fn_replaces_the_three_others(lab):
    script = """
def model_fn(model_dir): return "m"
def transform_fn(model, body, content_type, accept): return f"{model} {body}", "text/plain"
"""
    assert lab.ask(lab.serve(script), "x") == "m x"


def test_custom_attributes_go_to_the_model_and_come_back_when_it_sets_them(lab):
    script = """
NAME = "X-Amzn-SageMaker-Custom-Attributes"
def model_fn(model_dir): return "m"
def input_fn(body, content_type, context):
    context.set_response_header(0, NAME, "Trace ID: " + context.get_request_header(0, NAME))
    return context.get_request_header(0, "X-Amzn-SageMaker-Inference-Id")
def predict_fn(data, model): return data
def output_fn(prediction, accept): return prediction
"""
    answer = lab.runtime.invoke_endpoint(
        EndpointName=lab.serve(script),
        Body=b"",
        ContentType="text/csv",
        CustomAttributes="42",
        InferenceId="client-1",
    )

    assert answer["CustomAttributes"] == "Trace ID: 42"
    assert answer["Body"].read() == b"client-1"


def test_code_in_the_models_own_archive_is_found(lab):
    name = lab.unique("model")
    data = lab.archive(**{"code/inference_py": NAMED.format(name="from the archive")})
    container = {"Image": images.uri("scikit-learn"), "ModelDataUrl": data}
    environment = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
    lab.sm.create_model(
        ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={**container, "Environment": environment}
    )

    assert lab.ask(lab.endpoint(lab.config(variant("v", name)))) == "from the archive"


def test_a_worker_imports_no_pandas_of_its_own(lab):
    script = """
import sys
def model_fn(model_dir): return [name for name in ("pandas", "numpy", "boto3", "sagelab") if name in sys.modules]
def predict_fn(data, model): return model
def input_fn(body, content_type): return body
def output_fn(prediction, accept): return str(prediction)
"""
    assert lab.ask(lab.serve(script)) == "[]"


def test_what_a_model_prints_is_in_the_endpoints_log(lab):
    script = "print('module loaded')\n" + NAMED.format(name="x")
    endpoint = lab.serve(script)

    lines = until(lambda: endpoint_log(lab, endpoint), bool)

    assert lines == ["module loaded"]


def endpoint_log(lab, endpoint, variant_name="AllTraffic"):
    try:
        return lab.log(f"/aws/sagemaker/Endpoints/{endpoint}", variant_name + "/i-")
    except ClientError:
        return []


# -- describe --------------------------------------------------------------------------------------------------
def test_describe_shows_variants_and_images(lab, echo):
    record = lab.sm.describe_endpoint(EndpointName=echo)
    shown = record["ProductionVariants"][0]

    assert record["EndpointStatus"] == "InService"
    assert (shown["VariantName"], shown["CurrentWeight"], shown["CurrentInstanceCount"]) == (
        "AllTraffic",
        1.0,
        1,
    )
    assert shown["DeployedImages"][0]["SpecifiedImage"] == images.uri("scikit-learn")


# -- what goes wrong -------------------------------------------------------------------------------------------
def test_a_model_that_fails_is_a_model_error_with_its_own_message(lab, failing):
    with pytest.raises(lab.runtime.exceptions.ModelError) as caught:
        lab.ask(failing, "wrong")

    answer = caught.value.response
    assert (answer["OriginalStatusCode"], answer["OriginalMessage"]) == (500, "column 4 is empty")
    assert answer["Error"]["Message"].startswith(
        'Received server error (500) from primary with message "column 4 is empty". See https://'
    )
    assert f"group=/aws/sagemaker/Endpoints/{failing} in account 123456789012" in answer["Error"]["Message"]


def test_a_model_may_blame_the_client(lab, failing):
    with pytest.raises(ClientError, match=r"Received client error \(400\) .*a row has 23 columns") as caught:
        lab.ask(failing, "bad")

    assert caught.value.response["OriginalStatusCode"] == 400


def test_the_traceback_of_a_failing_model_is_in_the_log(lab, failing):
    with pytest.raises(ClientError):
        lab.ask(failing, "wrong")

    until(lambda: endpoint_log(lab, failing), lambda lines: "ValueError: column 4 is empty" in lines)


def test_a_model_that_crashes_is_started_again(lab, failing):
    with pytest.raises(ClientError, match=r"exit code 3\); it is started again"):
        lab.ask(failing, "crash")

    assert lab.ask(failing, "good") == "fine"


def test_a_body_over_six_mebibytes_is_refused(lab, echo):
    with pytest.raises(ClientError, match="Member must have length less than or equal to 6291456") as caught:
        lab.ask(echo, b"0" * 6_291_457)

    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert "0000" in lab.ask(echo, b"0" * 6_291_456)


def test_an_endpoint_or_variant_that_is_not_there_is_a_validation_error(lab, echo):
    with pytest.raises(
        lab.runtime.exceptions.ValidationError, match="Endpoint no-such of account 123456789012 not found"
    ):
        lab.ask("no-such")
    with pytest.raises(lab.runtime.exceptions.ValidationError, match="Variant red"):
        lab.ask(echo, TargetVariant="red")


@pytest.mark.parametrize(
    "script",
    [
        "def model_fn(model_dir): raise OSError('no such model file')",
        "import no_such_module",
        "x = 1",
        "def (",
    ],
    ids=["model_fn raises", "import fails", "no model_fn", "syntax"],
)
def test_a_script_that_does_not_come_up_fails_the_endpoint_in_awss_words(lab, script):
    endpoint = lab.serve(script)
    record = lab.sm.describe_endpoint(EndpointName=endpoint)

    assert record["EndpointStatus"] == "Failed"
    assert record["FailureReason"] == (
        "The primary container for production variant AllTraffic did not pass the ping health check. "
        "Please check CloudWatch logs for this endpoint."
    )
    assert any("Error" in line for line in endpoint_log(lab, endpoint))
    with pytest.raises(ClientError, match="not found"):
        lab.ask(endpoint)


def test_model_data_that_is_gone_fails_the_endpoint(lab):
    model = lab.model(ECHO)
    url = lab.sm.describe_model(ModelName=model)["PrimaryContainer"]["ModelDataUrl"]
    lab.s3.delete_object(Bucket=BUCKET, Key=url.removeprefix(f"s3://{BUCKET}/"))

    endpoint = lab.endpoint(lab.config(variant("v", model)))

    reason = lab.sm.describe_endpoint(EndpointName=endpoint)["FailureReason"]
    assert reason.startswith(f'Failed to download model data for container "container_1" from URL: "{url}"')


# -- references ------------------------------------------------------------------------------------------------
def test_references_are_checked_at_create(lab):
    with pytest.raises(ClientError, match='Could not find model "arn'):
        lab.config(variant("v", "no-such-model"))
    with pytest.raises(ClientError, match='Could not find endpoint configuration "arn'):
        lab.endpoint("no-such-config")
    with pytest.raises(ClientError, match=re.escape("Could not find model data at s3://jobs/gone.tar.gz.")):
        lab.model(ECHO, ModelDataUrl=f"s3://{BUCKET}/gone.tar.gz")
    with pytest.raises(ClientError, match=re.escape(images.uri("scikit-learn"))):
        lab.model(ECHO, Image="someone/elses:latest")
    with pytest.raises(ClientError, match="Images that work"):
        lab.model(ECHO, Image=images.uri("clarify"))


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"variants": [("a", 1.0), ("a", 1.0)]}, "must be unique"),
        ({"variants": [("a", 0.0)]}, "weight above 0"),
    ],
)
def test_a_configuration_that_cannot_be_hosted_is_refused(lab, more, sentence):
    model = lab.model(ECHO)
    variants = [variant(name, model, weight) for name, weight in more.pop("variants", [("v", 1.0)])]

    with pytest.raises(ClientError, match=sentence):
        lab.config(*variants, **more)


# -- variants and updates --------------------------------------------------------------------------------------
@pytest.fixture
def two(lab):
    """An endpoint with variants blue and green, 3 to 1."""
    blue, green = lab.model(NAMED.format(name="blue")), lab.model(NAMED.format(name="green"))
    return lab.endpoint(lab.config(variant("blue", blue, 3), variant("green", green, 1)))


def test_weights_share_the_traffic_and_target_variant_overrides_them(lab, two):
    answers = Counter(lab.ask(two) for _ in range(200))

    assert 130 <= answers["blue"] <= 170
    assert answers["blue"] + answers["green"] == 200
    assert {lab.ask(two, TargetVariant="green") for _ in range(5)} == {"green"}


def test_new_weights_count_at_once_and_are_described(lab, two):
    lab.sm.update_endpoint_weights_and_capacities(
        EndpointName=two,
        DesiredWeightsAndCapacities=[
            {"VariantName": "blue", "DesiredWeight": 0},
            {"VariantName": "green", "DesiredInstanceCount": 3},
        ],
    )

    assert {lab.ask(two) for _ in range(20)} == {"green"}
    lab.settled(two)
    shown = {v["VariantName"]: v for v in lab.sm.describe_endpoint(EndpointName=two)["ProductionVariants"]}
    assert (shown["blue"]["CurrentWeight"], shown["green"]["CurrentInstanceCount"]) == (0.0, 3)


def test_weights_of_a_variant_that_is_not_there_are_refused(lab, two):
    with pytest.raises(ClientError, match='"red" is/are not present within endpoint configuration'):
        lab.sm.update_endpoint_weights_and_capacities(
            EndpointName=two, DesiredWeightsAndCapacities=[{"VariantName": "red", "DesiredWeight": 1}]
        )


def test_an_update_fails_no_request(lab, echo):
    endpoint = lab.endpoint(lab.config(variant("v", lab.model(NAMED.format(name="old")))))
    new = lab.config(variant("v", lab.model(NAMED.format(name="new"))))

    def ask_until_new(_):
        answers = [lab.ask(endpoint)]
        while answers[-1] != "new":
            answers.append(lab.ask(endpoint))
        return answers

    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask_until_new, n) for n in range(4)]
        lab.sm.update_endpoint(EndpointName=endpoint, EndpointConfigName=new)
        answers = [answer for future in asked for answer in future.result()]

    assert set(answers) == {"old", "new"}
    assert (
        until(
            lambda: lab.sm.describe_endpoint(EndpointName=endpoint),
            lambda e: e["EndpointStatus"] == "InService",
        )["EndpointConfigName"]
        == new
    )


def test_an_update_waits_for_the_requests_on_their_way(lab, tmp_path):
    asked, go_on = tmp_path / "asked", tmp_path / "go-on"
    os.mkfifo(asked)
    os.mkfifo(go_on)
    script = f"""
def model_fn(model_dir): return None
def input_fn(body, content_type): return body
def predict_fn(data, model):
    open({str(asked)!r}, "w").close()
    return open({str(go_on)!r}).read()
def output_fn(prediction, accept): return prediction
"""
    endpoint = lab.endpoint(lab.config(variant("v", lab.model(script))))
    new = lab.config(variant("v", lab.model(NAMED.format(name="new"))))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lab.ask, endpoint)
        asked.read_text()
        lab.sm.update_endpoint(EndpointName=endpoint, EndpointConfigName=new)
        lab.settled(endpoint)
        assert lab.ask(endpoint) == "new"
        go_on.write_text("answered by the old one")

        assert waiting.result() == "answered by the old one"


def test_an_update_ends_the_old_process(lab):
    script = "import os\n" + NAMED.replace("{name!r}", "str(os.getpid())")
    config = lab.config(variant("v", lab.model(script)))
    endpoint = lab.endpoint(config)
    old = int(lab.ask(endpoint))

    lab.sm.update_endpoint(EndpointName=endpoint, EndpointConfigName=config)
    lab.settled(endpoint)

    assert int(lab.ask(endpoint)) != old
    until(lambda: psutil.pid_exists(old), lambda alive: not alive)


def test_an_update_may_keep_the_weights_and_only_when_it_says_so(lab, two):
    config = lab.sm.describe_endpoint(EndpointName=two)["EndpointConfigName"]
    lab.sm.update_endpoint_weights_and_capacities(
        EndpointName=two, DesiredWeightsAndCapacities=[{"VariantName": "green", "DesiredWeight": 8}]
    )

    def green_after(**request):
        lab.sm.update_endpoint(EndpointName=two, EndpointConfigName=config, **request)
        return {v["VariantName"]: v["CurrentWeight"] for v in lab.settled(two)["ProductionVariants"]}["green"]

    assert [green_after(RetainAllVariantProperties=True), green_after()] == [8.0, 1.0]


def test_a_failed_update_leaves_the_old_variant_in_service(lab):
    old = lab.config(variant("v", lab.model(NAMED.format(name="old"))))
    endpoint = lab.endpoint(old)
    lab.sm.update_endpoint(
        EndpointName=endpoint, EndpointConfigName=lab.config(variant("v", lab.model("def (")))
    )

    record = lab.settled(endpoint)

    assert (record["EndpointStatus"], record["EndpointConfigName"]) == ("InService", old)
    assert "did not pass the ping health check" in record["FailureReason"]
    assert lab.ask(endpoint) == "old"


def test_an_endpoint_on_its_way_cannot_be_updated(lab):
    config = lab.config(variant("v", lab.model("import time; time.sleep(30)")))
    name = lab.unique("endpoint")
    lab.sm.create_endpoint(EndpointName=name, EndpointConfigName=config)

    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        lab.sm.update_endpoint(EndpointName=name, EndpointConfigName=config)

    lab.sm.delete_endpoint(EndpointName=name)
    with pytest.raises(ClientError, match="Could not find"):
        lab.sm.describe_endpoint(EndpointName=name)


def test_an_endpoint_may_outlive_its_configuration_and_model(lab):
    model = lab.model(NAMED.format(name="alive"))
    config = lab.config(variant("v", model))
    endpoint = lab.endpoint(config)

    lab.sm.delete_endpoint_config(EndpointConfigName=config)
    lab.sm.delete_model(ModelName=model)

    assert lab.ask(endpoint) == "alive"


def test_a_deleted_endpoint_answers_no_more_and_its_name_is_free(lab):
    config = lab.config(variant("v", lab.model(NAMED.format(name="first"))))
    endpoint = lab.endpoint(config)

    lab.sm.delete_endpoint(EndpointName=endpoint)

    with pytest.raises(ClientError, match="not found"):
        lab.ask(endpoint)
    lab.sm.create_endpoint(EndpointName=endpoint, EndpointConfigName=config)
    lab.settled(endpoint)
    assert lab.ask(endpoint) == "first"


# -- metrics ---------------------------------------------------------------------------------------------------
def test_invocations_and_latencies_are_in_cloudwatch(lab):
    endpoint = lab.serve(FAILING)
    for body in ("good", "good", "bad", "wrong"):
        try:
            lab.ask(endpoint, body)
        except ClientError:
            continue

    def total(metric, statistic="Sum"):
        now = lab.account.clock.now()
        points = lab.cloudwatch.get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=metric,
            Dimensions=[
                {"Name": "EndpointName", "Value": endpoint},
                {"Name": "VariantName", "Value": "AllTraffic"},
            ],
            StartTime=now.replace(year=now.year - 1),
            EndTime=now.replace(year=now.year + 1),
            Period=86400 * 365 * 2,
            Statistics=[statistic],
        )["Datapoints"]
        return sum(point[statistic] for point in points)

    until(lambda: total("Invocations"), lambda count: count == 4)
    assert (total("Invocation4XXErrors"), total("Invocation5XXErrors"), total("InvocationModelErrors")) == (
        1,
        1,
        2,
    )
    assert total("ModelLatency", "SampleCount") == total("OverheadLatency", "SampleCount") == 2
    assert total("ModelLatency") > 0


def test_an_endpoint_that_is_deleted_on_its_way_up_leaves_no_process(lab, tmp_path):
    note = tmp_path / "started"
    script = f"import os, pathlib, signal; pathlib.Path({str(note)!r}).write_text(str(os.getpid())); signal.pause()"
    name = lab.unique("endpoint")
    config = lab.config(variant("v", lab.model(script)))
    lab.sm.create_endpoint(EndpointName=name, EndpointConfigName=config)
    pid = int(until(lambda: note.exists() and note.read_text(), bool))

    lab.sm.delete_endpoint(EndpointName=name)

    until(lambda: psutil.pid_exists(pid), lambda alive: not alive)


def test_a_model_that_answers_too_late_is_told_in_awss_words():
    """Straight to a worker, whose caller may say how long it waits."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mute = worker.Worker(None, None, "v", {"PrimaryContainer": {"Image": "x"}}, None)
        mute._port = silent.getsockname()[1]

        with pytest.raises(worker.ModelError, match="Your invocation timed out") as caught:
            mute.invoke(b"1", {}, 0.05)

    assert caught.value.status == 0
