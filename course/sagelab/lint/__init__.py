"""Check a lesson as its author should: every stub fails, every wrong answer is caught, every question is sound."""

from dataclasses import dataclass
from pathlib import Path

from sagelab.findings import Finding
from sagelab.lint import graded, page, questions, rehearsal
from sagelab.questions import read_quiz
from sagelab.source import read_lesson
from sagelab.strict_yaml import file_name

__all__ = ["Report", "lint"]


@dataclass(frozen=True)
class Report:
    """What was found in a lesson, and how many of its wrong answers its checks caught."""

    findings: tuple[Finding, ...]
    killed: int
    wrong_total: int

    @property
    def kill_rate(self) -> float:
        """The share of wrong answers that were caught, from 0 to 1."""
        return self.killed / self.wrong_total if self.wrong_total else 0.0


def lint(folder: Path) -> Report:
    """Read, check and rehearse the lesson in a folder; its cells run in a process and a folder of their own."""
    asked, faults = read_quiz(folder / "quiz.yaml")
    findings = [fault.finding for fault in faults]
    findings += questions.check(asked, folder.name, file_name(folder / "quiz.yaml"))
    lesson, unread = read_lesson(folder)
    if lesson is None:
        return Report(tuple(sorted({*findings, *unread})), 0, 0)
    findings += [*page.check(lesson), *graded.check(lesson)]
    played = rehearsal.rehearse(lesson)
    return Report(tuple(sorted({*findings, *played.findings})), played.killed, played.wrong_total)
