"""Clients that nobody here wrote: the SageMaker Python SDK, versions 2 and 3, against the account."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sagelab.account import process
from sagelab.account.environment import local_environment, without_aws

SDK = Path(__file__).with_name("sdk")


@pytest.fixture(params=["2", "3"])
def walked(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    """What the SDK of one version says after its walk through an account of its own."""
    version = request.param
    python = os.environ.get(f"SAGELAB_SDK{version}")
    if not python:
        pytest.skip(
            f"the SageMaker Python SDK {version} is not installed here: make test-sdk installs and runs it"
        )
    home = tmp_path / "home"
    url = process.find_or_start(home)
    environment = {**without_aws(os.environ), **local_environment(url), "HOME": str(tmp_path)}
    try:
        done = subprocess.run(
            [python, SDK / f"walk_v{version}.py", tmp_path / "answer.json"],
            check=False,
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=900,
        )
    finally:
        process.stop(home)
    assert done.returncode == 0, done.stderr[-5000:]
    return dict(json.loads((tmp_path / "answer.json").read_text()))


@pytest.mark.slow
@pytest.mark.timeout(1000)
def test_the_sdk_trains_deploys_predicts_ingests_registers_and_runs_a_pipeline(
    walked: dict[str, Any],
) -> None:
    """The data is the plane z = 3x + 2y + 1."""
    assert walked["prediction"] == pytest.approx([31, 71])
    assert (walked["record"]["client"], float(walked["record"]["debt"])) == ("b", 2.5)
    assert ":model-package/lines" in walked["package"]
    assert walked["pipeline"] == "Succeeded"
    assert set(walked["steps"]) == {"Succeeded"}
