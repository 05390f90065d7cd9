"""connect(): point boto3 at the local account, or leave it pointing at AWS."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from . import process


def connect(home: Path) -> "Account":
    """Attach this process to the account that lives in `home`, starting it where it does not run."""
    home = Path(home).expanduser().absolute()
    if os.environ.get("SAGELAB_TARGET", "local") == "aws":
        return Account(home, "")
    from . import redirect

    url = process.find_or_start(home)
    redirect.attach(url)
    return Account(home, url)


class AccountClock:
    """The account's clock, seen from a notebook."""

    def __init__(self, account: "Account") -> None:
        self._account = account

    def now(self) -> datetime:
        """The account's time, in UTC."""
        return datetime.fromisoformat(self._account.ask("clock")["now"])

    def step(self, delta: timedelta) -> datetime:
        """Move the clock on and return the new time."""
        return datetime.fromisoformat(self._account.ask("clock", {"step": delta.total_seconds()})["now"])

    def set(self, moment: datetime) -> datetime:
        """Move the clock to a moment (UTC where it has no zone) and return the new time."""
        return datetime.fromisoformat(self._account.ask("clock", {"set": moment.isoformat()})["now"])


class Account:
    """A handle on the local account."""

    def __init__(self, home: Path, url: str) -> None:
        self.home, self.url = home, url
        self.clock = AccountClock(self)
        self._session: Any = None

    @property
    def session(self) -> Any:
        """A boto3 session whose clients talk to the account."""
        if self._session is None:
            import boto3

            self._session = boto3.Session()
        return self._session

    def ask(self, route: str, body: Any = None) -> Any:
        """Ask one of the account's own routes."""
        return process.ask(self.url, route, body)

    def unique(self, prefix: str) -> str:
        """A name that the account has not given before: `train-1`, `train-2`."""
        return str(self.ask("unique", {"prefix": prefix})["name"])

    def stop(self) -> None:
        """End the account's process."""
        self.ask("stop", {})
