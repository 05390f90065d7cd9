"""What IAM policies would allow: the rules of evaluation, and the two operations that ask for them."""

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sagelab.account.app import Application
from sagelab.account.iam.decision import Request, decide
from sagelab.account.iam.documents import MalformedPolicyError, read
from sagelab.account.wsgi import Incoming, environment, run

TRAIN = "sagemaker:CreateTrainingJob"
JOB = "arn:aws:sagemaker:us-east-1:123456789012:training-job/a"
FULL_ACCESS = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
Keys = Mapping[str, Sequence[str]]


def allow(**statement: Any) -> dict[str, Any]:
    filled = {"Effect": "Allow", **statement}
    if "NotAction" not in statement:
        filled.setdefault("Action", "*")
    if "NotResource" not in statement:
        filled.setdefault("Resource", "*")
    return filled


def deny(**statement: Any) -> dict[str, Any]:
    return {**allow(**statement), "Effect": "Deny"}


def document(*statements: dict[str, Any], version: str = "2012-10-17") -> str:
    return json.dumps({"Version": version, "Statement": list(statements)})


def decision(
    *statements: dict[str, Any],
    action: str = TRAIN,
    resource: str = JOB,
    keys: Keys | None = None,
    **more: Any,
) -> str:
    policies = [read(document(statement), f"p{n}", "none") for n, statement in enumerate(statements)]
    context = {key.lower(): values for key, values in (keys or {}).items()}
    return decide(Request(action, resource, context), policies, **more).decision


# -- the rules -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([], "implicitDeny"),
        ([allow()], "allowed"),
        ([deny(), allow()], "explicitDeny"),
        ([allow(), deny(Action="sagemaker:Create*")], "explicitDeny"),
        ([allow(Action="sagemaker:createtrainingjob")], "allowed"),
        ([allow(Action=["s3:*", "sagemaker:*"])], "allowed"),
        ([allow(Action="sagemaker:CreateTrainingJo?")], "allowed"),
        ([allow(Action="sagemaker:CreateTraining")], "implicitDeny"),
        ([allow(NotAction="iam:*")], "allowed"),
        ([allow(NotAction=["iam:*", "sagemaker:*"])], "implicitDeny"),
        ([allow(Resource="arn:aws:sagemaker:*:*:training-job/*")], "allowed"),
        ([allow(Resource="arn:aws:sagemaker:*:*:TRAINING-JOB/*")], "implicitDeny"),
        ([allow(NotResource="arn:aws:sagemaker:*:*:model/*")], "allowed"),
        ([allow(NotResource=["arn:aws:sagemaker:*:*:training-job/*"])], "implicitDeny"),
        ([allow(Action="sagemaker:****************************x")], "implicitDeny"),
    ],
)
def test_deny_wins_then_allow_and_wildcards_are_the_policys(statements: Any, expected: str) -> None:
    assert decision(*statements) == expected


