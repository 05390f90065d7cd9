"""What a lesson's page must be: its first screen, its prose, the length of its cells, its exercises."""

import re
from collections.abc import Iterator

from sagelab.findings import Finding
from sagelab.lesson import Lesson
from sagelab.strict_yaml import file_name

__all__ = ["check"]

MOST_LINES = 10
PROMISE = re.compile(r"after this (lesson )?you can", re.IGNORECASE)
DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2} [A-Z][a-z]+ [0-9]{4}|[A-Z][a-z]+ [0-9]{1,2}, [0-9]{4}"
)
COST = re.compile(r"\b(costs?|bill(s|ed)?|prices?|pays?|paid|charge[sd]?|free|needs?)\b", re.IGNORECASE)


def check(lesson: Lesson) -> list[Finding]:
    """Return what is wrong with a lesson's page."""
    return [*_first_screen(lesson), *_flow(lesson), *_exercises(lesson), *_guides(lesson)]


def _first_screen(lesson: Lesson) -> Iterator[Finding]:
    first = lesson.cells[0]
    lines = first.source.split("\n")
    promised = {
        "'After this you can ...'": any(PROMISE.search(line) for line in lines),
        f"'{lesson.about.minutes} minutes', as the header does": any(
            re.search(rf"\b{lesson.about.minutes} minutes\b", line) for line in lines
        ),
        "a line on the component's status with its date": any(
            "status" in line.lower() and DATE.search(line) for line in lines
        ),
        "a line on what the lab would cost on AWS": any(
            "AWS" in line and COST.search(line) for line in lines
        ),
        "what is out of scope": any("out of scope" in line.lower() for line in lines),
    }
    for what, is_there in promised.items():
        if not is_there:
            yield Finding(_file(lesson), first.line, f"the first cell does not say it; write {what}")


def _flow(lesson: Lesson) -> Iterator[Finding]:
    """Say, show, see: each cell of code is short and follows a cell of prose."""
    before = None
    for cell in lesson.cells:
        length = sum(bool(line.strip()) for line in cell.source.split("\n"))
        if cell.kind == "code" and cell.role == "plain" and length > MOST_LINES:
            text = f"{length} lines of code in one cell; write at most {MOST_LINES}, or two cells"
            yield Finding(_file(lesson), cell.line, text)
        follows_its_solution = (
            cell.role == "tests" and before is not None and before.exercise == cell.exercise
        )
        if cell.kind == "code" and not follows_its_solution and (before is None or before.kind == "code"):
            yield Finding(_file(lesson), cell.line, "code follows code; write a sentence before it")
        before = cell


def _exercises(lesson: Lesson) -> Iterator[Finding]:
    graded = [cell for cell in lesson.cells if cell.role in {"tests", "manual"}]
    manual = [cell for cell in graded if cell.role == "manual"]
    points = sum(cell.points for cell in graded)
    if not 3 <= len(graded) <= 6:
        yield Finding(_file(lesson), 1, f"{len(graded)} graded exercises; write 3 to 6")
    if not 10 <= points <= 20:
        yield Finding(_file(lesson), 1, f"the exercises give {points} points together; write 10 to 20")
    for cell in manual[1:]:
        yield Finding(_file(lesson), cell.line, "a second answer graded by a person; write at most one")
    if not any(cell.role == "quiz" for cell in lesson.cells):
        yield Finding(_file(lesson), 1, "no quiz; write a cell '# %% quiz=true points=10' with 'lab.quiz()'")


def _guides(lesson: Lesson) -> Iterator[Finding]:
    file = file_name(lesson.folder / "exercises.yaml")
    for exercise in lesson.exercises:
        line = exercise.guide.line
        if len(exercise.hints) < 2:
            yield Finding(
                file, line, f"{exercise.id} has one hint; write at least two, from nudge to nearly there"
            )
        if len(exercise.wrong) < 3:
            count = len(exercise.wrong)
            yield Finding(file, line, f"{exercise.id} has {count} wrong answers; write at least three")


def _file(lesson: Lesson) -> str:
    return file_name(lesson.folder / "lesson.py")
