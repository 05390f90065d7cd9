"""A pipeline's execution: steps run in order, hand on their results, branch, wait, fail, stop and go on."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from joblab import s3_input
from pipelab import (
    PipeLab,
    callback_step,
    compare,
    condition_step,
    fail_step,
    get,
    join,
    parameter,
    status,
)

ECHO = "return {'said': str(event)}"


@pytest.fixture(scope="module")
def lab(account: Any) -> PipeLab:
    return PipeLab(account)


def given(step: dict[str, Any], name: str = "said") -> str:
    """An output parameter of a Lambda or Callback step, as the step list shows it."""
    ((_, shown),) = step["Metadata"].items()
    return {item["Name"]: item["Value"] for item in shown["OutputParameters"]}[name]


# -- Lambda, parameters and expressions ----------------------------------------------------------------------------
def test_a_step_gets_parameters_variables_and_what_another_step_returned(lab: PipeLab) -> None:
    first = lab.lambda_step(
        "First",
        "return {'rows': event['n'] * 2, 'path': 'x'}",
        [("rows", "Integer"), "path"],
        n=get("Parameters.N"),
    )
    second = lab.lambda_step(
        "Second",
        ECHO,
        ["said"],
        rows=get("Steps.First.OutputParameters['rows']"),
        joined=join("/", "s3:/", get("Parameters.Name"), get("Steps.First.OutputParameters['path']"), True),
        run=get("Execution.PipelineExecutionId"),
        arn=get("Execution.PipelineArn"),
    )
    declared = [parameter("N", "Integer", 3), parameter("Name", "String")]

    execution = lab.start(
        lab.create(first, second, parameters=declared), parameters={"N": "21", "Name": "bucket"}
    )

    found = lab.finish(execution)
    steps = lab.steps(execution)
    assert found["PipelineExecutionStatus"] == "Succeeded"
    assert status(steps) == {"First": "Succeeded", "Second": "Succeeded"}
    event = given(steps["Second"])
    assert event == str(
        {
            "rows": 42,
            "joined": "s3://bucket/x/true",
            "run": execution.rpartition("/")[2],
            "arn": found["PipelineArn"],
        }
    )
    listed = lab.sm.list_pipeline_parameters_for_execution(PipelineExecutionArn=execution)
    assert listed["PipelineParameters"] == [{"Name": "N", "Value": "21"}, {"Name": "Name", "Value": "bucket"}]
