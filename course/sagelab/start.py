"""The learner's start: notebooks into a folder, never over the learner's work, and JupyterLab on the home page."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sagelab.errors import SagelabError
from sagelab.homepage import Home

HOME = "00_home.ipynb"
HOME_CELL = "import sagelab\n\nsagelab.home()"


def shipped() -> Path:
    """The folder of the student notebooks: in the installed package, or in a checkout beside it."""
    here = Path(__file__).parent
    return next(f for f in (here / "notebooks", here.parent / "notebooks") if f.is_dir())


def write_notebooks(folder: Path) -> list[str]:
    """Write the student notebooks into `folder`; returns a sentence for each that the learner should hear of.

    A notebook that the learner has changed is kept; a newer edition goes beside it under its own name.
    """
    _make(folder)
    record = folder / ".sagelab" / "editions.json"
    editions: dict[str, str] = _read_json(record)
    said = []
    for source in sorted(shipped().glob("*.ipynb")):
        text, target = source.read_bytes(), folder / source.name
        edition = hashlib.sha256(text).hexdigest()
        if not target.exists() or _hash(target) == editions.get(source.name):
            if not target.exists() or _hash(target) != edition:
                _write(target, text)
        elif edition not in (editions.get(source.name), _hash(target)):
            beside = target.with_stem(f"{target.stem}.edition-{edition[:6]}")
            _write(beside, text)
            said.append(f"You have worked in {target.name}, so its new edition is beside it: {beside.name}.")
        editions[source.name] = edition
    _write(record, json.dumps(editions, indent=1).encode())
    _write_home(folder)
    return said


def open_lab(folder: Path, port: int | None, *, browser: bool) -> int:
    """Serve `folder` in JupyterLab on the home page until it is stopped; returns JupyterLab's exit code."""
    if port is not None and not _free(port):
        raise SagelabError(f"Port {port} is taken; choose another with --port, or leave it out.")
    command = [
        *(sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}"),
        f"--LabApp.default_url=/lab/tree/{HOME}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        *([] if port is None else [f"--port={port}", "--ServerApp.port_retries=0"]),
        *([] if browser else ["--no-browser"]),
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
    ]
    bin_folder = str(Path(sys.executable).parent)
    env = {
        **os.environ,
        "PATH": os.pathsep.join([bin_folder, os.environ.get("PATH", "")]),
        "OMP_NUM_THREADS": "1",
    }
    process = subprocess.Popen(command, cwd=folder, env=env)
    try:
        return process.wait()
    except KeyboardInterrupt:
        return process.wait()


def _write_home(folder: Path) -> None:
    """The home notebook, with the cards as they stand now; signed, so that Lab shows them before a run."""
    import nbformat
    import nbformat.sign

    target = folder / HOME
    home = Home(folder)
    card = nbformat.v4.new_output(
        "execute_result", {"text/html": home._repr_html_(), "text/plain": repr(home)}, execution_count=1
    )
    cells = list(_home_cells(nbformat))
    cells[-1].outputs, cells[-1].execution_count = [card], 1
    notebook = nbformat.v4.new_notebook(
        cells=cells, metadata={"kernelspec": _kernel(), "language_info": {"name": "python"}}
    )
    if target.exists() and not _same_sources(nbformat, target, cells):
        return
    text = nbformat.writes(notebook)
    _write(target, text.encode())
    nbformat.sign.NotebookNotary().sign(notebook)


def _home_cells(nbformat: Any) -> Iterator[Any]:
    new = nbformat.v4
    yield new.new_markdown_cell(
        "# Sagelab\n\nOpen a lesson below. Each takes less than an hour and runs on this machine alone.\n"
        "Run the cell (Shift+Enter) to see how far you are.",
        id="welcome",
    )
    yield new.new_code_cell(HOME_CELL, id="home")


def _kernel() -> dict[str, str]:
    return {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}


def _same_sources(nbformat: Any, path: Path, cells: list[Any]) -> bool:
    try:
        there = nbformat.read(path, as_version=4).cells
    except Exception:
        return False
    return [cell.source for cell in there] == [cell.source for cell in cells]


def _make(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise SagelabError(f"{folder} is a file; give sagelab open the name of a folder.")
    try:
        (folder / ".sagelab").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SagelabError(
            f"{folder} cannot be written ({error.strerror}); give sagelab open another folder."
        ) from error


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        free = shutil.disk_usage(path.parent).free // 2**20
        raise SagelabError(
            f"{path} cannot be written ({error.strerror}, {free} MB free); make room or choose another folder."
        ) from error


def _read_json(path: Path) -> dict[str, str]:
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError):
        return {}


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
