"""What a labeling job may ask for, and what it says about its tasks."""

import uuid

from ..control import ApiError, ControlPlane, Record
from .kinds import CUSTOM, find_kind
from .tasks import Rules
from .workforce import find_team

NOUN = "LabelingJob"
AT_A_TIME = 1000  # objects that are offered where the job says nothing


def check(plane: ControlPlane, params: Record) -> None:
    """Refuse what AWS refuses, and what this account cannot do as AWS would."""
    config = params["HumanTaskConfig"]
    find_team(plane, config["WorkteamArn"])
    kind = find_kind(config)
    check_name(params["LabelAttributeName"])
    if "S3DataSource" not in params["InputConfig"]["DataSource"]:
        raise ApiError("The local account reads a labeling job's input from an S3DataSource only.")
    if "LabelCategoryConfigS3Uri" not in params and kind is not CUSTOM:
        raise ApiError("LabelCategoryConfigS3Uri is required for this task type.")
    if len(config["UiConfig"]) != 1:
        raise ApiError("Exactly one of UiTemplateS3Uri and HumanTaskUiArn must be given.")
    several = config["NumberOfHumanWorkersPerDataObject"] > 1
    if several and "AnnotationConsolidationConfig" not in config and kind is not CUSTOM:
        raise ApiError("AnnotationConsolidationConfig is required where several workers label an object.")
    if "PublicWorkforceTaskPrice" in config:
        raise ApiError("PublicWorkforceTaskPrice is for the public workforce only.")
    if "LabelingJobAlgorithmsConfig" in params:
        raise ApiError(
            "The local account has no automated data labeling: leave LabelingJobAlgorithmsConfig out.",
            "NotAvailableInLocalAccount",
        )
    params |= {  # what the job's record begins with
        "LabelingJobStatus": "Initializing",
        "LabelCounters": counters(0, 0, 0),
        "JobReferenceCode": uuid.uuid4().hex,
    }


def check_name(name: str) -> None:
    """The rules for a label attribute's name."""
    if "-metadata" in name:
        raise ApiError('LabelAttributeName must not contain "-metadata".')
    if name.endswith("-ref"):
        raise ApiError('LabelAttributeName must not end in "-ref" for this task type.')


def rules_of(job: Record) -> Rules:
    """What a job says about its tasks."""
    config = job["HumanTaskConfig"]
    return Rules(
        job["_arn"],
        workers_of(job),
        float(config["TaskTimeLimitInSeconds"]),
        int(config.get("MaxConcurrentTaskCount", AT_A_TIME)),
    )


def workers_of(job: Record) -> int:
    """How many workers label each object."""
    return int(job["HumanTaskConfig"]["NumberOfHumanWorkersPerDataObject"])


def counters(objects: int, labeled: int, failures: int) -> Record:
    """LabelCounters; nothing is labeled by machine here."""
    return {
        "TotalLabeled": labeled,
        "HumanLabeled": labeled,
        "MachineLabeled": 0,
        "FailedNonRetryableError": failures,
        "Unlabeled": objects - labeled - failures,
    }
