"""An execution outlives the account that began it."""

import time
from pathlib import Path

from pipelab import PipeLab, callback_step, status

from sagelab.account import connect


def test_an_execution_survives_a_restart_of_the_account(tmp_path: Path) -> None:
    """A callback still waits; a job that the restart killed is tried again where a policy says so."""
    account = connect(tmp_path)
    try:
        lab = PipeLab(account)
        queue = lab.queue()
        policy = {"ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"], "IntervalSeconds": 1, "MaxAttempts": 2}
        flag = "s3://jobs/restart"
        code = (
            "import boto3, time\n"
            "s3 = boto3.client('s3')\n"
            "seen = s3.list_objects_v2(Bucket='jobs', Prefix='restart').get('KeyCount')\n"
            "s3.put_object(Bucket='jobs', Key='restart', Body=b'')\n"
            "time.sleep(0 if seen else 60)\n"
        )
        brave = lab.processing_step("Brave", code, RetryPolicies=[policy])
        meek = lab.processing_step("Meek", "import time; time.sleep(60)")
        execution = lab.start(lab.create(callback_step("Ask", queue), brave, meek))
        token = lab.message(queue)["token"]
        until_there(lab, flag)
        lab.step_in(execution, "Meek", "Executing")
    finally:
        account.stop()

    account = connect(tmp_path)
    try:
        lab.account, lab.sm = account, account.session.client("sagemaker")
        failed = lab.step_in(execution, "Meek", "Failed")
        lab.sm.send_pipeline_execution_step_success(CallbackToken=token)
        found, steps = lab.finish(execution), lab.steps(execution)
    finally:
        account.stop()

    assert failed["FailureReason"].startswith("InternalServerError")
    assert (
        "No retry policy configured for the exception type SAGEMAKER_JOB_INTERNAL_ERROR"
        in failed["FailureReason"]
    )
    assert found["PipelineExecutionStatus"] == "Failed"
    assert status(steps) == {"Ask": "Succeeded", "Brave": "Succeeded", "Meek": "Failed"}
    assert steps["Brave"]["AttemptCount"] == 2


def until_there(lab: PipeLab, uri: str) -> None:
    key = uri.removeprefix("s3://jobs/")
    deadline = time.monotonic() + 30
    while not lab.keys(key):
        assert time.monotonic() < deadline
