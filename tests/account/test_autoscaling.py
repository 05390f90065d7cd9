"""Autoscaling policies really add and remove worker processes, on the account's clock."""

from datetime import UTC, datetime, timedelta

import pytest
from hostlab import NAMED, PID, metric, pids
from joblab import BUCKET, Lab, until, variant

from sagelab.account.scaling_rules import due, stepped, tracked

DIMENSION = "sagemaker:variant:DesiredInstanceCount"
STEPS = {
    "AdjustmentType": "ChangeInCapacity",
    "StepAdjustments": [
        {"MetricIntervalLowerBound": 0, "MetricIntervalUpperBound": 10, "ScalingAdjustment": 1},
        {"MetricIntervalLowerBound": 10, "ScalingAdjustment": 3},
    ],
}


# -- the rules -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("current", "value", "target", "wanted"),
    [(2, 140.0, 70.0, 4), (2, 71.0, 70.0, 3), (4, 35.0, 70.0, 2), (3, 0.0, 70.0, 0), (0, 12.0, 5.0, 3)],
)
def test_target_tracking_is_proportional_and_rounds_up(current, value, target, wanted):
    assert tracked(current, value, target) == wanted


@pytest.mark.parametrize(("distance", "wanted"), [(-1.0, 2), (0.0, 3), (9.9, 3), (10.0, 5), (500.0, 5)])
def test_a_step_is_chosen_by_the_distance_from_the_threshold(distance, wanted):
    assert stepped(STEPS, 2, distance) == wanted


@pytest.mark.parametrize(
    ("config", "wanted"),
    [
        ({"AdjustmentType": "ExactCapacity", "StepAdjustments": [{"ScalingAdjustment": 7}]}, 7),
        ({"AdjustmentType": "PercentChangeInCapacity", "StepAdjustments": [{"ScalingAdjustment": 50}]}, 6),
        ({"AdjustmentType": "PercentChangeInCapacity", "StepAdjustments": [{"ScalingAdjustment": 1}]}, 5),
        ({"AdjustmentType": "PercentChangeInCapacity", "StepAdjustments": [{"ScalingAdjustment": -50}]}, 2),
        (
            {
                "AdjustmentType": "PercentChangeInCapacity",
                "MinAdjustmentMagnitude": 3,
                "StepAdjustments": [{"ScalingAdjustment": 10}],
            },
            7,
        ),
    ],
)
def test_the_types_of_adjustment(config, wanted):
    assert stepped(config, 4, 1.0) == wanted


MONDAY = datetime(2026, 11, 23, 8, 59, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "zone", "is_due"),
    [
        ("at(2026-11-23T09:00:00)", None, True),
        ("at(2026-11-23T10:00:00)", None, False),
        ("at(2026-11-23T10:00:00)", "Europe/Berlin", True),
        ("rate(1 hour)", None, True),
        ("rate(2 hours)", None, False),
        ("cron(0 9 * * ? *)", None, True),
        ("cron(0 9 ? * MON-FRI *)", None, True),
        ("cron(0 9 ? * SUN *)", None, False),
        ("cron(0/30 * * * ? *)", None, True),
        ("cron(0 1/2 * * ? *)", None, True),
        ("cron(15 9 * * ? *)", None, False),
    ],
)
def test_when_a_scheduled_action_is_due(schedule, zone, is_due):
    assert due(schedule, zone, MONDAY, MONDAY + timedelta(minutes=1)) == is_due


# -- as it happens -------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def lab(account):
    return Lab(account)


