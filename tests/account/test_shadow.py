"""Shadow variants see a copy of the traffic; several instances, containers and models behind one endpoint."""

import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from botocore.exceptions import ClientError
from hostlab import NAMED, PID, SLOW, metric, pids
from joblab import BUCKET, ROLE, Lab, until, variant

from sagelab.account import images

COUNTED = """
import pathlib
def model_fn(model_dir): return pathlib.Path({note!r})
def input_fn(body, content_type): return body
def predict_fn(data, model):
    with model.open("a") as file: file.write(data + "\\n")
    return {answer!r}
def output_fn(prediction, accept): return prediction, "text/plain"
"""
PART = """
def model_fn(model_dir): return None
def input_fn(body, content_type): return body
def predict_fn(data, model): return data + {name!r}
def output_fn(prediction, accept): return prediction, "text/csv"
"""


@pytest.fixture(scope="module")
def lab(account):
    return Lab(account)


# -- shadow variants -----------------------------------------------------------------------------------------------
def shadowed(lab, tmp_path, weight=1.0, **more):
    """An endpoint with a shadow variant; where each of the two notes what it was asked."""
    notes = [tmp_path / name for name in ("production", "shadow")]
    models = [lab.model(COUNTED.format(note=str(note), answer=note.name)) for note in notes]
    config = lab.config(
        variant("live", models[0]), ShadowProductionVariants=[variant("shadow", models[1], weight)], **more
    )
    return lab.endpoint(config), notes


def test_the_shadow_sees_the_requests_and_the_caller_never_its_answers(lab, tmp_path):
    endpoint, (_, note) = shadowed(lab, tmp_path)

    assert {lab.ask(endpoint, str(number)) for number in range(10)} == {"production"}
    seen = until(lambda: note.read_text().split() if note.exists() else [], lambda lines: len(lines) == 10)

    assert sorted(map(int, seen)) == list(range(10))
    shown = lab.sm.describe_endpoint(EndpointName=endpoint)
    assert [v["VariantName"] for v in shown["ShadowProductionVariants"]] == ["shadow"]


def test_the_shadow_is_metered_and_captured_under_its_own_name(lab, tmp_path):
    prefix = f"s3://{BUCKET}/{lab.unique('capture')}"
    modes = [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}]
    capture = {"InitialSamplingPercentage": 100, "DestinationS3Uri": prefix, "CaptureOptions": modes}
    endpoint, (_, note) = shadowed(lab, tmp_path, DataCaptureConfig=capture)

    lab.ask(endpoint, "42")
    until(note.exists, bool)
    until(lambda: metric(lab, endpoint, "Invocations", variant="shadow"), lambda count: count == 1)
    lab.account.clock.step(seconds=1)

    (key,) = lab.keys(f"{prefix.removeprefix(f's3://{BUCKET}/')}/{endpoint}/shadow/")
    assert json.loads(lab.get(f"s3://{BUCKET}/{key}"))["captureData"]["endpointOutput"]["data"]


def test_a_share_of_the_requests_is_copied(lab, tmp_path):
    endpoint, (production, note) = shadowed(lab, tmp_path, weight=0.5)

    for number in range(100):
        lab.ask(endpoint, str(number))
    until(lambda: metric(lab, endpoint, "Invocations", variant="live"), lambda count: count == 100)

    assert len(production.read_text().split()) == 100
    assert 30 <= len(note.read_text().split()) <= 70


def test_one_production_and_one_shadow_variant_is_all_that_aws_takes(lab):
    model = lab.model(NAMED.format(name="x"))

    with pytest.raises(ClientError, match="one variant in ProductionVariants and one in"):
        lab.config(variant("a", model), variant("b", model), ShadowProductionVariants=[variant("s", model)])


# -- several instances ---------------------------------------------------------------------------------------------
def test_each_instance_is_a_process_and_all_of_them_answer(lab):
    config = lab.config({**variant("v", lab.model(PID)), "InitialInstanceCount": 2})
    endpoint = lab.endpoint(config)

    assert len(pids(lab, endpoint, 40)) == 2
    lab.account.clock.step(seconds=1)
    assert metric(lab, endpoint, "CPUUtilization", "SampleCount", namespace="/aws/sagemaker/Endpoints") >= 1
    assert metric(lab, endpoint, "MemoryUtilization", "Maximum", namespace="/aws/sagemaker/Endpoints") > 0


def test_the_least_busy_instance_is_asked_where_the_variant_says_so(lab, tmp_path):
    routing = {"RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"}, "InitialInstanceCount": 2}
    endpoint = lab.endpoint(lab.config({**variant("v", lab.model(SLOW)), **routing}))

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: lab.ask(endpoint, "0.5"), range(2)))

    assert len(set(answers)) == 2


def test_fewer_instances_end_their_processes(lab):
    endpoint = lab.endpoint(lab.config({**variant("v", lab.model(PID)), "InitialInstanceCount": 2}))
    before = pids(lab, endpoint, 40)

    change = [{"VariantName": "v", "DesiredInstanceCount": 1}]
    lab.sm.update_endpoint_weights_and_capacities(EndpointName=endpoint, DesiredWeightsAndCapacities=change)
    (shown,) = lab.settled(endpoint)["ProductionVariants"]

    assert (shown["CurrentInstanceCount"], shown["DesiredInstanceCount"]) == (1, 1)
    until(lambda: sum(psutil.pid_exists(pid) for pid in before), lambda count: count == 1)