@pytest.mark.parametrize(
    ("condition", "keys", "holds"),
    [
        ({"StringEquals": {"sagemaker:VolumeKmsKey": "k"}}, {"sagemaker:VolumeKmsKey": ["k"]}, True),
        ({"StringEquals": {"sagemaker:VolumeKmsKey": "k"}}, {"sagemaker:VolumeKmsKey": ["K"]}, False),
        ({"StringEquals": {"sagemaker:VolumeKmsKey": "k"}}, {}, False),
        ({"StringEquals": {"a:k": ["k", "l"]}}, {"a:k": ["l"]}, True),
        ({"StringEqualsIgnoreCase": {"a:k": "k"}}, {"a:k": ["K"]}, True),
        ({"StringEqualsIfExists": {"a:k": "k"}}, {}, True),
        ({"StringEqualsIfExists": {"a:k": "k"}}, {"a:k": ["x"]}, False),
        ({"StringNotEquals": {"a:k": "k"}}, {}, True),
        ({"StringNotEquals": {"a:k": ["k", "l"]}}, {"a:k": ["l"]}, False),
        ({"StringNotEquals": {"a:k": ["k", "l"]}}, {"a:k": ["m"]}, True),
        (
            {"StringLike": {"sagemaker:InstanceTypes": "ml.g*"}},
            {"sagemaker:InstanceTypes": ["ml.g5.xlarge"]},
            True,
        ),
        ({"StringNotLike": {"a:k": "ml.p*"}}, {"a:k": ["ml.p3.2xlarge"]}, False),
        (
            {"ForAllValues:StringEquals": {"sagemaker:VpcSubnets": ["s1", "s2"]}},
            {"sagemaker:VpcSubnets": ["s1"]},
            True,
        ),
        ({"ForAllValues:StringEquals": {"a:k": ["s1", "s2"]}}, {"a:k": ["s1", "s3"]}, False),
        ({"ForAllValues:StringEquals": {"a:k": ["s1"]}}, {}, True),
        ({"ForAllValues:StringEquals": {"a:k": ["s1"]}, "Null": {"a:k": "false"}}, {}, False),
        ({"ForAnyValue:StringEquals": {"a:k": ["s1"]}}, {"a:k": ["s1", "s3"]}, True),
        ({"ForAnyValue:StringEquals": {"a:k": ["s1"]}}, {}, False),
        ({"ForAnyValue:StringNotEquals": {"a:k": ["s1"]}}, {}, False),
        ({"ForAnyValue:StringNotEquals": {"a:k": ["s1"]}}, {"a:k": ["s1", "s3"]}, True),
        ({"ForAllValues:StringNotEquals": {"a:k": ["s1"]}}, {"a:k": ["s1", "s3"]}, False),
        ({"Bool": {"sagemaker:NetworkIsolation": "true"}}, {"sagemaker:NetworkIsolation": ["true"]}, True),
        ({"Bool": {"sagemaker:NetworkIsolation": True}}, {"sagemaker:NetworkIsolation": ["false"]}, False),
        ({"Null": {"a:k": "true"}}, {}, True),
        ({"Null": {"a:k": "false"}}, {"a:k": ["x"]}, True),
        (
            {"NumericLessThanIfExists": {"sagemaker:KeepAlivePeriod": 1800}},
            {"sagemaker:KeepAlivePeriod": ["900"]},
            True,
        ),
        (
            {"NumericLessThanIfExists": {"sagemaker:KeepAlivePeriod": 1800}},
            {"sagemaker:KeepAlivePeriod": ["1800"]},
            False,
        ),
        ({"NumericLessThanEquals": {"a:k": "1800"}}, {"a:k": ["1800"]}, True),
        ({"NumericNotEquals": {"a:k": "1"}}, {"a:k": ["1.0"]}, False),
        ({"NumericGreaterThan": {"a:k": "1"}}, {"a:k": ["many"]}, False),
        (
            {"DateLessThan": {"aws:CurrentTime": "2026-11-23T00:00:00Z"}},
            {"aws:CurrentTime": ["2026-11-22T23:59:59Z"]},
            True,
        ),
        ({"DateGreaterThan": {"a:k": "2026-11-23"}}, {"a:k": ["1795000000"]}, False),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"aws:SourceIp": ["10.1.2.3"]}, True),
        ({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, {"aws:SourceIp": ["11.1.2.3"]}, True),
        (
            {"ArnLike": {"aws:SourceArn": "arn:aws:sagemaker:*:*:pipeline/*"}},
            {"aws:SourceArn": ["arn:aws:sagemaker:us-east-1:1:pipeline/p"]},
            True,
        ),
        (
            {"ArnLike": {"aws:SourceArn": "arn:aws:s3:*:*:x"}},
            {"aws:SourceArn": ["arn:aws:sagemaker:us-east-1:1:x"]},
            False,
        ),
        ({"StringEquals": {"aws:RequestTag/team": "risk"}}, {"AWS:requesttag/Team": ["risk"]}, True),
        ({"StringEquals": {"a:k": "x", "a:l": "y"}}, {"a:k": ["x"]}, False),
    ],
)
def test_each_condition_operator_does_what_iams_guide_says(condition: Any, keys: Keys, holds: bool) -> None:
    assert decision(allow(Condition=condition), keys=keys) == ("allowed" if holds else "implicitDeny")


def test_variables_are_filled_in_and_their_stars_are_no_wildcards() -> None:
    own = allow(Resource="arn:aws:s3:::lab/${aws:username}/*")

    def get(key: str, user: str | None) -> str:
        keys = {"aws:username": [user]} if user else {}
        return decision(own, action="s3:GetObject", resource=f"arn:aws:s3:::lab/{key}", keys=keys)

    assert get("ana/x", "ana") == "allowed"
    assert get("bob/x", "ana") == "implicitDeny"
    assert get("bob/x", "*") == "implicitDeny"
    assert get("ana/x", None) == "implicitDeny"


