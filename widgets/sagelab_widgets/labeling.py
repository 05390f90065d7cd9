"""The labeling desk: a worker's tasks of a labeling job, one at a time, answered from the keyboard."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import traitlets
from botocore.exceptions import BotoCoreError, ClientError

from sagelab.errors import SagelabError
from sagelab.labeling_answers import earlier_labels, instructions, kind_of, text_of, words_of
from sagelab.labeling_desk import Desk, Item
from sagelab.pictures import MOST_BYTES, open_picture
from sagelab_widgets.language import translate
from sagelab_widgets.widget import Widget

__all__ = ["Labeling"]

FAULTS = (SagelabError, ClientError, BotoCoreError, OSError)
MOST_TEXT = 100_000  # bytes of a text in S3


class Labeling(Widget, asset="labeling"):
    """Label as `worker` in a job of the local account; answers go to the job's work team in small batches.

    `lab` is a `sagelab.Lab`. What the account did not take yet is kept in the lab's folder, also for the next desk of
    this worker.
    """

    desk = traitlets.Dict().tag(sync=True)
    picture = traitlets.Dict().tag(sync=True)
    left = traitlets.Int(-1).tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)

    def __init__(self, lab: Any, job: str, worker: str) -> None:
        self._s3 = lab.client("s3")
        folder = getattr(lab, "folder", None)
        file = Path(folder) / ".sagelab" / "labeling" / f"{job}.{worker}.json" if folder else None
        self.state = Desk(
            job, worker, lab.client("sagemaker"), lambda: float(lab.clock.now().timestamp()), file
        )
        self._current, self._turn, self._shown = "", 0, ""
        self._actions: dict[str, Callable[[dict[str, Any]], None]] = {
            "answer": self._answer,
            "undo": lambda _: setattr(self, "_current", self.state.undo()),
            "skip": lambda asked: self.state.skip(str(asked.get("task"))),
            "go": lambda asked: self._go(asked.get("by")),
            "submit": lambda _: self._submit(),
            "drop": lambda _: self.state.drop(),
            "again": lambda _: self.state.again(),
            "refresh": lambda _: self._refresh(),
        }
        super().__init__()
        self._do(self.state.open)
        self.on_msg(self._heard)

    def __repr__(self) -> str:
        done, waiting = self.state.submitted, len(self.state.order)
        return f"Labeling {self.state.job} as {self.state.worker}: {done} submitted, {waiting} wait"

    # -- what the browser asks -----------------------------------------------------------------------------------
    def _heard(self, _: Any, content: Any, __: Any) -> None:
        action = self._actions.get(str(content.get("do"))) if isinstance(content, dict) else None
        if action is not None:
            self._do(lambda: action(content))

    def _do(self, action: Callable[[], None]) -> None:
        """Do it, and show what is now, with the fault as a sentence where there was one."""
        self.state.note = ""
        faults = []
        for step in (action, self._show):
            try:
                step()
            except FAULTS as fault:
                faults.append(str(fault))
        self.note = faults[0] if faults else self.state.note

    def _answer(self, asked: dict[str, Any]) -> None:
        """Take an answer, and go on to the next task without one."""
        items, task = self.state.items, str(asked.get("task"))
        behind = [item.id for item in items[self._place(task) + 1 :]]
        self.state.answer(task, asked.get("answer"))
        opened = [item.id for item in self.state.items if item.answer is None]
        self._current = next((one for one in opened if one in behind), "")

    def _submit(self) -> None:
        self.state.submit()
        self.state.describe()

    def _go(self, by: Any) -> None:
        """To the next or the previous task; behind the last one is the end, once every task has its answer."""
        items = self.state.items
        last = len(items) - any(item.answer is None for item in items)
        if by in (1, -1):
            place = min(max(self._place(self._current) + by, 0), last)
            self._current = items[place].id if place < len(items) else ""

    def _place(self, task: str) -> int:
        """Where a task is on the desk; without it the first one that has no answer, or the end."""
        items = self.state.items
        known = [i for i, item in enumerate(items) if item.id == task]
        opened = [i for i, item in enumerate(items) if item.answer is None]
        return (known or opened or [len(items)])[0]

    def _refresh(self) -> None:
        """Keep time: hurry what is late, and begin tasks anew whose limit has passed; what was said stays said."""
        state = self.state
        state.note = self.note
        state.describe()
        state.hurry()
        if state.active and state.renew() and not any(item.refused for item in state.items):
            state.note = translate("A time limit has passed; the task has begun anew or left your desk.")
        if state.active and not state.items:
            state.fetch()

    # -- what it shows -------------------------------------------------------------------------------------------
    def _show(self) -> None:
        state, items = self.state, self.state.items
        at = self._place(self._current)
        item = items[at] if at < len(items) else None
        self._current = item.id if item else ""
        self._turn += 1
        counters = state.about.get("LabelCounters", {})
        total = sum(
            counters.get(name, 0) for name in ("TotalLabeled", "Unlabeled", "FailedNonRetryableError")
        )
        task: dict[str, Any] = self._task(item) if item else {}
        self.desk = {
            "turn": self._turn,
            "job": state.job,
            "worker": state.worker,
            "status": state.about.get("LabelingJobStatus", ""),
            "at": at,
            "items": [{"id": one.id, "state": _stage(one)} for one in items],
            "task": task,
            "submitted": state.submitted,
            "waiting": len(state.order),
            "refused": sum(1 for one in items if one.refused),
            "skipped": len(state.skipped),
            "objects": total,
            "labeled": counters.get("TotalLabeled", 0),
            "rate": state.rate(),
        }
        self.left = max(int(state.left(item)), 0) if item and item.answer is None else -1

    def _task(self, item: Item) -> dict[str, Any]:
        """A task as the browser gets it; its picture goes in a trait of its own."""
        task, kind = item.task, kind_of(item.task)
        if item.id != self._shown:
            self._shown, self.picture = item.id, {}
        faults = []
        if not self.picture.get("task"):
            try:
                self._load(item)
            except FAULTS as fault:
                faults.append(str(fault))
        text = text_of(task)
        return {
            "id": item.id,
            "kind": kind,
            "title": task["TaskTitle"],
            "description": task["TaskDescription"],
            "labels": list(task["Labels"]),
            "instructions": instructions(task["Instructions"]),
            "limit": int(task["ExpirationTime"] - task["AcceptanceTime"]),
            "text": text,
            "words": words_of(text) if kind == "spans" else [],
            "answer": item.answer,
            "earlier": earlier_labels(task["Input"]) if kind == "verify" else {"lines": [], "boxes": []},
            "fault": " ".join(faults),
        }

    def _load(self, item: Item) -> None:
        """Bring the object of a task from S3: its picture into the trait, or its text into the task."""
        uri = item.task["Input"].get("source-ref")
        if not isinstance(uri, str) or "Text" in item.task:
            return
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        found = self._s3.get_object(Bucket=bucket, Key=key)
        most = MOST_TEXT if item.task["TaskType"].startswith("groundtruth/text") else MOST_BYTES
        if found["ContentLength"] > most:
            raise SagelabError(f"{uri} is larger than {most:,} bytes, so it is not shown.")
        data = found["Body"].read()
        if item.task["TaskType"].startswith("groundtruth/text"):
            item.task["Text"] = data.decode("utf-8", "replace")
            return
        seen = open_picture(data, uri)
        size = {"width": seen.width, "height": seen.height}
        self.picture = {"task": item.id, "type": seen.type, "bytes": seen.data, **size}


def _stage(item: Item) -> str:
    if item.refused:
        return "refused"
    return "open" if item.answer is None else "answered"