def test_no_request_fails_while_instances_come_and_go(lab):
    endpoint = lab.endpoint(lab.config({**variant("v", lab.model(PID)), "InitialInstanceCount": 2}))
    done = threading.Event()

    def ask_all_the_time():
        count = 0
        while not done.is_set():
            count += bool(lab.ask(endpoint))
        return count

    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(ask_all_the_time) for _ in range(3)]
        for count in (1, 3, 1):
            change = [{"VariantName": "v", "DesiredInstanceCount": count}]
            lab.sm.update_endpoint_weights_and_capacities(
                EndpointName=endpoint, DesiredWeightsAndCapacities=change
            )
            lab.settled(endpoint)
        done.set()

    assert all(future.result() for future in asked)


# -- pipelines of containers ---------------------------------------------------------------------------------------
def container(lab, script, hostname=None):
    environment = {
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": lab.archive(inference_py=script),
    }
    named = {"ContainerHostname": hostname} if hostname else {}
    return {"Image": images.uri("scikit-learn"), "Environment": environment, **named}


def pipeline(lab, *containers, mode="Serial"):
    name = lab.unique("pipeline")
    lab.sm.create_model(
        ModelName=name,
        ExecutionRoleArn=ROLE,
        Containers=list(containers),
        InferenceExecutionConfig={"Mode": mode},
    )
    return lab.endpoint(lab.config(variant("v", name)))


def test_a_pipeline_hands_each_answer_to_the_next_container(lab):
    endpoint = pipeline(lab, *(container(lab, PART.format(name=name)) for name in "abc"))

    assert lab.ask(endpoint, "x") == "xabc"


def test_direct_mode_asks_the_container_that_the_caller_names(lab):
    containers = [container(lab, PART.format(name=name), name) for name in ("red", "blue")]
    endpoint = pipeline(lab, *containers, mode="Direct")

    assert lab.ask(endpoint, "x", TargetContainerHostname="blue") == "xblue"
    with pytest.raises(ClientError, match="give TargetContainerHostname"):
        lab.ask(endpoint, "x")
    with pytest.raises(ClientError, match="Container green not found"):
        lab.ask(endpoint, "x", TargetContainerHostname="green")


def test_a_failing_container_is_named(lab):
    failing = """
def model_fn(model_dir): return None
def transform_fn(model, body, kind, accept): raise ValueError("no")
"""
    endpoint = pipeline(
        lab, container(lab, PART.format(name="a"), "first"), container(lab, failing, "second")
    )

    with pytest.raises(ClientError, match=r"Received server error \(500\) from second"):
        lab.ask(endpoint, "x")


# -- many models ---------------------------------------------------------------------------------------------------
def test_a_multi_model_endpoint_loads_each_model_when_it_is_first_asked(lab):
    script = """
import os, pathlib
def model_fn(model_dir): return pathlib.Path(model_dir, "model.txt").read_text() + f" {os.getpid()}"
def input_fn(body, content_type): return body
def predict_fn(data, model): return model
def output_fn(prediction, accept): return prediction
"""
    prefix = f"many/{lab.unique('prefix')}"
    for name in ("a", "b"):
        lab.put(f"{prefix}/{name}.tar.gz", lab.get(lab.archive(model_txt=name)))
    model = lab.model(script, ModelDataUrl=f"s3://{BUCKET}/{prefix}/", Mode="MultiModel")
    endpoint = lab.endpoint(lab.config(variant("AllTraffic", model)))

    answers = [lab.ask(endpoint, TargetModel=f"{name}.tar.gz").split() for name in "aba"]

    assert [name for name, _ in answers] == ["a", "b", "a"]
    assert Counter(pid for _, pid in answers).most_common(1)[0][1] == 2
    until(lambda: metric(lab, endpoint, "ModelCacheHit"), lambda hits: hits == 1)
    with pytest.raises(ClientError, match="Failed to download model data"):
        lab.ask(endpoint, TargetModel="c.tar.gz")
    with pytest.raises(ClientError, match="give TargetModel"):
        lab.ask(endpoint)


# -- isolation -----------------------------------------------------------------------------------------------------
def test_an_isolated_model_reaches_nothing_and_answers_all_the_same(lab):
    script = """
import os, urllib.request
def model_fn(model_dir): return None
def input_fn(body, content_type): return body
def predict_fn(data, model):
    try:
        urllib.request.urlopen(data, timeout=2)
    except OSError as error:
        return "unreachable" + " with keys" * ("AWS_ACCESS_KEY_ID" in os.environ)
    return "reached"
def output_fn(prediction, accept): return prediction
"""
    model = lab.model(script)
    described = lab.sm.describe_model(ModelName=model)
    isolated = lab.unique("isolated")
    lab.sm.create_model(
        ModelName=isolated,
        ExecutionRoleArn=ROLE,
        PrimaryContainer=described["PrimaryContainer"],
        EnableNetworkIsolation=True,
    )
    endpoints = [lab.endpoint(lab.config(variant("v", name))) for name in (model, isolated)]

    assert [lab.ask(endpoint, f"{lab.account.url}/_sagelab/status") for endpoint in endpoints] == [
        "reached",
        "unreachable",
    ]
