"""Schedules on a plane without a server: restarts, lost definitions, long steps of the clock."""

import pytest
from joblab import until

from sagelab.account import images, monitoring
from sagelab.account.control import ApiError, ControlPlane
from sagelab.account.monitoring import schedules

ENDPOINT = {
    "EndpointName": "watched",
    "EndpointStatus": "InService",
    "DataCaptureConfig": {"EnableCapture": True, "DestinationS3Uri": "s3://bucket/captures"},
}
DEFINITION = {
    "JobDefinitionName": "quality",
    "RoleArn": "arn:aws:iam::123456789012:role/SageMakerRole",
    "DataQualityAppSpecification": {"ImageUri": images.uri("model-monitor")},
    "DataQualityJobInput": {
        "EndpointInput": {"EndpointName": "watched", "LocalPath": "/opt/ml/processing/input/endpoint"}
    },
    "DataQualityJobOutputConfig": {
        "MonitoringOutputs": [
            {"S3Output": {"S3Uri": "s3://bucket/out", "LocalPath": "/opt/ml/processing/output"}}
        ]
    },
    "JobResources": {
        "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5}
    },
}
HOURLY = {
    "MonitoringScheduleName": "hourly",
    "MonitoringScheduleConfig": {
        "ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"},
        "MonitoringJobDefinitionName": "quality",
        "MonitoringType": "DataQuality",
    },
}


@pytest.fixture
def monitored(plane: ControlPlane, monkeypatch) -> ControlPlane:
    """A plane with an hourly schedule whose executions stay Pending: nobody works."""
    monkeypatch.setattr(schedules, "WORKERS", 0)
    monitoring.register(plane)
    plane.store.add("Endpoint", {"_arn": plane.arn("Endpoint", "watched"), **ENDPOINT})
    plane.call("CreateDataQualityJobDefinition", DEFINITION)
    plane.call("CreateMonitoringSchedule", HOURLY)
    return plane


def executions(plane: ControlPlane) -> list[dict]:
    asked = {"MonitoringScheduleName": "hourly", "SortBy": "ScheduledTime", "MaxResults": 100}
    return plane.call("ListMonitoringExecutions", asked)["MonitoringExecutionSummaries"]


def described(plane: ControlPlane) -> dict:
    return plane.call("DescribeMonitoringSchedule", {"MonitoringScheduleName": "hourly"})


def test_a_step_of_the_clock_orders_each_hour_at_once(monitored):
    assert described(monitored)["MonitoringScheduleStatus"] == "Scheduled"
    assert executions(monitored) == []

    monitored.clock.step(3 * 3600)

    found = executions(monitored)
    assert [e["MonitoringExecutionStatus"] for e in found] == ["Pending"] * 3
    assert {e["ScheduledTime"] % 3600 for e in found} == {0}
    assert described(monitored)["LastMonitoringExecutionSummary"] == found[0]


def test_a_clock_set_back_orders_nothing_twice(monitored):
    monitored.clock.step(2 * 3600)
    before = executions(monitored)

    monitored.clock.step(-3600)
    monitored.clock.step(600)

    assert len(executions(monitored)) <= len(before) + 1


def test_years_of_hours_are_cut_to_a_month(monitored):
    monitored.clock.step(2 * 365 * 24 * 3600)

    assert len(monitored.store.all("MonitoringExecution")) == schedules.MOST_DUE


def test_after_a_restart_what_ran_is_failed_and_the_schedule_goes_on(monitored):
    monitored.clock.step(3600)

    monitored.start()
    monitored.stop()

    assert [e["MonitoringExecutionStatus"] for e in executions(monitored)] == ["Failed"]
    assert "was stopped while the execution ran" in executions(monitored)[0]["FailureReason"]
    monitored.clock.step(3600)
    assert [e["MonitoringExecutionStatus"] for e in executions(monitored)] == ["Pending", "Failed"]


def test_a_schedule_whose_definition_is_gone_fails(monitored):
    monitored.call("DeleteDataQualityJobDefinition", {"JobDefinitionName": "quality"})

    monitored.clock.step(3600)

    told = described(monitored)
    assert told["MonitoringScheduleStatus"] == "Failed"
    assert "Could not find data quality job definition" in told["FailureReason"]
    assert executions(monitored) == []


def test_a_schedule_at_work_is_not_deleted(monitored):
    monitored.clock.step(3600)

    with pytest.raises(ApiError, match="hourly has an execution in progress"):
        monitored.call("DeleteMonitoringSchedule", {"MonitoringScheduleName": "hourly"})


def test_a_fault_of_the_account_ends_the_execution(monitored, monkeypatch):
    """No S3 behind this plane: the execution fails, and the worker lives on."""
    monkeypatch.setattr(schedules, "WORKERS", 1)

    monitored.clock.step(2 * 3600)

    found = until(
        lambda: executions(monitored),
        lambda all_: {e["MonitoringExecutionStatus"] for e in all_} == {"Failed"},
    )
    monitored.stop()
    assert [e["FailureReason"][:20] for e in found] == ["InternalServerError:"] * 2
