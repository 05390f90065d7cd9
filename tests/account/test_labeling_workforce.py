"""Who labels, and what they see: the workforce, its teams, worker task templates, flow definitions."""

import hashlib
import json
import urllib.request

import pytest
from botocore.exceptions import ClientError
from joblab import BUCKET, ROLE
from labelinglab import POOL, LabelingLab

from sagelab.account import connect

USERS = [{"CognitoMemberDefinition": POOL}]
OIDC = {
    "ClientId": "client",
    "ClientSecret": "a-secret",
    **{
        name: f"https://id.example.com/{name}"
        for name in (
            "Issuer",
            "AuthorizationEndpoint",
            "TokenEndpoint",
            "UserInfoEndpoint",
            "LogoutEndpoint",
            "JwksUri",
        )
    },
}


@pytest.fixture
def sm(tmp_path):
    """SageMaker in an account of its own: an account has one workforce."""
    account = connect(tmp_path)
    yield account.session.client("sagemaker")
    account.stop()


def test_the_first_team_makes_the_default_workforce_which_stays_while_it_has_teams(sm):
    team = sm.create_workteam(WorkteamName="readers", Description="x", MemberDefinitions=USERS)["WorkteamArn"]
    workforce = sm.describe_workforce(WorkforceName="default")["Workforce"]
    shown = sm.describe_workteam(WorkteamName="readers")["Workteam"]

    assert team == "arn:aws:sagemaker:us-east-1:123456789012:workteam/private-crowd/readers"
    assert (workforce["Status"], workforce["CognitoConfig"]["UserPool"]) == ("Active", POOL["UserPool"])
    assert shown["WorkforceArn"] == workforce["WorkforceArn"]
    assert shown["MemberDefinitions"] == USERS
    with pytest.raises(ClientError, match="ResourceInUse"):
        sm.delete_workforce(WorkforceName="default")
    with pytest.raises(ClientError, match=r"ResourceLimitExceeded.*one private workforce"):
        sm.create_workforce(
            WorkforceName="second", CognitoConfig={"UserPool": "us-east-1_b", "ClientId": "client"}
        )

    updated = sm.update_workteam(WorkteamName="readers", Description="they read")["Workteam"]
    assert updated["Description"] == "they read"
    assert sm.delete_workteam(WorkteamName="readers")["Success"]
    assert sm.list_workteams()["Workteams"] == []
    sm.delete_workforce(WorkforceName="default")
    assert sm.list_workforces()["Workforces"] == []
    assert sm.list_subscribed_workteams()["SubscribedWorkteams"] == []


def test_a_workforce_of_an_identity_provider_keeps_no_secret(sm, tmp_path):
    with pytest.raises(ClientError, match="needs a workforce"):
        sm.create_workteam(
            WorkteamName="readers",
            Description="x",
            MemberDefinitions=[{"OidcMemberDefinition": {"Groups": ["a"]}}],
        )
    sm.create_workforce(WorkforceName="ours", OidcConfig=OIDC)
    shown = sm.describe_workforce(WorkforceName="ours")["Workforce"]["OidcConfig"]

    assert shown == {name: value for name, value in OIDC.items() if name != "ClientSecret"}
    sm.create_workteam(
        WorkteamName="readers",
        Description="x",
        WorkforceName="ours",
        MemberDefinitions=[{"OidcMemberDefinition": {"Groups": ["a"]}}],
    )
    assert sm.describe_workteam(WorkteamName="readers")["Workteam"]["WorkforceArn"].endswith("/ours")
    moved = sm.update_workforce(
        WorkforceName="ours", OidcConfig={**OIDC, "Issuer": "https://new.example.com"}
    )
    assert moved["Workforce"]["OidcConfig"]["Issuer"] == "https://new.example.com"
    assert not [path for path in (tmp_path / "state").glob("records.db*") if b"a-secret" in path.read_bytes()]


@pytest.fixture(scope="module")
def lab(account):
    return LabelingLab(account)


