"""The kinds of resources, held against botocore's model of the services' APIs."""

import boto3
import pytest

from sagelab import bills
from sagelab.kinds import OTHERS, all_kinds, identify
from sagelab.resources import Resource
from sagelab.said import say

SESSION = boto3.Session("test", "test", region_name="us-east-1")
KINDS = all_kinds(SESSION.client("sagemaker"))


def by_noun(noun):
    return next(kind for kind in KINDS if kind.noun == noun)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.noun)
def test_a_kind_names_operations_and_fields_that_there_are(kind):
    """The oracle is botocore: each method, list member and field stands in the service's model."""
    client = SESSION.client(kind.service)
    operations = {method: client.meta.service_model.operation_model(name)
                  for method, name in client.meta.method_to_api_mapping.items()}  # fmt: skip
    listed = operations[kind.list].output_shape.members[kind.member]
    fields = listed.member.members if listed.member.type_name == "structure" else {kind.name: None}
    fields = {*fields, *([kind.parent[1]] if kind.parent else [])}

    assert {kind.name, kind.arn, kind.status, kind.created} - {""} <= fields
    assert set(kind.keys.values()) <= fields
    for method in filter(None, (kind.describe, kind.delete, kind.stop)):
        shape = operations[method].input_shape
        needed = {
            one for one in shape.required_members if not shape.members[one].metadata.get("idempotencyToken")
        }
        assert needed <= set(kind.keys), method
        assert set(kind.keys) & set(shape.members), method


def test_what_a_lesson_makes_is_among_the_kinds():
    wanted = {
        "Endpoint", "EndpointConfig", "Model", "TrainingJob", "ProcessingJob", "TransformJob", "FeatureGroup",
        "Pipeline", "PipelineExecution", "NotebookInstance", "App", "Space", "Domain", "MonitoringSchedule",
        "ModelPackage", "ModelCard", "MlflowTrackingServer", "Bucket", "LogGroup", "Queue", "Alarm", "Rule",
        "Role", "Function", "ScalableTarget",
    }  # fmt: skip

    assert wanted <= {kind.noun for kind in KINDS}
    assert len({(kind.service, kind.noun) for kind in KINDS}) == len(KINDS)


def test_it_is_known_of_each_kind_whether_it_costs():
    """New kinds of a newer botocore are said to be unknown; those of now that are, are named here."""
    known = {*bills.BILLS, *bills.ELSEWHERE, *bills.PER_USE, *bills.RECORDS, *bills.UNKNOWN}
    unknown = {kind.noun for kind in KINDS} - known

    assert {noun for noun in unknown if not noun.endswith("Job")} <= {
        "ClusterSchedulerConfig", "ComputeQuota", "InferenceRouter", "PartnerApp", "TrainingPlan", "TrainingSession",
    }  # fmt: skip
    assert known <= {kind.noun for kind in KINDS} | {"Hub", "CodeRepository", "Workforce"}


def test_an_app_is_named_by_all_that_tells_it_from_others():
    kind = by_noun("App")
    item = {
        "AppName": "default",
        "AppType": "JupyterLab",
        "DomainId": "d-1",
        "SpaceName": "s",
        "Status": "InService",
    }
    model = SESSION.client("sagemaker").meta.service_model

    assert identify(kind, item, "delete_app", model) == {
        "AppName": "default", "AppType": "JupyterLab", "DomainId": "d-1", "SpaceName": "s",
    }  # fmt: skip


def test_alarms_are_deleted_as_a_list():
    model = SESSION.client("cloudwatch").meta.service_model

    assert identify(by_noun("Alarm"), {"AlarmName": "a"}, "delete_alarms", model) == {"AlarmNames": ["a"]}


def test_a_package_of_a_group_is_named_by_its_arn():
    model = SESSION.client("sagemaker").meta.service_model
    item = {"ModelPackageGroupName": "g", "ModelPackageArn": "arn:p/g/1"}

    assert identify(by_noun("ModelPackage"), item, "delete_model_package", model) == {
        "ModelPackageName": "arn:p/g/1"
    }


@pytest.mark.parametrize(
    ("noun", "status", "action"),
    [
        ("TrainingJob", "InProgress", "stop_training_job"), ("TrainingJob", "Completed", "delete_training_job"),
        ("TransformJob", "Completed", ""), ("NotebookInstance", "InService", "stop_notebook_instance"),
        ("NotebookInstance", "Stopped", "delete_notebook_instance"), ("NotebookInstance", "Stopping", ""),
        ("Endpoint", "InService", "delete_endpoint"), ("Endpoint", "Deleting", ""),
        ("MlflowTrackingServer", "Started", "delete_mlflow_tracking_server"),
        ("MonitoringSchedule", "Scheduled", "delete_monitoring_schedule"), ("Model", "", "delete_model"),
        ("PipelineExecution", "Executing", "stop_pipeline_execution"), ("PipelineExecution", "Succeeded", ""),
    ],
)  # fmt: skip
def test_what_runs_is_stopped_and_the_rest_is_deleted(noun, status, action):
    kind = by_noun(noun)
    resource = Resource(kind, {kind.status: status} if status else {}, {}, (), "nothing", say(""))

    assert resource.action == action


def test_other_services_have_their_clients():
    for kind in OTHERS:
        assert hasattr(SESSION.client(kind.service), kind.list)
