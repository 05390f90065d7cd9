"""A Jupyter course on Amazon SageMaker that needs no AWS account.

import sagelab
lab = sagelab.lab("model_monitor")
lab.client("sagemaker").list_endpoints()
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["home", "lab"]

if TYPE_CHECKING:
    from sagelab.workbench import Lab
    from sagelab_widgets import Home


def lab(lesson: str) -> "Lab":
    """Open the lab of a lesson: its local AWS account, data, hints and quiz.

    Raises SagelabError where there is no such lesson or its account cannot start.
    """
    from sagelab.workbench import Lab

    return Lab(lesson)


def home() -> "Home":
    """Show the lessons and how far you are in each, what to do next, and a way to save your progress."""
    from sagelab_widgets import Home

    return Home()


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


def __getattr__(name: str) -> Any:
    raise AttributeError(f"sagelab has no {name!r}; it has sagelab.lab(lesson) and sagelab.home().")
