"""What CreateTrainingJob refuses: what AWS refuses, and what this account cannot do as AWS would."""

from .. import images, s3, vpc
from ..control import ApiError, ControlPlane, Record
from ..metrics import compile_definitions

ONE_DAY = 86_400
MOST_MACHINES = 8  # of one job; they are all processes on this computer
SPOT_WAIT_WITHOUT_CHECKPOINTS = 3_600


class Checks:
    """The checks of one account."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane

    def __call__(self, params: Record) -> None:
        """Raise ApiError for a request that cannot become a job."""
        algorithm = params.get("AlgorithmSpecification", {})
        if "TrainingImage" not in algorithm:
            raise ApiError(
                "The local account runs container images: give AlgorithmSpecification.TrainingImage."
            )
        image = images.find_image(algorithm["TrainingImage"], "training")
        check_metrics(image, params)
        check_machines(image, params)
        check_kept_machines(params)
        check_waiting(image, params)
        local = params.get("CheckpointConfig", {}).get("LocalPath", "/opt/ml/checkpoints")
        if not local.startswith("/opt/ml/"):
            raise ApiError(f"The local account keeps checkpoints below /opt/ml; LocalPath is {local}.")
        for channel in params.get("InputDataConfig", []):
            check_channel(channel, channel.get("InputMode", algorithm.get("TrainingInputMode", "File")))
        vpc.check(self._plane, params.get("VpcConfig"))
        for channel in params.get("InputDataConfig", []):
            self._check_data(channel["DataSource"]["S3DataSource"]["S3Uri"], params["RoleArn"])

    def _check_data(self, uri: str, role: str) -> None:
        try:
            s3.insist(self._plane.client("s3"), uri, role, self._plane.region)
        except (s3.MissingDataError, ValueError) as error:
            raise ApiError(str(error)) from None


def check_metrics(image: images.Image, params: Record) -> None:
    """Metrics of a built-in algorithm are its own; others must be regular expressions."""
    definitions = params["AlgorithmSpecification"].get("MetricDefinitions", [])
    compile_definitions(definitions)
    if definitions and image.is_algorithm(params.get("HyperParameters", {})):
        raise ApiError(
            "You can't override the metric definitions for Amazon SageMaker algorithms. Please retry your request "
            "without specifying metric definitions."
        )


def check_machines(image: images.Image, params: Record) -> None:
    """Refuse more machines than this computer should play."""
    resources = params.get("ResourceConfig", {})
    groups = resources.get("InstanceGroups") or [resources]
    if resources.get("InstanceGroups") and ("InstanceCount" in resources or "InstanceType" in resources):
        raise ApiError("InstanceGroups cannot be given together with InstanceType and InstanceCount.")
    count = sum(group.get("InstanceCount", 1) for group in groups)
    if not 1 <= count <= MOST_MACHINES:
        raise ApiError(
            f"The local account trains on 1 to {MOST_MACHINES} instances, each a process on this computer, "
            f"and not on {count}."
        )
    if count > 1 and image.is_algorithm(params.get("HyperParameters", {})):
        raise ApiError(
            f"The local account's {image.name} algorithm trains on one instance: set InstanceCount to 1."
        )


def check_kept_machines(params: Record) -> None:
    """Warm pools do not go with spot capacity nor with several instance groups."""
    resources = params.get("ResourceConfig", {})
    if not resources.get("KeepAlivePeriodInSeconds"):
        return
    if params.get("EnableManagedSpotTraining"):
        raise ApiError("KeepAlivePeriodInSeconds is not supported with managed spot training.")
    if resources.get("InstanceGroups"):
        raise ApiError("KeepAlivePeriodInSeconds is not supported with heterogeneous clusters.")


def check_waiting(image: images.Image, params: Record) -> None:
    """A spot job waits at least as long as it may run; an algorithm without checkpoints at most an hour."""
    stopping = params.get("StoppingCondition", {})
    wait = stopping.get("MaxWaitTimeInSeconds", 0)
    if not params.get("EnableManagedSpotTraining"):
        if wait:
            raise ApiError(
                "Invalid MaxWaitTimeInSeconds. It can only be set when EnableManagedSpotTraining is true"
            )
        return
    if wait < stopping.get("MaxRuntimeInSeconds", ONE_DAY):
        raise ApiError(
            "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds"
        )
    checkpoints = not image.is_algorithm(params.get("HyperParameters", {})) or image.checkpoints
    if not checkpoints and wait > SPOT_WAIT_WITHOUT_CHECKPOINTS:
        raise ApiError(
            f"MaxWaitTimeInSeconds above {SPOT_WAIT_WITHOUT_CHECKPOINTS} is not supported for {image.name}, which "
            "does not save checkpoints."
        )


def check_channel(channel: Record, mode: str) -> None:
    """Refuse a channel that would have to be faked."""
    name = channel["ChannelName"]
    source = channel["DataSource"].get("S3DataSource")
    if source is None or source["S3DataType"] != "S3Prefix":
        raise ApiError(
            f"The local account reads channel {name} from an S3DataSource with S3DataType S3Prefix only."
        )
    if mode == "Pipe":
        raise ApiError(f"The local account has no Pipe mode; give channel {name} InputMode File or FastFile.")
