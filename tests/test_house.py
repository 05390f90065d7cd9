"""What the distribution promises: a light import, everything in the wheel, commands that speak in sentences."""

import json
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HEAVY = ("pandas", "boto3", "matplotlib", "numpy", "sklearn", "nbgrader", "jupytext", "anywidget", "IPython")


def python(code: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, **env}
    )


@pytest.mark.parametrize(
    "package", ["sagelab", "sagelab_widgets", "sagelab_grader", "sagelab.cli", "sagelab.account"]
)
def test_importing_a_package_loads_nothing_heavy(package: str) -> None:
    code = f"import {package}, sys, json; print(json.dumps(sorted(set(sys.modules) & set({HEAVY!r}))))"
    assert json.loads(python(code).stdout) == []


def sagelab(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sagelab", *words], capture_output=True, text=True, cwd=cwd, check=False
    )


def test_the_committed_notebooks_are_built_from_the_lessons() -> None:
    done = sagelab("build", "--check")
    assert (done.returncode, done.stdout) == (0, "")


def test_course_init_in_an_occupied_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    done = sagelab("course", "init", str(tmp_path))
    assert done.returncode == 1
    assert "is not empty; give sagelab course init a new folder." in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_unknown_lesson_to_lint_is_one_sentence() -> None:
    done = sagelab("lint", "nope")
    assert done.returncode == 1
    assert done.stderr.startswith("There is no lesson named 'nope'; there are ")


def test_the_version_is_said_once() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert sagelab("--version").stdout == f"sagelab {project['version']}\n"


def test_the_wheel_holds_every_file_of_the_three_packages(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    tracked = subprocess.run(
        ["git", "ls-files", "course/sagelab", "widgets/sagelab_widgets", "grader/sagelab_grader", "course/notebooks"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    wanted = {
        name.replace("course/notebooks/", "sagelab/notebooks/").split("/", 1)[1]
        if not name.startswith("course/notebooks/")
        else name.replace("course/notebooks/", "sagelab/notebooks/")
        for name in tracked
    }
    assert wanted
    assert wanted <= names
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]
