"""What every widget of the course shares in Python: its script, its style, and its words in the learner's language."""

from typing import Any

import anywidget
import traitlets

from sagelab_widgets.assets import files, script, style
from sagelab_widgets.language import words

__all__ = ["Widget"]


class Widget(anywidget.AnyWidget):
    """A thin view; `class Quiz(Widget, asset="quiz")` takes quiz.js and quiz.css."""

    words = traitlets.Dict().tag(sync=True)
    _scripts: tuple[str, ...] = ()

    def __init_subclass__(cls, asset: str = "", **kwargs: Any) -> None:
        if asset:  # traitlets subclasses a widget once more when traits are added to it
            cls._esm, cls._css, cls._scripts = script(asset), style(asset), tuple(files(asset))
        super().__init_subclass__(**kwargs)

    def __init__(self, **traits: Any) -> None:
        super().__init__(words=words(files=self._scripts), **traits)
