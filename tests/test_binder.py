"""binder/ does what mybinder.org will do with it, as far as that can be tried without docker.

repo2docker prints its Dockerfile; then its steps are done by hand in a fresh virtual environment of the same Python:
base packages at repo2docker's own versions, requirements, postBuild, start, and the landing page.
Not covered: the conda base image, apt on Ubuntu, the push and pull of the image, the memory limit.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LANDING = "lab/tree/sagelab-course/00_home.ipynb"
BASE = ("jupyterlab", "notebook", "ipywidgets", "jupyterhub-singleuser")


def run(*words: str, cwd: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(words)}:\n{(done.stdout + done.stderr)[-3000:]}"
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a clone holds: the committed files, as they are now."""
    folder = tmp_path_factory.mktemp("binder") / "repo"
    for name in run("git", "ls-files", cwd=ROOT).splitlines():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def dockerfile(checkout: Path) -> str:
    return run(sys.executable, "-m", "repo2docker", "--no-build", "--debug", ".", cwd=checkout)


def test_the_image_has_the_python_that_we_ask_for(dockerfile: str) -> None:
    assert set(re.findall(r"python=(\d\.\d+)", dockerfile)) == {"3.12"}


def test_requirements_are_installed_before_the_content_is_copied(dockerfile: str) -> None:
    """So a commit that changes a lesson does not rebuild the layer of packages."""
    packages = dockerfile.index('-r "binder/requirements.txt"')
    content = dockerfile.index(" src/ ${REPO_DIR}")
    assert packages < content < dockerfile.index("RUN ./binder/postBuild", content)
    assert "R2D_ENTRYPOINT" in dockerfile


def test_every_package_is_pinned() -> None:
    for file in ("binder/requirements.txt", "tests/requirements.txt"):
        for line in (ROOT / file).read_text().splitlines():
            assert line.startswith("#") or re.match(r"[\w.-]+==[\w.]+( ; python_version .*)?$", line), line


@pytest.fixture(scope="module")
def image(checkout: Path, dockerfile: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment that the Dockerfile's steps make, as variables for a process in it."""
    if not os.environ.get("SAGELAB_BINDER"):
        pytest.skip("making Binder's image takes minutes and 2 GB of packages; make test-binder does it")
    there = [shutil.which("python3.12"), *map(str, Path.home().glob(".pyenv/versions/3.12*/bin/python"))]
    python = next(
        (name for name in there if name and not subprocess.call([name, "-c", ""], stderr=subprocess.DEVNULL)),
        None,
    )
    if python is None:
        pytest.skip("there is no Python 3.12 here to stand for Binder's")
    work = tmp_path_factory.mktemp("image")
    venv, home = work / "venv", work / "home"
    home.mkdir()
    run(python, "-m", "venv", str(venv), cwd=work)
    pip = [str(venv / "bin" / "python"), "-m", "pip"]
    if subprocess.run(
        [*pip, "download", "-q", "--no-deps", "six", "-d", str(work)], capture_output=True, check=False
    ).returncode:
        pytest.skip("the package index cannot be reached, so the image cannot be made")
    site = Path(
        run(sys.executable, "-c", "import repo2docker; print(repo2docker.__path__[0])", cwd=work).strip()
    )
    lock = (site / "buildpacks" / "conda" / "environment.py-3.12-linux-64.lock").read_text()
    base = [
        f"{name}=={version}" for name in BASE for version in re.findall(rf"/{name}-(\d[\w.]*)-", lock)[:1]
    ]
    env = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(("PYTHON", "VIRTUAL_ENV", "JUPYTER", "SAGELAB"))
    }
    env.update(PATH=f"{venv}/bin:/usr/bin:/bin", HOME=str(home), REPO_DIR=str(checkout))
    run(
        *pip,
        "install",
        "-q",
        *(b.replace("jupyterhub-singleuser", "jupyterhub") for b in base),
        cwd=checkout,
        env=env,
    )
    run(*pip, "install", "-q", "-r", "binder/requirements.txt", cwd=checkout, env=env)
    run("./binder/postBuild", cwd=checkout, env=env)
    run(*pip, "check", cwd=checkout, env=env)
    return env


@pytest.fixture
def server(image: dict[str, str], checkout: Path) -> Iterator[str]:
    """The server that the image's command starts, through binder/start; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["jupyter", "notebook", "--ip=127.0.0.1", f"--port={port}", "--allow-root", "--no-browser"]
    process = subprocess.Popen(
        ["./binder/start", *words, "--IdentityProvider.token=t"],
        cwd=checkout, env=image, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_image_is_made_and_its_landing_page_answers(server: str, checkout: Path) -> None:
    end = time.monotonic() + 120
    while True:
        try:
            with urllib.request.urlopen(f"{server}/{LANDING}?token=t", timeout=10) as answer:
                assert answer.status == 200
                break
        except (urllib.error.URLError, ConnectionError):
            assert time.monotonic() < end, "the server did not answer within two minutes"
            time.sleep(0.2)
    assert (checkout / "sagelab-course" / "11_model_monitor.ipynb").is_file()
