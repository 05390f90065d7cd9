"""What graded cells must be: quiet, told in words, and the same on every run."""

import ast
from collections.abc import Iterator

from sagelab import regions
from sagelab.findings import Finding
from sagelab.lesson import Cell, Lesson
from sagelab.strict_yaml import file_name

__all__ = ["check"]

NETWORK = frozenset({"aiohttp", "ftplib", "http", "httpx", "requests", "socket", "urllib", "urllib3"})
CLOCK = frozenset({"now", "today", "utcnow"})
TIME = frozenset({"time", "monotonic", "perf_counter", "process_time"})
SEEDED = frozenset({"default_rng", "RandomState", "Generator", "PCG64", "SeedSequence", "Random", "seed"})


def check(lesson: Lesson) -> list[Finding]:
    """Return what is wrong with a lesson's graded cells, as far as their text tells."""
    file = file_name(lesson.folder / "lesson.py")
    found: list[Finding] = []
    for cell in lesson.cells:
        faults: list[tuple[int, str]] = []
        if cell.role in {"solution", "tests"}:
            faults += _unrepeatable(ast.parse(cell.source))
        if cell.role == "tests":
            faults += _untold(cell)
        found += [Finding(file, cell.line + line - 1, text) for line, text in faults]
    return [*found, *_unreadable(lesson)]


def _untold(cell: Cell) -> Iterator[tuple[int, str]]:
    """Find what a learner would not be told, and what nbgrader would read as a number of points."""
    for node in ast.walk(ast.parse(cell.source)):
        if isinstance(node, ast.Assert) and _is_blank(node.msg):
            yield node.lineno, "an assert without a message; write which mistake it catches"
    shown = regions.without(cell.source, regions.HIDDEN_TESTS)
    for source, what in ((cell.source, "the cell"), (shown, "what the learner sees of the cell")):
        body = ast.parse(source).body
        if not body or not _ends_in_assert(body[-1]):
            line = body[-1].lineno if body and source == cell.source else 1
            yield line, f"{what} does not end in an assert; write one, and no value, on the last line"


def _is_blank(message: ast.expr | None) -> bool:
    return message is None or (isinstance(message, ast.Constant) and not str(message.value or "").strip())


def _ends_in_assert(node: ast.stmt) -> bool:
    if isinstance(node, ast.For | ast.With):
        return _ends_in_assert(node.body[-1])
    return isinstance(node, ast.Assert)


def _unrepeatable(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Find what makes two runs differ: the network, the clock, chance without a seed."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    seeded = any(_path(call.func)[-1:] == ["seed"] for call in calls)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom) and _modules(node) & NETWORK:
            yield node.lineno, "a graded cell uses the network; write it with the local account only"
    for call in calls:
        path = _path(call.func)
        if _reads_clock(path):
            yield call.lineno, "a graded cell reads the clock; write a fixed date, or lab.clock.now()"
        elif not seeded and _is_chance(path, call):
            yield call.lineno, "a graded cell draws without a seed; write default_rng(0) or random_state=0"


def _reads_clock(path: list[str]) -> bool:
    return len(path) > 1 and (
        (path[-1] in CLOCK and path[-2] != "clock") or (path[0] == "time" and path[-1] in TIME)
    )


def _is_chance(path: list[str], call: ast.Call) -> bool:
    if SEEDED & set(path[:-1]):
        return False  # a generator: whether it is seeded shows where it is made
    if "random" in path[:-1]:
        return path[-1] not in SEEDED or not (call.args or call.keywords)
    if path[-1:] == ["default_rng"]:
        return not (call.args or call.keywords)
    named = {keyword.arg for keyword in call.keywords}
    return path[-1:] == ["sample"] and path[0] != "rng" and "random_state" not in named


def _path(node: ast.expr) -> list[str]:
    """Return the names of a dotted expression: np.random.normal is np, random, normal."""
    if isinstance(node, ast.Attribute):
        return [*_path(node.value), node.attr]
    if isinstance(node, ast.Call):
        return _path(node.func)
    return [node.id] if isinstance(node, ast.Name) else [""]


def _modules(node: ast.Import | ast.ImportFrom) -> set[str]:
    names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
    return {name.partition(".")[0] for name in names}


def _unreadable(lesson: Lesson) -> Iterator[Finding]:
    """Find wrong answers that are not even Python: those test nothing."""
    file = file_name(lesson.folder / "exercises.yaml")
    for exercise in lesson.exercises:
        for wrong in exercise.wrong:
            try:
                ast.parse(exercise.answered(wrong.code))
            except (SyntaxError, ValueError, MemoryError, RecursionError) as fault:
                text = f"{exercise.id}: this wrong answer is not Python ({fault}); write whole statements"
                yield Finding(file, wrong.line, text)
