"""The model registry: versions, approvals and what they set off, metadata, groups with policies, deployment."""

import itertools
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from joblab import ROLE, Lab, until, variant
from pipelab import PipeLab

from sagelab.account import Account, images

SERVE = "def model_fn(d):\n    return 7\ndef predict_fn(x, m):\n    return [m]\n"
MOVES = {
    ("PendingManualApproval", "Approved"),
    ("PendingManualApproval", "Rejected"),
    ("Rejected", "Approved"),
    ("Approved", "Rejected"),
}
STATUSES = ("PendingManualApproval", "Approved", "Rejected")
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::210987654321:root"},
                "Action": "sagemaker:DescribeModelPackage",
                "Resource": "*",
            }
        ],
    }
)


class Registry:
    """A bench with packages."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.sm = lab, lab.sm

    def group(self) -> str:
        name = self.lab.unique("group")
        self.sm.create_model_package_group(ModelPackageGroupName=name, ModelPackageGroupDescription="churn")
        return name

    def specification(self, script: str = SERVE) -> dict[str, Any]:
        environment = {
            "SAGEMAKER_PROGRAM": "inference.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": self.lab.archive(inference_py=script),
        }
        container = {
            "Image": images.uri("scikit-learn"),
            "ModelDataUrl": self.lab.archive(model_txt="7"),
            "Environment": environment,
        }
        return {
            "Containers": [container],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        }

    def version(self, group: str, status: str = "PendingManualApproval", **more: Any) -> str:
        request = {"ModelPackageGroupName": group, "ModelApprovalStatus": status, **more}
        return self.sm.create_model_package(**request)["ModelPackageArn"]

    def alone(self, **more: Any) -> str:
        name = self.lab.unique("package")
        return self.sm.create_model_package(ModelPackageName=name, **more)["ModelPackageArn"]

    def shown(self, arn: str) -> dict[str, Any]:
        return self.sm.describe_model_package(ModelPackageName=arn)

    def listed(self, **filters: Any) -> list[str]:
        found = self.sm.list_model_packages(**filters)["ModelPackageSummaryList"]
        return [package["ModelPackageArn"] for package in found]


@pytest.fixture(scope="module")
def registry(account: Account) -> Registry:
    return Registry(Lab(account))


def refused(call: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


@pytest.mark.parametrize(("start", "end"), list(itertools.permutations(STATUSES, 2)))
def test_an_approval_goes_four_ways_and_no_others(registry: Registry, start: str, end: str) -> None:
    arn = registry.version(registry.group(), start)
    move = {"ModelPackageArn": arn, "ModelApprovalStatus": end}

    if (start, end) in MOVES:
        registry.sm.update_model_package(**move)
        assert registry.shown(arn)["ModelApprovalStatus"] == end
    else:
        code, said = refused(registry.sm.update_model_package, **move)
        assert (code, f"from {start} to {end}" in said) == ("ValidationException", True)
        assert registry.shown(arn)["ModelApprovalStatus"] == start


def test_a_status_that_stays_may_be_told_again_with_another_reason(registry: Registry) -> None:
    arn = registry.version(registry.group(), "Approved")

    registry.sm.update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription="checked twice"
    )

    assert registry.shown(arn)["ApprovalDescription"] == "checked twice"


def test_a_package_outside_of_groups_has_no_approval(registry: Registry) -> None:
    create, update = registry.sm.create_model_package, registry.sm.update_model_package
    arn = registry.alone()

    assert refused(create, ModelPackageName="x", ModelApprovalStatus="Approved")[0] == "ValidationException"
    assert refused(update, ModelPackageArn=arn, ModelApprovalStatus="Approved")[0] == "ValidationException"
    assert "ModelApprovalStatus" not in registry.shown(arn)


def test_an_approval_is_an_event_that_names_what_changed(registry: Registry, account: Account) -> None:
    events, sqs = account.session.client("events"), account.session.client("sqs")
    group = registry.group()
    url = sqs.create_queue(QueueName=registry.lab.unique("approvals"))["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Package State Change"],
        "detail": {"ModelPackageGroupName": [group], "ModelApprovalStatus": ["Approved"]},
    }
    rule = registry.lab.unique("rule")
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": arn}])

    package = registry.version(group, InferenceSpecification=registry.specification())
    registry.sm.update_model_package(
        ModelPackageArn=package, ModelApprovalStatus="Approved", ApprovalDescription="good"
    )

    received = until(lambda: sqs.receive_message(QueueUrl=url), lambda answer: "Messages" in answer)
    (message,) = received["Messages"]
    event = json.loads(message["Body"])
    assert event["resources"] == [package]
    detail = event["detail"]
    assert detail["UpdatedModelPackageFields"] == ["ModelApprovalStatus", "ApprovalDescription"]
    assert (detail["ModelPackageVersion"], detail["ModelPackageStatus"]) == (1, "Completed")
    assert detail["InferenceSpecification"]["Containers"][0]["Image"] == images.uri("scikit-learn")
    assert detail["CreationTime"] == f"{registry.shown(package)['CreationTime']:%Y-%m-%dT%H:%M:%SZ}"


DEPLOY = """
import boto3
def handler(event, context):
    package = event["detail"]["ModelPackageArn"]
    name = event["detail"]["ModelPackageGroupName"]
    sm = boto3.client("sagemaker")
    sm.create_model(ModelName=name, ExecutionRoleArn="ROLE", PrimaryContainer={"ModelPackageName": package})
    variant = {"VariantName": "v", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    sm.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    sm.create_endpoint(EndpointName=name, EndpointConfigName=name)
"""


def test_an_approval_deploys_where_a_rule_calls_a_function(registry: Registry, account: Account) -> None:
    lab = PipeLab(account)
    function = lab.function(DEPLOY.replace("ROLE", ROLE))
    group, events = registry.group(), account.session.client("events")
    rule = lab.unique("rule")
    pattern = {"detail": {"ModelPackageGroupName": [group], "ModelApprovalStatus": ["Approved"]}}
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": ["aws.sagemaker"], **pattern}))
    events.put_targets(Rule=rule, Targets=[{"Id": "deploy", "Arn": function}])
    arn = registry.version(group, InferenceSpecification=registry.specification())

    registry.sm.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")

    def status() -> str:
        found = registry.sm.list_endpoints(NameContains=group)["Endpoints"]
        return found[0]["EndpointStatus"] if found else "none yet"

    assert until(status, lambda now: now in ("InService", "Failed")) == "InService"
    assert lab.ask(group).strip() == "[7]"


def test_metadata_is_added_replaced_and_removed_up_to_50(registry: Registry) -> None:
    arn = registry.version(registry.group(), CustomerMetadataProperties={"auc": "0.8", "owner": "ann"})
    update = registry.sm.update_model_package

    update(
        ModelPackageArn=arn,
        CustomerMetadataProperties={"auc": "0.9", "data": "v2"},
        CustomerMetadataPropertiesToRemove=["owner"],
    )
    many = {f"k{n}": "v" for n in range(49)}

    assert registry.shown(arn)["CustomerMetadataProperties"] == {"auc": "0.9", "data": "v2"}
    assert "at most 50" in refused(update, ModelPackageArn=arn, CustomerMetadataProperties=many)[1]
    assert len(registry.shown(arn)["CustomerMetadataProperties"]) == 2


def test_an_update_changes_stage_card_and_specifications(registry: Registry) -> None:
    quality = {"Statistics": {"ContentType": "application/json", "S3Uri": "s3://lab/evaluation.json"}}
    arn = registry.version(
        registry.group(),
        ModelMetrics={"ModelQuality": quality},
        DriftCheckBaselines={"ModelQuality": quality},
        ModelCard={"ModelCardContent": "{}", "ModelCardStatus": "Draft"},
    )
    stage = {"Stage": "Production", "StageStatus": "Approved", "StageDescription": "live"}
    extra = {**registry.specification(), "Name": "batch"}

    registry.sm.update_model_package(
        ModelPackageArn=arn,
        ModelLifeCycle=stage,
        ModelCard={"ModelCardStatus": "PendingReview"},
        AdditionalInferenceSpecificationsToAdd=[extra],
    )

    shown = registry.shown(arn)
    assert shown["ModelLifeCycle"] == stage
    assert shown["ModelCard"] == {"ModelCardContent": "{}", "ModelCardStatus": "PendingReview"}
    assert [item["Name"] for item in shown["AdditionalInferenceSpecifications"]] == ["batch"]
    assert shown["ModelMetrics"] == {"ModelQuality": quality}
    assert shown["DriftCheckBaselines"] == {"ModelQuality": quality}
    assert shown["LastModifiedTime"] > shown["CreationTime"]
    again = {"ModelPackageArn": arn, "AdditionalInferenceSpecificationsToAdd": [extra]}
    assert "unique" in refused(registry.sm.update_model_package, **again)[1]
    broken = {"ModelPackageArn": arn, "ModelCard": {"ModelCardContent": "{"}}
    assert "JSON" in refused(registry.sm.update_model_package, **broken)[1]


def test_packages_are_listed_by_type_group_approval_and_name(registry: Registry) -> None:
    first, second = registry.group(), registry.group()
    one, two, other = registry.version(first), registry.version(first, "Approved"), registry.version(second)
    alone = registry.alone()

    assert registry.listed(ModelPackageGroupName=first) == [one, two]  # oldest first, as AWS says
    assert registry.listed(ModelPackageGroupName=first, SortOrder="Descending") == [two, one]
    assert registry.listed(ModelPackageGroupName=first, ModelApprovalStatus="Approved") == [two]
    assert alone in registry.listed(MaxResults=100)
    assert one not in registry.listed(MaxResults=100)
    assert {one, other} <= set(registry.listed(ModelPackageType="Versioned", MaxResults=100))
    assert {one, alone} <= set(registry.listed(ModelPackageType="Both", MaxResults=100))
    assert registry.listed(ModelPackageType="Both", NameContains=alone.rpartition("/")[2]) == [alone]
    group_arn = registry.sm.describe_model_package_group(ModelPackageGroupName=first)["ModelPackageGroupArn"]
    assert registry.listed(ModelPackageGroupName=group_arn) == [one, two]


def test_a_group_is_described_listed_and_deleted_once_it_is_empty(registry: Registry) -> None:
    name = registry.group()
    arn = registry.version(name)
    shown = registry.sm.describe_model_package_group(ModelPackageGroupName=name)

    found = registry.sm.list_model_package_groups(NameContains=name)["ModelPackageGroupSummaryList"]
    assert [group["ModelPackageGroupName"] for group in found] == [name]
    assert (shown["ModelPackageGroupStatus"], shown["ModelPackageGroupDescription"]) == ("Completed", "churn")
    assert (
        refused(registry.sm.delete_model_package_group, ModelPackageGroupName=name)[0] == "ConflictException"
    )
    registry.sm.delete_model_package(ModelPackageName=arn)
    registry.sm.delete_model_package_group(ModelPackageGroupName=name)
    assert refused(registry.sm.describe_model_package_group, ModelPackageGroupName=name)[1].endswith(
        "not exist."
    )


def test_many_packages_are_described_at_once(registry: Registry) -> None:
    group = registry.group()
    arn = registry.version(group, InferenceSpecification=registry.specification())
    gone = arn[:-1] + "9"

    answer = registry.sm.batch_describe_model_package(ModelPackageArnList=[arn, gone])

    assert list(answer["ModelPackageSummaries"]) == [arn]
    assert answer["ModelPackageSummaries"][arn]["ModelPackageGroupName"] == group
    assert answer["BatchDescribeModelPackageErrorMap"][gone]["ErrorCode"] == "ValidationException"


def test_a_group_has_a_policy_until_it_is_deleted(registry: Registry) -> None:
    name = {"ModelPackageGroupName": registry.group()}
    sm = registry.sm

    assert "resource policy" in refused(sm.get_model_package_group_policy, **name)[1]
    sm.put_model_package_group_policy(**name, ResourcePolicy=POLICY)
    assert sm.get_model_package_group_policy(**name)["ResourcePolicy"] == POLICY
    assert "JSON" in refused(sm.put_model_package_group_policy, **name, ResourcePolicy="{")[1]
    sm.delete_model_package_group_policy(**name)
    assert refused(sm.delete_model_package_group_policy, **name)[0] == "ValidationException"


def test_only_an_approved_version_is_deployed_and_it_answers(registry: Registry) -> None:
    arn = registry.version(registry.group(), InferenceSpecification=registry.specification())
    model = registry.lab.unique("model")
    request = {"ModelName": model, "ExecutionRoleArn": ROLE, "PrimaryContainer": {"ModelPackageName": arn}}

    code, said = refused(registry.sm.create_model, **request)
    registry.sm.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    registry.sm.create_model(**request)
    endpoint = registry.lab.endpoint(registry.lab.config(variant("AllTraffic", model)))

    assert (code, "is not approved" in said) == ("ValidationException", True)
    assert registry.lab.ask(endpoint).strip() == "[7]"
    container = registry.sm.describe_model(ModelName=model)["PrimaryContainer"]
    assert container["ModelPackageName"] == arn
    assert container["Image"] == images.uri("scikit-learn")


def test_a_package_outside_of_groups_is_deployed_without_approval(registry: Registry) -> None:
    arn = registry.alone(InferenceSpecification=registry.specification())
    model = registry.lab.unique("model")

    registry.sm.create_model(
        ModelName=model, ExecutionRoleArn=ROLE, PrimaryContainer={"ModelPackageName": arn}
    )

    assert registry.sm.describe_model(ModelName=model)["PrimaryContainer"]["ModelDataUrl"].startswith("s3://")


def test_a_container_has_a_package_or_an_image_but_not_both(registry: Registry) -> None:
    arn = registry.version(registry.group(), "Approved", InferenceSpecification=registry.specification())
    both = {"ModelPackageName": arn, "Image": images.uri("scikit-learn")}
    create = {"ModelName": registry.lab.unique("model"), "ExecutionRoleArn": ROLE}

    assert "not both" in refused(registry.sm.create_model, **create, PrimaryContainer=both)[1]
    empty = {"ModelPackageName": registry.version(registry.group(), "Approved")}
    assert "InferenceSpecification" in refused(registry.sm.create_model, **create, PrimaryContainer=empty)[1]
