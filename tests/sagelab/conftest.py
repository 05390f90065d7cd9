"""A small sound lesson that a test can break in one place."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

SMALL = Path(__file__).with_name("lessons") / "small"


@dataclass(frozen=True)
class LessonFolder:
    """A copy of the small lesson."""

    folder: Path

    def path(self, name: str) -> Path:
        return self.folder / name

    def text(self, name: str) -> str:
        return self.path(name).read_text("utf-8")

    def edit(self, name: str, old: str, new: str) -> int:
        """Replace the first `old`; returns the line where it stood."""
        text = self.text(name)
        assert old in text, f"{name} no longer holds {old!r}"
        self.path(name).write_text(text.replace(old, new, 1), "utf-8")
        return text[: text.index(old)].count("\n") + 1


@pytest.fixture
def small(tmp_path: Path) -> LessonFolder:
    """The small lesson in a folder of the test's own."""
    shutil.copytree(SMALL, tmp_path / "small")
    return LessonFolder(tmp_path / "small")
