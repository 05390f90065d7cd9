"""One tuning job: it keeps as many training jobs running as it may, learns from each, and ends with the best."""

import queue
import secrets
import threading
import time
from typing import Literal

from ..control import ApiError, ControlPlane, Record
from ..execute import child_environment
from ..failures import LONGEST
from ..jobs import JobError
from .definition import Configuration, Definition, definitions
from .search import Search, Tried, make_search
from .service import NOUN, Tuning
from .stopping import Criteria, MedianRule
from .trials import OBJECTIVE, best, cost, counters, summary, trials_of

ATTEMPTS = 5  # failed training jobs without a success, after which AWS gives up
Ending = Literal["", "Completed", "Stopped", "Failed"]


class TuningRun:
    """One tuning job from its start to its end."""

    def __init__(self, plane: ControlPlane, job: Record, tuning: Tuning) -> None:
        self._plane, self._job, self._tuning = plane, job, tuning
        self._name: str = job["HyperParameterTuningJobName"]
        config = job["HyperParameterTuningJobConfig"]
        self._limits, self._strategy = config["ResourceLimits"], config["Strategy"]
        self._early = config.get("TrainingJobEarlyStoppingType", "Off") == "Auto"
        self._seed = config.get("RandomSeed", secrets.randbelow(2**31))
        self._definitions = definitions(job)
        self._criteria = Criteria(config.get("TuningJobCompletionCriteria", {}))
        self._rules = [MedianRule(found) for found in self._definitions]
        self._searches: list[Search | None] = []
        self._events: queue.SimpleQueue[str] = queue.SimpleQueue()  # ARNs of ended jobs; "" to look again
        self._running: dict[str, int] = {}  # training jobs by ARN, with the number of their definition
        self._tried: list[dict[str, tuple[Configuration, float | None]]] = [{} for _ in self._definitions]
        self._parents = [trial for parent in self._parent_arns() for trial in trials_of(plane, parent)]
        self._launched = 0
        self._ending: Ending = ""
        self._reason = ""
        self._started = time.monotonic()

    # -- the three calls of Jobs -------------------------------------------------------------------------------
    def begin(self) -> None:
        """The counters stand at 0."""
        self._plane.update(NOUN, self._job["_arn"], **counters([]))

    def stop(self) -> None:
        """StopHyperParameterTuningJob: the training jobs that run are stopped."""
        self._end_by("Stopped")

    def run(self) -> Record:
        """Do the job; its final status and all that comes with it."""
        timer = self._timer()
        try:
            self._open_searches()
            self._fill()
            while self._running:
                arn = self._events.get()
                if arn:
                    self._take(arn)
                if self._ending:
                    self._stop_running()
                else:
                    self._fill()
            return self._close()
        except JobError as failure:
            return self._close("Failed", str(failure))
        finally:
            if timer:
                timer.cancel()
            self._stop_running()
            for search in filter(None, self._searches):
                search.close()

    # -- what the training jobs tell ---------------------------------------------------------------------------
    def ended(self, arn: str) -> None:
        """A training job has ended."""
        self._events.put(arn)

    def heard(self, arn: str, metric: str, value: float) -> None:
        """A training job's log has shown a metric; a job that does no good is stopped."""
        number = self._running.get(arn)
        if number is None or metric != self._definitions[number].metric:
            return
        if self._rules[number].add(arn, value) and self._early:
            self._plane.background(self._stop_training, arn)

    # -- the work ----------------------------------------------------------------------------------------------
    def _open_searches(self) -> None:
        environment = child_environment(self._plane, {})
        for number, found in enumerate(self._definitions):
            self._searches.append(make_search(self._strategy, found, self._seed + 1000 * number, environment))

    def _fill(self) -> None:
        """Start training jobs until as many run as may."""
        most = self._limits.get("MaxNumberOfTrainingJobs")
        while not self._ending and len(self._running) < self._limits["MaxParallelTrainingJobs"]:
            if most is not None and self._launched >= most:
                return
            number = self._next_definition()
            if number is None:
                return
            search = self._searches[number]
            configuration = search.next(self._known(number)) if search else None
            if configuration is None:
                self._exhaust(number)
            else:
                self._launch(number, configuration)

    def _next_definition(self) -> int | None:
        """The definitions take turns, as long as they have configurations left."""
        left = [number for number, search in enumerate(self._searches) if search]
        return left[self._launched % len(left)] if left else None

    def _exhaust(self, number: int) -> None:
        if search := self._searches[number]:
            search.close()
        self._searches[number] = None

    def _known(self, number: int) -> Tried:
        """What a search may learn from: parents' trials that lie in its space, then its own."""
        found = self._definitions[number]
        names = {each.name for each in found.ranges}
        sign = 1 if found.minimize else -1
        parents: Tried = [
            ({name: trial["TunedHyperParameters"][name] for name in names}, cost(trial))
            for trial in self._parents
            if OBJECTIVE in trial and fits(found, trial["TunedHyperParameters"])
        ]
        own = [(c, None if value is None else sign * value) for c, value in self._tried[number].values()]
        return parents + own

    def _launch(self, number: int, configuration: Configuration) -> None:
        found = self._definitions[number]
        self._launched += 1
        name = f"{self._name}-{self._launched:03}-{secrets.token_hex(4)}"
        arn = self._plane.arn("TrainingJob", name)
        self._running[arn] = number
        self._tried[number][arn] = (configuration, None)
        self._tuning.follow(arn, self)
        try:
            self._plane.call("CreateTrainingJob", found.request(name, configuration))
        except ApiError as error:
            self._tuning.forget(arn)
            del self._running[arn]
            self._end_by("Failed", f"ClientError: {error}")
            return
        tuned = {
            "parameters": configuration,
            "definition": found.name,
            "metric": found.metric,
            "type": found.type,
        }
        self._plane.update("TrainingJob", arn, TuningJobArn=self._job["_arn"], _tuned=tuned)
        self._refresh()

    def _take(self, arn: str) -> None:
        """Learn from a training job that has ended."""
        number = self._running.pop(arn)
        found = self._definitions[number]
        told = summary(self._plane.find("TrainingJob", arn))
        value = told.get(OBJECTIVE, {}).get("Value")
        if value is None:
            del self._tried[number][arn]  # a search learns nothing from a job without an objective
        else:
            self._tried[number][arn] = (self._tried[number][arn][0], value)
        if told["TrainingJobStatus"] == "Completed":
            self._rules[number].complete(arn)
        done = self._criteria.met(found, value)
        trials = self._refresh()
        failed = [t for t in trials if t["ObjectiveStatus"] == "Failed"]
        if len(failed) == len(trials) - len(self._running) >= ATTEMPTS:
            self._end_by("Failed", no_success(len(failed)))
        elif done:
            self._end_by("Completed")

    def _end_by(self, ending: Ending, reason: str = "") -> None:
        if not self._ending:
            self._ending, self._reason = ending, reason
        self._events.put("")

    def _stop_running(self) -> None:
        for arn in list(self._running):
            self._stop_training(arn)

    def _stop_training(self, arn: str) -> None:
        job = self._plane.find("TrainingJob", arn)
        if job["TrainingJobStatus"] == "InProgress":
            try:
                self._plane.call("StopTrainingJob", {"TrainingJobName": job["TrainingJobName"]})
            except ApiError:  # it ended in between
                return

    def _timer(self) -> threading.Timer | None:
        seconds = self._limits.get("MaxRuntimeInSeconds")
        if seconds is None:
            return None
        timer = threading.Timer(seconds, self._end_by, ("Completed",))
        timer.daemon = True
        timer.start()
        return timer

    # -- the record --------------------------------------------------------------------------------------------
    def _parent_arns(self) -> list[str]:
        parents = self._job.get("WarmStartConfig", {}).get("ParentHyperParameterTuningJobs", [])
        return [self._plane.arn(NOUN, parent["HyperParameterTuningJobName"]) for parent in parents]

    def _refresh(self) -> list[Record]:
        """Bring the counters and the best job up to date."""
        trials = trials_of(self._plane, self._job["_arn"])
        changes = counters(trials)
        if found := best(trials):
            changes["BestTrainingJob"] = found
        warm = self._job.get("WarmStartConfig", {}).get("WarmStartType") == "IdenticalDataAndAlgorithm"
        if warm and (overall := best([*self._parents, *trials])):
            changes["OverallBestTrainingJob"] = {**overall, "TuningJobName": tuning_name(overall)}
        changes["TuningJobCompletionDetails"] = {
            "NumberOfTrainingJobsObjectiveNotImproving": self._criteria.not_improving
        }
        self._plane.update(NOUN, self._job["_arn"], LastModifiedTime=self._plane.clock.time(), **changes)
        return trials

    def _close(self, status: Ending = "", reason: str = "") -> Record:
        trials = self._refresh()
        status, reason = status or self._ending or "Completed", reason or self._reason
        if status == "Completed" and not any(trial["ObjectiveStatus"] == "Succeeded" for trial in trials):
            status, reason = "Failed", no_success(len(trials))
        now = self._plane.clock.time()
        ended: Record = {
            "HyperParameterTuningJobStatus": status,
            "HyperParameterTuningEndTime": now,
            "LastModifiedTime": now,
            "ConsumedResources": {"RuntimeInSeconds": max(1, round(time.monotonic() - self._started))},
        }
        return {**ended, "FailureReason": reason[:LONGEST]} if status == "Failed" else ended


def fits(found: Definition, configuration: Configuration) -> bool:
    """Does a parent's configuration lie in the space of a definition?"""
    try:
        return all(each.at(each.place(configuration[each.name])) is not None for each in found.ranges)
    except (KeyError, ValueError):
        return False


def no_success(attempts: int) -> str:
    """What AWS says of a tuning job whose training jobs fail."""
    return (
        f"No training job succeeded after {attempts} attempts. Please take a look at the training job failures to "
        "get more details."
    )


def tuning_name(trial: Record) -> str:
    """The tuning job that a trial belongs to, by the trial's name."""
    return str(trial["TrainingJobName"]).rsplit("-", 2)[0]
