"""What moto's IAM lacks: the managed policies of AWS, and numbers in a policy's conditions.

moto reads its 1,582 managed policies (6 MB of text) whole or not at all; whole costs a second and 60 MB. So those
that roles of this field attach are cut out of the text, and the text is given back.
"""

import importlib
import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from .control import ACCOUNT

ENTRY = re.compile(r'^ "([^"]+)":', re.MULTILINE)
WANTED = re.compile(
    r"AmazonSageMaker|AmazonS3|AmazonAthena|AWSGlueConsole|AWSGlueServiceRole$|AWSLambda|CloudWatch|AWSCloudTrail_"
    r"|AmazonEC2ContainerRegistry|AmazonSNS|AmazonSQS|AmazonEventBridge"
    r"|(AdministratorAccess|PowerUserAccess|ReadOnlyAccess|SecurityAudit|IAMReadOnlyAccess|IAMFullAccess)$"
)


def complete() -> None:
    """Put the policies into moto's IAM, where they can be attached; let its checks of documents take numbers."""
    models, validator = _moto("models"), _moto("policy_validation").BaseIAMPolicyValidator
    backend = models.iam_backends[ACCOUNT]["aws"]
    policies = [
        models.AWSManagedPolicy.from_data(name, ACCOUNT, backend.region_name, data)
        for name, data in _wanted()
    ]
    backend.aws_managed_policies = policies
    backend.managed_policies.update({policy.arn: policy for policy in policies})
    validator._validate_condition_syntax = staticmethod(_check_conditions(validator))


def _moto(module: str) -> Any:
    return importlib.import_module(f"moto.iam.{module}")


@cache
def _wanted() -> tuple[tuple[str, Any], ...]:
    """Cut the policies out of moto's text, and give the text back."""
    holders = [_moto("models"), _moto("aws_managed_policies")]
    text: str = holders[0].aws_managed_policies_data
    for holder in holders:
        holder.aws_managed_policies_data = "{}"
    decoder = json.JSONDecoder()
    return tuple(
        (found[1], decoder.raw_decode(text, found.end())[0])
        for found in ENTRY.finditer(text)
        if WANTED.match(found[1])
    )


@cache
def _check_conditions(validator: Any) -> Callable[[dict[str, Any]], None]:
    """moto's check of a statement's conditions, with numbers taken for the text that they are to IAM."""
    checked = validator._validate_condition_syntax

    def check(statement: dict[str, Any]) -> None:
        checked(_numbers_as_text(statement))

    return check


def _numbers_as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _numbers_as_text(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_numbers_as_text(inner) for inner in value]
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
