"""A worker's desk: tasks of one labeling job at hand, answers given, and what of them the account has taken.

Answers wait in a small batch, so that the last one can be undone; a file keeps them until the account has them.
The desk gives a task's time limit as the account does: what is about to run out is submitted at once.
"""

import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sagelab import labeling
from sagelab.errors import SagelabError
from sagelab.files import read_bytes, replace_bytes
from sagelab.labeling_answers import check

__all__ = ["AT_HAND", "BATCH", "Desk", "Item"]

AT_HAND = 5  # tasks accepted ahead: their time runs, so they are few
BATCH = 5  # answers that wait before all but the last are submitted
HURRY = 20.0  # seconds before a time limit at which an answer is submitted at once


@dataclass
class Item:
    """A task on the desk, and the answer to it if there is one."""

    task: dict[str, Any]
    answer: dict[str, Any] | None = None
    refused: str = ""  # why the account did not take it

    @property
    def id(self) -> str:
        """The task's id."""
        return str(self.task["TaskId"])


@dataclass
class Desk:
    """What one worker does in one job.

    `now` tells the account's time, `file` keeps answers that the account does not have yet.
    """

    job: str
    worker: str
    client: Any
    now: Callable[[], float] = time.time
    file: Path | None = None
    items: list[Item] = field(default_factory=list)
    order: list[str] = field(default_factory=list)  # ids of the answers that wait, the last given at the end
    skipped: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)  # when answers were given
    submitted: int = 0
    note: str = ""
    about: dict[str, Any] = field(default_factory=dict)  # the job as the account describes it

    # -- tasks ---------------------------------------------------------------------------------------------------
    def open(self) -> None:
        """Ask for the job, take up what a former desk left, and get the first tasks."""
        self.describe()
        kept = self._read_kept()
        self.fetch(len(kept))
        for item in self.items:
            answer = kept.pop(item.id, None)
            with suppress(SagelabError):  # a damaged file loses its damaged answers only
                if answer is not None:
                    self._keep(item, check(item.task, answer))
        if kept and self.active:
            self.note = (
                f"{len(kept)} kept answers belong to tasks that others have by now; they cannot be submitted."
            )

    def describe(self) -> None:
        """How the job is now."""
        self.about = self.client.describe_labeling_job(LabelingJobName=self.job)

    @property
    def active(self) -> bool:
        """Can tasks be had and answered?"""
        return self.about.get("LabelingJobStatus") in ("Initializing", "InProgress")

    def fetch(self, more: int = 0) -> None:
        """Fill the desk with tasks; those that were skipped stay with the others."""
        waiting = [item for item in self.items if item.answer is None]
        if len(waiting) >= AT_HAND and not more:
            return
        most = len(self.items) + len(self.skipped) + AT_HAND - len(waiting) + more
        known = {item.id: item for item in self.items}
        passed_over = []
        for task in labeling.tasks(self.job, self.worker, most, self.client):
            if task["TaskId"] in known:
                known[task["TaskId"]].task |= task  # its time may have begun anew
            elif task["TaskId"] in self.skipped:
                passed_over.append(task["TaskId"])
            else:
                self.items.append(Item(task))
        self.items.sort(key=lambda item: int(item.id.rpartition("/")[2]))
        if passed_over:
            labeling.give_back(self.job, self.worker, passed_over, self.client)

    def skip(self, task_id: str) -> None:
        """Let others have a task; it is not shown again until `again`."""
        item = self.find(task_id)
        if item.answer is not None:
            raise SagelabError("This task has an answer; undo the answer first.")
        labeling.give_back(self.job, self.worker, [task_id], self.client)
        self.items.remove(item)
        self.skipped.append(task_id)
        self.fetch()

    def again(self) -> None:
        """Show skipped tasks again, as far as nobody else has them."""
        more = len(self.skipped)
        self.skipped.clear()
        self.fetch(more)

    def find(self, task_id: Any) -> Item:
        """A task that is on the desk."""
        for item in self.items:
            if item.id == task_id:
                return item
        raise SagelabError("This task is no longer on your desk; the next one is shown.")

    # -- answers -------------------------------------------------------------------------------------------------
    def answer(self, task_id: Any, said: Any) -> None:
        """Keep an answer, and submit all but the last where a batch is full."""
        item = self.find(task_id)
        if item.id not in self.order:
            self.times.append(time.monotonic())
        self._keep(item, check(item.task, said))
        if len(self.order) > BATCH:
            self.submit(self.order[:-1])
        self.fetch()

    def undo(self) -> str:
        """Take back the last answer that waits; its task's id."""
        if not self.order:
            raise SagelabError("There is nothing to undo: what is submitted stays submitted.")
        item = self.find(self.order.pop())
        item.answer, item.refused = None, ""
        if self.times:
            self.times.pop()
        self._write_kept()
        return item.id

    def hurry(self) -> None:
        """Submit the answers whose time limit is near."""
        items = [self.find(task) for task in self.order]
        late = [item.id for item in items if self.left(item) <= HURRY and not item.refused]
        if late:
            self.submit(late)

    def renew(self) -> bool:
        """Accept tasks anew whose time limit has passed; those that others have by now leave the desk."""
        gone = {item.id for item in self.items if item.answer is None and self.left(item) <= 0}
        if not gone:
            return False
        most = len(self.items) + len(self.skipped)
        fresh = {task["TaskId"]: task for task in labeling.tasks(self.job, self.worker, most, self.client)}
        self.items = [item for item in self.items if item.id not in gone or item.id in fresh]
        for item in self.items:
            item.task = item.task | fresh.get(item.id, {})
        self.fetch()
        return True

    def left(self, item: Item) -> float:
        """Seconds until a task's time limit."""
        return float(item.task["ExpirationTime"]) - self.now()

    def submit(self, ids: Sequence[str] | None = None) -> int:
        """Submit answers that wait, all without `ids`; keeps what the account refuses, and raises why."""
        wanted = list(self.order if ids is None else ids)
        if not wanted:
            return 0
        answers = {task: self.find(task).answer for task in wanted}
        try:
            labeling.submit(self.job, self.worker, answers, self.client)
        except (SagelabError, OSError):
            taken = [task for task in wanted if self._submit_one(self.find(task))]
        else:
            taken = wanted
        refused = [self.find(task) for task in wanted if task not in taken]
        self.items = [item for item in self.items if item.id not in taken]
        self.order = [task for task in self.order if task not in taken]
        self.submitted += len(taken)
        self._write_kept()
        if refused:
            raise SagelabError(refused[0].refused)
        return len(taken)

    def _submit_one(self, item: Item) -> bool:
        """Whether the account takes an answer; one whose time limit has passed is accepted anew, if it is free."""
        answers = {item.id: item.answer}
        for renew in (False, True):
            try:
                if renew:
                    most = len(self.items) + len(self.skipped)
                    labeling.tasks(self.job, self.worker, most, self.client)
                labeling.submit(self.job, self.worker, answers, self.client)
            except SagelabError as fault:
                item.refused = str(fault)
            except OSError as fault:
                item.refused = f"The account cannot be reached ({fault}); start it, then submit again."
            else:
                return True
        return False

    def drop(self) -> None:
        """Give up the answers that the account refused."""
        gone = {item.id for item in self.items if item.refused}
        self.items = [item for item in self.items if item.id not in gone]
        self.order = [task for task in self.order if task not in gone]
        self._write_kept()

    # -- numbers -------------------------------------------------------------------------------------------------
    def rate(self) -> float | None:
        """Answers a minute, from the third answer on."""
        if len(self.times) < 3 or self.times[-1] <= self.times[0]:
            return None
        return 60 * (len(self.times) - 1) / (self.times[-1] - self.times[0])

    # -- the file ------------------------------------------------------------------------------------------------
    def _keep(self, item: Item, answer: dict[str, Any]) -> None:
        item.answer, item.refused = answer, ""
        if item.id in self.order:
            self.order.remove(item.id)
        self.order.append(item.id)
        self._write_kept()

    def _mark(self) -> str:
        """Which job the answers belong to: a name may be used again after a reset."""
        return f"{self.about.get('LabelingJobArn')} {self.about.get('CreationTime')}"

    def _write_kept(self) -> None:
        if self.file is None:
            return
        if not self.order:
            self.file.unlink(missing_ok=True)
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        kept = {task: self.find(task).answer for task in self.order}
        replace_bytes(self.file, json.dumps({"job": self._mark(), "answers": kept}).encode())

    def _read_kept(self) -> dict[str, Any]:
        """Answers that a former desk could not submit; none where the file is not of this job."""
        if self.file is None or not self.file.is_file():
            return {}
        try:
            kept = json.loads(read_bytes(self.file))
            return dict(kept["answers"]) if kept["job"] == self._mark() else {}
        except (SagelabError, ValueError, TypeError, KeyError, RecursionError):
            return {}
