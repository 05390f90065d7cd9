"""What the content of a model card must look like."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from ..control import ApiError

SCHEMA = Path(__file__).with_name("schema.json")
FORMATS: tuple[str, ...] = (
    "fqdn",
    "isoduration",
    "rfc3339_validator",
    "rfc3986_validator",
    "rfc3987",
    "rfc3987_syntax",
)
FORMATS += ("jsonpointer", "uri_template", "webcolors")
MOST_TOLD = 5
LONGEST_SHOWN = 200


def read(content: str) -> dict[str, Any]:
    """The content of a card as an object; ApiError where it is none that AWS's schema allows."""
    try:
        card = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ApiError(f"Model card content is not valid JSON: {error}") from None
    try:
        faults = sorted(_validator().iter_errors(card), key=lambda fault: list(map(str, fault.absolute_path)))
    except RecursionError:
        raise ApiError("Model card content is nested too deeply.") from None
    if faults:
        told = "; ".join(_sentence(fault) for fault in faults[:MOST_TOLD])
        more = f"; and {len(faults) - MOST_TOLD} more" if len(faults) > MOST_TOLD else ""
        raise ApiError(f"Model card content does not match the model card JSON schema: {told}{more}")
    return dict(card)


@contextmanager
def _no_formats() -> Iterator[None]:
    """Keep jsonschema from loading its checks of formats, which no card needs: they take 15 MB."""
    modules: Any = sys.modules
    absent = [name for name in FORMATS if name not in modules]
    modules.update(dict.fromkeys(absent))  # importing None is an ImportError, which jsonschema expects
    try:
        yield
    finally:
        for name in absent:
            del modules[name]


@cache
def _validator() -> Any:
    with _no_formats():
        from jsonschema import Draft7Validator

    return Draft7Validator(json.loads(SCHEMA.read_text()))


def _sentence(fault: Any) -> str:
    """Where the fault is, as a JSON pointer, and what it is."""
    place = "/".join(["#", *map(str, fault.absolute_path)])
    return f"{place}: {fault.message[:LONGEST_SHOWN]}"