def test_a_variable_has_a_default_and_an_old_document_has_none() -> None:
    tagged = allow(Condition={"StringEquals": {"a:team": "${aws:PrincipalTag/team, 'guests'}"}})
    plain = document(allow(Resource="${aws:username}"), version="2008-10-17")

    assert decision(tagged, keys={"a:team": ["guests"]}) == "allowed"
    request = Request("s3:GetObject", "${aws:username}", {"aws:username": ["ana"]})
    assert decide(request, [read(plain, "p", "none", check=False)]).decision == "allowed"


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("*a" * 30 + "b", False),
        ("*a" * 30, True),
        ("a*" * 30 + "?", True),
        ("*a?" * 20, True),
        ("${aws:username}" + "*a" * 30 + "b", False),
    ],
)
def test_many_stars_are_judged_at_once(pattern: str, fits: bool) -> None:
    keys = {"aws:username": ["a"]}
    started = time.process_time()

    found = decision(
        allow(Resource=f"arn:aws:s3:::{pattern}"), resource="arn:aws:s3:::" + "a" * 2000, keys=keys
    )

    assert found == ("allowed" if fits else "implicitDeny")
    assert time.process_time() - started < 0.5


def test_a_boundary_takes_away_and_gives_nothing() -> None:
    bound = [read(document(allow(Action="sagemaker:Describe*")), "boundary", "user-managed")]

    assert decision(allow(), boundaries=bound) == "implicitDeny"
    assert decision(allow(), action="sagemaker:DescribeModel", boundaries=bound) == "allowed"
    assert decision(action="sagemaker:DescribeModel", boundaries=bound) == "implicitDeny"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "Syntax errors in policy."),
        ("{", "Syntax errors in policy."),
        ("[" * 40_000, "Syntax errors in policy."),
        (document(allow(), version="2020-01-01"), "Syntax errors in policy."),
        (
            json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*"}]}),
            "must contain actions",
        ),
        (document(allow(Action="train")), "must be prefaced by a vendor"),
        (document(allow(Resource="bucket")), "must be in ARN format"),
        (document(allow(Effect="Maybe")), "Syntax errors in policy."),
    ],
)
def test_a_document_that_is_no_policy_is_refused_in_iams_words(text: str, told: str) -> None:
    with pytest.raises(MalformedPolicyError, match=told):
        read(text, "p", "none")


# -- the operations --------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def iam(account: Any) -> Any:
    return account.session.client("iam")


@pytest.fixture
def role(account: Any, iam: Any) -> str:
    """A role without a policy; its name."""
    name = str(account.unique("Role"))
    trust = document(
        {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
    )
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    return name


def simulate(iam: Any, name: str, *actions: str, kind: str = "role", **more: Any) -> list[dict[str, Any]]:
    arn = f"arn:aws:iam::123456789012:{kind}/{name}"
    return list(
        iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=list(actions), **more)[
            "EvaluationResults"
        ]
    )


def decisions(results: list[dict[str, Any]]) -> list[str]:
    return [result["EvalDecision"] for result in results]


def entry(key: str, *values: str, kind: str = "string") -> dict[str, Any]:
    return {"ContextKeyName": key, "ContextKeyValues": list(values), "ContextKeyType": kind}


def test_a_role_is_asked_with_its_inline_and_managed_policies(account: Any, iam: Any, role: str) -> None:
    iam.put_role_policy(
        RoleName=role, PolicyName="inline", PolicyDocument=document(allow(Action="s3:GetObject"))
    )
    own = iam.create_policy(
        PolicyName=account.unique("own"), PolicyDocument=document(deny(Action="s3:PutObject"))
    )
    iam.attach_role_policy(RoleName=role, PolicyArn=own["Policy"]["Arn"])
    iam.attach_role_policy(RoleName=role, PolicyArn=FULL_ACCESS)

    results = simulate(iam, role, "s3:GetObject", "s3:PutObject", "sagemaker:CreateModel", "iam:CreateUser")

    assert decisions(results) == ["allowed", "explicitDeny", "allowed", "implicitDeny"]
    kinds = [[s["SourcePolicyType"] for s in result["MatchedStatements"]] for result in results]
    assert kinds[:2] == [["role"], ["user-managed"]]
    assert "aws-managed" in kinds[2]
    assert kinds[3] == []
    assert results[0]["MatchedStatements"][0]["SourcePolicyId"] == f"role_{role}_inline"


