"""Serverless endpoints: a real process start when cold, a real limit of memory, throttling, nothing when idle."""

from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hostlab import NAMED, PID, SLOW, metric
from joblab import Lab, until, variant

ONCE = Config(retries={"total_max_attempts": 1})


@pytest.fixture(scope="module")
def lab(account):
    return Lab(account)


def serverless(model, name="AllTraffic", **config):
    return {
        "VariantName": name,
        "ModelName": model,
        "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 2, **config},
    }


def serve(lab, script, **config):
    return lab.endpoint(lab.config(serverless(lab.model(script), **config)))


def test_a_worker_is_started_for_the_first_request_and_stays_warm(lab):
    endpoint = serve(lab, PID)

    first, second = lab.ask(endpoint), lab.ask(endpoint)

    assert first == second
    until(lambda: metric(lab, endpoint, "Invocations"), lambda count: count == 2)
    assert metric(lab, endpoint, "ModelSetupTime", "SampleCount") == 1
    slowest, fastest = (metric(lab, endpoint, "OverheadLatency", name) for name in ("Maximum", "Minimum"))
    assert slowest >= metric(lab, endpoint, "ModelSetupTime") > fastest


def test_what_is_idle_goes_and_the_next_request_is_a_cold_start(lab):
    endpoint = serve(lab, PID)
    first = int(lab.ask(endpoint))

    lab.account.clock.step(minutes=11)

    assert not psutil.pid_exists(first)
    assert int(lab.ask(endpoint)) != first


def test_requests_beyond_the_concurrency_are_throttled(lab):
    endpoint = serve(lab, SLOW, MaxConcurrency=1)
    impatient = lab.account.session.client("sagemaker-runtime", config=ONCE)

    def ask(seconds):
        return impatient.invoke_endpoint(EndpointName=endpoint, Body=seconds, ContentType="text/csv")

    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask, "2") for _ in range(4)]
        refused = [told for told in (one.exception() for one in asked) if told]

    assert 1 <= len(refused) <= 3
    assert {told.response["Error"]["Code"] for told in refused} == {"ThrottlingException"}
    assert {told.response["ResponseMetadata"]["HTTPStatusCode"] for told in refused} == {429}
    assert ask("0")["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_provisioned_concurrency_is_warm_before_the_first_request_and_never_goes(lab):
    endpoint = serve(lab, PID, ProvisionedConcurrency=1)
    first = lab.ask(endpoint)

    lab.account.clock.step(hours=2)

    assert lab.ask(endpoint) == first
    assert metric(lab, endpoint, "ModelSetupTime", "SampleCount") == 0
    (shown,) = lab.sm.describe_endpoint(EndpointName=endpoint)["ProductionVariants"]
    assert shown["CurrentServerlessConfig"]["ProvisionedConcurrency"] == 1


def test_provisioned_concurrency_can_be_changed(lab):
    endpoint = serve(lab, PID)
    config = {"MaxConcurrency": 3, "ProvisionedConcurrency": 1}
    change = [{"VariantName": "AllTraffic", "ServerlessUpdateConfig": config}]

    lab.sm.update_endpoint_weights_and_capacities(EndpointName=endpoint, DesiredWeightsAndCapacities=change)
    (shown,) = lab.settled(endpoint)["ProductionVariants"]
    assert (shown["CurrentServerlessConfig"]["MaxConcurrency"], "CurrentInstanceCount" in shown) == (3, False)
    first = lab.ask(endpoint)
    lab.account.clock.step(hours=2)

    assert lab.ask(endpoint) == first


def test_a_worker_gets_no_more_memory_than_its_size(lab):
    script = """
def model_fn(model_dir): return None
def input_fn(body, content_type): return int(body)
def predict_fn(data, model): return len(bytearray(data << 20)) >> 20
def output_fn(prediction, accept): return str(prediction)
"""
    endpoint = serve(lab, script, MemorySizeInMB=1024)

    assert lab.ask(endpoint, "512") == "512"
    with pytest.raises(ClientError, match=r"Received server error \(500\).*MemoryError"):
        lab.ask(endpoint, "1100")


def test_a_script_that_does_not_come_up_fails_the_endpoint(lab):
    endpoint = serve(lab, "def (")

    assert lab.sm.describe_endpoint(EndpointName=endpoint)["EndpointStatus"] == "Failed"


@pytest.mark.parametrize(
    ("config", "more", "sentence"),
    [
        ({"MemorySizeInMB": 1500}, {}, "1024, 2048, 3072, 4096, 5120, 6144"),
        ({"MaxConcurrency": 1, "ProvisionedConcurrency": 2}, {}, "less than or equal to MaxConcurrency"),
        ({}, {"EnableNetworkIsolation": True}, "do not support network isolation"),
        ({}, {"VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}}, "do not support VPC"),
        (
            {},
            {"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://b/k"}}},
            "do not support async",
        ),
        (
            {},
            {
                "DataCaptureConfig": {
                    "InitialSamplingPercentage": 1,
                    "DestinationS3Uri": "s3://b/k",
                    "CaptureOptions": [{"CaptureMode": "Input"}],
                }
            },
            "do not support data capture",
        ),
    ],
)
def test_what_serverless_inference_excludes_is_refused(lab, config, more, sentence):
    model = lab.model(NAMED.format(name="x"))

    with pytest.raises(ClientError, match=sentence):
        lab.config(serverless(model, **config), **more)


def test_one_variant_and_one_container_is_all_that_it_takes(lab):
    model = lab.model(NAMED.format(name="x"))

    with pytest.raises(ClientError, match="one production variant"):
        lab.config(serverless(model, "a"), serverless(model, "b"))


def test_the_way_leads_from_serverless_to_instances_and_not_back(lab):
    model = lab.model(NAMED.format(name="x"))
    on_instances, none = lab.config(variant("v", model)), lab.config(serverless(model, "v"))
    endpoint = lab.endpoint(none)

    lab.sm.update_endpoint(EndpointName=endpoint, EndpointConfigName=on_instances)
    lab.settled(endpoint)
    assert lab.ask(endpoint) == "x"
    with pytest.raises(ClientError, match="cannot be updated to a serverless endpoint"):
        lab.sm.update_endpoint(EndpointName=endpoint, EndpointConfigName=none)
