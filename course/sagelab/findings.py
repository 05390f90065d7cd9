"""What is wrong with a lesson: a file, a line, and what to write instead."""

from collections.abc import Iterable
from dataclasses import dataclass

from sagelab.errors import SagelabError

__all__ = ["BuildError", "Finding"]


@dataclass(frozen=True, order=True)
class Finding:
    """One thing to mend, and where."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


class BuildError(SagelabError):
    """A lesson that cannot be built; one finding a line."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(sorted(set(findings)))
        super().__init__("\n".join(str(finding) for finding in self.findings))