def test_a_team_stays_while_it_works_on_a_job(lab):
    name = lab.job("TextMultiClass", ["a"], ["x", "y"])
    with pytest.raises(ClientError, match="works on"):
        lab.sm.delete_workteam(WorkteamName=lab.team.rpartition("/")[2])
    lab.sm.stop_labeling_job(LabelingJobName=name)
    lab.ended(name)


def test_a_template_is_kept_and_rendered_with_a_task(lab):
    page = "<p>{{ task.input.text }}</p>{% for x in task.input.list %}<i>{{ x | skip_autoescape }}</i>{% endfor %}"
    name = lab.unique("page")
    arn = lab.sm.create_human_task_ui(HumanTaskUiName=name, UiTemplate={"Content": page})["HumanTaskUiArn"]
    shown = lab.sm.describe_human_task_ui(HumanTaskUiName=name)
    rendered = lab.sm.render_ui_template(
        HumanTaskUiArn=arn, RoleArn=ROLE, Task={"Input": json.dumps({"text": "a < b", "list": ["&"]})}
    )

    listed = lab.sm.list_human_task_uis(MaxResults=1)["HumanTaskUiSummaries"]
    assert [item["HumanTaskUiName"] for item in listed] == [name]
    assert shown["HumanTaskUiStatus"] == "Active"
    assert shown["UiTemplate"]["ContentSha256"] == hashlib.sha256(page.encode()).hexdigest()
    assert rendered == {**rendered, "RenderedContent": "<p>a &lt; b</p><i>&</i>", "Errors": []}


def test_a_worker_may_read_the_object_of_the_task(lab):
    uri = lab.put("pages/object.txt", "hello")
    content = lab.sm.render_ui_template(
        UiTemplate={"Content": "{{ task.input.taskObject | grant_read_access | skip_autoescape }}"},
        RoleArn=ROLE,
        Task={"Input": json.dumps({"taskObject": uri})},
    )["RenderedContent"]

    assert content.startswith(f"{lab.account.url}/{BUCKET}/pages/object.txt?")
    with urllib.request.urlopen(content) as response:
        assert response.read() == b"hello"


@pytest.mark.parametrize(
    ("content", "task", "code"), [("{% if %}", "{}", "TemplateError"), ("x", "{x}", "InvalidTaskInput")]
)
def test_what_cannot_be_rendered_is_told(lab, content, task, code):
    rendered = lab.sm.render_ui_template(UiTemplate={"Content": content}, RoleArn=ROLE, Task={"Input": task})
    assert [error["Code"] for error in rendered["Errors"]] == [code]


def test_a_flow_definition_names_a_team_and_a_template_that_are_there(lab):
    name = lab.unique("flow")
    ui = lab.sm.create_human_task_ui(HumanTaskUiName=name, UiTemplate={"Content": "<p></p>"})[
        "HumanTaskUiArn"
    ]
    config = {
        "WorkteamArn": lab.team,
        "HumanTaskUiArn": ui,
        "TaskTitle": "x",
        "TaskDescription": "y",
        "TaskCount": 1,
    }
    request = {"OutputConfig": {"S3OutputPath": f"s3://{BUCKET}/reviews"}, "RoleArn": ROLE}
    with pytest.raises(ClientError, match="Could not find human task ui"):
        lab.sm.create_flow_definition(
            FlowDefinitionName=name, HumanLoopConfig={**config, "HumanTaskUiArn": ui + "x"}, **request
        )
    lab.sm.create_flow_definition(FlowDefinitionName=name, HumanLoopConfig=config, **request)

    assert lab.sm.describe_flow_definition(FlowDefinitionName=name)["FlowDefinitionStatus"] == "Active"
    with pytest.raises(ClientError, match="is used by"):
        lab.sm.delete_human_task_ui(HumanTaskUiName=name)
    lab.sm.delete_flow_definition(FlowDefinitionName=name)
    lab.sm.delete_human_task_ui(HumanTaskUiName=name)
