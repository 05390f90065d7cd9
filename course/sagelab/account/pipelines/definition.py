"""A pipeline definition: parsed, and refused at CreatePipeline where it could not run."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Any

from ..errors import ApiError
from ..model import ApiModel
from . import arguments, conditions
from .expressions import ExpressionError, is_expression, references
from .kinds import CACHEABLE, CHECKS, KINDS, REFUSED, RETRYABLE, TYPES
from .parameters import TYPES as PARAMETER_TYPES
from .parameters import Parameter
from .policies import duration, policy_problems

VERSION = "2020-12-01"
STEP_NAME = re.compile(r"[A-Za-z0-9\-_]{1,64}")
EXECUTION = (
    "StartDateTime",
    "CurrentDateTime",
    "PipelineName",
    "PipelineArn",
    "PipelineExecutionId",
    "PipelineExecutionArn",
    "TrainingJobName",
    "ProcessingJobName",
)
Record = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """One step with what it waits for, and the branch that it stands in."""

    name: str
    type: str
    body: Record
    branch: tuple[str, bool] | None = None  # a Condition step, and the outcome that leads here

    @property
    def arguments(self) -> Record:
        """What the step is given, branches left out."""
        given: Record = self.body.get("Arguments") or {}
        return {name: value for name, value in given.items() if name not in ("IfSteps", "ElseSteps")}

    @cached_property
    def mentioned(self) -> tuple[str, ...]:
        """Every path that the step refers to."""
        kept = {name: value for name, value in self.body.items() if name not in ("Arguments", "DependsOn")}
        return tuple(references([self.arguments, kept]))

    @cached_property
    def used(self) -> frozenset[str]:
        """The names of the steps whose results the step is given."""
        return frozenset(
            path.split(".")[1].partition("[")[0] for path in self.mentioned if path.startswith("Steps.")
        )

    @cached_property
    def depends(self) -> frozenset[str]:
        """The names of the steps that have to succeed first."""
        outer = {self.branch[0]} if self.branch else set()
        return frozenset({*self.used, *outer, *self.body.get("DependsOn", [])})


@dataclass(frozen=True)
class Definition:
    """A whole pipeline."""

    parameters: dict[str, Parameter]
    steps: dict[str, Step]
    experiment: Record


def parse(text: str, model: ApiModel) -> Definition:
    """The definition in a JSON text; ApiError in AWS's words for one that cannot run."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise refusal("Malformed Json.") from None
    for problem in _document_problems(document):
        raise refusal(problem)
    declared = [_parameter(item) for item in document.get("Parameters", [])]
    steps = list(_steps(document["Steps"], None))
    definition = Definition(
        {parameter.name: parameter for parameter in declared},
        {step.name: step for step in steps},
        document.get("PipelineExperimentConfig") or {},
    )
    for repeated in _repeated([parameter.name for parameter in declared]):
        raise refusal(f"Parameter names must be unique: '{repeated}' is declared twice.")
    for repeated in _repeated([step.name for step in steps]):
        raise refusal(f"Step names must be unique: '{repeated}' is used twice.")
    for step in steps:
        for problem in _step_problems(step, definition, model):
            raise refusal(problem)
    _refuse_cycles(definition)
    return definition


def refusal(problem: str) -> ApiError:
    """The refusal of a definition."""
    return ApiError(f"Unable to parse pipeline definition. {problem}")


def _document_problems(document: Any) -> Iterator[str]:
    if not isinstance(document, dict):
        yield "Expecting start of Json Object."
        return
    if document.get("Version") != VERSION:
        yield f"Invalid version '{document.get('Version')}': it must be '{VERSION}'."
    for member in ("Parameters", "Steps"):
        if not isinstance(document.get(member, []), list):
            yield "Expecting start of Json Array."
    if not document.get("Steps"):
        yield "Pipeline definition must contain at least one step."


def _parameter(item: Any) -> Parameter:
    if not isinstance(item, dict):
        raise refusal("Expecting start of Json Object.")
    name, kind = item.get("Name"), item.get("Type")
    if not isinstance(name, str) or not name:
        raise refusal("A parameter misses 'Name'.")
    if kind not in PARAMETER_TYPES:
        raise refusal(
            f"Invalid type '{kind}' of parameter '{name}': it must be one of {list(PARAMETER_TYPES)}."
        )
    bare = Parameter(name, kind)
    try:
        values = tuple(bare.read(value) for value in item.get("EnumValues") or ())
        parameter = Parameter(name, kind, values=values)
        default = item.get("DefaultValue")
        return parameter if default is None else Parameter(name, kind, parameter.read(default), values)
    except ValueError as error:
        raise refusal(f"A value of parameter '{name}' of type {kind} {error}.") from None


