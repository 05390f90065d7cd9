"""How a cell answers a learner: one sentence in place of a traceback, a reason when a check passes.

An error stays an error (nbgrader scores it, "Run all" stops at it); only what is shown of it becomes a sentence.
Errors in the learner's own code keep Python's traceback: reading it is part of the trade.
"""

from collections.abc import Callable
from types import TracebackType
from typing import Any

from sagelab.errors import SagelabError

CHECK = "check-"


def sentence(error: BaseException, traceback: TracebackType | None) -> str | None:
    """What the learner reads for this error; None where Python's own traceback says more."""
    if isinstance(error, SagelabError):
        return str(error)
    if isinstance(error, NotImplementedError):
        return f"Not tried yet: {_where(traceback)} still holds its stub. Write your code in place of it."
    if isinstance(error, AssertionError):
        return f"Not right yet: {error}" if str(error) and _in_cell(traceback) else None
    if type(error).__module__.startswith("botocore"):
        return f"{type(error).__name__}: {error}"
    return None


def listen(shell: Any, checked: Callable[[str, bool], None]) -> None:
    """Let `shell` speak in sentences, and call `checked(exercise, passed)` after each check cell."""

    def show(shell: Any, kind: type[BaseException], error: BaseException, traceback: Any, **_: Any) -> None:
        said = sentence(error, traceback)
        if said is None:
            shell.showtraceback((kind, error, traceback))
        else:
            shell._showtraceback(kind, error, [said])

    def after(result: Any) -> None:
        cell = getattr(result.info, "cell_id", None) or ""
        if cell.startswith(CHECK):
            checked(cell.removeprefix(CHECK), bool(result.success))

    for earlier in list(getattr(shell, "sagelab_hooks", ())):
        shell.events.unregister("post_run_cell", earlier)
    shell.sagelab_hooks = [after]
    shell.events.register("post_run_cell", after)
    shell.set_custom_exc((Exception,), show)


def _frames(traceback: TracebackType | None) -> list[TracebackType]:
    found = []
    while traceback is not None:
        found.append(traceback)
        traceback = traceback.tb_next
    return found


def _in_cell(traceback: TracebackType | None) -> bool:
    """Whether the error was raised by a cell itself, not in a library below it."""
    frames = _frames(traceback)
    file = frames[-1].tb_frame.f_code.co_filename if frames else ""
    return "ipykernel" in file or file.startswith("<ipython-input")


def _where(traceback: TracebackType | None) -> str:
    frames = _frames(traceback)
    name = frames[-1].tb_frame.f_code.co_name if frames else "<module>"
    return "this cell" if name.startswith("<") else f"`{name}`"
