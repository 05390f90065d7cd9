"""One local account a test worker, in a home of its own."""

from collections.abc import Iterator

import pytest
from sagelab.account import Account, connect


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """The worker's account; tests name their resources with `account.unique`."""
    connected = connect(tmp_path_factory.mktemp("account"))
    yield connected
    connected.stop()
