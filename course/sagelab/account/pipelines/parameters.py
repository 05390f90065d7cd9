"""The parameters of a pipeline: their declarations, and the values of one execution."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import ApiError

Record = dict[str, Any]
TYPES = ("String", "Integer", "Float", "Boolean")
TRUTH = {"true": True, "false": False}


@dataclass(frozen=True)
class Parameter:
    """One declared parameter."""

    name: str
    type: str
    default: Any = None
    values: tuple[Any, ...] = ()  # EnumValues; empty: all will do

    def read(self, value: Any) -> Any:
        """A value in the parameter's type; ValueError where it is none."""
        read = _read(self.type, value)
        if self.values and read not in self.values:
            raise ValueError(f"must be one of {list(self.values)}")
        return read


def bind(declared: Mapping[str, Parameter], given: list[Record]) -> dict[str, Any]:
    """The value of each parameter: what the request gives, else the default; ApiError."""
    asked = {item["Name"]: item["Value"] for item in given}
    unknown = [name for name in asked if name not in declared]
    if unknown:
        raise ApiError(
            f"Invalid parameters: [{', '.join(unknown)}] are not defined in the pipeline definition."
        )
    missing = [p.name for p in declared.values() if p.default is None and p.name not in asked]
    if missing:
        raise ApiError(f"Missing required parameters: [{', '.join(missing)}] have no default value.")
    bound = {}
    for name, parameter in declared.items():
        if name not in asked:
            bound[name] = parameter.default
            continue
        try:
            bound[name] = parameter.read(asked[name])
        except ValueError as error:
            raise ApiError(
                f"Invalid value '{asked[name]}' for parameter '{name}' of type {parameter.type}: it {error}."
            ) from None
    return bound


def _read(kind: str, value: Any) -> Any:
    if kind == "String":
        if not isinstance(value, str):
            raise ValueError("must be a text")
        return value
    if kind == "Boolean":
        found = value if isinstance(value, bool) else TRUTH.get(str(value).lower())
        if found is None:
            raise ValueError("must be true or false")
        return found
    try:
        return int(str(value)) if kind == "Integer" else float(str(value))
    except ValueError:
        raise ValueError("must be a whole number" if kind == "Integer" else "must be a number") from None
