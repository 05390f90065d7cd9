"""CloudTrail: who called what, when, and with what answer."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sagelab.account.app import Application
from sagelab.account.wsgi import Incoming, environment, run

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sagemaker.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


@pytest.fixture(scope="module")
def trail(account: Any) -> Any:
    return account.session.client("cloudtrail")


def assume(account: Any, role: str, session: str, **more: Any) -> Any:
    """A boto3 session of an assumed role."""
    arn = f"arn:aws:iam::123456789012:role/{role}"
    keys = account.session.client("sts").assume_role(RoleArn=arn, RoleSessionName=session, **more)[
        "Credentials"
    ]
    return boto3.Session(
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
        region_name="us-east-1",
    )


def events(trail: Any, key: str, value: str, **more: Any) -> list[dict[str, Any]]:
    rule = {"AttributeKey": key, "AttributeValue": value}
    return list(trail.lookup_events(LookupAttributes=[rule], **more)["Events"])


def test_what_a_role_really_did_is_found_by_its_session(account: Any, trail: Any) -> None:
    role, session, name = account.unique("Role"), account.unique("session"), account.unique("experiment")
    account.session.client("iam").create_role(RoleName=role, AssumeRolePolicyDocument=TRUST)
    sm = assume(account, role, session).client("sagemaker")
    sm.create_experiment(ExperimentName=name)
    with pytest.raises(ClientError):
        sm.describe_model(ModelName="nobody")

    describe, create = events(trail, "Username", session)

    assert (create["EventName"], create["ReadOnly"], create["EventSource"]) == (
        "CreateExperiment",
        "false",
        "sagemaker.amazonaws.com",
    )
    told = json.loads(create["CloudTrailEvent"])
    assert told["requestParameters"] == {"experimentName": name}
    assert told["responseElements"]["experimentArn"].endswith(f"experiment/{name}")
    assert told["userIdentity"]["type"] == "AssumedRole"
    assert told["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"] == role
    refused = json.loads(describe["CloudTrailEvent"])
    assert (refused["errorCode"], refused["readOnly"], refused["responseElements"]) == (
        "ValidationException",
        True,
        None,
    )


def test_the_owner_is_root_and_iam_calls_are_told_too(account: Any, trail: Any) -> None:
    name = account.unique("Role")
    account.session.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)

    newest = events(trail, "EventName", "CreateRole")[0]

    told = json.loads(newest["CloudTrailEvent"])
    assert (newest["Username"], told["userIdentity"]["type"], newest["EventSource"]) == (
        "root",
        "Root",
        "iam.amazonaws.com",
    )
    assert told["requestParameters"]["roleName"] == name


def test_a_users_key_names_the_user(account: Any, trail: Any) -> None:
    iam, user = account.session.client("iam"), account.unique("user")
    iam.create_user(UserName=user)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    sm = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name="us-east-1").client(
        "sagemaker"
    )
    sm.list_models()

    (event,) = events(trail, "AccessKeyId", key["AccessKeyId"])

    assert (event["Username"], event["EventName"]) == (user, "ListModels")


def test_events_are_found_by_resource_and_in_pages_newest_first(account: Any, trail: Any) -> None:
    sm, name = account.session.client("sagemaker"), account.unique("experiment")
    sm.create_experiment(ExperimentName=name)
    sm.describe_experiment(ExperimentName=name)
    sm.delete_experiment(ExperimentName=name)

    def names(**more: Any) -> list[str]:
        return [event["EventName"] for event in events(trail, "ResourceName", name, **more)]

    rule = [{"AttributeKey": "ResourceName", "AttributeValue": name}]
    pages = trail.get_paginator("lookup_events").paginate(
        LookupAttributes=rule, PaginationConfig={"PageSize": 2}
    )
    assert names() == ["DeleteExperiment", "DescribeExperiment", "CreateExperiment"]
    assert [len(page["Events"]) for page in pages] == [2, 1]
    arn = f"arn:aws:sagemaker:us-east-1:123456789012:experiment/{name}"
    kinds = {r["ResourceType"] for e in events(trail, "ResourceName", arn) for r in e["Resources"]}
    assert "AWS::SageMaker::Experiment" in kinds


def test_a_refused_call_with_half_an_arn_breaks_no_lookup(account: Any, trail: Any) -> None:
    sm, name = account.session.client("sagemaker"), account.unique("experiment")
    for half in ("arn:half", "arn:aws:sagemaker:us-east-1:123456789012"):
        with pytest.raises(ClientError):
            sm.list_tags(ResourceArn=half)
        assert [e["EventName"] for e in events(trail, "ResourceName", half)] == ["ListTags"]
    sm.create_experiment(ExperimentName=name)

    assert [e["EventName"] for e in events(trail, "ResourceName", name)] == ["CreateExperiment"]


def test_an_event_carries_the_accounts_time(account: Any, trail: Any) -> None:
    before = account.clock.step(timedelta(hours=1))
    name = account.unique("experiment")
    account.session.client("sagemaker").create_experiment(ExperimentName=name)

    (event,) = events(trail, "ResourceName", name, StartTime=before, EndTime=before + timedelta(minutes=10))

    assert before <= event["EventTime"] <= account.clock.now()
    assert events(trail, "ResourceName", name, EndTime=before - timedelta(seconds=1)) == []


def test_a_large_request_is_left_out_and_a_sensitive_one_hidden(account: Any, trail: Any) -> None:
    sm, name = account.session.client("sagemaker"), account.unique("card")
    sm.create_model_card(ModelCardName=name, Content="{}", ModelCardStatus="Draft")
    tags = [{"Key": str(number), "Value": "v"} for number in range(50)]
    big = account.unique("pipeline")
    with pytest.raises(ClientError):
        sm.create_experiment(ExperimentName=big, Description="x" * 200_000, Tags=tags)

    (card,) = (e for e in events(trail, "ResourceName", name) if e["EventName"] == "CreateModelCard")
    assert (
        json.loads(card["CloudTrailEvent"])["requestParameters"]["content"]
        == "HIDDEN_DUE_TO_SECURITY_REASONS"
    )
    failed = events(trail, "EventName", "CreateExperiment")[0]
    assert json.loads(failed["CloudTrailEvent"])["requestParameters"]["omitted"] is True


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"StartTime": 2_000_000_000, "EndTime": 1_000_000_000}, "InvalidTimeRangeException"),
        ({"NextToken": "x"}, "InvalidNextTokenException"),
        (
            {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "a"}] * 2},
            "InvalidLookupAttributesException",
        ),
    ],
)
def test_a_lookup_that_cannot_be_is_refused(trail: Any, params: dict[str, Any], code: str) -> None:
    with pytest.raises(ClientError) as caught:
        trail.lookup_events(**params)

    assert caught.value.response["Error"]["Code"] == code


def test_the_trail_outlives_the_account_for_90_days(tmp_path: Path) -> None:
    app = Application(tmp_path)
    headers = {
        "host": "127.0.0.1",
        "x-amz-target": "SageMaker.ListModels",
        "authorization": "Credential=local/x",
    }
    request = Incoming("POST", "/", headers, b"{}")
    for _ in range(60):
        assert run(app, environment(request)).code == 200
    app.close()

    again = Application(tmp_path)
    trail = again.plane.client("cloudtrail")
    found = trail.lookup_events(MaxResults=50)
    again.clock.step(timedelta(days=91).total_seconds())
    after_90_days = trail.lookup_events(StartTime=0)["Events"]
    again.close()
    assert (len(found["Events"]), found["Events"][0]["EventName"]) == (50, "ListModels")
    assert "NextToken" in found
    assert after_90_days == []
