"""Read a lesson as its author wrote it: lesson.py and exercises.yaml."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from sagelab import regions
from sagelab.exercises import Guide, read_exercises
from sagelab.findings import BuildError, Finding
from sagelab.lesson import STUB, About, Cell, Exercise, Lesson, Role
from sagelab.percent import PercentReader, RawCell
from sagelab.strict_yaml import StrictYamlError, file_name, parse_yaml, read_text

__all__ = ["load_lesson", "read_lesson"]

ROLES: dict[Role, tuple[str, ...]] = {
    "solution": ("solution",),
    "tests": ("tests", "points"),
    "manual": ("manual", "points"),
    "quiz": ("quiz", "points"),
}
NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")
MOST_POINTS = 100


def load_lesson(folder: Path) -> Lesson:
    """Read a lesson's folder; raises BuildError with every finding."""
    lesson, findings = read_lesson(folder)
    if lesson is None or findings:
        raise BuildError(findings)
    return lesson


def read_lesson(folder: Path) -> tuple[Lesson | None, tuple[Finding, ...]]:
    """Read a lesson's folder as far as it goes: the lesson, if it is whole, and each finding."""
    path = folder / "lesson.py"
    try:
        percent = PercentReader(read_text(path), file_name(path))
    except StrictYamlError as fault:
        return None, (fault.finding,)
    guides, faults = read_exercises(folder / "exercises.yaml")
    reader = _Reader(file_name(path), percent.findings)
    about = reader.about(percent.header)
    cells = reader.cells(percent.cells)
    title = reader.title(cells)
    exercises = reader.exercises(cells, guides)
    reader.findings += faults or reader.strangers(cells, guides, folder)
    if about is None or reader.findings:
        return None, tuple(sorted(set(reader.findings)))
    return Lesson(folder.name, folder, title, about, cells, exercises), ()


