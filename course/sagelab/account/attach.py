"""connect(): point boto3 at the local account, or leave it pointing at AWS."""

import os
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from ..errors import SagelabError


def connect(home: Path, *, keep: bool = False) -> "Account":
    """Attach this process to the account that lives in `home`, starting it where it does not run.

    With `keep` a new account runs until it is stopped; otherwise it ends a minute after its last user.
    With SAGELAB_TARGET=aws nothing is touched, and the session is your own. Raises SagelabError.
    """
    home = Path(home).expanduser().resolve()
    target = os.environ.get("SAGELAB_TARGET", "local")
    if target not in ("local", "aws"):
        raise SagelabError(f"SAGELAB_TARGET is {target!r}; set it to 'local' or 'aws'.")
    if target == "aws":
        return _real_account(home)
    from . import process, redirect

    url = process.running(home) or process.start(home, keep=keep)
    return Account(home, redirect.attach(home, url))


def _real_account(home: Path) -> "Account":
    import sys

    redirect = sys.modules.get("sagelab.account.redirect")
    if redirect is not None:
        redirect.detach()
    return Account(home, None)


class Account:
    """A handle on the local account; with SAGELAB_TARGET=aws only `session` is of use."""

    def __init__(self, home: Path, link: Any) -> None:
        self.home = home
        self._link = link
        self.clock = AccountClock(self)
        self.spot = AccountSpot(self)

    @property
    def url(self) -> str:
        """Where the account answers; empty for AWS itself."""
        return self._link.url if self._link else ""

    @cached_property
    def session(self) -> Any:
        """A boto3 session whose clients talk to the account."""
        if self._link is not None:
            return self._link.session()
        import boto3

        return boto3.Session()

    def ask(self, route: str, body: Any = None) -> Any:
        """Ask one of the account's own routes, starting it again where it has ended."""
        return self._local().ask(route, body)

    def unique(self, prefix: str) -> str:
        """A name that the account has not given before: `train-1`, `train-2`."""
        if self._link is None:
            return f"{prefix}-{datetime.now():%Y%m%d-%H%M%S-%f}"
        return str(self.ask("unique", {"prefix": prefix})["name"])

    def enforce_policies(self, on: bool = True) -> None:
        """Let IAM policies bite: SageMaker calls of assumed roles and of users are refused where none allows them.

        Your own calls are the account owner's, whom no policy binds.
        """
        self.ask("enforcement", {"on": on})

    def stop(self) -> None:
        """End the account's process; its state is kept, and calls are refused until you connect again."""
        if self._link is not None:
            self._link.stop()

    def reset(self) -> None:
        """Start over: every resource, object and log of the account is gone, and so are its running jobs."""
        self._local().reset()

    def _local(self) -> Any:
        if self._link is None:
            raise SagelabError("This works in the local account only; SAGELAB_TARGET=aws is set.")
        return self._link


class AccountClock:
    """The account's clock, seen from a notebook."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def now(self) -> datetime:
        """The account's time, in UTC."""
        return self._move(None)

    def step(self, delta: timedelta | None = None, **parts: float) -> datetime:
        """Move the clock by `delta`, or by its parts as in `step(hours=1)`; returns the new time."""
        return self._move({"step": ((delta or timedelta()) + timedelta(**parts)).total_seconds()})

    def set(self, moment: datetime) -> datetime:
        """Move the clock to a moment (UTC where it has no zone); returns the new time."""
        return self._move({"set": moment.isoformat()})

    def _move(self, body: Any) -> datetime:
        return datetime.fromisoformat(self._account.ask("clock", body)["now"])


class AccountSpot:
    """The account's spot capacity: plays the part of AWS, which takes it away and gives it back."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def interrupt(self, training_job: str) -> None:
        """Take the machines of a running spot training job away; it starts again once there is capacity."""
        self._account.ask("spot", {"interrupt": training_job})

    def withdraw(self) -> None:
        """Let no spot job start, nor start again, until `restore`."""
        self._account.ask("spot", {"capacity": False})

    def restore(self) -> None:
        """Let spot jobs start again."""
        self._account.ask("spot", {"capacity": True})

    def price(self, share: float) -> None:
        """Say what spot capacity costs, as a share (above 0, up to 1) of the on-demand price; it is 1 until then."""
        self._account.ask("spot", {"price": share})
