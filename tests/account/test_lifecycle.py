"""What AWS has closed is said where the operation is refused or listed, and nothing else is called closed."""

import re
from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from sagelab.account import lifecycle
from sagelab.account.control import ControlPlane
from sagelab.account.model import ApiModel
from sagelab.cli import app

OPERATIONS = sorted(ApiModel().operations)


@pytest.mark.parametrize(
    ("operation", "told"),
    [
        ("CreateEdgePackagingJob", "On AWS, SageMaker Edge Manager is gone since 26 April 2024"),
        ("RegisterDevices", "On AWS, SageMaker Edge Manager is gone"),
        ("ListStageDevices", "On AWS, SageMaker Edge Manager is gone"),
        ("CreateMonitoringSchedule", "On AWS, Model Monitor is closed to new customers."),
        ("ListModelBiasJobDefinitions", "On AWS, Model Monitor is closed to new customers."),
        ("CreateLabelingJob", "On AWS, Ground Truth is closed to new customers."),
        ("ListSubscribedWorkteams", "On AWS, Ground Truth is closed"),
        ("CreateFlowDefinition", "On AWS, Amazon Augmented AI is closed"),
        ("AssociateTrialComponent", "AWS points to MLflow."),
        ("CreateTrainingJob", ""),
        ("CreateModelCard", ""),
        ("CreateAutoMLJobV2", ""),
        ("StopInferenceExperiment", ""),
        ("CreateMlflowTrackingServer", ""),
        ("CreateFeatureGroup", ""),
    ],
)
def test_an_operation_has_the_note_of_its_component_or_none(operation: str, told: str) -> None:
    sentence = lifecycle.sentence(operation)

    assert operation in OPERATIONS
    assert told in sentence
    assert bool(sentence) == bool(told)


def test_every_note_fits_some_operation_and_names_a_page_and_a_day() -> None:
    for note in lifecycle.NOTES:
        assert any(lifecycle.note(operation) is note for operation in OPERATIONS)
        assert note.page.endswith(".html")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", lifecycle.CHECKED)


def test_a_refusal_carries_the_note(plane: ControlPlane, refusal: Callable[..., tuple[str, str]]) -> None:
    code, sentence = refusal(plane.call, "GetDeviceFleetReport", {"DeviceFleetName": "fleet"})

    assert code == "NotAvailableInLocalAccount"
    assert sentence.endswith("ONNX Runtime with IoT Greengrass V2 took its place.")


def test_the_table_of_operations_shows_the_notes() -> None:
    printed = CliRunner().invoke(app, ["account", "operations"]).output

    assert printed.count("Ground Truth is closed") > 5
