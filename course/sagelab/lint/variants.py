"""Two wrong answers that every check must catch: None, and an object that says it equals everything."""

import ast
from collections.abc import Iterator

from sagelab.lesson import Exercise

__all__ = ["always_equal", "always_none"]

EQUAL = """
class _EqualsEverything:
    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    def __hash__(self):
        return 0
"""


def always_none(exercise: Exercise) -> str:
    """Return the solution cell with everything that the learner writes replaced by None."""
    return _with_answer(exercise, "None")


def always_equal(exercise: Exercise) -> str:
    """Return the solution cell with everything that the learner writes replaced by an object whose == is True."""
    return EQUAL + _with_answer(exercise, "_EqualsEverything()")


def _with_answer(exercise: Exercise, answer: str) -> str:
    """Replace each statement that the region touches; what is given around them stays."""
    first, last = exercise.region.begin + 1, exercise.region.end + 1
    lines = []
    for node in ast.parse(exercise.solve.source).body:
        touched = _first_line(node) <= last and (node.end_lineno or node.lineno) >= first
        lines += _replaced(node, answer) if touched else [ast.unparse(node)]
    return "\n".join(lines)


def _first_line(node: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _replaced(node: ast.stmt, answer: str) -> list[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [ast.unparse(node)]
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [f"def {node.name}(*args, **options):\n    return {answer}"]
    if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return [f"{ast.unparse(single)} = {answer}" for target in targets for single in _single(target)]
    return [f"{name} = {answer}" for name in sorted(set(_bound(node)))]


def _single(target: ast.expr) -> Iterator[ast.expr]:
    """Yield the single targets of an assignment: `a, *b` is a and b."""
    if isinstance(target, ast.Tuple | ast.List):
        for element in target.elts:
            yield from _single(element)
    else:
        yield target.value if isinstance(target, ast.Starred) else target


def _bound(node: ast.AST) -> Iterator[str]:
    """Yield the names that a compound statement binds or changes, outside of functions in it."""
    if isinstance(
        node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda | ast.comprehension
    ):
        if hasattr(node, "name"):
            yield node.name
        return
    if isinstance(node, ast.Name | ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
        base: ast.expr = node
        while isinstance(base, ast.Subscript | ast.Attribute):
            base = base.value
        if isinstance(base, ast.Name):
            yield base.id
    for child in ast.iter_child_nodes(node):
        yield from _bound(child)