def _steps(items: list[Any], branch: tuple[str, bool] | None) -> Iterator[Step]:
    for item in items:
        if not isinstance(item, dict):
            raise refusal("Expecting start of Json Object.")
        name, kind = item.get("Name"), item.get("Type")
        if not isinstance(name, str) or not STEP_NAME.fullmatch(name):
            raise refusal(f"Invalid step name '{name}': it must match {STEP_NAME.pattern}.")
        if kind in REFUSED:
            raise refusal(f"Step '{name}': the local account has no {kind} steps: {REFUSED[kind]}.")
        if kind not in TYPES:
            raise refusal(f"Unknown step type '{kind}' of step '{name}'.")
        if not isinstance(item.get("Arguments") or {}, dict) or is_expression(item.get("Arguments")):
            raise refusal("Expecting start of Json Object.")
        if not isinstance(item.get("DependsOn", []), list):
            raise refusal("Expecting start of Json Array.")
        yield Step(name, kind, item, branch)
        if kind == "Condition":
            yield from _branches(name, item)


def _branches(name: str, item: Record) -> Iterator[Step]:
    for member, outcome in (("IfSteps", True), ("ElseSteps", False)):
        inner = (item.get("Arguments") or {}).get(member) or []
        if not isinstance(inner, list):
            raise refusal("Expecting start of Json Array.")
        for step in _steps(inner, (name, outcome)):
            if step.type == "Condition":
                raise refusal(
                    f"Condition step '{step.name}' must not stand in a branch of condition step '{name}'."
                )
            yield step


def _step_problems(step: Step, definition: Definition, model: ApiModel) -> Iterator[str]:
    for name in step.body.get("DependsOn", []):
        if name not in definition.steps:
            yield f"Step '{step.name}' depends on step '{name}', which does not exist."
    yield from _shape_problems(step, model)
    for path in step.mentioned:
        yield from _path_problems(path, definition, model)
    yield from _setting_problems(step)


def _shape_problems(step: Step, model: ApiModel) -> Iterator[str]:
    if step.type in KINDS or step.type in CHECKS:
        yield from arguments.problems(model, step.type, step.arguments)
    if step.type in CHECKS and step.body.get("CheckType") not in CHECKS[step.type]:
        yield f"CheckType of step '{step.name}' must be one of [{', '.join(CHECKS[step.type])}]."
    if step.type == "Condition":
        for condition in step.arguments.get("Conditions") or [None]:
            yield from conditions.problems(condition)
    needed = {"Callback": "SqsQueueUrl", "Lambda": "FunctionArn"}.get(step.type)
    if needed and needed not in step.body:
        yield f"Step '{step.name}' misses '{needed}'."
    if step.type == "Fail" and "ErrorMessage" not in step.arguments:
        yield f"Step '{step.name}' misses 'ErrorMessage'."


def _setting_problems(step: Step) -> Iterator[str]:
    cache = step.body.get("CacheConfig") or {}
    if cache.get("Enabled"):
        if step.type not in CACHEABLE:
            yield f"Step '{step.name}' of type {step.type} cannot be cached."
        if duration(str(cache.get("ExpireAfter", ""))) is None:
            yield f"ExpireAfter of step '{step.name}' must be an ISO 8601 duration such as PT1H or P30D."
    policies = step.body.get("RetryPolicies") or []
    if policies and step.type not in RETRYABLE:
        yield f"Step '{step.name}' of type {step.type} takes no RetryPolicies."
    for policy in policies:
        yield from policy_problems(step.name, policy)


def _path_problems(path: str, definition: Definition, model: ApiModel) -> Iterator[str]:
    root, _, rest = path.partition(".")
    name, _, inner = rest.partition(".")
    name = name.partition("[")[0]
    if root == "Parameters":
        if rest not in definition.parameters:
            yield f"Undefined parameter reference '{path}'."
    elif root == "Execution":
        if rest not in EXECUTION:
            yield f"Undefined execution variable '{path}'."
    elif root != "Steps" or name not in definition.steps:
        yield f"Undefined step reference '{path}'."
    else:
        try:
            arguments.check_property(model, definition.steps[name].type, definition.steps[name].body, inner)
        except (ExpressionError, ValueError):
            yield f"Invalid property reference '{path}'."


def _refuse_cycles(definition: Definition) -> None:
    graph = {name: step.depends for name, step in definition.steps.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise refusal(
            f"Pipeline definition contains a cycle: {' -> '.join(reversed(error.args[1]))}."
        ) from None


def _repeated(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})
