"""Drive JupyterLab in a real Chromium: one server, one browser, pages that wait for what they need.

Traps that this file knows: a Lab command's value must never come back to Playwright (it serializes the whole
application); axe sees no colors while Lab's body is 0 px high, nor under the splash that a change of theme
brings back; autosave races with tests that read files.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sagelab.account.spawn import spawn

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

ARTIFACTS = Path(__file__).parents[2] / "artifacts"
LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"
START_SECONDS = 120
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]
SETTINGS: dict[str, dict[str, Any]] = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none", "autoStartDefaultKernel": True},
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
}
PANEL = ".jp-NotebookPanel:not(.lm-mod-hidden)"
TOO_SHORT = ("content is too short to determine", "contains only non-text characters")
KERNEL = "window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel"

OPENINGS = 3
NO_WIDGET_LOADS = (
    "() => !document.querySelector('.jp-NotebookPanel')?.innerText.includes('Loading widget...')"
)

RUN_CODE = """async code => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const future = kernel.requestExecute({ code, store_history: false });
    let printed = '';
    future.onIOPub = ({ header, content }) => {
        if (header.msg_type === 'stream') printed += content.text;
        if (header.msg_type === 'error') throw new Error(content.evalue);
    };
    await future.done;
    return printed;
}"""
RUN_AXE = """async selector => {
    const { violations, incomplete } = await axe.run(selector, { resultTypes: ['violations', 'incomplete'] });
    const inChart = node => document.querySelector(node.target[0])?.closest('svg');
    const lines = (kind, rules) => rules.flatMap(rule => rule.nodes
        .filter(node => kind === 'violation' || rule.id !== 'color-contrast' || !inChart(node))
        .map(node => `${kind} ${rule.id} (${rule.impact}): ${node.target.join(' ')}: ` +
            (node.failureSummary ?? '').replace(/\\s+/g, ' ')));
    return [...lines('violation', violations), ...lines('incomplete', incomplete)];
}"""
STICKING_OUT = """root => {
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const found = [];
    while (texts.nextNode()) {
        const { parentElement, textContent } = texts.currentNode;
        if (!textContent.trim() || parentElement.closest('option, [hidden], details:not([open]) > div')) continue;
        const range = document.createRange();
        range.selectNodeContents(texts.currentNode);
        const frame = root.getBoundingClientRect();
        const { left, right, width } = range.getBoundingClientRect();
        if (width && (left < frame.left || right > frame.right)) found.push(textContent);
    }
    return found;
}"""
FAINT_CHART_WORDS = """selector => {
    const channels = color => color.match(/[\\d.]+/g).map(Number);
    const over = ([r, g, b, a = 1], paper) => [r, g, b].map((c, i) => c * a + paper[i] * (1 - a));
    const luminance = color => color.map(c => c / 255)
        .map(c => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const root = document.querySelector(selector);
    const paper = channels(getComputedStyle(root).backgroundColor).slice(0, 3);
    return [...root.querySelectorAll('svg text')].map(text => {
        const ink = over(channels(getComputedStyle(text).fill), paper);
        const [low, high] = [luminance(ink), luminance(paper)].sort((a, b) => a - b);
        return [text.textContent, (high + 0.05) / (low + 0.05)];
    }).filter(([, ratio]) => ratio < 4.5)
        .map(([words, ratio]) => `contrast ${ratio.toFixed(2)} of chart words: ${words}`);
}"""


def find_chromium() -> str | None:
    """The path of an installed Chromium, or None."""
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


def isolated_environment(folder: Path) -> dict[str, str]:
    """An environment in which Jupyter reads and writes nothing outside `folder`."""
    homes = {
        "HOME": "home",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "run",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
        "MPLCONFIGDIR": "matplotlib",
    }
    for name in homes.values():
        (folder / name).mkdir(parents=True, exist_ok=True)
    paths = {variable: str(folder / name) for variable, name in homes.items()}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {
        **os.environ,
        **paths,
        "PATH": path,
        "OMP_NUM_THREADS": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


class LabServer:
    """A JupyterLab with a home, settings and a port of its own; its kernels end with it."""

    def __init__(self, root: Path, env: Mapping[str, str] | None = None) -> None:
        self.root = root
        self.folder = Path(tempfile.mkdtemp(prefix="sagelab-browser-"))
        self.token = secrets.token_hex(8)
        self.env = {**isolated_environment(self.folder), **(env or {})}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.base = f"http://127.0.0.1:{self.port}"
        for name, values in SETTINGS.items():
            package, plugin = name.split(":")
            file = self.folder / "settings" / package / f"{plugin}.jupyterlab-settings"
            file.parent.mkdir(parents=True)
            file.write_text(json.dumps(values))

    def __enter__(self) -> LabServer:
        self._log = (self.folder / "server.log").open("wb")
        self._process = spawn(
            [
                *(sys.executable, "-m", "jupyterlab", "--allow-root", "--no-browser", "--ip=127.0.0.1"),
                *(f"--port={self.port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={self.root}"),
                *(f"--IdentityProvider.token={self.token}", "--LabApp.expose_app_in_browser=True"),
                "--JupyterNotebookApp.expose_app_in_browser=True",
                "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            ],
            cwd=self.root,
            env=self.env,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self._wait_until_it_answers()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):  # a dead server needs no request to stop
            self._request("/api/shutdown", "POST")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(15)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, path: str) -> str:
        """The address that opens a file of the root folder in a fresh workspace."""
        return f"{self.base}/lab/workspaces/t{secrets.token_hex(4)}/tree/{path}?token={self.token}"

    def stop_kernels(self) -> None:
        """End every kernel; a long session would hold their memory."""
        for session in json.loads(self._request("/api/sessions")):
            self._request(f"/api/sessions/{session['id']}", "DELETE")

    def log(self) -> str:
        """What the server has printed."""
        return (self.folder / "server.log").read_text(errors="replace")

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(OSError):
                self._request("/api/status")
                return
            time.sleep(0.1)
        raise RuntimeError(f"JupyterLab did not start:\n{self.log()[-3000:]}")

    def _request(self, path: str, method: str = "GET") -> bytes:
        request = urllib.request.Request(
            self.base + path, method=method, headers={"Authorization": f"token {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return bytes(answer.read())


@contextlib.contextmanager
def chromium(executable: str) -> Iterator[Browser]:
    """One headless Chromium that reaches this machine only."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, headless=True, args=CHROMIUM_ARGUMENTS
        )
        try:
            yield browser
        finally:
            browser.close()


