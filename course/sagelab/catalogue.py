"""The course's table of contents: which lessons there are, in which order."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from sagelab.errors import SagelabError

LESSONS = Path(__file__).with_name("lessons")
QUICK = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's reader where it is there; a home page reads some fifty small files."""


@dataclass(frozen=True)
class Entry:
    """One lesson of the course."""

    number: int
    slug: str
    folder: Path

    @property
    def notebook(self) -> str:
        """The file name of the lesson's student notebook."""
        return f"{self.number:02d}_{self.slug}.ipynb"

    @property
    def about(self) -> dict[str, Any]:
        """The `sagelab` block of the lesson's header: minutes, summary, status, checked."""
        return _header(self.folder / "lesson.py")

    @property
    def title(self) -> str:
        """The lesson's one top heading."""
        lines = (self.folder / "lesson.py").read_text("utf-8").splitlines()
        return next((line.removeprefix("# # ") for line in lines if line.startswith("# # ")), self.slug)

    @property
    def exercises(self) -> tuple[str, ...]:
        """The ids of the lesson's graded exercises."""
        return tuple(yaml.load((self.folder / "exercises.yaml").read_text("utf-8"), Loader=QUICK) or ())


@dataclass(frozen=True)
class Module:
    """Lessons that belong together."""

    title: str
    lessons: tuple[Entry, ...]


def load(folder: Path = LESSONS) -> tuple[Module, ...]:
    """Read `catalogue.yaml`; SagelabError says what is wrong with it."""
    path = folder / "catalogue.yaml"
    try:
        listed = yaml.load(path.read_text("utf-8"), Loader=QUICK)["modules"]
        modules = tuple(
            Module(
                m["title"],
                tuple(Entry(int(e["number"]), e["slug"], folder / e["slug"]) for e in m["lessons"]),
            )
            for m in listed
        )
    except (KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        raise SagelabError(
            f"{path.name}: cannot be read ({error}); write modules: [{{title, lessons: [{{number, slug}}]}}]."
        ) from error
    for entry in (entry for module in modules for entry in module.lessons):
        if not (entry.folder / "lesson.py").is_file():
            raise SagelabError(f"{path.name}: there is no lesson folder named {entry.slug}; mend the slug.")
    return modules


def entries(folder: Path = LESSONS) -> tuple[Entry, ...]:
    """All lessons in the order of the course."""
    return tuple(entry for module in load(folder) for entry in module.lessons)


def find(slug: str) -> Entry:
    """The lesson named `slug`; SagelabError lists those that exist."""
    found = {entry.slug: entry for entry in entries()}
    if slug not in found:
        raise SagelabError(f"There is no lesson named {slug!r}; there are {', '.join(sorted(found))}.")
    return found[slug]


@cache
def _header(path: Path) -> dict[str, Any]:
    """The jupytext header of a lesson, without loading jupytext."""
    lines = path.read_text("utf-8").splitlines()
    try:
        end = lines.index("# ---", 1)
        text = "\n".join(line[2:] for line in lines[1:end])
        return dict(yaml.load(text, Loader=QUICK)["jupyter"]["sagelab"])
    except (ValueError, KeyError, TypeError, yaml.YAMLError) as error:
        raise SagelabError(
            f"{path.parent.name}/lesson.py:1: the header needs jupyter: sagelab: {{minutes, summary, status, checked}}."
        ) from error
