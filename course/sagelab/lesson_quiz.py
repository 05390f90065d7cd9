"""The quiz of a lesson: as `lab.quiz()` shows it, and in a notebook that was opened and not run."""

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sagelab.answers import Answers
from sagelab.catalogue import Entry
from sagelab.errors import SagelabError
from sagelab.progress import Progress
from sagelab.quiz import Score, explained, load_quiz, payload, score
from sagelab.sheet import Kept, Sheet

if TYPE_CHECKING:
    from sagelab_widgets import Quiz

__all__ = ["Marked", "lesson_quiz", "marked", "with_quiz", "without_quiz"]

CELL = "lab.quiz()"
VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
_living: dict[str, "Quiz"] = {}


@dataclass(frozen=True)
class Marked:
    """A quiz after grading: its score, and why each answer is right or not."""

    score: Score
    explanation: str


def marked(folder: Path, entry: Entry) -> Marked:
    """Mark the answers that `answers.json` holds for a lesson's quiz."""
    questions = load_quiz(entry.folder / "quiz.yaml")
    given = {name: said["answer"] for name, said in Answers(folder / "answers.json").all(entry.slug).items()}
    parts = [explained(question, given.get(question.id), at) for at, question in enumerate(questions, 1)]
    return Marked(score(questions, given), "\n\n".join(parts))


def lesson_quiz(folder: Path, entry: Entry, *, graded: bool) -> "Quiz":
    """The quiz of a lesson for the learner of `folder`; one at a time, so an earlier one of the kernel closes.

    Its name is the learner's and the lesson's: a notebook that is opened again finds it without a run.
    """
    from sagelab_widgets import Quiz

    progress = Progress(folder)
    seed = progress.seed()
    questions = load_quiz(entry.folder / "quiz.yaml")
    sheet = Sheet(Answers(folder / "answers.json"), entry.slug)

    def keep(name: str, answer: Any, checked: bool) -> Kept:
        kept = sheet.keep(name, answer, checked)
        seen = {one: said["answer"] for one, said in kept.entries.items() if said["checked"]}
        with contextlib.suppress(
            SagelabError
        ):  # the answer is saved, also where the record is in use elsewhere
            progress.touched(entry.slug, score(questions, seen).right)
        return kept

    mode = "graded" if graded else "practice"
    place = f"{seed}:{entry.slug}:{mode}"
    if place in _living:  # a forgotten quiz of the same name would close this one too
        _living.pop(place).close()
    _living[place] = Quiz(
        [payload(question, seed, key=not graded) for question in questions],
        mode,
        answers=sheet.entries,
        note=sheet.note,
        title=f"Quiz: {entry.title}",
        on_answer=keep,
        place=place,
    )
    return _living[place]


def with_quiz(notebook: bytes, folder: Path, entry: Entry) -> bytes:
    """A student notebook whose quiz is shown, and answers, before anything is run; without a quiz cell, as it is.

    The quiz is what its cell would show in `folder`: the learner's order of choices and the answers so far.
    """
    from ipywidgets.embed import dependency_state  # type: ignore[import-untyped]

    content = json.loads(notebook)
    cell = _quiz_cell(content)
    if cell is None:
        return notebook
    quiz = lesson_quiz(folder, entry, graded=False)
    view = {"model_id": quiz.model_id, "version_major": 2, "version_minor": 0}
    shown = {"text/plain": repr(quiz), VIEW: view}
    cell["outputs"] = [{"data": shown, "metadata": {}, "output_type": "display_data"}]
    state = dependency_state([quiz], drop_defaults=False)
    _living.pop(quiz.place).close()
    content["metadata"]["widgets"] = {STATE: {"state": state, "version_major": 2, "version_minor": 0}}
    return _written(content)


def without_quiz(notebook: bytes) -> bytes:
    """The notebook as it was before `with_quiz`, where its quiz was not run since; any other as it is."""
    try:
        content = json.loads(notebook)
    except ValueError:
        return notebook
    cell = _quiz_cell(content)
    if cell is None or cell.get("execution_count") is not None:
        return notebook
    cell["outputs"] = []
    content["metadata"].pop("widgets", None)
    return _written(content)


def _quiz_cell(content: Any) -> dict[str, Any] | None:
    cells = content.get("cells", []) if isinstance(content, dict) else []
    code = [cell for cell in cells if isinstance(cell, dict) and cell.get("cell_type") == "code"]
    return next((cell for cell in code if "".join(cell.get("source", "")).strip() == CELL), None)


def _written(content: Any) -> bytes:
    """A notebook as nbformat writes it."""
    return (json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
