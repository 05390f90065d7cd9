"""Where AWS has closed or ended what an operation belongs to: a sentence for refusals and for the table.

Each sentence is what AWS's developer guide says, checked on the day below; the page is named beside it. An operation
without a sentence is not promised to stay: no notice was found, that is all.
"""

import re
from dataclasses import dataclass

CHECKED = "2026-11-22"
GUIDE = "https://docs.aws.amazon.com/sagemaker/latest/dg/"


@dataclass(frozen=True)
class Note:
    """What became of a part of SageMaker."""

    component: str
    said: str
    page: str
    operations: re.Pattern[str]

    @property
    def sentence(self) -> str:
        """The note as one sentence."""
        return f"On AWS, {self.component} {self.said}."


CLOSED = "is closed to new customers"
NOTES = (
    Note(
        "SageMaker Edge Manager",
        "is gone since 26 April 2024; ONNX Runtime with IoT Greengrass V2 took its place",
        "edge-eol.html",
        re.compile(r".*(Edge|Device).*|ListStageDevices"),
    ),
    Note(
        "Model Monitor",
        CLOSED,
        "model-monitor-availability-change.html",
        re.compile(
            r".*(DataQuality|ModelQuality|ModelBias|ModelExplainability)JobDefinition.*|.*Monitoring.*"
        ),
    ),
    Note(
        "Amazon Augmented AI",
        CLOSED,
        "a2i-use-augmented-ai-a2i-human-review-loops.html",
        re.compile(r".*FlowDefinition.*"),
    ),
    Note(
        "Ground Truth",
        CLOSED,
        "sms.html",
        re.compile(r".*(LabelingJob|Workteam|Workforce|HumanTaskUi|RenderUiTemplate).*"),
    ),
    Note(
        "Experiments in this form",
        "lives on in Studio Classic only, and AWS points to MLflow",
        "experiments.html",
        re.compile(r"(Create|Describe|List|Update|Delete|Associate|Disassociate)(Experiment|Trial).*"),
    ),
)  # the first that fits counts


def note(operation: str) -> Note | None:
    """The note on an operation; None where AWS has announced nothing."""
    return next((note for note in NOTES if note.operations.fullmatch(operation)), None)


def sentence(operation: str) -> str:
    """The note as a sentence, empty where there is none."""
    found = note(operation)
    return found.sentence if found else ""
