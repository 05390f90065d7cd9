"""Experiment, Trial and TrialComponent: created, connected, listed, and deleted from the inside out."""

import threading
from collections.abc import Callable
from typing import Any

from ..control import ApiError, ControlPlane, Record
from ..listing import Listing
from ..verbs import answer
from .points import Points

NOUNS = ("Experiment", "Trial", "TrialComponent")
MOST = {"Parameters": 300, "InputArtifacts": 60, "OutputArtifacts": 60}
ONE_FILTER = ("ExperimentName", "TrialName", "SourceArn")
TRIALS = "_trials"  # in a component's record: the names of the trials that it belongs to


class Experiments:
    """The experiments of one account; `settle` waits for metrics that are on their way."""

    def __init__(self, plane: ControlPlane, points: Points, settle: Callable[[], None]) -> None:
        self._plane, self._points, self._settle = plane, points, settle
        self._lock = threading.Lock()
        for noun in NOUNS:
            plane.answers(f"Create{noun}", self._creator(noun))
            plane.answers(f"Update{noun}", self._updater(noun))
        plane.answers("AssociateTrialComponent", self._associate)
        plane.answers("DisassociateTrialComponent", self._disassociate)
        plane.answers("DescribeTrialComponent", self._describe_component)
        plane.answers("ListTrials", self._list_trials)
        plane.answers("ListTrialComponents", self._list_components)
        plane.answers("DeleteTrialComponent", self._delete_component)
        plane.checks("DeleteExperiment", self._check_experiment)
        plane.checks("DeleteTrial", self._check_trial)

    # -- create and update -------------------------------------------------------------------------------------
    def _creator(self, noun: str) -> Callable[[Record], Record]:
        def create(params: Record) -> Record:
            shown = {"DisplayName": params[f"{noun}Name"], **params}
            return self._plane.keep(f"Create{noun}", shown)

        return create

    def _updater(self, noun: str) -> Callable[[Record], Record]:
        def update(params: Record) -> Record:
            record = self._plane.find(noun, params[f"{noun}Name"])
            changes = {name: value for name, value in params.items() if not name.endswith("ToRemove")}
            for member, most in MOST.items() if noun == "TrialComponent" else ():
                changes[member] = merged(record, params, member)
                if len(changes[member]) > most:
                    raise ApiError(f"A trial component can have at most {most} {member}.")
            return self._plane.keep(f"Update{noun}", changes)

        return update

    # -- trials and their components ---------------------------------------------------------------------------
    def _associate(self, params: Record) -> Record:
        return self._connected(params, lambda names, name: [*names, *([] if name in names else [name])])

    def _disassociate(self, params: Record) -> Record:
        return self._connected(params, lambda names, name: [other for other in names if other != name])

    def _connected(self, params: Record, change: Callable[[list[str], str], list[str]]) -> Record:
        with self._lock:
            trial, component = self._pair(params)
            names = change(component.get(TRIALS, []), trial["TrialName"])
            self._plane.update("TrialComponent", component["_arn"], **{TRIALS: names})
        return {"TrialComponentArn": component["_arn"], "TrialArn": trial["_arn"]}

    def _pair(self, params: Record) -> tuple[Record, Record]:
        trial = self._plane.find("Trial", params["TrialName"])
        return trial, self._plane.find("TrialComponent", params["TrialComponentName"])

    def _describe_component(self, params: Record) -> Record:
        record = self._plane.find("TrialComponent", params["TrialComponentName"])
        self._settle()
        source = record.get("Source", {}).get("SourceArn", record["_arn"])
        shape = self._plane.model.operation("DescribeTrialComponent").output_shape
        shown = answer(shape, self._plane.model.noun("TrialComponent"), record)
        metrics = self._points.summaries(record["_arn"], source)
        return {**shown, "Metrics": metrics} if metrics else shown

    # -- lists -------------------------------------------------------------------------------------------------
    def _list_trials(self, params: Record) -> Record:
        trials = self._plane.records("Trial")
        if "ExperimentName" in params:
            experiment = self._plane.find("Experiment", params["ExperimentName"])["ExperimentName"]
            trials = [trial for trial in trials if trial["ExperimentName"] == experiment]
        if "TrialComponentName" in params:
            component = self._plane.find("TrialComponent", params["TrialComponentName"])
            trials = [trial for trial in trials if trial["TrialName"] in component.get(TRIALS, [])]
        return self._listed("ListTrials", "Trial", trials, params)

    def _list_components(self, params: Record) -> Record:
        if len(named := [name for name in ONE_FILTER if name in params]) > 1:
            raise ApiError(
                f"ListTrialComponents filters by one of {', '.join(ONE_FILTER)}, not by {' and '.join(named)}."
            )
        components = self._plane.records("TrialComponent")
        if "SourceArn" in params:
            components = [
                c for c in components if c.get("Source", {}).get("SourceArn") == params["SourceArn"]
            ]
        elif named:
            trials = self._trials_of(params)
            components = [c for c in components if trials & set(c.get(TRIALS, []))]
        components = [{**c, "TrialComponentSource": c.get("Source")} for c in components]
        return self._listed("ListTrialComponents", "TrialComponent", components, params)

    def _trials_of(self, params: Record) -> set[str]:
        if "TrialName" in params:
            return {self._plane.find("Trial", params["TrialName"])["TrialName"]}
        experiment = self._plane.find("Experiment", params["ExperimentName"])["ExperimentName"]
        return {t["TrialName"] for t in self._plane.records("Trial") if t["ExperimentName"] == experiment}

    def _listed(self, operation: str, noun: str, records: list[Record], params: Record) -> Record:
        done = (*ONE_FILTER, "TrialComponentName")
        rest = {name: value for name, value in params.items() if name not in done}
        return Listing(self._plane.model, operation, self._plane.model.noun(noun)).select(records, rest)

    # -- delete ------------------------------------------------------------------------------------------------
    def _check_experiment(self, params: Record) -> None:
        name = self._plane.find("Experiment", params["ExperimentName"])["ExperimentName"]
        if any(trial["ExperimentName"] == name for trial in self._plane.records("Trial")):
            raise ApiError(f"Experiment {name} has trials. Delete all of its trials first.")

    def _check_trial(self, params: Record) -> None:
        name = self._plane.find("Trial", params["TrialName"])["TrialName"]
        if any(name in component.get(TRIALS, []) for component in self._plane.records("TrialComponent")):
            raise ApiError(f"Trial {name} has trial components. Disassociate them first.")

    def _delete_component(self, params: Record) -> Record:
        record = self._plane.find("TrialComponent", params["TrialComponentName"])
        if trials := ", ".join(record.get(TRIALS, [])):
            text = (
                f"Trial component {record['TrialComponentName']} belongs to {trials}. Disassociate it first."
            )
            raise ApiError(text)
        answered = self._plane.keep("DeleteTrialComponent", params)
        self._settle()
        self._points.forget(record["_arn"])
        return answered


def merged(record: Record, params: Record, member: str) -> dict[str, Any]:
    """A component's parameters or artifacts with those of an update added, replaced and removed."""
    values = {**record.get(member, {}), **params.get(member, {})}
    gone = params.get(f"{member}ToRemove", [])
    return {name: value for name, value in values.items() if name not in gone}
