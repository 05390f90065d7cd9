"""The process in which a lesson is rehearsed: `python -m sagelab.lint.stage FOLDER PIPE SECONDS`.

Cells run in one IPython shell, as in a notebook. Where an exercise stands, the process forks for each answer: the
child runs it with the check and reports, so that every answer meets the same state and leaves none behind.
"""

import contextlib
import json
import os
import select
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NoReturn

import psutil

from sagelab.lesson import Exercise, Lesson
from sagelab.lint import variants
from sagelab.source import load_lesson
from sagelab.strict_yaml import file_name

MOST_TEXT = 500


@dataclass(frozen=True)
class Outcome:
    """How a check ended: passed, told in the words of an assert, crashed on something else, or never ended."""

    kind: Literal["passed", "told", "crashed", "endless"]
    text: str = ""


class Stage:
    """Plays one lesson and reports to a pipe, one JSON object a line."""

    def __init__(self, lesson: Lesson, pipe: int, seconds: float) -> None:
        self.lesson, self.pipe, self.seconds = lesson, pipe, seconds
        self.code = [cell for cell in lesson.cells if cell.kind == "code"]
        self.exercises = {exercise.solve: exercise for exercise in lesson.exercises}
        self.shell = _shell()

    def play(self) -> None:
        """Run every cell; stop at one that fails, for those after it need it."""
        for place, cell in enumerate(self.code):
            self._report("cell", line=cell.line)
            if cell in self.exercises:
                self._try_answers(self.exercises[cell], place)
            before = _written()
            fault = self._run(cell.source)
            if fault is not None:
                what = "the solution does not pass its check" if cell.role == "tests" else "the cell fails"
                self._find("lesson.py", cell.line, f"{what} ({_words(fault)}); write it so that it runs")
                break
            if cell.role in {"solution", "tests"} and _written() > before:
                text = "a graded cell writes to stderr, for which nbgrader gives no points; write it quieter"
                self._find("lesson.py", cell.line, text)
        self._report("end")
        _wait_for_the_end()

    def _try_answers(self, exercise: Exercise, place: int) -> None:
        check = self.code.index(exercise.check)
        rest = [cell.source for cell in self.code[place + 1 : check + 1]]
        line = exercise.solve.line
        if self._outcome(exercise.stub, rest).kind == "passed":
            self._find("lesson.py", line, f"{exercise.id}: the stub passes its check; write a stricter one")
        for wrong in exercise.wrong:
            self._report("cell", line=line)
            outcome = self._outcome(exercise.answered(wrong.code), rest)
            self._report("wrong", caught=outcome.kind != "passed")
            if outcome.kind != "told":
                self._find("exercises.yaml", wrong.line, f"{exercise.id}: {_verdict(wrong.why, outcome)}")
        generated = {
            "an answer that is None": variants.always_none(exercise),
            "an answer whose == is always true": variants.always_equal(exercise),
        }
        for what, source in generated.items():
            self._report("cell", line=line)
            caught = self._outcome(source, rest).kind != "passed"
            self._report("wrong", caught=caught)
            if not caught:
                text = f"{exercise.id}: {what} passes the check; write an assert on the type and the value"
                self._find("lesson.py", exercise.check.line, text)

    def _outcome(self, answer: str, rest: list[str]) -> Outcome:
        """Run an answer, then the cells up to its check, in a child of this process."""
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.setpgid(0, 0)
                os.write(write, json.dumps(self._checked(answer, rest)).encode() + b"\n")
            finally:
                os.close(write)
                _wait_for_the_end()
        os.close(write)
        try:
            kind, text = json.loads(_read_line(read, self.seconds))
            return Outcome(kind, text)
        except TimeoutError:
            return Outcome("endless", f"it runs longer than {self.seconds:g} seconds")
        except ValueError:
            return Outcome("crashed", "it ended the kernel")
        finally:
            os.close(read)
            _end_family(child)

    def _checked(self, answer: str, rest: list[str]) -> tuple[str, str]:
        faults = [self._run(source) for source in [answer, *rest]]
        check = faults[-1]
        if check is None:
            return "passed", ""
        told = isinstance(check, AssertionError) and str(check).strip()
        return "told" if told else "crashed", _words(check)

    def _run(self, source: str) -> BaseException | None:
        result = self.shell.run_cell(source)
        fault: BaseException | None = result.error_before_exec or result.error_in_exec
        return fault

    def _find(self, name: str, line: int, text: str) -> None:
        self._report("finding", file=file_name(self.lesson.folder / name), line=line, text=text)

    def _report(self, kind: str, **content: Any) -> None:
        os.write(self.pipe, json.dumps({"kind": kind, **content}).encode() + b"\n")


def _verdict(why: str, outcome: Outcome) -> str:
    if outcome.kind == "passed":
        return f"the check does not catch this wrong answer ({why}); write an assert that does"
    return (
        f"this wrong answer ({why}) crashes instead of being told ({outcome.text}); "
        "write an assert that names the mistake"
    )


def _words(fault: BaseException) -> str:
    said = " ".join(str(fault).split())[:MOST_TEXT]
    return f"{type(fault).__name__}: {said}" if said else type(fault).__name__


def _written() -> int:
    """Return how much this process and its children have written to stderr."""
    sys.stderr.flush()
    return os.fstat(2).st_size


def _read_line(pipe: int, seconds: float) -> bytes:
    """Read one line, or what there is when the other side closes; raises TimeoutError."""
    text, deadline = b"", time.monotonic() + seconds
    while not text.endswith(b"\n"):
        if not select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))[0]:
            raise TimeoutError
        chunk = os.read(pipe, 65536)
        if not chunk:
            break
        text += chunk
    return text


def _wait_for_the_end() -> NoReturn:
    """Stay until the one who watches ends this process: only so can it find what was started here."""
    while True:
        signal.pause()


def _end_family(child: int) -> None:
    """End a child and what it has started."""
    family = psutil.Process(child).children(recursive=True)
    for member in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)


def _shell() -> Any:
    """Return an IPython shell like a notebook's, without history and without the author's own settings."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    return InteractiveShell.instance(config=config)


if __name__ == "__main__":
    Stage(load_lesson(Path(sys.argv[1])), int(sys.argv[2]), float(sys.argv[3])).play()
