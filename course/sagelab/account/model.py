"""What botocore's description of SageMaker says about its resources: names, members, statuses, ARNs.

The API is regular (Create, Describe, List, Update, Delete, Start, Stop <Noun>). This module reads the regular
part out of the description; the few places where AWS is irregular are the tables at the top.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from botocore.session import get_session

VERBS = re.compile(r"(Create|Import|Describe|List|Update|Delete|Start|Stop)(.+)")
SAME_NOUN = {"AutoMLJobV2": "AutoMLJob", "HubContentReference": "HubContent"}
PLURALS = {"CodeRepositories": "CodeRepository"}
NO_RESOURCE = re.compile(r"Presigned|EdgeDeploymentStage")  # created, but nothing that could be described
ARN_KINDS = {
    "AutoMLJob": "automl-job",
    "Trial": "experiment-trial",
    "TrialComponent": "experiment-trial-component",
    "Workteam": "workteam/private-crowd",
    "Workforce": "workforce/private-crowd",
}
WORDS = {"EndpointConfig": "endpoint configuration"}

# nouns whose creation AWS would follow up by work; to record them would be to claim that it was done
WORKING = re.compile(
    r".*(Job|Execution|Session)|TrainingPlan|Cluster.*|ComputeQuota|Endpoint|Inference.*|MonitoringSchedule|"
    r"Project|PartnerApp"
)
VERSIONED = re.compile(r"HubContent|ImageVersion")
NOTHING_WOULD_HAPPEN = "nothing would really happen"
NO_VERSIONS = "its versions are not kept"


@dataclass(frozen=True)
class Noun:
    """A kind of resource: what identifies it, where its status is kept, how its ARN begins."""

    name: str
    identity: tuple[str, ...]
    status: str | None
    statuses: tuple[str, ...]
    arn_kind: str
    refusal: str  # why it is not simply recorded; empty where it is

    @property
    def words(self) -> str:
        """The noun as AWS writes it in a sentence."""
        return WORDS.get(self.name) or dashed(self.name).replace("-", " ")


class ApiModel:
    """The SageMaker API as botocore describes it."""

    def __init__(self) -> None:
        self.service: Any = service_model("sagemaker")
        self.noun = cache(self._noun)
        self.fields = cache(self._fields)

    def operation(self, name: str) -> Any:
        """botocore's model of an operation."""
        return self.service.operation_model(name)

    @cached_property
    def operations(self) -> frozenset[str]:
        """The names of all operations."""
        return frozenset(self.service.operation_names)

    @cached_property
    def created(self) -> frozenset[str]:
        """The nouns that some operation creates."""
        matches = (re.fullmatch(r"(?:Create|Import)(.+)", name) for name in self.operations)
        return frozenset(canonical(m[1]) for m in matches if m and not NO_RESOURCE.search(m[1]))

    def regular(self, operation: str) -> tuple[str, str] | None:
        """("Create", "TrainingJob") for a regular operation on a noun that can be created, else None."""
        match = VERBS.fullmatch(operation)
        if not match:
            return None
        verb, noun = match[1], match[2]
        if verb == "List":
            noun = PLURALS.get(noun, noun.removesuffix("s"))
        noun = canonical(noun)
        return (("Create" if verb == "Import" else verb), noun) if noun in self.created else None

    def outputs(self, operation: str) -> dict[str, Any]:
        """The members of an operation's answer, by name; none for an operation that does not exist."""
        return members(self.operation(operation).output_shape) if operation in self.operations else {}

    def errors(self, operation: str) -> set[str]:
        """The codes of the errors that an operation declares."""
        if operation not in self.operations:
            return set()
        return {shape.error_code for shape in self.operation(operation).error_shapes}

    def _fields(self, noun: str) -> frozenset[str]:
        """The names of all members, at any depth, that a request to create the noun or its description has."""
        shapes = [
            self.operation(f"{verb}{noun}")
            for verb in ("Create", "Describe")
            if f"{verb}{noun}" in self.operations
        ]
        names = (
            n for s in shapes for shape in (s.input_shape, s.output_shape) for n in _all_members(shape, 4)
        )
        return frozenset(names)

    def _noun(self, name: str) -> Noun:
        described = self.operation("Describe" + name) if "Describe" + name in self.operations else None
        outputs = members(described.output_shape) if described else {}
        identity = tuple(described.input_shape.required_members) if described else (name + "Name",)
        wanted = (name + "Status", "Status", *(m for m in outputs if m.endswith("Status")))
        status = next((m for m in wanted if m in outputs and outputs[m].type_name == "string"), None)
        working = NOTHING_WOULD_HAPPEN if WORKING.fullmatch(name) else ""
        return Noun(
            name=name,
            identity=identity,
            status=status,
            statuses=tuple(outputs[status].metadata.get("enum", ())) if status else (),
            arn_kind=ARN_KINDS.get(name) or dashed(name),
            refusal=NO_VERSIONS if VERSIONED.fullmatch(name) else working,
        )


@cache
def service_model(service: str) -> Any:
    """botocore's description of a service; reading it takes a fifth of a second."""
    return get_session().get_service_model(service)


def canonical(noun: str) -> str:
    """The noun under which records of a noun are kept."""
    return SAME_NOUN.get(noun, noun)


def members(shape: Any) -> dict[str, Any]:
    """The members of a structure, none for an empty answer."""
    return dict(shape.members) if shape is not None else {}


def dashed(name: str) -> str:
    """`TrainingJob` as `training-job`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()


def _all_members(shape: Any, depth: int) -> Iterator[str]:
    if shape is None or depth == 0:
        return
    if shape.type_name == "list":
        yield from _all_members(shape.member, depth)
    elif shape.type_name == "structure":
        for name, member in shape.members.items():
            yield name
            yield from _all_members(member, depth - 1)
