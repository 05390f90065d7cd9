"""Athena's door: from an HTTP request to an operation and back."""

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from botocore.session import get_session
from werkzeug.wrappers import Request, Response

from ..control import ApiError, ControlPlane, Record
from ..validation import validate

Operation = Callable[[Record], Record]
INVALID = "InvalidRequestException"
UNREADABLE = ("ValidationException", "SerializationException")


def invalid(text: str) -> ApiError:
    """A refusal in Athena's form."""
    return ApiError(text, INVALID)


class AthenaService:
    """Answers the operations of Athena that this account executes."""

    def __init__(self, plane: ControlPlane, operations: Mapping[str, Operation]) -> None:
        self._operations = operations
        for name in operations:
            plane.route(rf"/AmazonAthena\.{name}", self.answer)

    def answer(self, request: Request) -> Response:
        """The answer to one request."""
        name = request.headers["X-Amz-Target"].rpartition(".")[2]
        try:
            params = validate(
                self._service.operation_model(name).input_shape, json.loads(request.get_data() or b"{}")
            )
            return Response(
                json.dumps(self._operations[name](params)), content_type="application/x-amz-json-1.1"
            )
        except (ValueError, RecursionError):
            raise invalid("The request is not JSON") from None
        except ApiError as error:
            if error.code in UNREADABLE:
                raise invalid(str(error)) from None
            raise

    @cached_property
    def _service(self) -> Any:
        return get_session().get_service_model("athena")