def test_a_deny_without_network_isolation_can_be_tried_before_it_bites(iam: Any, role: str) -> None:
    must_isolate = deny(Action=TRAIN, Condition={"Bool": {"sagemaker:NetworkIsolation": "false"}})
    iam.put_role_policy(
        RoleName=role, PolicyName="p", PolicyDocument=document(allow(Action="sagemaker:*"), must_isolate)
    )

    def with_isolation(value: str) -> dict[str, Any]:
        key = entry("sagemaker:NetworkIsolation", value, kind="boolean")
        (result,) = simulate(iam, role, TRAIN, ContextEntries=[key])
        return result

    assert with_isolation("false")["EvalDecision"] == "explicitDeny"
    assert with_isolation("true")["EvalDecision"] == "allowed"
    (unsaid,) = simulate(iam, role, TRAIN)
    assert unsaid["MissingContextValues"] == ["sagemaker:NetworkIsolation"]
    assert with_isolation("true")["MissingContextValues"] == []


def test_a_user_has_what_its_groups_have(account: Any, iam: Any) -> None:
    user, group = account.unique("user"), account.unique("group")
    iam.create_user(UserName=user)
    iam.create_group(GroupName=group)
    iam.add_user_to_group(GroupName=group, UserName=user)
    iam.put_group_policy(
        GroupName=group, PolicyName="g", PolicyDocument=document(allow(Action="sagemaker:*"))
    )

    results = simulate(iam, user, "sagemaker:ListModels", "s3:GetObject", kind="user")

    assert decisions(results) == ["allowed", "implicitDeny"]
    assert results[0]["MatchedStatements"][0]["SourcePolicyType"] == "group"
    assert decisions(simulate(iam, group, "sagemaker:DeleteModel", kind="group")) == ["allowed"]


def test_a_boundary_leaves_what_it_allows_of_a_role(account: Any, iam: Any, role: str) -> None:
    bound = iam.create_policy(
        PolicyName=account.unique("b"), PolicyDocument=document(allow(Action="sagemaker:List*"))
    )
    iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=bound["Policy"]["Arn"])
    iam.attach_role_policy(RoleName=role, PolicyArn=FULL_ACCESS)

    results = simulate(iam, role, "sagemaker:ListModels", "sagemaker:DeleteModel")

    assert decisions(results) == ["allowed", "implicitDeny"]
    told = [result["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"] for result in results]
    assert told == [True, False]


def test_a_number_in_a_condition_is_a_number_to_iam_too(iam: Any, role: str) -> None:
    short = allow(Action=TRAIN, Condition={"NumericLessThanIfExists": {"sagemaker:KeepAlivePeriod": 1800}})
    iam.put_role_policy(RoleName=role, PolicyName="short", PolicyDocument=document(short))

    long = entry("sagemaker:KeepAlivePeriod", "3600", kind="numeric")
    assert decisions(simulate(iam, role, TRAIN)) == ["allowed"]
    assert decisions(simulate(iam, role, TRAIN, ContextEntries=[long])) == ["implicitDeny"]


def test_custom_policies_are_asked_alone_and_the_statement_is_told_by_its_place(iam: Any) -> None:
    text = '{"Version": "2012-10-17",\n "Statement": [\n  {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'

    results = iam.simulate_custom_policy(
        PolicyInputList=[text],
        ActionNames=["s3:GetObject", "s3:PutObject"],
        ResourceArns=["arn:aws:s3:::a", "arn:aws:s3:::b"],
    )["EvaluationResults"]

    assert [(r["EvalActionName"], r["EvalResourceName"][-1]) for r in results] == [
        ("s3:GetObject", "a"),
        ("s3:GetObject", "b"),
        ("s3:PutObject", "a"),
        ("s3:PutObject", "b"),
    ]
    (matched,) = results[0]["MatchedStatements"]
    assert matched["SourcePolicyId"] == "PolicyInputList.1"
    assert (matched["StartPosition"], matched["EndPosition"]) == (
        {"Line": 3, "Column": 3},
        {"Line": 3, "Column": 57},
    )


def test_the_resources_own_policy_counts_and_across_accounts_both_must_allow(iam: Any) -> None:
    bucket = "arn:aws:s3:::theirs/x"
    theirs = document(allow(Action="s3:GetObject", Resource=bucket, Principal={"AWS": "123456789012"}))
    user = "arn:aws:iam::123456789012:user/ana"

    def ask(own: str, owner: str) -> dict[str, Any]:
        answer = iam.simulate_custom_policy(
            PolicyInputList=[own],
            ActionNames=["s3:GetObject"],
            ResourceArns=[bucket],
            ResourcePolicy=theirs,
            ResourceOwner=owner,
            CallerArn=user,
        )
        return dict(answer["EvaluationResults"][0])

    nothing, something = document(allow(Action="sqs:*")), document(allow(Action="s3:*"))
    assert ask(nothing, "arn:aws:iam::123456789012:root")["EvalDecision"] == "allowed"
    abroad = ask(nothing, "arn:aws:iam::210987654321:root")
    assert abroad["EvalDecision"] == "implicitDeny"
    assert abroad["EvalDecisionDetails"] == {"IAM Policy": "implicitDeny", "Resource Policy": "allowed"}
    assert ask(something, "arn:aws:iam::210987654321:root")["EvalDecision"] == "allowed"


