"""One JupyterLab and one Chromium for all browser tests of a session."""

import contextlib
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from . import harness

REQUIRED = os.environ.get("SAGELAB_REQUIRE_BROWSER") == "1"
RERUNS = int(os.environ.get("SAGELAB_RERUNS", "1"))  # make test-browser: 0
WHY = (
    "no Chromium was found (looked for chromium, chromium-browser, google-chrome): browser tests did not run"
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder, and skip it, saying why, where there is no Chromium."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.flaky(reruns=RERUNS))
            if harness.find_chromium() is None and not REQUIRED:
                item.add_marker(pytest.mark.skip(reason=WHY))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test tells what the page showed and what its console said."""
    report = yield
    page = getattr(item, "funcargs", {}).get("page")
    if report.failed and page is not None and not page.is_closed():
        with contextlib.suppress(Exception):  # a page that no longer answers has nothing to tell
            report.sections.append(("The page's console", "\n".join(page.faults) or "(no errors)"))
            report.sections.append(("The page's words", page.locator("body").inner_text()[-3000:]))
            harness.screenshot(page, f"failed_{item.name[:60]}")
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    executable = harness.find_chromium()
    if executable is None:
        pytest.fail("SAGELAB_REQUIRE_BROWSER=1 is set, but no Chromium was found.")
    with harness.chromium(executable) as chromium:
        yield chromium


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[harness.LabServer]:
    with harness.LabServer(tmp_path_factory.mktemp("notebooks")) as lab:
        yield lab


@pytest.fixture(scope="module")
def page(browser: Any, server: harness.LabServer) -> Iterator[Any]:
    """A page for the tests of one file; `page.faults` collects what the console reports as errors."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.faults = []
    page.on("console", lambda message: message.type == "error" and page.faults.append(message.text))
    page.on("pageerror", lambda fault: page.faults.append(str(fault)))
    yield page
    context.close()
    server.stop_kernels()
