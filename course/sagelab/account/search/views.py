"""Records as a search finds and shows them: AWS's SearchRecord, with what belongs to a record put beside it."""

from collections.abc import Callable
from typing import Any

from ..control import ApiError, ControlPlane, Record
from ..experiments import TRIALS
from ..listing import fits

NOUNS = {"ExperimentTrial": "Trial", "ExperimentTrialComponent": "TrialComponent"}
SOURCES = {"training-job": "TrainingJob", "processing-job": "ProcessingJob", "transform-job": "TransformJob"}


class Views:
    """The records of one account, by resource."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        self._shapes: dict[str, Any] = dict(
            plane.model.operation("Search").output_shape.members["Results"].member.members
        )
        self._completed: dict[str, Callable[[Record], Record]] = {
            "Trial": self._trial,
            "TrialComponent": self._component,
            "Endpoint": self._endpoint,
        }

    def member(self, resource: str) -> str:
        """The member of a SearchRecord that holds such a resource."""
        member = NOUNS.get(resource, resource)
        if member not in self._shapes:
            raise ApiError(
                f"Search shows no {resource}: AWS's search results have no member for it.",
                "NotAvailableInLocalAccount",
            )
        return member

    def shape(self, resource: str) -> Any:
        """The shape of such a resource in the results."""
        return self._shapes[self.member(resource)]

    def all(self, resource: str) -> list[Record]:
        """Every record of a resource as it is shown."""
        noun = self.member(resource)
        if noun == "Model":
            return [self._model(record) for record in self._plane.records("Model")]
        shape, complete = self._shapes[noun], self._completed.get(noun)
        return [
            {**pick(shape, record), **(complete(record) if complete else {})}
            for record in self._plane.records(noun)
        ]

    # -- experiments -------------------------------------------------------------------------------------------
    def _trial(self, record: Record) -> Record:
        components = [
            c for c in self._plane.records("TrialComponent") if record["TrialName"] in c.get(TRIALS, [])
        ]
        shape = self._shapes["Trial"].members["TrialComponentSummaries"].member
        summaries = [pick(shape, {**c, "TrialComponentSource": c.get("Source")}) for c in components]
        return {"TrialComponentSummaries": summaries}

    def _component(self, record: Record) -> Record:
        shown = self._plane.call("DescribeTrialComponent", {"TrialComponentName": record["_arn"]})
        parents = []
        for name in record.get(TRIALS, []):
            trial = self._plane.store.get("Trial", self._plane.arn("Trial", name))
            if trial:
                parents.append({"TrialName": name, "ExperimentName": trial["ExperimentName"]})
        more: Record = {"Metrics": shown["Metrics"]} if "Metrics" in shown else {}
        more |= {"Parents": parents} if parents else {}
        source = record.get("Source", {}).get("SourceArn", "")
        noun = next((noun for kind, noun in SOURCES.items() if f":{kind}/" in source), None)
        job = self._plane.store.get(noun, source) if noun else None
        if noun and job:
            shape = self._shapes["TrialComponent"].members["SourceDetail"].members[noun]
            more["SourceDetail"] = {"SourceArn": source, noun: pick(shape, job)}
        return more

    # -- endpoints and the model dashboard ---------------------------------------------------------------------
    def _endpoint(self, record: Record) -> Record:
        shape = self._shapes["Endpoint"].members["MonitoringSchedules"].member
        schedules = [pick(shape, schedule) for schedule in self._schedules([record["EndpointName"]])]
        return {"MonitoringSchedules": schedules} if schedules else {}

    def _model(self, record: Record) -> Record:
        """A row of the model dashboard: the model, where it runs, who watches it, and its card."""
        shape, name = self._shapes["Model"], record["ModelName"]
        endpoints = [
            endpoint for endpoint in self._plane.records("Endpoint") if name in self._deployed(endpoint)
        ]
        jobs = [job for job in self._plane.records("TransformJob") if job["ModelName"] == name]
        cards = [
            card for card in self._plane.records("ModelCard") if card.get("ModelId") in (name, record["_arn"])
        ]
        row: Record = {"Model": pick(shape.members["Model"], record)}
        row["Endpoints"] = [pick(shape.members["Endpoints"].member, endpoint) for endpoint in endpoints]
        row["MonitoringSchedules"] = [
            self._schedule(shape.members["MonitoringSchedules"].member, schedule)
            for schedule in self._schedules([endpoint["EndpointName"] for endpoint in endpoints])
        ]
        if jobs:
            row["LastBatchTransformJob"] = pick(shape.members["LastBatchTransformJob"], jobs[-1])
        if cards:
            row["ModelCard"] = pick(shape.members["ModelCard"], cards[-1])
        return row

    def _deployed(self, endpoint: Record) -> list[str]:
        """The names of the models of an endpoint."""
        arn = self._plane.arn("EndpointConfig", endpoint["EndpointConfigName"])
        config = self._plane.store.get("EndpointConfig", arn) or {}
        return [variant.get("ModelName", "") for variant in config.get("ProductionVariants", [])]

    def _schedules(self, endpoints: list[str]) -> list[Record]:
        return [s for s in self._plane.records("MonitoringSchedule") if s.get("EndpointName") in endpoints]

    def _schedule(self, shape: Any, schedule: Record) -> Record:
        shown = pick(shape, schedule)
        if self._plane.status("ListMonitoringAlerts") == "executed":
            asked = {"MonitoringScheduleName": schedule["MonitoringScheduleName"]}
            alerts = self._plane.call("ListMonitoringAlerts", asked)
            shown["MonitoringAlertSummaries"] = alerts["MonitoringAlertSummaries"]
        return shown


def pick(shape: Any, record: Record) -> Record:
    """The members of a record that a shape shows."""
    return {n: record[n] for n, member in shape.members.items() if fits(member, record.get(n))}