class _Reader:
    """Turns what stands in the files into a lesson, and gathers every finding on the way."""

    def __init__(self, file: str, findings: Iterable[Finding]) -> None:
        self.file = file
        self.findings = list(findings)

    def find(self, line: int, text: str) -> None:
        self.findings.append(Finding(self.file, line, text))

    def about(self, header: str) -> About | None:
        if not header:
            return None
        try:
            top = parse_yaml(header, self.file).pairs("the header")
            spot = top["jupyter"].pairs("jupyter")["sagelab"]
            fields = spot.fields("sagelab", ["minutes", "summary", "status", "checked"])
            minutes = fields["minutes"].number("minutes")
            if minutes != int(minutes) or not 1 <= minutes <= 600:
                raise fields["minutes"].problem("minutes must be a whole number from 1 on; write 35")
            texts = {name: fields[name].text(name) for name in ("summary", "status", "checked")}
            return About(minutes=int(minutes), **texts)
        except KeyError as missing:
            self.find(
                1, f"the header has no {missing}; write jupyter: sagelab: minutes, summary, status, checked"
            )
        except StrictYamlError as fault:
            self.findings.append(fault.finding)
        return None

    def cells(self, raw: Iterable[RawCell]) -> tuple[Cell, ...]:
        return tuple(self.cell(cell) for cell in raw)

    def cell(self, raw: RawCell) -> Cell:
        role, name, points = self.role(raw)
        cell = Cell(raw.kind, raw.source, raw.line, role, name, points)
        if not raw.source:
            self.find(raw.marker, "this cell is empty; write into it, or delete it")
        if raw.kind == "code":
            self.insist_on_python(cell)
        if self.has_sound_regions(cell) and cell.role == "solution":
            self.insist_on_a_stub(cell)
        return cell

    def role(self, raw: RawCell) -> tuple[Role, str, int]:
        options = dict(raw.options)
        role = next((role for role in ROLES if role in options), None)
        if role is None:
            for name in options:
                self.find(raw.marker, f"a cell has no option {name!r}; write solution, tests, manual or quiz")
            return "plain", "", 0
        for name in set(options) - set(ROLES[role]):
            self.find(raw.marker, f"a {role} cell has no option {name!r}; write {' and '.join(ROLES[role])}")
        if raw.kind == "markdown" and role != "manual":
            self.find(raw.marker, f"a {role} cell holds code; write '# %%' without [markdown]")
        name = self.name(raw, role)
        return role, name, self.points(raw) if "points" in ROLES[role] else 0

    def name(self, raw: RawCell, role: Role) -> str:
        value = raw.options[role]
        if role == "quiz":
            if value is not True or raw.source != "lab.quiz()":
                self.find(
                    raw.marker,
                    "a quiz cell reads '# %% quiz=true points=10' and 'lab.quiz()'; write just these",
                )
            return "quiz"
        if not isinstance(value, str) or not NAME.fullmatch(value):
            self.find(raw.marker, f'the name of a {role} cell is in snake_case; write {role}="mean_age"')
        elif value == "quiz" or value.endswith("_check"):
            self.find(raw.marker, f"the name {value!r} is kept for nbgrader's ids; write another one")
        return str(value)

    def points(self, raw: RawCell) -> int:
        points = raw.options.get("points")
        if isinstance(points, bool) or not isinstance(points, int) or not 1 <= points <= MOST_POINTS:
            self.find(raw.marker, f"points are a whole number from 1 to {MOST_POINTS}; write points=3")
            return 0
        return points

    def insist_on_python(self, cell: Cell) -> None:
        fault = _syntax_fault(cell.source)
        if fault:
            line, text = fault
            self.find(cell.line + line - 1, f"this is not Python ({text}); write plain Python, no magics")

    def insist_on_a_stub(self, cell: Cell) -> None:
        region = regions.find_regions(cell.source, regions.SOLUTION)[0]
        if _syntax_fault(regions.replaced(cell.source, region, STUB)):
            line = cell.line + region.begin
            self.find(
                line, "without its solution this cell is not Python; write whole statements into the region"
            )

    def has_sound_regions(self, cell: Cell) -> bool:
        before = len(self.findings)
        allowed = {
            regions.SOLUTION: {"solution": (1, 1), "manual": (0, 1)}.get(cell.role, (0, 0)),
            regions.HIDDEN_TESTS: (0, 99) if cell.role == "tests" else (0, 0),
            "MARK SCHEME": (0, 0),
        }
        for word, (fewest, most) in allowed.items():
            try:
                count = len(regions.find_regions(cell.source, word))
            except regions.RegionError as fault:
                self.find(cell.line + fault.place, str(fault))
                continue
            if count < fewest:
                self.find(cell.line, f"no solution is marked; write '### BEGIN {word}' and '### END {word}'")
            elif count > most:
                where = "one in each solution cell" if word == regions.SOLUTION else "it into a tests cell"
                self.find(cell.line, f"{word.lower()} cannot be marked here; write {where}")
        return len(self.findings) == before

    def title(self, cells: tuple[Cell, ...]) -> str:
        first = cells[0] if cells else Cell("code", "", 1)
        titles = [line for line in first.source.split("\n") if line.startswith("# ")]
        if first.kind != "markdown" or len(titles) != 1:
            self.find(
                first.line, "the first cell is prose with one title; write '# %% [markdown]' and '# # Title'"
            )
            return ""
        return titles[0].removeprefix("# ").strip()

    def exercises(self, cells: tuple[Cell, ...], guides: Mapping[str, Guide]) -> tuple[Exercise, ...]:
        solve, check, manual = (self.named(cells, role) for role in ("solution", "tests", "manual"))
        self.named(cells, "quiz")
        for name, cell in check.items():
            if name not in solve:
                self.find(cell.line, f'tests without a solution; write a cell solution="{name}" before them')
            elif cell.line < solve[name].line:
                self.find(cell.line, f"tests of {name!r} stand before its solution; write them after it")
        for name, cell in solve.items():
            if name not in check:
                self.find(
                    cell.line, f'a solution without tests; write a cell tests="{name}" points=3 after it'
                )
            if name in manual:
                self.find(manual[name].line, f"the name {name!r} is taken by an exercise; write another one")
        whole = [name for name in solve if name in check and name in guides]
        return tuple(
            Exercise(name, check[name].points, solve[name], check[name], guides[name]) for name in whole
        )

    def strangers(
        self, cells: tuple[Cell, ...], guides: Mapping[str, Guide], folder: Path
    ) -> Iterator[Finding]:
        """Find exercises that stand in one of the two files only."""
        here = {cell.exercise: cell.line for cell in cells if cell.role == "solution"}
        for name in here.keys() - guides.keys():
            text = f"exercises.yaml has no {name!r}; write its right, hints and wrong there"
            yield Finding(self.file, here[name], text)
        for name in guides.keys() - here.keys():
            text = f"lesson.py has no exercise {name!r}; write its cells, or mend the name"
            yield Finding(file_name(folder / "exercises.yaml"), guides[name].line, text)

    def named(self, cells: tuple[Cell, ...], role: Role) -> dict[str, Cell]:
        found: dict[str, Cell] = {}
        for cell in cells:
            if cell.role == role and cell.exercise in found:
                self.find(cell.line, f"the {role} of {cell.exercise!r} stands twice; write another name")
            elif cell.role == role:
                found[cell.exercise] = cell
        return found


def _syntax_fault(source: str) -> tuple[int, str] | None:
    try:
        ast.parse(source)
    except SyntaxError as fault:
        return fault.lineno or 1, fault.msg
    except (ValueError, MemoryError, RecursionError):
        return 1, "nested too deep"
    return None
