"""Roles from personas and activities, as Role Manager makes them, and what IAM says of them."""

from typing import Any

import pytest

from sagelab import roles
from sagelab.errors import SagelabError

COMPUTE = "arn:aws:iam::123456789012:role/Compute"
KEY = "arn:aws:kms:us-east-1:123456789012:key/abc"
TRAIN = "sagemaker:CreateTrainingJob"


@pytest.fixture(scope="module")
def iam(account: Any) -> Any:
    return account.session.client("iam")


def ask(iam: Any, arn: str, action: str, resource: str = "*", **keys: list[str]) -> str:
    """What IAM decides; keys are condition keys of SageMaker."""
    entries = [
        {"ContextKeyName": f"sagemaker:{name}", "ContextKeyValues": values, "ContextKeyType": "stringList"}
        for name, values in keys.items()
    ]
    answer = iam.simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=[action], ResourceArns=[resource], ContextEntries=entries
    )
    return str(answer["EvaluationResults"][0]["EvalDecision"])


JOB = "arn:aws:sagemaker:us-east-1:123456789012:training-job/a"


def test_there_are_three_personas_and_21_activities() -> None:
    assert list(roles.personas()) == ["data_scientist", "mlops", "compute"]
    assert len(roles.activities()) == 21
    assert {name for chosen in roles.personas().values() for name in chosen} <= set(roles.activities())


@pytest.mark.parametrize("activity", roles.activities())
def test_each_activity_speaks_of_actions_that_aws_has(activity: str) -> None:
    role = roles.build(
        activities=[activity], buckets=["lab"], pass_roles=[COMPUTE], subnets=["s"], security_groups=["g"],
        volume_keys=[KEY], data_keys=[KEY],
    )  # fmt: skip

    assert roles.unknown_actions(role) == []
    assert role.statements or role.managed


@pytest.mark.parametrize("persona", roles.personas())
def test_each_persona_becomes_a_role_in_iam(account: Any, iam: Any, persona: str) -> None:
    role = roles.build(persona, buckets=["lab"], pass_roles=[COMPUTE])
    name = account.unique("Role")

    arn = roles.create(iam, name, role)

    assert sorted(iam.list_role_policies(RoleName=name)["PolicyNames"]) == sorted(role.policies)
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    assert sorted(policy["PolicyArn"] for policy in attached) == sorted(role.managed)
    trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    assert trust["Statement"][0]["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    assert arn.endswith(f":role/{name}")


def test_a_data_scientist_may_train_and_not_manage_pipelines(account: Any, iam: Any) -> None:
    arn = roles.create(iam, account.unique("Role"), roles.build("data_scientist", pass_roles=[COMPUTE]))

    assert ask(iam, arn, TRAIN, JOB) == "allowed"
    assert ask(iam, arn, "sagemaker:CreatePipeline", JOB) == "implicitDeny"
    assert ask(iam, arn, "iam:PassRole", "arn:aws:iam::123456789012:role/Admin") == "implicitDeny"


def test_with_a_network_and_keys_a_job_outside_them_is_not_allowed(account: Any, iam: Any) -> None:
    role = roles.build(
        activities=["manage_jobs"],
        subnets=["s1", "s2"],
        security_groups=["g"],
        volume_keys=[KEY],
        data_keys=[KEY],
    )
    arn = roles.create(iam, account.unique("Role"), role)
    right = {"VpcSubnets": ["s1"], "VpcSecurityGroupIds": ["g"], "VolumeKmsKey": [KEY], "OutputKmsKey": [KEY]}

    assert ask(iam, arn, TRAIN, JOB, **right) == "allowed"
    assert ask(iam, arn, TRAIN, JOB, **{**right, "VpcSubnets": ["s1", "s9"]}) == "implicitDeny"
    assert ask(iam, arn, TRAIN, JOB, **{**right, "VolumeKmsKey": ["other"]}) == "implicitDeny"
    assert ask(iam, arn, TRAIN, JOB) == "implicitDeny"
    assert ask(iam, arn, "sagemaker:DescribeTrainingJob", JOB) == "allowed"


def test_the_mlops_persona_is_no_least_privilege() -> None:
    assert "s3:DeleteObject: on every resource" in roles.wide_grants(roles.build("mlops"))
    narrow = roles.build(activities=["s3_bucket_access"], buckets=["lab"])
    assert roles.wide_grants(narrow) == []
    assert narrow.actions == ["s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"]


def test_nothing_is_granted_on_what_was_not_given() -> None:
    role = roles.build(activities=["required_services", "manage_models"])

    assert not any(action.startswith(("s3:", "ec2:", "kms:", "iam:")) for action in role.actions)


def test_an_action_that_aws_does_not_have_makes_no_role(account: Any, iam: Any) -> None:
    name = account.unique("Role")
    statement = {"Effect": "Allow", "Action": ["sagemaker:TrainTrainingJob"], "Resource": ["*"]}
    role = roles.Role({"p": {"Version": "2012-10-17", "Statement": [statement]}}, [])

    with pytest.raises(SagelabError, match="There is no action sagemaker:TrainTrainingJob"):
        roles.create(iam, name, role)
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_role(RoleName=name)


@pytest.mark.parametrize(
    ("params", "told"),
    [
        (
            {"persona": "ml_engineer"},
            "There is no persona 'ml_engineer'; there are data_scientist, mlops, compute.",
        ),
        ({"activities": ["train"]}, "There is no activity 'train'; there are required_services"),
        ({}, "There is nothing that the role may do"),
        ({"persona": "mlops", "subnets": ["s"]}, "Give subnets and security_groups together"),
    ],
)
def test_what_cannot_be_built_is_told_in_a_sentence(params: dict[str, Any], told: str) -> None:
    with pytest.raises(SagelabError) as caught:
        roles.build(**params)

    assert str(caught.value).startswith(told)
