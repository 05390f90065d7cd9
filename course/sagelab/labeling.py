"""Annotate labeling jobs of the local account: by hand, by a function, or by simulated people with known error rates.

On AWS people answer in the portal of a private work team, which has no API. The local account's portal has one:

    task, = labeling.tasks("label-mood", worker="ana")
    labeling.submit("label-mood", "ana", {task["TaskId"]: {"label": "negative"}})

    crowd = {f"worker-{n}": Simulated.right(0.8, labels, truth, seed=n) for n in range(5)}
    labeling.annotate("label-mood", crowd)
"""

import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, Request, build_opener

from .errors import SagelabError

__all__ = ["Simulated", "SimulatedBoxes", "annotate", "give_back", "jobs", "submit", "tasks"]

Task = dict[str, Any]  # TaskId, TaskType, Labels, Input (the manifest line) and more
Annotator = Callable[[Task], Any]  # an answer, or what stands in it: a label, or a list

BATCH = 50
ANSWERS = {
    "groundtruth/image-classification": "label",
    "groundtruth/text-classification": "label",
    "groundtruth/label-verification": "label",
    "groundtruth/image-classification-multilabel": "labels",
    "groundtruth/text-classification-multilabel": "labels",
    "groundtruth/object-detection": "boundingBoxes",
    "groundtruth/text-span": "entities",
}


@dataclass(frozen=True)
class Simulated:
    """Somebody who classifies with known error rates, and makes the same mistakes in every run.

    `truth` tells the true label of a task; `confusion[true][said]` how likely each label is then.
    """

    truth: Callable[[Task], str]
    confusion: Mapping[str, Mapping[str, float]]
    seed: int

    @classmethod
    def right(
        cls, share: float, labels: Sequence[str], truth: Callable[[Task], str], seed: int
    ) -> "Simulated":
        """Somebody who is right in this share of the cases, and else takes any other label."""
        others = (1 - share) / (len(labels) - 1)
        confusion = {true: {said: share if said == true else others for said in labels} for true in labels}
        return cls(truth, confusion, seed)

    def __call__(self, task: Task) -> str:
        """The label that this annotator chooses; it depends on the object, not on when it is shown."""
        chances = self.confusion[self.truth(task)]
        dice = dice_of(self.seed, task)
        return dice.choices(list(chances), list(chances.values()))[0]


@dataclass(frozen=True)
class SimulatedBoxes:
    """Somebody who draws boxes with known errors, and makes the same ones in every run.

    Each side of a true box is off by a normal error with `jitter` pixels of standard deviation; a box is missed with
    the probability `miss`.
    """

    truth: Callable[[Task], Sequence[Mapping[str, Any]]]
    jitter: float
    miss: float
    seed: int

    def __call__(self, task: Task) -> list[dict[str, Any]]:
        """The boxes that this annotator draws."""
        dice = dice_of(self.seed, task)
        return [self._drawn(dice, box) for box in self.truth(task) if dice.random() >= self.miss]

    def _drawn(self, dice: random.Random, box: Mapping[str, Any]) -> dict[str, Any]:
        left, top, right, bottom = (
            round(side + dice.gauss(0, self.jitter))
            for side in (box["left"], box["top"], box["left"] + box["width"], box["top"] + box["height"])
        )
        left, top = max(left, 0), max(top, 0)
        size = {"width": max(right - left, 1), "height": max(bottom - top, 1)}
        return {"label": box["label"], "left": left, "top": top, **size}


def dice_of(seed: int, task: Task) -> random.Random:
    """Chance that depends on the annotator and on the object, not on the job or on the order."""
    return random.Random(f"{seed}/{json.dumps(task['Input'], sort_keys=True)}")


def jobs(workteam_arn: str, worker: str, client: Any = None) -> list[dict[str, Any]]:
    """The jobs of a work team that have tasks for a worker."""
    found: list[dict[str, Any]] = _ask(client, "jobs", WorkteamArn=workteam_arn, Worker=worker)["Jobs"]
    return found


def tasks(job: str, worker: str, most: int = 1, client: Any = None) -> list[Task]:
    """Accept a job's next tasks for a worker; empty where there are none. The time limit begins."""
    accepted: list[Task] = _accept(client, job, worker, most)["Tasks"]
    return accepted


def submit(job: str, worker: str, answers: Mapping[str, Any], client: Any = None) -> int:
    """Submit a worker's answers by task id; raises SagelabError, and takes none, where one is no answer."""
    given = [{"TaskId": task, "Answer": answer} for task, answer in answers.items()]
    return int(_ask(client, "submit", LabelingJobName=job, Worker=worker, Answers=given)["Submitted"])


def give_back(job: str, worker: str, task_ids: Sequence[str], client: Any = None) -> None:
    """Let others have tasks that a worker accepted and will not do."""
    _ask(client, "return", LabelingJobName=job, Worker=worker, TaskIds=list(task_ids))


def annotate(job: str, annotators: Mapping[str, Annotator], client: Any = None) -> int:
    """Let annotators, by their workers' names, do a job's tasks until there are none left; how many they did."""
    sagemaker = client or _sagemaker()
    while sagemaker.describe_labeling_job(LabelingJobName=job)["LabelingJobStatus"] == "Initializing":
        time.sleep(0.05)
    done, before = 0, -1
    while done > before:
        before = done
        for worker, annotator in annotators.items():
            accepted = _accept(sagemaker, job, worker, BATCH)["Tasks"]
            if accepted:
                answers = {task["TaskId"]: answer_of(task, annotator(task)) for task in accepted}
                done += submit(job, worker, answers, sagemaker)
    return done


def answer_of(task: Task, said: Any) -> Any:
    """What an annotator said, in the form of an answer to this task."""
    return said if isinstance(said, dict) else {ANSWERS[task["TaskType"]]: said}


def _accept(client: Any, job: str, worker: str, most: int) -> dict[str, Any]:
    return _ask(client, "accept", LabelingJobName=job, Worker=worker, MaxResults=most)


def _ask(client: Any, what: str, **body: Any) -> dict[str, Any]:
    url = (client or _sagemaker()).meta.endpoint_url
    if urlsplit(url).hostname != "127.0.0.1":
        raise SagelabError(
            "On AWS people answer in the portal of their work team; this is for the local account."
        )
    request = Request(
        f"{url}/_labeling/{what}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    try:
        with build_opener(ProxyHandler({})).open(request) as response:
            answered: dict[str, Any] = json.load(response)
            return answered
    except HTTPError as error:
        raise SagelabError(json.load(error)["message"]) from None


def _sagemaker() -> Any:
    import boto3

    return boto3.client("sagemaker")
