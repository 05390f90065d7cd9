"""IAM's door: AWS's query protocol, forms in and XML out, read and written by botocore's description."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from werkzeug.wrappers import Request, Response

from ..control import ApiError, ControlPlane, Record
from ..model import service_model
from ..validation import validate

Operation = Callable[[Record], Record]
CODES = {"ValidationException": "ValidationError", "SerializationException": "MalformedInput"}
NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"


class QueryService:
    """Answers some operations of a service with named forms in place of moto."""

    def __init__(self, plane: ControlPlane, service: str, operations: Mapping[str, Operation]) -> None:
        self._name, self._operations = service, operations
        for name in operations:
            plane.route(f"/form:{name}", self.answer)

    def answer(self, request: Request) -> Response:
        """The answer to one request."""
        form = dict(parse_qsl(request.get_data(as_text=True), keep_blank_values=True))
        name = form["Action"]
        shapes = self._service.operation_model(name)
        try:
            params = validate(shapes.input_shape, read_form(shapes.input_shape, form))
            body = write_xml(shapes.output_shape, self._operations[name](params))
        except ApiError as error:
            code = CODES.get(error.code, error.code)
            fault = f"<Type>Sender</Type><Code>{escape(code)}</Code><Message>{escape(str(error))}</Message>"
            text = f'<ErrorResponse xmlns="{NAMESPACE}"><Error>{fault}</Error></ErrorResponse>'
            status = 404 if code == "NoSuchEntity" else 400
            return Response(text, status, content_type="text/xml")
        text = f'<{name}Response xmlns="{NAMESPACE}"><{name}Result>{body}</{name}Result></{name}Response>'
        return Response(text, content_type="text/xml")

    @cached_property
    def _service(self) -> Any:
        return service_model(self._name)


def read_form(shape: Any, form: Mapping[str, str], prefix: str = "") -> Any:
    """The parameters that `A.member.1.B=c` and the like stand for."""
    kind = shape.type_name
    if kind == "structure":
        found = {
            name: read_form(member, form, f"{prefix}{name}")
            if member.type_name not in ("structure", "list")
            else read_form(member, form, f"{prefix}{name}.")
            for name, member in shape.members.items()
        }
        return {name: value for name, value in found.items() if value not in (None, {}, [])}
    if kind == "list":
        numbers = {
            int(m[1]) for key in form if (m := re.match(rf"{re.escape(prefix)}member\.(\d{{1,6}})", key))
        }
        nested = shape.member.type_name in ("structure", "list")
        ends = "." if nested else ""
        return [read_form(shape.member, form, f"{prefix}member.{number}{ends}") for number in sorted(numbers)]
    text = form.get(prefix)
    return text if text is None or kind in ("string", "blob", "timestamp") else _scalar(kind, text)


def _scalar(kind: str, text: str) -> Any:
    if kind == "boolean":
        return {"true": True, "false": False}.get(text.lower(), text)
    try:
        return int(text) if kind in ("integer", "long") else float(text)
    except ValueError:
        return text  # validation says what is wrong with it


def write_xml(shape: Any, value: Any) -> str:
    """A value in the form in which boto3 reads it."""
    if shape is None:
        return ""
    kind = shape.type_name
    if kind == "structure":
        return "".join(
            f"<{name}>{write_xml(member, value[name])}</{name}>"
            for name, member in shape.members.items()
            if value.get(name) is not None
        )
    if kind == "list":
        return "".join(f"<member>{write_xml(shape.member, item)}</member>" for item in value)
    if kind == "map":
        return "".join(
            f"<entry><key>{escape(str(key))}</key><value>{write_xml(shape.value, item)}</value></entry>"
            for key, item in value.items()
        )
    if isinstance(value, bool):
        return str(value).lower()
    return escape(value.isoformat() if isinstance(value, datetime) else str(value))
