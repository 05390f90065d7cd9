"""The operators of a policy's Condition.

Source: docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html and
reference_policies_condition-single-vs-multi-valued-context-keys.html, checked 2026-11-23.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from .matching import Context, filled, like

Test = Callable[[str, str, Context | None], bool]  # expected, actual, context for variables
OPERATOR = re.compile(r"(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?")


class UnknownOperatorError(Exception):
    """IAM has no such operator."""


def holds(
    conditions: Mapping[str, Mapping[str, Sequence[str]]], context: Context, variables: Context | None
) -> bool:
    """Do all conditions of a statement hold? Raises UnknownOperatorError."""
    return all(
        _holds(operator, expected, context.get(key.lower()), variables)
        for operator, keys in conditions.items()
        for key, expected in keys.items()
    )


def _holds(
    operator: str, expected: Sequence[str], actual: Sequence[str] | None, variables: Context | None
) -> bool:
    parts = OPERATOR.fullmatch(operator)
    if parts is None or (parts[2] != "Null" and parts[2] not in TESTS):
        raise UnknownOperatorError(operator)
    quantifier, name, if_exists = parts.groups()
    if name == "Null":
        absent = not actual
        return any((value.lower() == "true") == absent for value in expected)
    test, negated = TESTS[name]
    if not actual:
        return bool(if_exists) or quantifier == "ForAllValues" or (negated and quantifier is None)

    def fits(value: str) -> bool:
        return any(test(wanted, value, variables) for wanted in expected) != negated

    if quantifier == "ForAllValues":
        return all(map(fits, actual))
    if quantifier == "ForAnyValue" or not negated:
        return any(map(fits, actual))
    return all(map(fits, actual))


# -- what the operators compare --------------------------------------------------------------------------------
def _string(expected: str, actual: str, context: Context | None) -> bool:
    return filled(expected, context) == actual


def _string_ignore_case(expected: str, actual: str, context: Context | None) -> bool:
    return filled(expected, context).lower() == actual.lower()


def _string_like(expected: str, actual: str, context: Context | None) -> bool:
    return like(expected, actual, context)


def _arn(expected: str, actual: str, context: Context | None) -> bool:
    """Each of the six parts of an ARN on its own."""
    wanted, given = expected.split(":", 5), actual.split(":", 5)
    return len(wanted) == len(given) == 6 and all(
        like(want, have, context) for want, have in zip(wanted, given, strict=True)
    )


def _boolean(expected: str, actual: str, context: Context | None) -> bool:
    return filled(expected, context).lower() == actual.lower()


def _address(expected: str, actual: str, _: Context | None) -> bool:
    try:
        return ipaddress.ip_address(actual) in ipaddress.ip_network(expected, strict=False)
    except ValueError:
        return False


def _numeric(compare: Callable[[float, float], bool]) -> Test:
    def test(expected: str, actual: str, _: Context | None) -> bool:
        try:
            return compare(float(actual), float(expected))
        except ValueError:
            return False

    return test


def _date(compare: Callable[[float, float], bool]) -> Test:
    def test(expected: str, actual: str, _: Context | None) -> bool:
        try:
            return compare(_moment(actual), _moment(expected))
        except ValueError:
            return False

    return test


def _moment(text: str) -> float:
    """A date as IAM takes it: ISO 8601, or seconds since 1970."""
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


ORDERS: dict[str, Callable[[float, float], bool]] = {
    "Equals": lambda actual, expected: actual == expected,
    "LessThan": lambda actual, expected: actual < expected,
    "LessThanEquals": lambda actual, expected: actual <= expected,
    "GreaterThan": lambda actual, expected: actual > expected,
    "GreaterThanEquals": lambda actual, expected: actual >= expected,
}
TESTS: dict[str, tuple[Test, bool]] = {  # the operator's test, and whether it is a "not"
    "StringEquals": (_string, False),
    "StringNotEquals": (_string, True),
    "StringEqualsIgnoreCase": (_string_ignore_case, False),
    "StringNotEqualsIgnoreCase": (_string_ignore_case, True),
    "StringLike": (_string_like, False),
    "StringNotLike": (_string_like, True),
    "ArnEquals": (_arn, False),
    "ArnLike": (_arn, False),
    "ArnNotEquals": (_arn, True),
    "ArnNotLike": (_arn, True),
    "Bool": (_boolean, False),
    "BinaryEquals": (_string, False),
    "IpAddress": (_address, False),
    "NotIpAddress": (_address, True),
    "NumericNotEquals": (_numeric(ORDERS["Equals"]), True),
    "DateNotEquals": (_date(ORDERS["Equals"]), True),
    **{f"Numeric{name}": (_numeric(order), False) for name, order in ORDERS.items()},
    **{f"Date{name}": (_date(order), False) for name, order in ORDERS.items()},
}
