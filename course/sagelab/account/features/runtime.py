"""The runtime of Feature Store: from an HTTP request to the online and the offline store and back."""

import json
from collections.abc import Callable
from functools import cached_property
from typing import Any

from botocore.session import get_session
from werkzeug.wrappers import Request, Response

from ..control import ApiError, ControlPlane, Record
from ..validation import validate
from .online import Stores
from .values import runtime_code
from .writing import Writer

STATUS = {"ResourceNotFound": 404, "ConflictException": 409}
ACTIONS = {("PUT", ""): "PutRecord", ("GET", ""): "GetRecord", ("DELETE", ""): "DeleteRecord"}
ACTIONS |= {("POST", "Record"): "UpdateRecord", ("POST", "ListRecords"): "ListRecords"}
PLAIN_PUT, PLAIN_FEATURE = {"FeatureGroupName", "Record"}, {"FeatureName", "ValueAsString"}
RENAMED = {"FeatureName": "FeatureNames"}  # the query's name of a member
LISTS = ("FeatureNames", "TargetStores")


class FeatureRuntime:
    """The API `sagemaker-featurestore-runtime` of one account."""

    def __init__(self, plane: ControlPlane, stores: Stores, writer: Writer) -> None:
        self._operations: dict[str, Callable[[Record], Record]] = {
            "PutRecord": writer.put,
            "UpdateRecord": writer.update,
            "DeleteRecord": writer.delete,
            "BatchWriteRecord": writer.put_many,
            "GetRecord": stores.get,
            "BatchGetRecord": stores.get_many,
            "ListRecords": stores.list,
        }
        plane.route("/FeatureGroup/.+", self.answer_group)
        plane.route("/BatchGetRecord|/BatchWriteRecord", self.answer_batch)

    def answer_batch(self, request: Request) -> Response:
        """BatchGetRecord and BatchWriteRecord."""
        return self._answer(request.path[1:], {**body_of(request)})

    def answer_group(self, request: Request) -> Response:
        """The operations on one group, whose name or ARN is in the path."""
        name = request.path.removeprefix("/FeatureGroup/")
        what = ""
        if request.method == "POST":
            name, _, what = name.rpartition("/")
        operation = ACTIONS.get((request.method, what), "")
        if not operation:
            raise ApiError(f"There is no {request.method} {request.path}", "UnknownOperationException")
        return self._answer(operation, {**body_of(request), **query_of(request), "FeatureGroupName": name})

    def _answer(self, operation: str, params: Record) -> Response:
        try:
            if not (operation == "PutRecord" and is_plain_put(params)):
                params = validate(self._service.operation_model(operation).input_shape, params)
            return reply(self._operations[operation](params))
        except ApiError as error:
            code = runtime_code(error)
            response = reply({"__type": code, "Message": str(error)}, STATUS.get(code, 400))
            response.headers["x-amzn-ErrorType"] = code
            return response

    @cached_property
    def _service(self) -> Any:
        return get_session().get_service_model("sagemaker-featurestore-runtime")


def is_plain_put(params: Record) -> bool:
    """A PutRecord of the common form, which needs no second check: what fits a group's features fits the API.

    The check against the API's description takes longer than all the rest of a PutRecord.
    """
    return (
        params.keys() == PLAIN_PUT
        and bool(params["Record"])
        and isinstance(params["Record"], list)
        and all(
            isinstance(feature, dict)
            and feature.keys() == PLAIN_FEATURE
            and isinstance(feature["FeatureName"], str)
            and isinstance(feature["ValueAsString"], str)
            for feature in params["Record"]
        )
    )


def body_of(request: Request) -> Record:
    """The JSON object of a request; SerializationException for anything else."""
    try:
        body = json.loads(request.get_data() or b"{}")
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise ApiError("The request is not JSON", "SerializationException")
    return body


def query_of(request: Request) -> Record:
    """The members of a request that stand in its query."""
    found: Record = {}
    for key, values in request.args.lists():
        name = RENAMED.get(key, key)
        found[name] = values if name in LISTS else values[0]
    return found


def reply(body: Record, status: int = 200) -> Response:
    """An answer of the runtime."""
    return Response(json.dumps(body), status, content_type="application/json")
