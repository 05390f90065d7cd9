"""Deployment guardrails: traffic moves in stages on the account's clock, and back when an alarm goes off."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError
from hostlab import NAMED, metric
from joblab import Lab, until, variant

from sagelab.account.deployments import Stage, stages

BREAKING = """
def model_fn(model_dir): return None
def input_fn(body, content_type): return body
def predict_fn(data, model): raise ValueError("new and broken")
def output_fn(prediction, accept): return prediction
"""
PERCENT = "CAPACITY_PERCENT"


def routing(kind, wait=300, end=0, **sizes):
    policy = {"TrafficRoutingConfiguration": {"Type": kind, "WaitIntervalInSeconds": wait, **sizes}}
    return {"BlueGreenUpdatePolicy": {**policy, "TerminationWaitInSeconds": end}}


def share(value, kind=PERCENT):
    return {"Type": kind, "Value": value}


# -- the stages ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, [Stage(1.0, 0.0)]),
        (routing("ALL_AT_ONCE", 0, 600), [Stage(1.0, 600)]),
        (routing("CANARY", 300, 60, CanarySize=share(10)), [Stage(0.1, 300), Stage(1.0, 360)]),
        (routing("CANARY", 300, CanarySize=share(1, "INSTANCE_COUNT")), [Stage(0.25, 300), Stage(1.0, 300)]),
        (
            routing("LINEAR", 120, 30, LinearStepSize=share(25)),
            [Stage(0.25, 120), Stage(0.5, 120), Stage(0.75, 120), Stage(1.0, 150)],
        ),
        (
            {"RollingUpdatePolicy": {"MaximumBatchSize": share(50), "WaitIntervalInSeconds": 60}},
            [Stage(0.5, 60), Stage(1.0, 60)],
        ),
    ],
)
def test_the_stages_of_each_kind_of_deployment(config, expected):
    assert stages(config, instances=4) == expected


# -- as it happens -------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def lab(account):
    return Lab(account)


@pytest.fixture(scope="module")
def models(lab):
    return {name: lab.model(NAMED.format(name=name)) for name in ("old", "new")} | {
        "bad": lab.model(BREAKING)
    }


def begin(lab, models, deployment, to="new", instances=1):
    """An endpoint on `old` that is being updated, its first stage begun; the two configurations."""
    configs = [
        lab.config({**variant("v", models[name]), "InitialInstanceCount": instances}) for name in ("old", to)
    ]
    endpoint = lab.endpoint(configs[0])
    lab.sm.update_endpoint(EndpointName=endpoint, EndpointConfigName=configs[1], DeploymentConfig=deployment)
    until(
        lambda: described(lab, endpoint),
        lambda e: "PendingDeploymentSummary" in e or e["EndpointStatus"] != "Updating",
    )
    return endpoint, *configs


def begun(endpoint):
    return "PendingDeploymentSummary" in endpoint or endpoint["EndpointStatus"] != "Updating"


def described(lab, endpoint):
    return lab.sm.describe_endpoint(EndpointName=endpoint)


def answers(lab, endpoint, times=60):
    return Counter(lab.ask(endpoint) for _ in range(times))


def test_a_canary_takes_its_share_and_then_all(lab, models):
    endpoint, _, new = begin(lab, models, routing("CANARY", 600, CanarySize=share(20)))

    first = answers(lab, endpoint, 100)
    pending = described(lab, endpoint)["PendingDeploymentSummary"]
    assert 8 <= first["new"] <= 35
    assert (pending["EndpointConfigName"], pending["ProductionVariants"][0]["CurrentWeight"]) == (
        new,
        pytest.approx(0.2),
    )

    lab.account.clock.step(minutes=10)
    assert answers(lab, endpoint) == {"new": 60}
    assert described(lab, endpoint)["EndpointStatus"] == "Updating"

    lab.account.clock.step(minutes=10)
    settled = lab.settled(endpoint)
    assert (settled["EndpointStatus"], settled["EndpointConfigName"]) == ("InService", new)
    assert "PendingDeploymentSummary" not in settled


def test_a_linear_deployment_goes_step_by_step(lab, models):
    endpoint, *_ = begin(lab, models, routing("LINEAR", 300, LinearStepSize=share(50)))

    seen = []
    for _ in range(2):
        seen.append(answers(lab, endpoint)["new"])
        lab.account.clock.step(minutes=5)

    assert 15 <= seen[0] <= 45
    assert seen[1] == 60
    assert lab.settled(endpoint)["EndpointStatus"] == "InService"


def test_a_rolling_update_has_no_more_instances_than_it_needs(lab, models):
    rolling = {"RollingUpdatePolicy": {"MaximumBatchSize": share(50), "WaitIntervalInSeconds": 300}}
    endpoint, *_ = begin(lab, models, rolling, instances=2)

    shown = described(lab, endpoint)
    counts = [
        one["ProductionVariants"][0]["CurrentInstanceCount"]
        for one in (shown, shown["PendingDeploymentSummary"])
    ]
    assert counts == [1, 1]
    assert set(answers(lab, endpoint)) == {"old", "new"}

    lab.account.clock.step(minutes=5)
    assert answers(lab, endpoint) == {"new": 60}
    lab.account.clock.step(minutes=5)
    assert lab.settled(endpoint)["ProductionVariants"][0]["CurrentInstanceCount"] == 2


def alarm(lab, endpoint):
    """An alarm on the endpoint's errors; its name."""
    name = lab.unique("errors")
    lab.cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Dimensions=[{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": "v"}],
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0.1,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
    )
    return name


def guarded(lab, models, deployment, instances=1):
    """Like `begin`, to a broken model, with an alarm that takes it back."""
    count = {"InitialInstanceCount": instances}
    old, bad = (lab.config({**variant("v", models[name]), **count}) for name in ("old", "bad"))
    endpoint = lab.endpoint(old)
    alarms = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": alarm(lab, endpoint)}]}}
    lab.sm.update_endpoint(
        EndpointName=endpoint, EndpointConfigName=bad, DeploymentConfig={**deployment, **alarms}
    )
    until(lambda: described(lab, endpoint), lambda e: "PendingDeploymentSummary" in e)
    return endpoint, old


def fail_once(lab, endpoint):
    """Ask until the new model has failed."""
    with pytest.raises(ClientError, match="new and broken"):
        until(lambda: lab.ask(endpoint), lambda answer: False)


def test_an_alarm_takes_the_update_back(lab, models):
    endpoint, old = guarded(lab, models, routing("CANARY", 600, CanarySize=share(50)))
    fail_once(lab, endpoint)

    lab.account.clock.step(minutes=2)
    settled = until(lambda: lab.settled(endpoint), lambda e: "FailureReason" in e)

    assert (settled["EndpointStatus"], settled["EndpointConfigName"]) == ("InService", old)
    assert "rolled back" in settled["FailureReason"]
    assert "went into ALARM state. Threshold Crossed" in settled["FailureReason"]
    assert answers(lab, endpoint) == {"old": 60}


def test_a_rolling_update_is_taken_back_to_all_of_its_instances(lab, models):
    rolling = {"RollingUpdatePolicy": {"MaximumBatchSize": share(50), "WaitIntervalInSeconds": 600}}
    endpoint, old = guarded(lab, models, rolling, instances=2)
    fail_once(lab, endpoint)

    lab.account.clock.step(minutes=2)
    settled = until(lambda: lab.settled(endpoint), lambda e: "FailureReason" in e)

    assert settled["EndpointConfigName"] == old
    assert settled["ProductionVariants"][0]["CurrentInstanceCount"] == 2
    assert answers(lab, endpoint) == {"old": 60}


def test_a_deployment_that_takes_longer_than_it_may_is_taken_back(lab, models):
    policy = routing("LINEAR", 600, LinearStepSize=share(25))
    policy["BlueGreenUpdatePolicy"]["MaximumExecutionTimeoutInSeconds"] = 900
    endpoint, old, _ = begin(lab, models, policy)

    lab.account.clock.step(minutes=25)
    settled = until(lambda: lab.settled(endpoint), lambda e: "FailureReason" in e)

    assert settled["EndpointConfigName"] == old
    assert "took longer than 900 seconds" in settled["FailureReason"]


def test_the_last_deployment_may_be_repeated_and_properties_be_left_out(lab, models):
    endpoint, old, new = begin(lab, models, routing("ALL_AT_ONCE", 0), instances=2)
    lab.settled(endpoint)
    change = [{"VariantName": "v", "DesiredWeight": 5, "DesiredInstanceCount": 1}]
    lab.sm.update_endpoint_weights_and_capacities(EndpointName=endpoint, DesiredWeightsAndCapacities=change)
    lab.settled(endpoint)

    lab.sm.update_endpoint(
        EndpointName=endpoint,
        EndpointConfigName=old,
        RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=[{"VariantPropertyType": "DesiredInstanceCount"}],
        RetainDeploymentConfig=True,
    )
    settled = lab.settled(endpoint)

    (shown,) = settled["ProductionVariants"]
    assert (shown["CurrentWeight"], shown["CurrentInstanceCount"]) == (5.0, 2)
    routed = settled["LastDeploymentConfig"]["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert (routed["Type"], settled["EndpointConfigName"]) == ("ALL_AT_ONCE", old)
    assert new != old


def test_an_alarm_in_the_middle_of_a_long_step_still_takes_it_back(lab, models):
    endpoint, old = guarded(lab, models, routing("CANARY", 600, CanarySize=share(50)))
    fail_once(lab, endpoint)

    lab.account.clock.step(hours=6)

    assert until(lambda: lab.settled(endpoint), lambda e: "FailureReason" in e)["EndpointConfigName"] == old


def test_the_new_configuration_has_metrics_of_its_own_while_it_is_baked(lab, models):
    endpoint, *_ = begin(lab, models, routing("ALL_AT_ONCE", 300))

    lab.ask(endpoint)
    lab.account.clock.step(seconds=1)

    listed = lab.cloudwatch.list_metrics(
        Namespace="AWS/SageMaker", Dimensions=[{"Name": "EndpointName", "Value": endpoint}]
    )["Metrics"]
    names = {tuple(d["Name"] for d in metric["Dimensions"]) for metric in listed}
    assert ("EndpointName", "VariantName", "EndpointConfigName") in names
    assert metric(lab, endpoint, "Invocations", variant="v") >= 1


def test_no_request_fails_while_the_traffic_moves(lab, models):
    endpoint, *_ = begin(lab, models, routing("LINEAR", 60, LinearStepSize=share(50)))

    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(answers, lab, endpoint, 80) for _ in range(2)]
        for _ in range(3):
            lab.account.clock.step(minutes=1)
        counted = sum((future.result() for future in asked), Counter())

    assert sum(counted.values()) == 160
    assert lab.settled(endpoint)["EndpointStatus"] == "InService"


def test_an_endpoint_that_is_deleted_on_its_way_leaves_no_process(lab, models):
    endpoint, *_ = begin(lab, models, routing("CANARY", 600, CanarySize=share(50)))

    lab.sm.delete_endpoint(EndpointName=endpoint)

    with pytest.raises(ClientError, match="not found"):
        lab.ask(endpoint)


@pytest.mark.parametrize(
    ("deployment", "sentence"),
    [
        (routing("CANARY"), "needs CanarySize"),
        (routing("CANARY", CanarySize=share(60)), "CanarySize must be from 0% to 50%"),
        (routing("LINEAR", LinearStepSize=share(5)), "LinearStepSize must be from 10% to 50%"),
        (
            {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "no-such"}]}},
            "Could not find alarm no-such",
        ),
    ],
)
def test_a_deployment_that_aws_refuses_is_refused(lab, models, deployment, sentence):
    config = lab.config(variant("v", models["old"]))
    endpoint = lab.endpoint(config)

    with pytest.raises(ClientError, match=sentence):
        lab.sm.update_endpoint(EndpointName=endpoint, EndpointConfigName=config, DeploymentConfig=deployment)
