"""Executions under control: stop, retry, parallelism, selection, caching, restarts."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pipelab import (
    TOKEN,
    PipeLab,
    callback_step,
    compare,
    condition_step,
    get,
    parameter,
    status,
)

ECHO = "return {'said': str(event)}"
STAMP = "import time; return {'said': str(time.time())}"  # never the same twice


@pytest.fixture(scope="module")
def lab(account: Any) -> PipeLab:
    return PipeLab(account)


def given(step: dict[str, Any], name: str = "said") -> str:
    ((_, shown),) = step["Metadata"].items()
    return {item["Name"]: item["Value"] for item in shown["OutputParameters"]}[name]


def cached(step: dict[str, Any], expire: str = "PT1H") -> dict[str, Any]:
    return step | {"CacheConfig": {"Enabled": True, "ExpireAfter": expire}}


# -- stop ----------------------------------------------------------------------------------------------------------
def test_stopping_stops_the_jobs_that_run_and_begins_nothing_more(lab: PipeLab) -> None:
    slow = lab.processing_step("Slow", "import time; time.sleep(60)")
    after = lab.lambda_step("After", ECHO, ["said"]) | {"DependsOn": ["Slow"]}
    execution = lab.start(lab.create(slow, after))
    lab.step_in(execution, "Slow", "Executing")

    lab.sm.stop_pipeline_execution(PipelineExecutionArn=execution)

    assert lab.finish(execution)["PipelineExecutionStatus"] == "Stopped"
    steps = lab.steps(execution)
    assert status(steps) == {"Slow": "Stopped"}
    arn = steps["Slow"]["Metadata"]["ProcessingJob"]["Arn"]
    job = lab.sm.describe_processing_job(ProcessingJobName=arn.rpartition("/")[2])
    assert job["ProcessingJobStatus"] == "Stopped"
    with pytest.raises(ClientError, match="Only pipelines with 'Executing' status can be stopped"):
        lab.sm.stop_pipeline_execution(PipelineExecutionArn=execution)


def test_a_callback_is_told_of_the_stop_and_the_execution_waits_for_its_answer(lab: PipeLab) -> None:
    queue = lab.queue()
    execution = lab.start(lab.create(callback_step("Ask", queue, item="a")))
    token = lab.message(queue)["token"]

    lab.sm.stop_pipeline_execution(PipelineExecutionArn=execution)

    second = lab.message(queue)
    assert (second["status"], second["token"], second["arguments"]) == ("Stopping", token, {"item": "a"})
    told = lab.sm.describe_pipeline_execution(PipelineExecutionArn=execution)
    assert told["PipelineExecutionStatus"] == "Stopping"
    lab.sm.send_pipeline_execution_step_success(CallbackToken=token)
    assert lab.finish(execution)["PipelineExecutionStatus"] == "Stopped"
    assert lab.steps(execution)["Ask"]["StepStatus"] == "Stopped"


# -- retry ---------------------------------------------------------------------------------------------------------
def test_a_retry_goes_on_from_what_failed_and_keeps_what_succeeded(lab: PipeLab) -> None:
    first = lab.lambda_step("First", STAMP, ["said"])
    uri = lab.put(f"flags/{lab.unique('flag')}", "closed")
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    code = (
        "import boto3; "
        f"text = boto3.client('s3').get_object(Bucket='{bucket}', Key='{key}')['Body'].read(); "
        "assert text == b'open', 'closed'; return {'said': 'in'}"
    )
    second = lab.lambda_step("Second", code, ["said"], after=get("Steps.First.OutputParameters['said']"))
    third = lab.lambda_step("Third", ECHO, ["said"], text=get("Steps.Second.OutputParameters['said']"))
    execution = lab.start(lab.create(first, second, third))
    assert lab.finish(execution)["PipelineExecutionStatus"] == "Failed"
    before = lab.steps(execution)
    assert status(before) == {"First": "Succeeded", "Second": "Failed"}

    lab.s3.put_object(Bucket=bucket, Key=key, Body="open")
    lab.sm.retry_pipeline_execution(PipelineExecutionArn=execution)

    assert lab.finish(execution)["PipelineExecutionStatus"] == "Succeeded"
    steps = lab.steps(execution)
    assert status(steps) == dict.fromkeys(("First", "Second", "Third"), "Succeeded")
    assert given(steps["First"]) == given(before["First"])
    assert "FailureReason" not in lab.sm.describe_pipeline_execution(PipelineExecutionArn=execution)
    with pytest.raises(ClientError, match="Only pipelines with 'Failed' or 'Stopped' status can be retried"):
        lab.sm.retry_pipeline_execution(PipelineExecutionArn=execution)


# -- parallelism ---------------------------------------------------------------------------------------------------
def test_no_more_steps_run_at_a_time_than_allowed_until_more_are(lab: PipeLab) -> None:
    queue = lab.queue()
    pipeline = lab.create(
        *(callback_step(name, queue) for name in ("A", "B", "C")),
        ParallelismConfiguration={"MaxParallelExecutionSteps": 1},
    )
    execution = lab.start(pipeline)

    first = lab.message(queue)
    assert set(lab.steps(execution)) == {"A"}
    lab.sm.update_pipeline_execution(
        PipelineExecutionArn=execution,
        PipelineExecutionDescription="wider",
        ParallelismConfiguration={"MaxParallelExecutionSteps": 2},
    )
    second = lab.message(queue)
    assert set(lab.steps(execution)) == {"A", "B"}
    for message in (first, second):
        lab.sm.send_pipeline_execution_step_success(CallbackToken=message["token"])
    lab.sm.send_pipeline_execution_step_success(CallbackToken=lab.message(queue)["token"])

    found = lab.finish(execution)
    assert found["PipelineExecutionStatus"] == "Succeeded"
    assert found["PipelineExecutionDescription"] == "wider"


# -- selective execution -------------------------------------------------------------------------------------------
def test_a_selective_execution_runs_the_chosen_steps_on_earlier_results(lab: PipeLab) -> None:
    first = lab.lambda_step("First", STAMP, ["said"])
    second = lab.lambda_step("Second", ECHO, ["said"], of=get("Steps.First.OutputParameters['said']"))
    third = lab.lambda_step("Third", ECHO, ["said"], of=get("Steps.Second.OutputParameters['said']"))
    pipeline = lab.create(first, second, third)
    source = lab.start(pipeline)
    lab.finish(source)

    chosen = {"SourcePipelineExecutionArn": source, "SelectedSteps": [{"StepName": "Second"}]}
    execution = lab.start(pipeline, SelectiveExecutionConfig=chosen)

    found = lab.finish(execution)
    assert found["PipelineExecutionStatus"] == "Succeeded"
    assert found["SelectiveExecutionConfig"] == chosen
    steps = lab.steps(execution)
    assert set(steps) == {"First", "Second"}
    assert steps["First"]["SelectiveExecutionResult"] == {"SourcePipelineExecutionArn": source}
    assert given(steps["Second"]) == given(lab.steps(source)["Second"])
    with pytest.raises(ClientError, match="use step 'Second', which is not selected"):
        lab.start(pipeline, SelectiveExecutionConfig={"SelectedSteps": [{"StepName": "Third"}]})
    with pytest.raises(ClientError, match="not in the pipeline definition"):
        lab.start(pipeline, SelectiveExecutionConfig={"SelectedSteps": [{"StepName": "Nobody"}]})


# -- caching -------------------------------------------------------------------------------------------------------
def test_an_equal_step_is_reused_until_it_expires_on_the_accounts_clock(lab: PipeLab) -> None:
    stamp = cached(lab.lambda_step("Stamp", STAMP, ["said"], n=get("Parameters.N")))
    use = lab.lambda_step("Use", ECHO, ["said"], of=get("Steps.Stamp.OutputParameters['said']"))
    pipeline = lab.create(stamp, use, parameters=[parameter("N", "Integer", 1)])

    def run(n: int = 1) -> tuple[str, str, str]:
        """What the step said, where it was reused from, and the execution."""
        execution = lab.start(pipeline, parameters={"N": str(n)})
        assert lab.finish(execution)["PipelineExecutionStatus"] == "Succeeded"
        steps = lab.steps(execution)
        assert given(steps["Stamp"]) in given(steps["Use"])
        source = steps["Stamp"].get("CacheHitResult", {}).get("SourcePipelineExecutionArn", "")
        return given(steps["Stamp"]), source, execution

    first = run()
    again = run()
    other = run(2)
    lab.account.clock.step(timedelta(minutes=61))
    late = run()

    assert first[1] == ""
    assert again[:2] == (first[0], first[2])
    assert other[1] == ""
    assert other[0] != first[0]
    assert late[1] == ""
    assert late[0] != first[0]


def test_a_failed_run_is_never_reused_and_a_processing_key_leaves_outputs_out(lab: PipeLab) -> None:
    broken = cached(lab.lambda_step("Broken", "raise ValueError('x')", ["said"]))
    pipeline = lab.create(broken)
    for _ in range(2):
        execution = lab.start(pipeline)
        lab.finish(execution)
        assert "CacheHitResult" not in lab.steps(execution)["Broken"]

    work = cached(lab.processing_step("Work", "pass", outputs=("data",)), "T16m")
    uri = work["Arguments"]["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]
    uri["S3Uri"] = {
        "Std:Join": {"On": "/", "Values": ["s3://jobs/cached", get("Execution.PipelineExecutionId")]}
    }
    after = lab.lambda_step(
        "After",
        ECHO,
        ["said"],
        uri=get("Steps.Work.ProcessingOutputConfig.Outputs['data'].S3Output.S3Uri"),
    )
    pipeline = lab.create(work, after)
    executions = [lab.start(pipeline)]
    lab.finish(executions[0])
    executions.append(lab.start(pipeline))
    lab.finish(executions[1])
    first, second = (lab.steps(execution) for execution in executions)
    assert second["Work"]["CacheHitResult"]["SourcePipelineExecutionArn"] == executions[0]
    assert second["Work"]["Metadata"] == first["Work"]["Metadata"]
    assert given(second["After"]) == given(first["After"])


# -- lists, tokens, times ------------------------------------------------------------------------------------------
def test_executions_are_listed_newest_first_and_filtered_and_a_token_starts_only_one(lab: PipeLab) -> None:
    pipeline = lab.create(condition_step("Gate", compare("Equals", 1, 1)))
    first = lab.start(pipeline, ClientRequestToken=TOKEN + "1", PipelineExecutionDisplayName="one")
    lab.finish(first)
    assert lab.start(pipeline, ClientRequestToken=TOKEN + "1") == first
    middle = lab.account.clock.now()
    second = lab.start(pipeline)
    lab.finish(second)

    def listed(**filters: Any) -> list[str]:
        found = lab.sm.list_pipeline_executions(PipelineName=pipeline, **filters)
        return [item["PipelineExecutionArn"] for item in found["PipelineExecutionSummaries"]]

    assert listed() == [second, first]
    assert listed(SortOrder="Ascending") == [first, second]
    assert listed(CreatedBefore=middle) == [first]
    assert listed(CreatedAfter=middle) == [second]
    page = lab.sm.list_pipeline_executions(PipelineName=pipeline, MaxResults=1)
    assert listed(MaxResults=1, NextToken=page["NextToken"]) == [first]
    summary = lab.sm.list_pipeline_executions(PipelineName=pipeline)["PipelineExecutionSummaries"][1]
    assert (summary["PipelineExecutionDisplayName"], summary["PipelineExecutionStatus"]) == (
        "one",
        "Succeeded",
    )
