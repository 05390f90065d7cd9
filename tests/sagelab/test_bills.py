"""What is billed of each kind of resource, from descriptions as AWS gives them."""

from decimal import Decimal

import pytest

from sagelab.bills import basis, bills_of, lines_of


def billed(noun, status, description, item=None):
    bills = bills_of(noun, item or {}, status)
    lines = list(lines_of(noun, bills, description))
    return [(line.key, line.unit, line.count) for line in lines], basis(noun, bills, lines)[0]


@pytest.mark.parametrize(
    ("noun", "status", "description", "key", "count"),
    [
        ("Endpoint", "InService", {"Instances": [{"what": "ml.m5.large", "count": 2}]}, "Hosting: ml.m5.large", 2),
        ("NotebookInstance", "InService", {"InstanceType": "ml.t3.medium"}, "Notebook: ml.t3.medium", 1),
        ("App", "InService", {"ResourceSpec": {"InstanceType": "ml.t3.large"}}, "Studio: ml.t3.large", 1),
        ("TrainingJob", "InProgress", {"ResourceConfig": {"InstanceType": "ml.p3.2xlarge", "InstanceCount": 4}},
         "Training: ml.p3.2xlarge", 4),
        ("ProcessingJob", "InProgress",
         {"ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 3}}},
         "Processing: ml.m5.large", 3),
        ("TransformJob", "InProgress", {"TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1}},
         "Batch transform: ml.m5.large", 1),
        ("MlflowTrackingServer", "Created", {"TrackingServerSize": "Small"}, "MLflow tracking server: Small", 1),
    ],
)  # fmt: skip
def test_instances_are_billed_by_the_hour_while_they_are_up(noun, status, description, key, count):
    lines, why = billed(noun, status, description)

    assert lines == [(key, "instance hour", count)]
    assert why == "hours"


@pytest.mark.parametrize(
    ("noun", "status"),
    [("Endpoint", "Failed"), ("Endpoint", "Creating"), ("NotebookInstance", "Stopped"), ("App", "Deleted"),
     ("TrainingJob", "Completed"), ("TransformJob", "Failed"), ("MlflowTrackingServer", "Stopped")],
)  # fmt: skip
def test_what_does_not_run_has_no_instance_hours(noun, status):
    everything = {
        "Instances": [{"what": "x", "count": 1}],
        "InstanceType": "x",
        "TrackingServerSize": "Small",
    }

    assert billed(noun, status, everything) == ([], "nothing")


def test_each_group_of_a_mixed_cluster_is_a_line():
    groups = [
        {"InstanceType": "ml.c5.xlarge", "InstanceCount": 2},
        {"InstanceType": "ml.p3.2xlarge", "InstanceCount": 1},
    ]
    lines, _ = billed("TrainingJob", "InProgress", {"ResourceConfig": {"InstanceGroups": groups}})

    assert [(key, count) for key, _, count in lines] == [
        ("Training: ml.c5.xlarge", 2),
        ("Training: ml.p3.2xlarge", 1),
    ]


def test_a_warm_pool_is_billed_although_its_job_has_ended():
    description = {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1}}
    warm = {"WarmPoolStatus": {"Status": "Available"}}

    assert billed("TrainingJob", "Completed", description, warm)[1] == "hours"
    assert (
        billed("TrainingJob", "Completed", description, {"WarmPoolStatus": {"Status": "Terminated"}})[0] == []
    )


@pytest.mark.parametrize(
    ("noun", "description", "gigabytes"),
    [
        ("Bucket", {"Bytes": 3 * 2**30}, 3), ("LogGroup", {"storedBytes": 2**29}, Decimal("0.5")),
        ("FeatureGroup", {"OnlineStoreTotalSizeBytes": 2**30}, 1), ("NotebookInstance", {"VolumeSizeInGB": 50}, 50),
        ("Space", {"SpaceSettings": {"SpaceStorageSettings": {"EbsStorageSettings": {"EbsVolumeSizeInGb": 7}}}}, 7),
    ],
)  # fmt: skip
def test_storage_is_billed_by_gigabytes_of_two_to_the_thirty_bytes(noun, description, gigabytes):
    lines, why = billed(noun, "Stopped", description)

    assert [(unit, count) for _, unit, count in lines] == [("GB-month", gigabytes)]
    assert why == "storage"


def test_a_serverless_endpoint_is_billed_by_use_and_a_system_app_by_nothing():
    assert billed("Endpoint", "InService", {"Instances": []}) == ([], "use")
    assert billed("App", "InService", {"ResourceSpec": {"InstanceType": "system"}}) == ([], "nothing")


@pytest.mark.parametrize(
    ("noun", "why"),
    [("Model", "nothing"), ("Role", "nothing"), ("Queue", "use"), ("Pipeline", "nothing"),
     ("MonitoringSchedule", "elsewhere"), ("Domain", "unknown"), ("TimeMachine", "unknown")],
)  # fmt: skip
def test_a_record_costs_nothing_and_what_is_not_known_says_so(noun, why):
    assert billed(noun, "InService", {}) == ([], why)
