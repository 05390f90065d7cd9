"""One pipeline execution while it runs: a thread that waits for what happens and begins what has become ready."""

import queue
import traceback
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, NamedTuple

from ..control import ApiError, ControlPlane
from . import cache, policies
from .definition import Definition, Step
from .expressions import ExpressionError, evaluate
from .kinds import KINDS, kind_of
from .progress import Progress
from .records import BUSY, EXECUTION
from .task import Outcome, Task, Worker
from .values import Selection, Values

Record = dict[str, Any]

STEPS_FAILED = "Step failure: One or multiple steps failed."
LONGEST_REASON = 1024
STOP, LOOK = "stop", "look"


class Ended(NamedTuple):
    """A step's end, on its way to the thread of its execution."""

    step: str
    attempt: int
    outcome: Outcome


class Run:
    """The execution's thread has all of its state; others only put messages into its inbox."""

    def __init__(
        self,
        plane: ControlPlane,
        execution: Record,
        definition: Definition,
        *,
        workers: Mapping[str, Worker],
        describe: Callable[[Any, str], Record],
        lock: AbstractContextManager[Any],
    ) -> None:
        self._plane, self._execution, self._definition = plane, execution, definition
        self._lock = lock  # held while the execution's status is judged and changed
        self._workers, self._describe = workers, describe
        self.arn: str = execution["PipelineExecutionArn"]
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._tasks: dict[str, Task] = {}
        self._due: dict[str, float] = {}  # when a step is tried again, on the account's clock
        self._progress = Progress(plane, execution)
        self._steps = self._progress.records
        self._selection = Selection.of(execution)
        self._values = Values(plane, execution, definition, self._selection, self._steps)

    # -- for other threads -------------------------------------------------------------------------------------
    def stop(self) -> None:
        """Stop what runs and begin nothing more."""
        self._inbox.put(STOP)

    def look(self) -> None:
        """Something outside has changed: the clock, the parallelism."""
        self._inbox.put(LOOK)

    def end_step(self, name: str, outcome: Outcome) -> None:
        """Tell how a step ended."""
        self._inbox.put(Ended(name, self._steps[name]["AttemptCount"], outcome))

    def task(self, name: str) -> Task | None:
        """The task of a step that runs."""
        return self._tasks.get(name)

    def work(self, finished: Callable[["Run"], None]) -> None:
        """Do it all; the body of the execution's thread."""
        try:
            self._resume()
            while not self._advance():
                self._handle(self._next())
        except Exception as error:  # a fault of ours: the execution must not hang
            traceback.print_exc()
            self._give_up(f"InternalServerError: The local account says: {error!r}"[:LONGEST_REASON])
        finally:
            finished(self)

    # -- messages ----------------------------------------------------------------------------------------------
    def _next(self) -> Any:
        if not self._due:
            return self._inbox.get()
        seconds = max(0.0, min(self._due.values()) - self._plane.clock.time())
        try:
            return self._inbox.get(timeout=min(seconds, 3600.0))
        except queue.Empty:
            return LOOK

    def _handle(self, message: Any) -> None:
        if isinstance(message, Ended):
            record = self._steps[message.step]
            if record["StepStatus"] in BUSY and record["AttemptCount"] == message.attempt:
                self._settle(self._definition.steps[message.step], message.outcome)
        elif message == STOP:
            self._stop_all()

    # -- what can be done now ----------------------------------------------------------------------------------
    def _advance(self) -> bool:
        """Begin what is ready; True when there is nothing left to wait for."""
        while True:
            step = None if self._halted() else self._ready()
            if step is None:
                break
            self._begin(step)
        if any(record["StepStatus"] in BUSY for record in self._steps.values()):
            return False
        with self._lock:
            self._close(*self._verdict())
        return True

    def _halted(self) -> bool:
        """Does nothing new begin any more: the execution is stopping, or a Fail step has ended it?"""
        if self._status() == "Stopping":
            return True
        return any(
            record["StepStatus"] == "Failed" and self._definition.steps[name].type == "Fail"
            for name, record in self._steps.items()
        )

    def _ready(self) -> Step | None:
        now = self._plane.clock.time()
        for name in [name for name, due in self._due.items() if due <= now]:
            del self._due[name]
            return self._definition.steps[name]
        most = (self._parallelism() or {}).get("MaxParallelExecutionSteps")
        if most and sum(record["StepStatus"] in BUSY for record in self._steps.values()) >= most:
            return None
        return next((s for s in self._definition.steps.values() if self._may_begin(s)), None)

    def _may_begin(self, step: Step) -> bool:
        if step.name in self._steps or not self._selection.has(step.name):
            return False
        if step.branch and self._selection.has(step.branch[0]):
            condition = self._steps.get(step.branch[0], {}).get("_outputs", {})
            if condition.get("Outcome") != str(step.branch[1]):
                return False
        return all(
            self._steps.get(name, {}).get("StepStatus") == "Succeeded"
            for name in step.depends
            if self._selection.has(name)
        )

    def _status(self) -> str:
        return str(self._record()["PipelineExecutionStatus"])

    def _parallelism(self) -> Record | None:
        return self._record().get("ParallelismConfiguration")

    def _record(self) -> Record:
        return self._plane.store.get(EXECUTION, self.arn) or self._execution

    # -- a step's life -----------------------------------------------------------------------------------------
    def _begin(self, step: Step) -> None:
        self._progress.enter(step)
        try:
            task = self._tasks[step.name] = self._task(step)
            outcome = self._reused(task) or self._workers[step.type].begin(task)
        except (ExpressionError, ApiError) as error:
            outcome = Outcome("Failed", f"ClientError: {error}")
        if outcome is not None:
            self._settle(step, outcome)
        else:
            self._progress.reload(step.name)

    def _task(self, step: Step) -> Task:
        scope = self._values.scope(step)
        kept = {n: v for n, v in step.body.items() if n not in ("Arguments", "DependsOn", "Name", "Type")}
        attempt = self._steps[step.name]["AttemptCount"]
        return Task(
            plane=self._plane,
            execution=self._execution,
            step=step,
            arguments=evaluate(step.arguments, scope),
            body=evaluate(kept, scope),
            scope=scope,
            post=lambda outcome: self._inbox.put(Ended(step.name, attempt, outcome)),
        )

    def _reused(self, task: Task) -> Outcome | None:
        """The outcome of an earlier run with the same cache key, where there is one."""
        key = cache.key(task.step, task.arguments, task.body)
        if not key:
            return None
        hit = cache.find(self._plane, self._execution["PipelineArn"], task.step, key)
        self._progress.note(task.step.name, _key=key)
        if hit is None:
            return None
        source = {"SourcePipelineExecutionArn": hit["PipelineExecutionArn"]}
        self._progress.note(task.step.name, CacheHitResult=source)
        return Outcome("Succeeded", outputs=hit["_outputs"], metadata=hit["Metadata"])

    def _settle(self, step: Step, outcome: Outcome) -> None:
        """Enter a step's end, or when it is tried again."""
        record = self._progress.reload(step.name)
        outcome = self._described(step, outcome, record)
        if outcome.status == "Failed" and outcome.exception and self._status() == "Executing":
            policy = step.body.get("RetryPolicies") or []
            since = self._plane.clock.time() - record["StartTime"]
            again = policies.retry(policy, outcome.exception, record["AttemptCount"], since)
            if again:
                self._due[step.name] = self._plane.clock.time() + again.seconds
                self._progress.note(step.name, StepStatus="Starting", _job=None)
                return
        changes: Record = {
            "StepStatus": outcome.status,
            "EndTime": self._plane.clock.time(),
            "Metadata": {**record["Metadata"], **outcome.metadata},
        }
        if outcome.reason and outcome.status != "Succeeded":
            changes["FailureReason"] = self._reason(step, outcome)[:LONGEST_REASON]
        self._progress.note(step.name, **changes, _outputs=outcome.outputs)
        self._tasks.pop(step.name, None)
        if step.type == "Fail" and outcome.status == "Failed":
            self._stop_all()

    def _described(self, step: Step, outcome: Outcome, record: Record) -> Outcome:
        """A job's success with what its Describe operation shows now."""
        if outcome.status != "Succeeded" or outcome.outputs or step.type not in KINDS:
            return outcome
        try:
            return replace(
                outcome, outputs=self._describe(kind_of(step.type, step.arguments), record["_job"])
            )
        except ApiError as error:  # somebody has deleted it
            return Outcome("Failed", f"ClientError: {error}")

    def _reason(self, step: Step, outcome: Outcome) -> str:
        if not outcome.exception:
            return outcome.reason
        name = outcome.exception.upper().replace(".", "_")
        policy = policies.policy_for(step.body.get("RetryPolicies") or [], outcome.exception)
        why = f"No retry policy configured for the exception type {name}."
        return (
            f"{outcome.reason}\nRetry not appropriate on execution of step with PipelineExecutionArn {self.arn} and "
            f"StepId {step.name}. {f'The retry policy for {name} allows no further attempt.' if policy else why}"
        )

    # -- ends --------------------------------------------------------------------------------------------------
    def _stop_all(self) -> None:
        for name in list(self._due):  # what waits for another try ends here
            del self._due[name]
            self._settle(self._definition.steps[name], Outcome("Stopped"))
        self._stop_running()

    def _stop_running(self) -> None:
        for name, task in list(self._tasks.items()):
            if self._steps[name]["StepStatus"] in ("Starting", "Executing"):
                self._progress.note(name, StepStatus="Stopping")
                self._workers[task.step.type].stop(task)

    def _verdict(self) -> tuple[str, str]:
        if self._status() == "Stopping":
            return "Stopped", ""
        ends = {record["StepStatus"] for record in self._steps.values()}
        if "Failed" in ends or "Stopped" in ends:
            return "Failed", STEPS_FAILED
        return "Succeeded", ""

    def _give_up(self, reason: str) -> None:
        """Fail what runs, and the execution."""
        now = self._plane.clock.time()
        for name, record in list(self._steps.items()):
            if record["StepStatus"] in BUSY:
                self._progress.note(name, StepStatus="Failed", FailureReason=reason, EndTime=now)
        self._close("Failed", reason)

    def _close(self, status: str, reason: str) -> None:
        now = self._plane.clock.time()
        changes = {
            "PipelineExecutionStatus": status,
            "LastModifiedTime": now,
            "FailureReason": reason or None,
        }
        self._plane.store.update(EXECUTION, self.arn, changes)

    def _resume(self) -> None:
        """Take up the steps that an earlier account left running."""
        for name, record in list(self._steps.items()):
            if record["StepStatus"] not in BUSY:
                continue
            step = self._definition.steps[name]
            try:
                task = self._tasks[name] = self._task(step)
                outcome = self._workers[step.type].resume(task)
            except (ExpressionError, ApiError) as error:
                outcome = Outcome("Failed", f"ClientError: {error}")
            if outcome is not None:
                self._settle(step, outcome)
        if self._status() == "Stopping":
            self._stop_all()
