"""Keeps this process from reaching real AWS: botocore's one exit leads to the local account.

AWS_ENDPOINT_URL alone leaks: clients made before, explicit endpoint URLs, ignore_configured_endpoint_urls and a
proxy all go around it. Every botocore client leaves through URLLib3Session.send, so that is where we stand.
Not covered: programs that are not Python; they find dummy keys and the URL in their environment.
"""

import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit, urlunsplit

import boto3
from botocore.exceptions import EndpointConnectionError
from botocore.httpsession import ProxyConfiguration, URLLib3Session
from botocore.waiter import Waiter
from urllib3 import PoolManager

from ..errors import SagelabError
from . import lookups, process
from .environment import local_environment, without_aws

LOOPBACK = ("127.0.0.1", "localhost", "::1")
REJOIN = 20.0  # seconds; less than an account outlives its users
POLL = 0.2  # seconds between a waiter's looks; AWS's waiters look every 30 to 120 seconds

_send, _wait = URLLib3Session.send, Waiter.wait
_links: dict[str, "Link"] = {}
_current: list["Link"] = []
_before: dict[str, str] = {}


class Link:
    """This process's way to one account; it survives the account's restart."""

    def __init__(self, home: Path, url: str) -> None:
        self.home, self.url = home, url
        self._stopped = False
        self._joined, self._joined_at = 0, 0.0

    def join(self) -> None:
        """Tell the account that this process uses it; again now and then, for somebody may have restarted it."""
        now = time.monotonic()
        if self._joined != os.getpid() or now - self._joined_at > REJOIN:
            self._joined, self._joined_at = os.getpid(), now
            with suppress(OSError, ValueError):
                process.ask(self.url, "clients", {"pid": self._joined})

    def send(self, session: Any, request: Any) -> Any:
        """Send a request to the account instead; where the account has ended it is started again."""
        self._insist()
        self._lead(request)
        _keep_local(session)
        self.join()
        with suppress(EndpointConnectionError):
            response = _send(session, request)
            if "x-sagelab" in response.headers:
                return response  # and no other program on the port of an account that has ended
        self._find_again()
        request.reset_stream()
        self._lead(request)
        return _send(session, request)

    def ask(self, route: str, body: Any = None) -> Any:
        """Ask one of the account's own routes."""
        self._insist()
        try:
            return process.ask(self.url, route, body)
        except HTTPError as error:
            raise SagelabError(str(json.load(error)["message"])) from None
        except OSError:  # nobody is there any more
            self._find_again()
        return process.ask(self.url, route, body)

    def session(self) -> Any:
        """A boto3 session whose clients talk to this account."""
        return local_session(self)

    def stop(self) -> None:
        """End the account; this process's calls are refused from now on."""
        self._stopped = True
        process.stop(self.home)

    def reset(self) -> None:
        """Empty the account."""
        self._insist()
        self._point(process.reset(self.home))

    def _insist(self) -> None:
        if self._stopped:
            raise SagelabError(f"The local account of {self.home} was stopped; connect to it again.")

    def _find_again(self) -> None:
        self._point(process.find_or_start(self.home))

    def _point(self, url: str) -> None:
        self.url = url
        _links[urlsplit(url).netloc] = self
        if _current == [self]:
            os.environ["AWS_ENDPOINT_URL"] = url
        self._joined = 0
        self.join()

    def _lead(self, request: Any) -> None:
        there, here = urlsplit(request.url), urlsplit(self.url)
        if lookups.is_aws(there.hostname):
            request.headers["Host"] = there.netloc  # moto reads the bucket from it
        request.url = urlunsplit((here.scheme, here.netloc, there.path, there.query, ""))


def local_session(link: Link) -> Any:
    """A session whose clients talk to one account, also while another one is attached."""
    session: Any = boto3.Session()
    client, resource = session.client, session.resource
    session.client = lambda *args, **kwargs: client(*args, **{"endpoint_url": link.url, **kwargs})
    session.resource = lambda *args, **kwargs: resource(*args, **{"endpoint_url": link.url, **kwargs})
    return session


def attach(home: Path, url: str) -> Link:
    """Lead every AWS call of this process and its children to the account at `url`."""
    link = Link(home, url)
    if not _current:
        _before.update({name: value for name, value in os.environ.items() if _is_ours(name)})
    _current[:] = [link]
    _links[urlsplit(url).netloc] = link
    for name in set(os.environ) - set(without_aws(os.environ)):
        del os.environ[name]
    os.environ.update(local_environment(url))
    _install(_send_home, _wait_briefly)
    lookups.refuse()
    boto3.DEFAULT_SESSION = None
    link.join()
    return link


def detach() -> None:
    """Put everything back as it was before the first attach()."""
    if not _current:
        return
    _install(_send, _wait)
    lookups.allow()
    for name in [name for name in os.environ if _is_ours(name)]:
        del os.environ[name]
    os.environ.update(_before)
    _before.clear()
    _current.clear()
    _links.clear()
    boto3.DEFAULT_SESSION = None


def _install(send: Any, wait: Any) -> None:
    exits: Any = (URLLib3Session, Waiter)
    exits[0].send, exits[1].wait = send, wait


def _is_ours(name: str) -> bool:
    return name.startswith("AWS_") or name in ("NO_PROXY", "no_proxy")


def _send_home(session: Any, request: Any) -> Any:
    where = urlsplit(request.url)
    link = _links.get(where.netloc)
    if link is None and where.hostname in LOOPBACK:
        return _send(session, request)  # another server of this machine
    return (link or _current[0]).send(session, request)


def _keep_local(session: Any) -> None:
    """Give a botocore session connections of its own: no proxy, and none that a fork shares with its parent."""
    if getattr(session, "_sagelab_process", None) != os.getpid():
        session._proxy_config = ProxyConfiguration(proxies={})
        session._manager = PoolManager(**session._get_pool_manager_kwargs())
        session._manager.pool_classes_by_scheme = session._pool_classes_by_scheme
        session._sagelab_process = os.getpid()


def _wait_briefly(waiter: Any, **params: Any) -> None:
    """Wait as long as AWS's waiter would, but look more often."""
    given = params.pop("WaiterConfig", {})
    seconds = given.get("Delay", waiter.config.delay) * given.get("MaxAttempts", waiter.config.max_attempts)
    _wait(waiter, **params, WaiterConfig={"Delay": POLL, "MaxAttempts": max(1, int(seconds / POLL))})
