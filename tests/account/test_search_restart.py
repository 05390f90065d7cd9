"""Jobs that search or transform are not left InProgress when the account comes back."""

import pytest

from sagelab.account import automl, transform, tuning


@pytest.mark.parametrize(
    ("module", "noun", "secondary"),
    [
        (transform, "TransformJob", None),
        (tuning, "HyperParameterTuningJob", None),
        (automl, "AutoMLJob", "AutoMLJobSecondaryStatus"),
    ],
)
def test_a_job_that_the_last_run_left_is_failed(plane, module, noun, secondary):
    arn = plane.arn(noun, "left-behind")
    record = {"_arn": arn, f"{noun}Name": "left-behind", f"{noun}Status": "InProgress", "CreationTime": 1.0}
    plane.store.add(noun, {**record, **({secondary: "ModelTuning"} if secondary else {})})
    plane.serve_clients(lambda service: None)
    module.register(plane)

    plane.start()

    found = plane.find(noun, arn)
    assert found[f"{noun}Status"] == "Failed"
    assert found["FailureReason"].startswith("InternalServerError")
    assert secondary is None or found[secondary] == "Failed"