def open_notebook(page: Page, address: str) -> None:
    """Open a notebook and wait until its cells are drawn and its kernel is idle.

    The widget manager of JupyterLab (5.0.16) asks the kernel twice while it connects. Now and then the second answer
    ends the restoring before the widgets that the notebook holds are there, and their places say "model not found".
    Opening the notebook again, or running its cell, shows them; so does this.
    """
    for _ in range(OPENINGS):
        page.goto(address)
        page.wait_for_selector("#jupyterlab-splash", state="detached")
        page.wait_for_selector(f"{PANEL} .jp-Cell")
        wait_idle(page)
        page.wait_for_function(NO_WIDGET_LOADS)
        if not page.locator(PANEL).get_by_text("Error displaying widget: model not found").count():
            return
        faults = getattr(page, "faults", [])
        faults[:] = [fault for fault in faults if "widget model not found" not in fault]


def command(page: Page, name: str, **arguments: Any) -> None:
    """Run a Lab command to its end; its value stays in the browser."""
    page.evaluate(
        "async ([name, args]) => { await window.jupyterapp.commands.execute(name, args); }", [name, arguments]
    )


def wait_idle(page: Page) -> None:
    """Wait until the kernel is connected and has nothing to do."""
    page.wait_for_function(
        f"() => {{ const k = {KERNEL}; return k?.status === 'idle' && k.connectionStatus === 'connected'; }}"
    )


def wait_until(page: Page, holds: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for something that happens outside the page, such as a file that a kernel writes."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "what the test waits for did not happen"
        page.wait_for_timeout(50)


def run_all(page: Page) -> None:
    """Run every cell, from a notebook without outputs, and wait for the last one."""
    command(page, "notebook:clear-all-cell-outputs")
    command(page, "notebook:run-all-cells")
    wait_idle(page)


def run_code(page: Page, code: str) -> str:
    """Run code in the notebook's kernel without a cell; returns what it printed."""
    return str(page.evaluate(RUN_CODE, code)).strip()


def save(page: Page) -> None:
    """Save the notebook and wait until it is on disk."""
    command(page, "docmanager:save")
    page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")


def panel(page: Page) -> Locator:
    """The notebook that is in front."""
    return page.locator(PANEL)


def cell_count(page: Page) -> int:
    """How many cells the notebook in front has."""
    return page.locator(f"{PANEL} .jp-Cell").count()


def set_theme(page: Page, theme: str) -> None:
    """Switch the theme and wait until its style sheet is in use and the splash over it has gone."""
    command(page, "apputils:change-theme", theme=theme)
    page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)
    page.wait_for_selector("#jupyterlab-splash", state="detached")


def axe(page: Page, selector: str) -> list[str]:
    """Every axe-core finding inside `selector`, of any impact, one line each.

    What axe could not decide counts as a finding, but for signs too short for it to call text, and for the
    words in charts, whose contrast is measured here instead.
    """
    import axe_playwright_python

    if not page.evaluate("'axe' in window"):
        page.evaluate(
            (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
        )
        page.add_style_tag(content="html, body { height: 100vh; }")
    found = [*page.evaluate(RUN_AXE, selector), *page.evaluate(FAINT_CHART_WORDS, selector)]
    return [line for line in found if not any(words in line for words in TOO_SHORT)]


def findings(page: Page, selector: str, name: str) -> list[str]:
    """What is wrong with a widget in its present state: axe in light and dark, words cut off at 200 % zoom.

    Leaves the light theme, the usual width, and a picture of each in artifacts/.
    """
    root, found = page.locator(f"{PANEL} {selector}").first, []
    for theme in (DARK, LIGHT):
        set_theme(page, theme)
        found += axe(page, selector)
        screenshot(root, f"{name}_{theme.split()[1].lower()}")
    usual = page.viewport_size or {"width": 1280, "height": 1000}
    page.set_viewport_size({"width": 640, "height": usual["height"]})
    try:
        page.wait_for_function(
            "root => [...root.querySelectorAll('svg')].every(s => s.clientWidth <= root.clientWidth)",
            arg=root.element_handle(),
        )
        screenshot(root, f"{name}_zoom_200")
        found += [f"cut off at 200 % zoom: {words}" for words in cut_off(root)]
    finally:
        page.set_viewport_size(usual)
    return found


def cut_off(root: Locator) -> list[str]:
    """The words inside a widget that stick out of it, or out of the box that scrolls around them."""
    return [str(words) for words in root.evaluate(STICKING_OUT)]


def screenshot(target: Page | Locator, name: str) -> Path:
    """Write a picture to artifacts/, for people to look at."""
    ARTIFACTS.mkdir(exist_ok=True)
    path = ARTIFACTS / f"{name}.png"
    target.screenshot(path=path)
    return path


def write_notebook(path: Path, *cells: str) -> Path:
    """Write a notebook of code cells."""
    import nbformat

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)
    return path
