"""What a task shows to its worker, and whether what they said is an answer to it."""

import math
import re
from html.parser import HTMLParser
from typing import Any

from sagelab.errors import SagelabError

__all__ = ["KINDS", "check", "earlier_labels", "instructions", "kind_of", "text_of", "words_of"]

KINDS = {
    "groundtruth/image-classification": "one",
    "groundtruth/text-classification": "one",
    "groundtruth/image-classification-multilabel": "several",
    "groundtruth/text-classification-multilabel": "several",
    "groundtruth/label-verification": "verify",
    "groundtruth/text-span": "spans",
    "groundtruth/object-detection": "boxes",
}
# A word with its apostrophes and hyphens, one sign of a script without spaces, or one punctuation mark.
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+(?:['\u2019-]\w+)*|[^\w\s]")
MOST_MARKS = 500
LONGEST_COMMENT = 1000
SIDES = ("left", "top", "width", "height")
Marks = list[dict[str, Any]]


def kind_of(task: dict[str, Any]) -> str:
    """How a task is answered: one, several, verify, spans or boxes."""
    kind = KINDS.get(str(task["TaskType"]))
    if kind is None:
        raise SagelabError(
            f"A {task['TaskType']} job has a page of its own; answer its tasks with sagelab.labeling.submit."
        )
    return kind


class _Text(HTMLParser):
    """The words of a page, without its tags, scripts and styles."""

    HIDDEN = ("script", "style")
    BLOCKS = ("p", "br", "li", "div", "h1", "h2", "h3", "tr")

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:  # noqa: ARG002 - what the parser gives
        """A block begins a line."""
        self._hidden += tag in self.HIDDEN
        if tag in self.BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """What was hidden ends."""
        self._hidden -= tag in self.HIDDEN

    def handle_data(self, data: str) -> None:
        """Words."""
        if self._hidden <= 0:
            self.parts.append(data)


def instructions(given: Any) -> list[str]:
    """A job's instructions as lines of plain text; Ground Truth keeps them as HTML, which nobody here may show."""
    lines: list[str] = []
    for name in ("shortInstruction", "fullInstruction"):
        page = given.get(name) if isinstance(given, dict) else None
        if isinstance(page, str):
            reader = _Text()
            reader.feed(page)
            reader.close()
            lines += [" ".join(line.split()) for line in "".join(reader.parts).splitlines()]
    return list(dict.fromkeys(line for line in lines if line))


def words_of(text: str) -> list[tuple[int, int]]:
    """Where the words and the punctuation marks of a text begin and end, counted in characters as the account does."""
    return [found.span() for found in WORD.finditer(text)]


def text_of(task: dict[str, Any]) -> str:
    """A task's text: in its manifest line, or read from S3 and kept under Text."""
    return str(task.get("Text", task["Input"].get("source", "")))


def check(task: dict[str, Any], said: Any) -> dict[str, Any]:
    """What somebody said in the form of an answer to this task; raises SagelabError where it is none."""
    kind, labels = kind_of(task), list(task["Labels"])
    if not isinstance(said, dict):
        raise SagelabError("An answer is an object.")
    if kind in ("one", "verify"):
        comment = said.get("comment", "") if kind == "verify" else ""
        if not isinstance(comment, str) or len(comment) > LONGEST_COMMENT:
            raise SagelabError(f"A comment is a text of at most {LONGEST_COMMENT} characters.")
        label = _known(said.get("label"), labels)
        return {"label": label, **({"comment": comment.strip()} if comment.strip() else {})}
    if kind == "several":
        chosen = {_known(label, labels) for label in _listed(said.get("labels"))}
        return {"labels": sorted(chosen, key=labels.index)}
    if kind == "spans":
        return {
            "entities": _spans(_listed(said.get("entities")), labels, len(task["Input"].get("source", "")))
        }
    boxes = [_box(mark, labels) for mark in _listed(said.get("boundingBoxes"))]
    return {"boundingBoxes": boxes, **_size(said)}


def _known(label: Any, labels: list[str]) -> str:
    if not isinstance(label, str) or label not in labels:
        raise SagelabError(f"Choose one of the labels: {', '.join(labels)}.")
    return label


def _listed(given: Any) -> list[Any]:
    if not isinstance(given, list) or len(given) > MOST_MARKS:
        raise SagelabError(f"An answer to this task is a list of at most {MOST_MARKS}.")
    return given


def _whole(mark: Any, member: str) -> int:
    value = mark.get(member) if isinstance(mark, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise SagelabError(f"{member} must be a number of at least 0.")
    return round(value)


def _spans(given: list[Any], labels: list[str], length: int) -> Marks:
    """Entities in the order of the text, none over another."""
    spans: Marks = [
        {
            "startOffset": _whole(mark, "startOffset"),
            "endOffset": _whole(mark, "endOffset"),
            "label": _known(mark.get("label"), labels),
        }
        for mark in given
    ]
    spans.sort(key=lambda span: span["startOffset"])
    for before, span in zip([None, *spans], spans, strict=False):
        start, end = span["startOffset"], span["endOffset"]
        if not start < end <= length or (before and start < before["endOffset"]):
            raise SagelabError("An entity lies inside its text, and none over another.")
    return spans


def _box(mark: Any, labels: list[str]) -> dict[str, Any]:
    box = {side: _whole(mark, side) for side in SIDES}
    if min(box["width"], box["height"]) < 1:
        raise SagelabError("A box is at least one pixel wide and high.")
    return {**box, "label": _known(mark.get("label"), labels)}


def _size(said: dict[str, Any]) -> dict[str, Any]:
    """The image's size, as AWS's page sends it along."""
    size = said.get("inputImageProperties")
    if size is None:
        return {}
    return {"inputImageProperties": {side: _whole(size, side) for side in ("width", "height")}}


def earlier_labels(given: dict[str, Any]) -> dict[str, Any]:
    """What a verification task shows of the labels that an earlier job gave: lines of text, and boxes."""
    lines, boxes = [], []
    for name, about in given.items():
        job = name.removesuffix("-metadata")
        if job == name or not isinstance(about, dict) or job not in given:
            continue
        classes = about.get("class-map")
        names = classes if isinstance(classes, dict) else {}
        if isinstance(about.get("class-name"), str):
            lines.append(f"{job}: {about['class-name']}")
        elif names and isinstance(given[job], list):
            lines.append(f"{job}: {', '.join(str(names.get(str(one), one)) for one in given[job])}")
        marks = given[job].get("annotations") if isinstance(given[job], dict) else None
        for mark in marks if isinstance(marks, list) else []:
            try:
                box = {side: _whole(mark, side) for side in SIDES}
            except SagelabError:
                continue
            boxes.append({**box, "label": str(names.get(str(mark.get("class_id")), mark.get("class_id")))})
    return {"lines": lines, "boxes": boxes[:MOST_MARKS]}
