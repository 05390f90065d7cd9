"""Every lesson runs from first to last cell with the network refused, and again in the same folder."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from support import offline

from sagelab import catalogue
from sagelab.build import write_instructor

SLUGS = [entry.slug for entry in catalogue.entries()]


@pytest.fixture(scope="module")
def instructor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the instructor's notebooks: solutions and tests in place."""
    folder = tmp_path_factory.mktemp("instructor")
    write_instructor(catalogue.entries(), folder)
    return folder


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("slug", SLUGS)
def test_a_lesson_runs_offline_twice_in_one_folder(instructor: Path, slug: str) -> None:
    """nbval runs each cell in a real kernel; the second visit meets the account as the first one left it."""
    if not offline.possible():
        pytest.skip("this kernel gives no network namespace, so offline cannot be proved here")
    visit = [
        *(sys.executable, "-m", "pytest", "--nbval-lax", "-q", "-p", "no:cacheprovider", "-c", os.devnull),
        *("--rootdir", str(instructor), "--nbval-cell-timeout", "300", catalogue.find(slug).notebook),
    ]
    # Both visits share one network namespace, as two visits of a learner share one machine.
    command = f"{shlex.join(visit)} && echo second visit && {shlex.join(visit)}"
    done = subprocess.run(
        [sys.executable, offline.__file__, "sh", "-c", command],
        cwd=instructor,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stdout[-4000:]