def test_results_come_in_pages(iam: Any) -> None:
    pages = iam.get_paginator("simulate_custom_policy").paginate(
        PolicyInputList=[document(allow())],
        ActionNames=["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
        PaginationConfig={"PageSize": 2},
    )

    assert [len(page["EvaluationResults"]) for page in pages] == [2, 1]


@pytest.mark.parametrize(
    ("operation", "params", "code"),
    [
        ("principal", {"PolicySourceArn": "arn:aws:iam::123456789012:role/nobody"}, "NoSuchEntity"),
        ("principal", {"PolicySourceArn": "arn:aws:iam::123456789012:thing/x"}, "InvalidInput"),
        ("custom", {"PolicyInputList": ["{}"]}, "InvalidInput"),
        (
            "custom",
            {"PolicyInputList": [document(allow())], "ResourcePolicy": document(allow())},
            "InvalidInput",
        ),
        ("custom", {"PolicyInputList": [document(allow())], "ActionNames": ["GetObject"]}, "InvalidInput"),
        ("custom", {"PolicyInputList": [document(allow())], "ActionNames": ["s3:*"]}, "InvalidInput"),
        ("custom", {"PolicyInputList": [document(allow())], "Marker": "x"}, "InvalidInput"),
        (
            "custom",
            {"PolicyInputList": [document(allow(Condition={"StringSame": {"a:k": "x"}}))]},
            "InvalidInput",
        ),
        ("custom", {"PolicyInputList": [document(allow())], "MaxItems": 1001}, "ValidationError"),
    ],
)
def test_a_simulation_that_cannot_be_is_refused_with_iams_code(
    iam: Any, operation: str, params: Any, code: str
) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(iam, f"simulate_{operation}_policy")(**{"ActionNames": ["s3:GetObject"], **params})

    assert caught.value.response["Error"]["Code"] == code


def test_other_forms_still_reach_moto_with_their_body(account: Any) -> None:
    sns = account.session.client("sns")

    topic = sns.create_topic(Name=account.unique("topic"))["TopicArn"]

    assert sns.publish(TopicArn=topic, Message="x" * 5000)["MessageId"]


HOSTILE = [
    "Action=SimulateCustomPolicy",
    "Action=SimulateCustomPolicy&ActionNames.member.x=s3:GetObject",
    "Action=SimulateCustomPolicy&ActionNames.member.1=s3:GetObject&PolicyInputList.member.1=%FF%FE",
    "Action=SimulateCustomPolicy&ActionNames.member.999999=a:b&PolicyInputList.member.1={}",
    "Action=SimulateCustomPolicy&ActionNames.member.1=a:b&PolicyInputList.member.1={}&MaxItems=many",
    "Action=SimulateCustomPolicy&ActionNames.member.1=a:b&PolicyInputList.member.1=%22text%22",
    "Action=SimulateCustomPolicy&ActionNames.member.1=a:b&PolicyInputList.member.1=[]",
    'Action=SimulateCustomPolicy&ActionNames.member.1=a:b&PolicyInputList.member.1={"Version":"2012-10-17","Statement":7}',
    "Action=SimulateCustomPolicy&ActionNames.member.1=a:b&PolicyInputList.member.1={}&ContextEntries.member.1.x=1",
    "Action=SimulatePrincipalPolicy&ActionNames.member.1=a:b&PolicySourceArn=x",
    "Action=SimulatePrincipalPolicy&ActionNames.member.1=a:b&PolicySourceArn=arn:aws:iam::123456789012:role/",
]


@pytest.mark.parametrize("form", HOSTILE)
def test_a_form_that_makes_no_sense_is_refused(
    tmp_path: Path, form: str, capfd: pytest.CaptureFixture[str]
) -> None:
    app = Application(tmp_path)
    headers = {"host": "127.0.0.1", "content-type": "application/x-www-form-urlencoded"}

    answered = run(app, environment(Incoming("POST", "/", headers, form.encode())))
    app.close()

    assert 400 <= answered.code < 500
    assert b"<Code>" in answered.body
    assert b"InternalFailure" not in answered.body
    assert "Traceback" not in capfd.readouterr().err
