"""The annotators' door, as the portal of a private workforce is: JSON in, JSON out, by POST.

/_labeling/jobs    {"WorkteamArn", "Worker"}
                   {"Jobs": [{"LabelingJobName", "TaskTitle", "TaskDescription", "Tasks": how many are free}]}
/_labeling/accept  {"LabelingJobName", "Worker", "MaxResults"}: the next tasks; the time limit begins
                   {"Tasks": [{"TaskId", "LabelingJobName", "TaskTitle", "TaskDescription", "TaskType", "Labels",
                   "Instructions", "Input": the task's input, "AcceptanceTime", "ExpirationTime"}],
                   "LabelingJobStatus"}
/_labeling/submit  {"LabelingJobName", "Worker", "Answers": [{"TaskId", "Answer", "TimeSpentInSeconds"}]}
                   {"Submitted": how many}; an answer that is none refuses them all
/_labeling/return  {"LabelingJobName", "Worker", "TaskIds"}: others may have these tasks

An answer, by TaskType: {"label": "cat"} (with a "comment" where labels are verified), {"labels": ["cat", "dog"]},
{"boundingBoxes": [{"label", "left", "top", "width", "height"}]}, {"entities": [{"label", "startOffset", "endOffset"}]};
for groundtruth/custom any object, as the job's template would send it.
Times are seconds since 1970 on the account's clock.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response

from ..control import ApiError, ControlPlane, Record
from .jobs import LabelingJobs
from .kinds import check_answer, find_kind
from .rules import NOUN, rules_of
from .tasks import Answer, Task, Tasks
from .workforce import find_team

PREFIX = "/_labeling/"
WORKER = re.compile(r"[\w.@+-]{1,128}")
MOST = 1000


class Portal:
    """Gives tasks to annotators and takes their answers."""

    def __init__(self, plane: ControlPlane, tasks: Tasks, jobs: LabelingJobs) -> None:
        self._plane, self._tasks, self._jobs = plane, tasks, jobs
        self._answers: dict[str, Callable[[Record], Record]] = {
            "jobs": self.jobs,
            "accept": self.accept,
            "submit": self.submit,
            "return": self.give_back,
        }
        plane.route(PREFIX + r"\w+", self._answer)

    def _answer(self, request: Request) -> Response:
        method = self._answers.get(request.path.removeprefix(PREFIX))
        body: Any = request.get_json(force=True, silent=True)
        if method is None or not isinstance(body, dict):
            raise ApiError(f"{request.path} takes a JSON object by POST: {', '.join(self._answers)}.")
        try:
            return Response(json.dumps(method(body)), content_type="application/json")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ApiError(f"{request.path} does not understand this: {error!r}") from None

    def jobs(self, body: Record) -> Record:
        """The jobs of a work team that have tasks for a worker."""
        worker, team = named(body), find_team(self._plane, str(body["WorkteamArn"]))
        now, found = self._plane.clock.time(), []
        for job in self._plane.records(NOUN):
            config = job["HumanTaskConfig"]
            if config["WorkteamArn"] == team["_arn"] and job["LabelingJobStatus"] == "InProgress":
                free = len(self._tasks.free(rules_of(job), worker, now, rules_of(job).open))
                shown = {name: config[name] for name in ("TaskTitle", "TaskDescription")}
                if free:
                    found.append({"LabelingJobName": job["LabelingJobName"], **shown, "Tasks": free})
        return {"Jobs": found}

    def accept(self, body: Record) -> Record:
        """The next tasks for a worker, who has the job's time limit for each of them."""
        worker, job = named(body), self._plane.find(NOUN, str(body["LabelingJobName"]))
        most = min(int(body.get("MaxResults", 1)), MOST)
        status = job["LabelingJobStatus"]
        rules, accepted = rules_of(job), []
        if self._jobs.open(job):
            accepted = self._tasks.accept(rules, worker, self._plane.clock.time(), most)
        return {"Tasks": [shown(job, task, rules.limit) for task in accepted], "LabelingJobStatus": status}

    def submit(self, body: Record) -> Record:
        """Keep a worker's answers: all of them, or none where one is wrong."""
        worker, job = named(body), self._jobs.in_progress(str(body["LabelingJobName"]))
        now, answers = self._plane.clock.time(), []
        kind, rules = find_kind(job["HumanTaskConfig"]), rules_of(job)
        labels = [entry["label"] for entry in job["Categories"]]
        for given in body["Answers"]:
            number = number_of(job, given["TaskId"])
            accepted = self._tasks.accepted(rules, number, worker, now)
            if accepted is None:
                raise ApiError(
                    f"{worker} has not accepted task {given['TaskId']}, or its time limit has passed."
                )
            when, line = accepted
            content = check_answer(kind, labels, given["Answer"], json.loads(line).get("source"))
            spent = float(given.get("TimeSpentInSeconds", now - when))
            answers.append((number, Answer(worker, when, now, spent, content)))
        if len({number for number, _ in answers}) < len(answers):
            raise ApiError("A task is answered once.")
        self._tasks.submit(job["_arn"], answers)
        self._jobs.answered(job["LabelingJobName"])
        return {"Submitted": len(answers)}

    def give_back(self, body: Record) -> Record:
        """Let others have tasks."""
        worker, job = named(body), self._jobs.in_progress(str(body["LabelingJobName"]))
        self._tasks.give_back(job["_arn"], [number_of(job, task) for task in body["TaskIds"]], worker)
        return {}


def named(body: Record) -> str:
    """The worker's name."""
    worker = str(body["Worker"])
    if not WORKER.fullmatch(worker):
        raise ApiError(f"{worker!r} cannot be a worker's name.")
    return worker


def shown(job: Record, task: Task, limit: float) -> Record:
    """A task as an annotator gets it."""
    config = job["HumanTaskConfig"]
    return {
        "TaskId": f"{job['LabelingJobName']}/{task.number}",
        "LabelingJobName": job["LabelingJobName"],
        "TaskTitle": config["TaskTitle"],
        "TaskDescription": config["TaskDescription"],
        "TaskType": find_kind(config).type,
        "Labels": [entry["label"] for entry in job["Categories"]],
        "Instructions": job["Instructions"],
        "Input": json.loads(task.task),
        "AcceptanceTime": task.accepted,
        "ExpirationTime": task.accepted + limit,
    }


def number_of(job: Record, task: Any) -> int:
    """The object's number in a task's id."""
    name, _, number = str(task).rpartition("/")
    if name != job["LabelingJobName"] or not number.isdigit():
        raise ApiError(f"{task!r} is no task of {job['LabelingJobName']}.")
    return int(number)
