"""Pipelines and their versions: create, update, describe, delete, list."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from joblab import BUCKET, ROLE
from pipelab import TOKEN, PipeLab, callback_step, compare, condition_step, definition, parameter

STEP = condition_step("Gate", compare("Equals", 1, 1))


@pytest.fixture(scope="module")
def lab(account: Any) -> PipeLab:
    return PipeLab(account)


def test_a_pipeline_is_described_as_it_was_created(lab: PipeLab) -> None:
    name = lab.unique("pipeline")
    request = {
        "PipelineName": name,
        "PipelineDescription": "scores loans",
        "PipelineDefinition": definition(STEP),
        "RoleArn": ROLE,
        "ClientRequestToken": TOKEN,
        "Tags": [{"Key": "team", "Value": "risk"}],
        "ParallelismConfiguration": {"MaxParallelExecutionSteps": 3},
    }

    arn = lab.sm.create_pipeline(**request)["PipelineArn"]

    assert lab.sm.create_pipeline(**request)["PipelineArn"] == arn
    found = lab.sm.describe_pipeline(PipelineName=name)
    assert found["PipelineArn"] == arn
    assert found["PipelineStatus"] == "Active"
    assert json.loads(found["PipelineDefinition"]) == json.loads(definition(STEP))
    assert (found["PipelineDescription"], found["RoleArn"]) == ("scores loans", ROLE)
    assert found["ParallelismConfiguration"] == {"MaxParallelExecutionSteps": 3}
    assert "LastRunTime" not in found
    assert lab.sm.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "risk"}]
    assert lab.sm.describe_pipeline(PipelineName=arn)["PipelineName"] == name
    with pytest.raises(ClientError, match="must be unique") as caught:
        lab.sm.create_pipeline(**{**request, "ClientRequestToken": TOKEN + "2"})
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_a_definition_may_lie_in_s3(lab: PipeLab) -> None:
    lab.put("definitions/p.json", definition(STEP))
    name = lab.unique("pipeline")
    place = {"Bucket": BUCKET, "ObjectKey": "definitions/p.json"}

    lab.sm.create_pipeline(PipelineName=name, PipelineDefinitionS3Location=place, RoleArn=ROLE)

    assert "Gate" in lab.sm.describe_pipeline(PipelineName=name)["PipelineDefinition"]
    assert lab.finish(lab.start(name))["PipelineExecutionStatus"] == "Succeeded"
    gone = {**place, "ObjectKey": "definitions/none.json"}
    with pytest.raises(ClientError, match="Unable to read the pipeline definition s3://"):
        lab.sm.create_pipeline(PipelineName=name + "x", PipelineDefinitionS3Location=gone, RoleArn=ROLE)
    with pytest.raises(ClientError, match="exactly one of"):
        lab.sm.create_pipeline(PipelineName=name + "x", RoleArn=ROLE)


def test_a_wrong_definition_leaves_no_pipeline_and_no_version(lab: PipeLab) -> None:
    name = lab.unique("pipeline")
    broken = definition({"Name": "A", "Type": "Magic"})
    with pytest.raises(
        ClientError, match=r"Unable to parse pipeline definition\. Unknown step type"
    ) as caught:
        lab.sm.create_pipeline(PipelineName=name, PipelineDefinition=broken, RoleArn=ROLE)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    with pytest.raises(ClientError) as caught:
        lab.sm.describe_pipeline(PipelineName=name)
    assert caught.value.response["Error"]["Code"] == "ResourceNotFound"

    kept = lab.create(STEP)
    with pytest.raises(ClientError, match="Unable to parse"):
        lab.sm.update_pipeline(PipelineName=kept, PipelineDefinition=broken)
    assert len(lab.sm.list_pipeline_versions(PipelineName=kept)["PipelineVersionSummaries"]) == 1


def test_each_definition_is_a_version_and_an_execution_keeps_the_one_it_began_with(lab: PipeLab) -> None:
    name = lab.create(STEP)
    first = lab.start(name)
    lab.finish(first)
    other = condition_step("Other", compare("Equals", 1, 2))

    updated = lab.sm.update_pipeline(
        PipelineName=name, PipelineDefinition=definition(other), PipelineDescription="new"
    )

    assert updated["PipelineVersionId"] == 2
    found = lab.sm.describe_pipeline(PipelineName=name)
    assert ("Other" in found["PipelineDefinition"], found["PipelineDescription"]) == (True, "new")
    assert found["LastRunTime"]
    old = lab.sm.describe_pipeline_definition_for_execution(PipelineExecutionArn=first)["PipelineDefinition"]
    assert "Gate" in old
    assert "Gate" in lab.sm.describe_pipeline(PipelineName=name, PipelineVersionId=1)["PipelineDefinition"]
    again = lab.start(name, PipelineVersionId=1)
    assert lab.finish(again)["PipelineVersionId"] == 1
    assert set(lab.steps(again)) == {"Gate"}
    with pytest.raises(ClientError, match="has no version 9"):
        lab.start(name, PipelineVersionId=9)


def test_versions_have_names_and_aliases_and_an_alias_names_only_one(lab: PipeLab) -> None:
    name = lab.create(STEP, PipelineVersionAliases=["live"])
    other = definition(condition_step("Other", compare("Equals", 1, 2)))
    arn = lab.sm.update_pipeline(PipelineName=name, PipelineDefinition=other)["PipelineArn"]
    assert (
        "Gate"
        in lab.sm.describe_pipeline(PipelineName=name, PipelineVersionAlias="live")["PipelineDefinition"]
    )

    lab.sm.update_pipeline_version(
        PipelineArn=arn,
        PipelineVersionId=2,
        PipelineVersionDisplayName="second",
        PipelineVersionAliasOperations={"Add": ["live"]},
    )

    listed = lab.sm.list_pipeline_versions(PipelineName=name)["PipelineVersionSummaries"]
    assert [v["PipelineVersionId"] for v in listed] == [2, 1]
    assert [v.get("PipelineVersionAliases") for v in listed] == [["live"], []]
    assert listed[0]["PipelineVersionDisplayName"] == "second"
    execution = lab.start(name, PipelineVersionAlias="live")
    lab.finish(execution)
    assert set(lab.steps(execution)) == {"Other"}


def test_pipelines_are_listed_by_prefix_and_name(lab: PipeLab) -> None:
    first, second = lab.create(STEP), lab.create(STEP)

    found = lab.sm.list_pipelines(
        PipelineNamePrefix=first[:8], SortBy="Name", SortOrder="Ascending", MaxResults=100
    )

    names = [item["PipelineName"] for item in found["PipelineSummaries"]]
    assert names == sorted(names)
    assert {first, second} <= set(names)
    assert lab.sm.list_pipelines(PipelineNamePrefix="nobody")["PipelineSummaries"] == []


def test_a_pipeline_is_deleted_with_its_executions_but_not_while_one_runs(lab: PipeLab) -> None:
    queue = lab.queue()
    name = lab.create(callback_step("Ask", queue))
    execution = lab.start(name)
    token = lab.message(queue)["token"]
    with pytest.raises(ClientError, match="has running executions") as caught:
        lab.sm.delete_pipeline(PipelineName=name)
    assert caught.value.response["Error"]["Code"] == "ConflictException"
    lab.sm.send_pipeline_execution_step_success(CallbackToken=token)
    lab.finish(execution)

    lab.sm.delete_pipeline(PipelineName=name)

    for missing in (
        lambda: lab.sm.describe_pipeline(PipelineName=name),
        lambda: lab.sm.describe_pipeline_execution(PipelineExecutionArn=execution),
        lambda: lab.sm.list_pipeline_execution_steps(PipelineExecutionArn=execution),
        lambda: lab.start(name),
    ):
        with pytest.raises(ClientError) as caught:
            missing()
        assert caught.value.response["Error"]["Code"] == "ResourceNotFound"


def test_the_definition_says_which_experiment_and_trial_an_execution_belongs_to(lab: PipeLab) -> None:
    name = lab.unique("Loans")
    config = {
        "ExperimentName": {"Get": "Execution.PipelineName"},
        "TrialName": {"Get": "Execution.PipelineExecutionId"},
    }
    text = definition(STEP, parameters=[parameter("N", "Integer", 1)], PipelineExperimentConfig=config)
    lab.sm.create_pipeline(PipelineName=name, PipelineDefinition=text, RoleArn=ROLE)

    execution = lab.start(name)

    found = lab.finish(execution)["PipelineExperimentConfig"]
    trial = execution.rpartition("/")[2]
    assert found == {"ExperimentName": name.lower(), "TrialName": trial}
    assert lab.sm.describe_trial(TrialName=trial)["ExperimentName"] == name.lower()
