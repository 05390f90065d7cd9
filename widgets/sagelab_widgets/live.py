"""A widget that watches an account: the browser asks with messages, what is found comes back as traits."""

from collections.abc import Callable, Mapping
from typing import Any

import traitlets

from sagelab.errors import SagelabError
from sagelab_widgets.language import translate
from sagelab_widgets.widget import Widget

__all__ = ["Live", "as_text"]

Message = dict[str, Any]
LONGEST = 2000  # characters of a text that comes from the browser


class Live(Widget):
    """`actions` answer the browser's messages by their `do`; what is refused becomes one sentence in `note`."""

    note = traitlets.Unicode().tag(sync=True)

    def __init__(self, actions: Mapping[str, Callable[[Message], None]], **traits: Any) -> None:
        super().__init__(**traits)
        self._actions = dict(actions)
        self.on_msg(self._hear)

    def attempt(self, action: Callable[[], None]) -> bool:
        """Do something; False, with the reason in `note`, where it was refused."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            action()
        except SagelabError as error:
            self.note = str(error)
        except ClientError as error:
            told = error.response.get("Error", {})
            self.note = str(told.get("Message") or told.get("Code") or error)
        except BotoCoreError as error:
            self.note = translate("The account does not answer: {why}", why=error)
        else:
            return True
        return False

    def _hear(self, _widget: Any, message: Any, _buffers: Any) -> None:
        action = self._actions.get(str(message.get("do"))) if isinstance(message, dict) else None
        if action is not None:
            self.attempt(lambda: action(message))
        self.send({"heard": True})


def as_text(message: Message, name: str) -> str:
    """A text in a message from the browser; SagelabError for anything else."""
    value = message.get(name, "")
    if not isinstance(value, str) or len(value) > LONGEST:
        raise SagelabError(
            translate("{name} must be a text of at most {most} characters.", name=name, most=LONGEST)
        )
    return value
