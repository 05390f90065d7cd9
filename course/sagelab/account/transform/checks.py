"""What CreateTransformJob refuses: what AWS refuses, and what one machine cannot do as AWS would."""

from ..control import ApiError, ControlPlane, Record
from ..instance import containers_of
from .association import FORMATS, media_type
from .jsonpath import JsonPath, JsonPathError

MOST_MEGABYTES = 100  # concurrent transforms times payload
MOST_INSTANCES = 4  # each is a process with the model loaded
DEFAULT_MEGABYTES = 6


class Checks:
    """The checks of one account's transform jobs."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane

    def __call__(self, params: Record) -> None:
        """Raise ApiError for a request that must be refused."""
        check_model(self._plane.find("Model", params["ModelName"]))
        check_size(params)
        check_input(params["TransformInput"])
        check_processing(params)
        count = params["TransformResources"]["InstanceCount"]
        if count > MOST_INSTANCES:
            raise ApiError(
                f"The local account gives a transform job at most {MOST_INSTANCES} instances; "
                f"TransformResources.InstanceCount is {count}."
            )


def check_model(model: Record) -> None:
    """A multi-model container would have to be told which model to ask, and a transform job tells it none."""
    if any(container.get("Mode") == "MultiModel" for container in containers_of(model)):
        raise ApiError(
            "Batch transform does not support multi-model containers; create a model of one archive."
        )


def check_size(params: Record) -> None:
    """The payloads that are on their way at once stay within AWS's 100 MB."""
    payload = params.get("MaxPayloadInMB", DEFAULT_MEGABYTES)
    together = payload * max(1, params.get("MaxConcurrentTransforms", 1))
    if together > MOST_MEGABYTES:
        raise ApiError(
            f"MaxConcurrentTransforms * MaxPayloadInMB must not exceed {MOST_MEGABYTES} MB, but it is {together} MB."
        )


def check_input(source: Record) -> None:
    """The data comes from a prefix or from a manifest."""
    kind = source["DataSource"]["S3DataSource"]["S3DataType"]
    if kind not in ("S3Prefix", "ManifestFile"):
        raise ApiError(
            f"S3DataType {kind} is not compatible with batch transform; use S3Prefix or ManifestFile."
        )


def check_processing(params: Record) -> None:
    """Filters are JSONPath that AWS knows, on a content type whose records they can read."""
    processing = params.get("DataProcessing", {})
    for member in ("InputFilter", "OutputFilter"):
        if member in processing:
            try:
                JsonPath(processing[member])
            except JsonPathError as error:
                raise ApiError(f"Invalid value for DataProcessing.{member}: {error}") from None
    with_ids = params.get("DataCaptureConfig", {}).get("GenerateInferenceId", False)
    if not processing and not with_ids:
        return
    content = media_type(params["TransformInput"].get("ContentType", ""))
    accept = media_type(params["TransformOutput"].get("Accept", content))
    if content not in FORMATS or FORMATS[content] is not FORMATS.get(accept):
        raise ApiError(
            "DataProcessing and GenerateInferenceId need a TransformInput.ContentType and a TransformOutput.Accept of "
            f"one kind, out of {', '.join(FORMATS)}; here they are {content or 'missing'} and {accept or 'missing'}."
        )
