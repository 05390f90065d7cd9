"""The learner's start: notebooks into a folder, never over the learner's work, and JupyterLab on the home page."""

import contextlib
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from sagelab import catalogue
from sagelab.errors import SagelabError
from sagelab.pages import HOME, write_pages

QUIET = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
"""No question about news and no look for updates: for this server alone, the learner's settings stay as they are."""


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
        if not target.exists() or _edition(target) == editions.get(source.name):
            _write_lesson(target, text)
        elif edition not in (editions.get(source.name), _edition(target)):
            beside = target.with_stem(f"{target.stem}.edition-{edition[:6]}")
            _write(beside, text)
            said.append(f"You have worked in {target.name}, so its new edition is beside it: {beside.name}.")
        editions[source.name] = edition
    _write(record, json.dumps(editions, indent=1).encode())
    return said + write_pages(folder)


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
    quiet = folder / ".sagelab" / "jupyter"
    (quiet / "labconfig").mkdir(parents=True, exist_ok=True)
    (quiet / "labconfig" / "page_config.json").write_text(json.dumps(QUIET), "utf-8")
    env = {
        **os.environ,
        "JUPYTER_CONFIG_PATH": _first(quiet, "JUPYTER_CONFIG_PATH"),
        "PATH": _first(bin_folder, "PATH"),
        "OMP_NUM_THREADS": "1",
    }
    process = subprocess.Popen(command, cwd=folder, env=env)
    try:
        return process.wait()
    except KeyboardInterrupt:
        return process.wait()


def _first(path: Path | str, variable: str) -> str:
    """A search path of the environment with one more folder in front."""
    return os.pathsep.join(filter(None, [str(path), os.environ.get(variable, "")]))


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


def _write_lesson(target: Path, text: bytes) -> None:
    """A lesson's notebook, with its quiz as it stands now; signed, so that it answers before a run."""
    import nbformat
    import nbformat.sign

    from sagelab.lesson_quiz import with_quiz

    shown = text
    for entry in catalogue.entries():
        if entry.notebook == target.name:
            with contextlib.suppress(SagelabError):  # then the quiz shows when its cell is run
                shown = with_quiz(text, target.parent, entry)
    _write(target, shown)
    if shown != text:
        nbformat.sign.NotebookNotary().sign(nbformat.reads(shown.decode(), as_version=4))


def _edition(path: Path) -> str:
    """The hash of what was shipped, where the learner has changed nothing in the notebook."""
    from sagelab.lesson_quiz import without_quiz

    return hashlib.sha256(without_quiz(path.read_bytes())).hexdigest()


def _free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