class Scaled:
    """An endpoint whose variant is a scalable target."""

    def __init__(self, lab, endpoint, least=1, most=3):
        self.lab, self.endpoint = lab, endpoint
        self.client = lab.account.session.client("application-autoscaling")
        self.asked = {
            "ServiceNamespace": "sagemaker",
            "ResourceId": f"endpoint/{endpoint}/variant/AllTraffic",
            "ScalableDimension": DIMENSION,
        }
        self.client.register_scalable_target(**self.asked, MinCapacity=least, MaxCapacity=most)

    def track(self, target, **more):
        config = {"TargetValue": target, **more}
        if "CustomizedMetricSpecification" not in more:
            kind = {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"}
            config["PredefinedMetricSpecification"] = kind
        return self.client.put_scaling_policy(
            **self.asked,
            PolicyName=self.lab.unique("policy"),
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=config,
        )["PolicyARN"]

    def count(self):
        """The instances that are up, once all that are wanted are."""
        (shown,) = self.lab.settled(self.endpoint)["ProductionVariants"]
        assert shown["CurrentInstanceCount"] == shown["DesiredInstanceCount"]
        return shown["CurrentInstanceCount"]

    def traffic(self, minutes, a_minute):
        for _ in range(minutes):
            for _ in range(a_minute):
                self.lab.ask(self.endpoint)
            self.lab.account.clock.step(minutes=1)

    def activities(self):
        asked = {"ServiceNamespace": "sagemaker", "ResourceId": self.asked["ResourceId"]}
        return self.client.describe_scaling_activities(**asked)["ScalingActivities"]


@pytest.fixture
def scaled(lab):
    return Scaled(lab, lab.serve(PID))


def test_traffic_adds_instances_and_silence_takes_them_away(scaled, lab):
    scaled.track(10.0)

    scaled.traffic(3, 25)
    lab.account.clock.step(minutes=1)
    assert scaled.count() == 3
    assert len(pids(lab, scaled.endpoint, 60)) == 3

    lab.account.clock.step(minutes=30)
    assert scaled.count() == 1
    told = [activity["Description"] for activity in scaled.activities()]
    assert told == ["Setting desired instance count to 1.", "Setting desired instance count to 3."]
    assert "AlarmHigh" in scaled.activities()[1]["Cause"]


def test_an_update_on_its_way_is_left_alone(scaled, lab):
    config = lab.sm.describe_endpoint(EndpointName=scaled.endpoint)["EndpointConfigName"]
    routing = {"TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 600}}
    lab.sm.update_endpoint(
        EndpointName=scaled.endpoint,
        EndpointConfigName=config,
        DeploymentConfig={"BlueGreenUpdatePolicy": routing},
    )

    scaled.client.register_scalable_target(**scaled.asked, MinCapacity=3, MaxCapacity=3)

    assert lab.sm.describe_endpoint(EndpointName=scaled.endpoint)["EndpointStatus"] == "Updating"
    assert scaled.activities() == []
    until(
        lambda: lab.sm.describe_endpoint(EndpointName=scaled.endpoint),
        lambda e: "PendingDeploymentSummary" in e,
    )
    lab.account.clock.step(minutes=11)
    assert scaled.count() == 1


def test_scale_in_can_be_disabled(scaled, lab):
    scaled.track(10.0, DisableScaleIn=True)

    scaled.traffic(3, 15)
    lab.account.clock.step(hours=2)

    assert scaled.count() == 2


def test_the_cooldown_holds_a_policy_back(scaled, lab):
    scaled.client.register_scalable_target(**scaled.asked, MaxCapacity=9)
    namespace, name = "Lab", lab.unique("load")
    custom = {"Namespace": namespace, "MetricName": name, "Statistic": "Average", "Dimensions": []}
    scaled.track(10.0, CustomizedMetricSpecification=custom, ScaleOutCooldown=600)

    def load(value, minutes):
        for _ in range(minutes):
            moment = lab.account.clock.now()
            data = [{"MetricName": name, "Value": value, "Timestamp": moment}]
            lab.cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)
            lab.account.clock.step(minutes=1)

    load(15.0, 5)
    assert scaled.count() == 2
    load(15.0, 4)
    assert scaled.count() == 2
    load(15.0, 5)
    assert scaled.count() == 3


def test_the_policys_alarms_are_described_and_go_with_it(scaled, lab):
    arn = scaled.track(10.0)

    def alarms():
        prefix = f"TargetTracking-{scaled.asked['ResourceId']}"
        return lab.cloudwatch.describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"]

    (policy,) = scaled.client.describe_scaling_policies(
        ServiceNamespace="sagemaker", ResourceId=scaled.asked["ResourceId"]
    )["ScalingPolicies"]
    assert {a["AlarmName"] for a in policy["Alarms"]} == {a["AlarmName"] for a in alarms()}
    assert [(a["Threshold"], a["EvaluationPeriods"]) for a in alarms()] == [(10.0, 3), (9.0, 15)]
    assert all(a["AlarmActions"] == [arn] for a in alarms())

    scaled.client.delete_scaling_policy(**scaled.asked, PolicyName=policy["PolicyName"])
    assert alarms() == []


def test_a_step_policy_is_called_by_the_alarm_that_names_it(scaled, lab):
    arn = scaled.client.put_scaling_policy(
        **scaled.asked,
        PolicyName="steps",
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration=STEPS,
    )["PolicyARN"]
    name = lab.unique("backlog")
    lab.cloudwatch.put_metric_alarm(
        AlarmName=name,
        AlarmActions=[arn],
        Namespace="Lab",
        MetricName=name,
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=5.0,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )

    lab.cloudwatch.put_metric_data(Namespace="Lab", MetricData=[{"MetricName": name, "Value": 6.0}])
    lab.account.clock.step(minutes=1)

    assert scaled.count() == 2


def test_the_limits_count_at_once_and_a_scheduled_action_changes_them(scaled, lab):
    scaled.client.register_scalable_target(**scaled.asked, MinCapacity=2, MaxCapacity=3)
    assert scaled.count() == 2
    tonight = lab.account.clock.now() + timedelta(hours=3)
    scaled.client.put_scheduled_action(
        **scaled.asked,
        ScheduledActionName="evening",
        Schedule=f"at({tonight:%Y-%m-%dT%H:%M:%S})",
        ScalableTargetAction={"MinCapacity": 3},
    )

    lab.account.clock.step(hours=2)
    assert scaled.count() == 2
    lab.account.clock.step(hours=2)
    assert scaled.count() == 3


def test_an_asynchronous_endpoint_goes_to_zero_and_is_woken_by_its_backlog(lab):
    config = lab.config(
        variant("AllTraffic", lab.model(NAMED.format(name="awake"))),
        AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": f"s3://{BUCKET}/woken"}},
    )
    scaled = Scaled(lab, lab.endpoint(config), least=0)
    dimensions = [{"Name": "EndpointName", "Value": scaled.endpoint}]
    custom = {
        "Namespace": "AWS/SageMaker",
        "MetricName": "ApproximateBacklogSizePerInstance",
        "Statistic": "Average",
    }
    scaled.track(5.0, CustomizedMetricSpecification={**custom, "Dimensions": dimensions}, ScaleInCooldown=60)
    arn = scaled.client.put_scaling_policy(
        **scaled.asked,
        PolicyName="wake",
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration={
            "AdjustmentType": "ChangeInCapacity",
            "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
        },
    )["PolicyARN"]
    lab.cloudwatch.put_metric_alarm(
        AlarmName=lab.unique("asleep"),
        AlarmActions=[arn],
        Namespace="AWS/SageMaker",
        MetricName="HasBacklogWithoutCapacity",
        Dimensions=dimensions,
        Statistic="Average",
        Period=60,
        EvaluationPeriods=2,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="missing",
    )

    lab.account.clock.step(minutes=30)
    assert scaled.count() == 0
    told = lab.runtime.invoke_endpoint_async(EndpointName=scaled.endpoint, Body=b"x", ContentType="text/csv")
    lab.account.clock.step(minutes=5)

    key = told["OutputLocation"].removeprefix(f"s3://{BUCKET}/")
    until(lambda: lab.keys(key), bool)
    assert scaled.count() == 1
    until(lambda: metric(lab, scaled.endpoint, "Invocations"), lambda count: count == 1)
