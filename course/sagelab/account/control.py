"""The SageMaker control plane: every operation is executed, recorded or refused, never invented.

Recorded operations come from botocore's description of the API (model, validation, verbs). What must *happen*
(a job that runs, an endpoint that answers) is added by the capability modules through this class.
"""

import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .calls import Desk
from .clock import Clock
from .errors import ApiError
from .lifecycle import sentence
from .model import NOTHING_WOULD_HAPPEN, ApiModel, Noun
from .routes import Answer, Routes
from .store import Store
from .validation import validate
from .verbs import Verbs, answer
from .wording import missing

__all__ = ["ApiError", "ControlPlane", "Record"]

Record = dict[str, Any]
Action = Callable[[Record], None]
Method = Callable[[Record], Record]
Heard = Callable[[str, str, float], None]  # a training job's ARN, the metric's name, its value
Changed = Callable[[Record | None, Record], None]  # what the record was (None: it is new), what it is

SPEAKS_OF_WHAT_HAPPENED = ("Describe", "List", "Delete")  # on a noun whose creation is executed
RUNTIMES = ("sagemaker-runtime", "sagemaker-featurestore-runtime", "sagemaker-metrics")
ACCOUNT, REGION = "123456789012", "us-east-1"


class ControlPlane:
    """SageMaker's API in one account and region; capability modules register what they make happen."""

    def __init__(self, home: Path, store: Store, clock: Clock) -> None:
        self.home, self.store, self.clock = home, store, clock
        self.account, self.region = ACCOUNT, REGION
        self.url = ""
        self.flushers: list[Callable[[], None]] = []
        self.desk = Desk()
        self.doors: dict[str, Callable[[Any], Any]] = {}
        self.metric_listeners: list[Heard] = []  # told each metric of a training job as its log shows it
        self.model = ApiModel()
        self.routes = Routes()
        self._clients: Callable[[str], Any] | None = None
        self._verbs = Verbs(self)
        self._actions: dict[str, list[Action]] = {}
        self._methods: dict[str, Method] = {}
        self._checks: dict[str, list[Action]] = {}
        self._refusals: dict[str, str] = {}
        self._modules: dict[str, str] = {}
        self._resumes: list[Callable[[], None]] = []
        self._closers: list[Callable[[], None]] = []
        self._watchers: dict[str, list[Changed]] = {}
        self._hearers: dict[str, list[Callable[[], None]]] = {}
        store.watch(self._changed)

    # -- answering ---------------------------------------------------------------------------------------------
    def call(self, operation: str, params: Record) -> Record:
        """Answer one operation, as boto3's `client.<operation>(**params)` would; raises ApiError."""
        if operation not in self.model.operations:
            raise ApiError(f"Unknown operation {operation}", "UnknownOperationException")
        shapes = self.model.operation(operation)
        if shapes.input_shape is not None:
            params = validate(shapes.input_shape, params)
        if self.status(operation) == "refused":
            raise ApiError(self._why(operation), "NotAvailableInLocalAccount")
        for check in self._checks.get(operation, []):
            check(params)
        if operation in self._methods:
            return self._methods[operation](params)
        return self.keep(operation, params)

    def keep(self, operation: str, params: Record) -> Record:
        """Only the bookkeeping of a regular operation, for methods that do more; params are validated already."""
        shapes = self.model.operation(operation)
        verb, noun = self._regular(operation)
        record = getattr(self._verbs, verb)(operation, noun, params)
        self._act(operation, verb, noun, record)
        return record if verb == "list" else answer(shapes.output_shape, noun, record)

    def status(self, operation: str) -> str:
        """`executed`, `recorded` or `refused`."""
        if operation in self._refusals:
            return "refused"
        if operation in self._methods or operation in self._actions:
            return "executed"
        regular = self.model.regular(operation)
        if regular is None:
            return "refused"
        verb, noun = regular
        if verb in SPEAKS_OF_WHAT_HAPPENED and self.status(f"Create{noun}") == "executed":
            return "executed"
        if verb in ("Create", "Start") and self.model.noun(noun).refusal:
            return "refused"
        return "recorded"

    def runs(self, operation: str) -> bool:
        """Does a module make something happen after this operation?"""
        return operation in self._actions

    def operations(self) -> list[dict[str, str]]:
        """What the account does with each operation of SageMaker and its runtimes, from the code itself."""
        table = [
            self._row("sagemaker", name, self.status(name), self._modules.get(name, "verbs"))
            for name in sorted(self.model.operations)
        ]
        return table + [
            self._row(service, name, "executed" if module else "refused", module)
            for service in RUNTIMES
            for name, module in self.routes.operations(service).items()
        ]

    # -- what capability modules add ---------------------------------------------------------------------------
    def executes(self, operation: str, action: Action) -> None:
        """After the bookkeeping of `operation`, call `action(record)`; it must return quickly."""
        self._actions.setdefault(self._known(operation), []).append(action)
        self._modules[operation] = action.__module__

    def answers(self, operation: str, method: Method) -> None:
        """Answer `operation` by `method(params)` in place of the bookkeeping."""
        self._methods[self._known(operation)] = method
        self._modules[operation] = method.__module__

    def checks(self, operation: str, check: Callable[[Record], None]) -> None:
        """Before the bookkeeping, call `check(params)`, which raises ApiError to refuse."""
        self._checks.setdefault(self._known(operation), []).append(check)

    def refused(self, operation: str, why: str) -> None:
        """Refuse `operation` with a sentence that says why."""
        self._refusals[self._known(operation)] = why

    def route(self, path_pattern: str, respond: Answer) -> None:
        """Answer HTTP paths that match the pattern whole, beside the operations that carry a target header."""
        self.routes.add(path_pattern, respond)

    def door(self, name: str, answer: Callable[[Any], Any]) -> None:
        """Answer the account's own route /_sagelab/<name> by `answer(posted JSON, None for a GET)`."""
        self.doors[name] = answer

    def on_start(self, resume: Callable[[], None]) -> None:
        """Call `resume` once the account answers, to go on after a restart."""
        self._resumes.append(resume)

    def on_stop(self, close: Callable[[], None]) -> None:
        """Call `close` when the account stops in order."""
        self._closers.append(close)

    def watches(self, noun: str, changed: Changed) -> None:
        """Call `changed(before, after)` after each record of that noun is created or updated; return quickly."""
        self._watchers.setdefault(noun, []).append(changed)

    def hears(self, operation: str, heard: Callable[[], None]) -> None:
        """Call `heard()` after another service has answered that changing operation, before the caller knows."""
        self._hearers.setdefault(operation, []).append(heard)

    # -- what capability modules use ---------------------------------------------------------------------------
    def find(self, noun: str, name: str) -> Record:
        """The record of that name or ARN; ApiError in AWS's words when there is none."""
        kind = self.model.noun(noun)
        arn = name if name.startswith("arn:") else self.arn(noun, name)
        record = self.store.get(noun, arn)
        if record is None:
            raise missing(self.model, kind, arn)
        return record

    def identified(self, noun: str, params: Record) -> Record:
        """The record that the identifying members of a request point at."""
        kind = self.model.noun(noun)
        names = [str(params[m]) for m in kind.identity if m in params]
        names = names or [str(v) for k, v in params.items() if k.endswith(("Arn", "Name"))][:1]
        arn = next((n for n in names if n.startswith("arn:")), "")
        return self.find(noun, arn or "/".join(names))

    def records(self, noun: str) -> list[Record]:
        """Every record of a noun, oldest first."""
        return self.store.all(noun)

    def update(self, noun: str, arn: str, **changes: Any) -> Record:
        """Merge changes into a record, safely between threads, and return it."""
        record = self.store.update(noun, arn, changes)
        if record is None:
            raise missing(self.model, self.model.noun(noun), arn)
        return record

    def arn(self, noun: str, name: str) -> str:
        """The ARN of a resource, formed as AWS forms it."""
        kind = self.model.noun(noun).arn_kind
        return f"arn:aws:sagemaker:{self.region}:{self.account}:{kind}/{name.lower()}"

    def client(self, service: str) -> Any:
        """A boto3 client that talks to this very account, without a network in between."""
        if self._clients is None:
            raise RuntimeError("the account has no application yet")
        return self._clients(service)

    def background(self, run: Callable[..., None], *args: Any) -> None:
        """Run something in a daemon thread; a failure goes to the account's log."""

        def guarded() -> None:
            try:
                run(*args)
            except Exception:
                traceback.print_exc()

        threading.Thread(target=guarded, daemon=True, name=getattr(run, "__name__", "background")).start()

    # -- for the application -----------------------------------------------------------------------------------
    def serve_clients(self, make: Callable[[str], Any]) -> None:
        """Say how `client` gets its clients."""
        self._clients = make

    def heard(self, operation: str) -> None:
        """Another service has answered a changing operation; tell who wants to know."""
        self._each(self._hearers.get(operation, []))

    def start(self) -> None:
        """Let the modules go on where the last run ended; one that fails does not keep the others from it."""
        self._each(self._resumes)

    def stop(self) -> None:
        """Let the modules end in order; one that fails does not keep the others from it."""
        self._each([*self.flushers, *self._closers])

    @staticmethod
    def _each(callbacks: list[Callable[[], None]]) -> None:
        for callback in callbacks:
            try:
                callback()
            except Exception:
                traceback.print_exc()

    # -- helpers -----------------------------------------------------------------------------------------------
    def _known(self, operation: str) -> str:
        if operation not in self.model.operations:
            raise ValueError(f"SageMaker has no operation {operation}")
        return operation

    def _regular(self, operation: str) -> tuple[str, Noun]:
        regular = self.model.regular(operation)
        if regular is None:
            raise ApiError(self._why(operation), "NotAvailableInLocalAccount")
        return regular[0].lower(), self.model.noun(regular[1])

    def _act(self, operation: str, verb: str, noun: Noun, record: Record) -> None:
        """Let the modules act; what could not even begin leaves no record behind."""
        try:
            for action in self._actions.get(operation, []):
                action(record)
        except BaseException:
            if verb == "create":
                self.store.delete(noun.name, record["_arn"])
            raise

    def _changed(self, noun: str, before: Record | None, after: Record) -> None:
        """Tell the modules; the change stands whatever they make of it."""
        for changed in self._watchers.get(noun, []):
            try:
                changed(before, dict(after))
            except Exception:
                traceback.print_exc()

    def _why(self, operation: str) -> str:
        regular = self.model.regular(operation)
        refusal = self.model.noun(regular[1]).refusal if regular else ""
        why = self._refusals.get(operation) or refusal or NOTHING_WOULD_HAPPEN
        told, said = f"{operation} is not available in the local account: {why}", sentence(operation)
        return f"{told}. {said}" if said else told

    @staticmethod
    def _row(service: str, operation: str, status: str, module: str) -> dict[str, str]:
        module = module.removeprefix(f"{__package__}.")
        return {"service": service, "operation": operation, "status": status, "module": module}
