"""One local account a test worker, in a home of its own; and planes without a server for what needs none."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sagelab.account import Account, connect
from sagelab.account import packages as packages_module
from sagelab.account import references as references_module
from sagelab.account import tags as tags_module
from sagelab.account.clock import Clock
from sagelab.account.control import ControlPlane
from sagelab.account.store import Store


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """The worker's account; tests name their resources with `account.unique`."""
    connected = connect(tmp_path_factory.mktemp("account"))
    yield connected
    connected.stop()


@pytest.fixture(autouse=True)
def attached(request: pytest.FixtureRequest) -> None:
    """Plain boto3 clients and child processes of a test mean its own account, whoever was attached last."""
    if "account" in request.fixturenames:
        own = request.getfixturevalue("account")
        if isinstance(own, Account) and own.url:
            connect(own.home)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    kept = Store(tmp_path / "records.db")
    yield kept
    kept.close()


@pytest.fixture
def plane(tmp_path: Path, store: Store) -> ControlPlane:
    """The control plane by itself: what is recorded, with nothing that runs."""
    bare = ControlPlane(tmp_path, store, Clock(store))
    for module in (tags_module, references_module, packages_module):
        module.register(bare)
    return bare


@pytest.fixture
def refusal() -> Callable[..., tuple[str, str]]:
    """Call something that must be refused; its code and its sentence."""
    from sagelab.account.control import ApiError

    def refused(call: Callable[..., object], *args: object, **kwargs: object) -> tuple[str, str]:
        with pytest.raises(ApiError) as caught:
            call(*args, **kwargs)
        return caught.value.code, str(caught.value)

    return refused
