"""The resource explorer: everything in the account, what it costs at the learner's prices, and how it is removed."""

from pathlib import Path
from typing import Any

import traitlets

from sagelab.errors import SagelabError
from sagelab.idle import Use, judge
from sagelab.prices import Prices
from sagelab.resource_view import SHOWN, price_rows, rows, selection, sums, to_confirm
from sagelab.resources import Account, Explorer, its_own_words
from sagelab_widgets.language import translate
from sagelab_widgets.live import Live, Message, as_text

__all__ = ["ResourceExplorer"]

WINDOWS = (1, 24, 168)  # hours without use that make a thing idle


class ResourceExplorer(Live, asset="resource_explorer"):
    """What stands in the lab's account; prices are the learner's, kept in the file `prices` beside the notebook.

    A thing is deleted only after it stood in `confirm`, which names the call and what it means.
    """

    rows: Any = traitlets.List().tag(sync=True)
    prices: Any = traitlets.List().tag(sync=True)
    sums = traitlets.Dict().tag(sync=True)
    confirm: Any = traitlets.List().tag(sync=True)
    results: Any = traitlets.List().tag(sync=True)
    unread = traitlets.Dict().tag(sync=True)
    show = traitlets.Enum(SHOWN, "all").tag(sync=True)
    search = traitlets.Unicode().tag(sync=True)
    hours = traitlets.Enum(WINDOWS, 1).tag(sync=True)
    moving = traitlets.Bool(False).tag(sync=True)
    at = traitlets.Unicode().tag(sync=True)
    file = traitlets.Unicode().tag(sync=True)

    def __init__(self, lab: Account, prices: Path | str = "prices.json", *, show: str = "all") -> None:
        self.explorer = Explorer(lab)
        self._prices = Prices(Path(getattr(lab, "folder", Path.cwd()), prices))
        self._uses: dict[str, Use] = {}
        super().__init__(
            {
                "look": lambda _: self.look(),
                "refresh": lambda _: self._follow(),
                "price": lambda message: self.set_price(as_text(message, "key"), as_text(message, "price")),
                "view": self._view,
                "ask": lambda message: self.ask(as_text(message, "key")),
                "ask_idle": lambda _: self.ask_idle(),
                "cancel": lambda _: self.cancel(),
                "remove": self._remove,
            },
            show=show,
            file=self._prices.path.name,
            note=self._prices.note,
        )
        self.attempt(self.look)

    def __repr__(self) -> str:
        lines = [f"  {row['kind']}: {row['name']} {row['status']}".rstrip() for row in self.rows]
        return "\n".join([f"{self.sums.get('count', 0)} resources at {self.at}", *lines])

    # -- looking -----------------------------------------------------------------------------------------------
    def look(self) -> None:
        """List everything again, and judge what is idle."""
        self.explorer.read()
        self._uses = judge(self.explorer, self.hours)
        self._tell()

    def _follow(self) -> None:
        """List again the kinds in which something moves."""
        if self.explorer.read_moving():
            self._uses = judge(self.explorer, self.hours)
            self._tell()
        else:
            self.moving = False

    def _view(self, message: Message) -> None:
        show, search = as_text(message, "show"), as_text(message, "search")
        hours = message.get("hours")
        if show not in SHOWN or hours not in WINDOWS or isinstance(hours, bool):
            raise SagelabError(translate("There is no such view."))
        if hours != self.hours:
            self.hours = hours
            self._uses = judge(self.explorer, hours)
        self.show, self.search = show, search
        self._tell()

    def _tell(self) -> None:
        everything, now = list(self.explorer.resources.values()), self.explorer.now()
        with self.hold_sync():
            shown = selection(everything, self._uses, self.show, self.search)
            self.rows = rows(shown, self._uses, self._prices, now)
            self.prices = price_rows(everything, self._prices)
            idle = sum(use.idle is True for use in self._uses.values())
            self.sums = {**sums(everything, self._prices), "idle": idle}
            self.unread = dict(self.explorer.unread)
            self.moving = any(one.moving for one in everything)
            self.at = f"{now:%Y-%m-%d %H:%M} UTC"

    # -- prices ------------------------------------------------------------------------------------------------
    def set_price(self, key: str, price: str) -> None:
        """Keep the learner's price of one thing that is billed; an empty text forgets it."""
        if key not in {row["key"] for row in self.prices}:
            raise SagelabError(translate("Nothing named {name} is billed now.", name=key[:60]))
        self._prices.set(key, price)
        self.note = (
            translate("The price of {name} is kept in {file}.", name=key, file=self.file)
            if price.strip()
            else translate("{name} is not priced now.", name=key)
        )
        self._tell()

    # -- removing ----------------------------------------------------------------------------------------------
    def ask(self, key: str) -> None:
        """Say what deleting or stopping a thing means; `remove` then does it."""
        found = to_confirm(self.explorer, [key], self._uses)
        if not found:
            raise SagelabError(translate("It is gone, or nothing can be done with it now. Look again."))
        self.confirm, self.results = found, []

    def ask_idle(self) -> None:
        """Put everything that is idle up for a review."""
        idle = [key for key, use in self._uses.items() if use.idle]
        found = to_confirm(self.explorer, idle, self._uses)
        if not found:
            raise SagelabError(translate("Nothing is idle by this measure."))
        self.confirm, self.results = found, []

    def cancel(self) -> None:
        """Leave everything as it is."""
        self.confirm = []

    def _remove(self, message: Message) -> None:
        keys = message.get("keys")
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise SagelabError(translate("Choose what is to be deleted from the list."))
        self.remove(keys)

    def remove(self, keys: list[str]) -> None:
        """Make the calls that stand in `confirm` and are chosen; each answer, also a refusal, is in `results`."""
        from botocore.exceptions import BotoCoreError, ClientError

        chosen, results, nouns = [one for one in self.confirm if one["key"] in keys], [], set()
        for one in chosen:
            nouns.add(self.explorer.resources[one["key"]].kind.noun)
            try:
                self.explorer.act(one["key"])
                results.append({"name": one["name"], "call": one["call"], "ok": True, "said": ""})
            except (ClientError, BotoCoreError) as error:
                said = its_own_words(error)
                results.append({"name": one["name"], "call": one["call"], "ok": False, "said": said})
        self.confirm, self.results = [], results
        if nouns:
            self.explorer.read(nouns)
            self._uses = judge(self.explorer, self.hours)
            self._tell()
