"""Retry policies: what is refused or fails for a passing reason is really tried again, and not for ever."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joblab import ROLE, until
from pipelab import DONE, definition, fail_step

from sagelab.account import images
from sagelab.account.app import Application
from sagelab.account.control import ApiError

POLICY = {"ExceptionType": ["SageMaker.RESOURCE_LIMIT"], "IntervalSeconds": 1, "BackoffRate": 2.0}


class Busy:
    """An account that refuses a number of models, each time for the same reason."""

    def __init__(self, home: Path) -> None:
        self.app = Application(home)
        self.plane, self.left, self.code = self.app.plane, 0, "ResourceLimitExceeded"
        self.plane.checks("CreateModel", self._refuse)
        self.app.start()

    def _refuse(self, _params: Any) -> None:
        if self.left > 0:
            self.left -= 1
            raise ApiError("The account-level service limit is reached.", self.code)

    def run(self, refusals: int, code: str = "ResourceLimitExceeded", policies: Any = ()) -> dict[str, Any]:
        """Run a pipeline of one step; the step."""
        execution = self.start(refusals, code, policies)
        until(
            lambda: self.plane.call("DescribePipelineExecution", {"PipelineExecutionArn": execution}),
            lambda found: found["PipelineExecutionStatus"] in DONE,
        )
        return self.step(execution)

    def start(self, refusals: int, code: str, policies: Any, *more: Any) -> str:
        self.left, self.code = refusals, code
        container = {"Image": images.uri("scikit-learn")}
        step = {
            "Name": "Make",
            "Type": "Model",
            "Arguments": {"PrimaryContainer": container, "ExecutionRoleArn": ROLE},
            "RetryPolicies": list(policies),
        }
        name = f"p{self.plane.store.next_number('pipelines')}"
        token = "t" * 32
        request = {"PipelineName": name, "PipelineDefinition": definition(step, *more), "RoleArn": ROLE}
        self.plane.call("CreatePipeline", {**request, "ClientRequestToken": token})
        started = {"PipelineName": name, "ClientRequestToken": token}
        return str(self.plane.call("StartPipelineExecution", started)["PipelineExecutionArn"])

    def step(self, execution: str) -> dict[str, Any]:
        steps = self.plane.call("ListPipelineExecutionSteps", {"PipelineExecutionArn": execution})
        return steps["PipelineExecutionSteps"][0] if steps["PipelineExecutionSteps"] else {"AttemptCount": 0}


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Busy]:
    account = Busy(tmp_path_factory.mktemp("busy"))
    yield account
    account.app.close()


def test_a_refusal_that_a_policy_names_is_tried_again_until_it_works(busy: Busy) -> None:
    step = busy.run(1, policies=[{**POLICY, "MaxAttempts": 3}])

    assert (step["StepStatus"], step["AttemptCount"]) == ("Succeeded", 2)
    assert step["Metadata"]["Model"]["Arn"]


def test_without_a_policy_a_resource_limit_fails_at_once_and_says_so(busy: Busy) -> None:
    step = busy.run(1)

    assert (step["StepStatus"], step["AttemptCount"]) == ("Failed", 1)
    start = (
        "ClientError: Failed to invoke sagemaker:CreateModel. Error Details: The account-level service limit"
    )
    assert step["FailureReason"].startswith(start)
    assert step["FailureReason"].endswith(
        "No retry policy configured for the exception type SAGEMAKER_RESOURCE_LIMIT."
    )


def test_retries_end_after_the_attempts_that_are_allowed(busy: Busy) -> None:
    step = busy.run(9, policies=[{**POLICY, "IntervalSeconds": 0, "MaxAttempts": 2}])

    assert (step["StepStatus"], step["AttemptCount"]) == ("Failed", 3)
    assert step["FailureReason"].endswith(
        "The retry policy for SAGEMAKER_RESOURCE_LIMIT allows no further attempt."
    )


def test_throttling_is_tried_again_without_being_asked(busy: Busy) -> None:
    step = busy.run(1, "ThrottlingException")

    assert (step["StepStatus"], step["AttemptCount"]) == ("Succeeded", 2)


def test_a_refusal_of_the_request_itself_is_never_tried_again(busy: Busy) -> None:
    step = busy.run(1, "ValidationException", [{**POLICY, "MaxAttempts": 3}])

    assert (step["StepStatus"], step["AttemptCount"]) == ("Failed", 1)


def test_a_long_wait_ends_when_the_accounts_clock_is_stepped_and_expires(busy: Busy) -> None:
    patient = {**POLICY, "IntervalSeconds": 3600, "ExpireAfterMin": 90, "BackoffRate": 1.0}
    execution = busy.start(9, "ResourceLimitExceeded", [patient])
    until(
        lambda: busy.plane.store.all("PipelineExecutionStep")[-1], lambda step: "_job" in step
    )  # it waits now

    busy.app.clock.step(3601)  # the second try; a third would come after the policy has expired

    ended = until(lambda: busy.step(execution), lambda step: step.get("StepStatus") == "Failed")
    assert ended["AttemptCount"] == 2
    assert busy.left == 7


def test_a_fail_step_ends_also_what_waits_for_another_try(busy: Busy) -> None:
    patient = {**POLICY, "IntervalSeconds": 40_000, "MaxAttempts": 2}
    execution = busy.start(1, "ResourceLimitExceeded", [patient], fail_step("Enough"))

    ended = until(
        lambda: busy.plane.call("DescribePipelineExecution", {"PipelineExecutionArn": execution}),
        lambda found: found["PipelineExecutionStatus"] in DONE,
    )

    assert ended["PipelineExecutionStatus"] == "Failed"
    steps = busy.plane.call("ListPipelineExecutionSteps", {"PipelineExecutionArn": execution})[
        "PipelineExecutionSteps"
    ]
    assert {step["StepName"]: step["StepStatus"] for step in steps} == {"Make": "Stopped", "Enough": "Failed"}
