"""Scripts that were written for a container find their files at /opt/ml, where the kernel lets them."""

import subprocess
from pathlib import Path

import pytest
from joblab import BUCKET, Lab, s3_input, s3_output

from sagelab.account.isolation import OpenNetwork, can_show_ml

GROUP = "/aws/sagemaker/ProcessingJobs"
COPY = """
import pathlib
rows = pathlib.Path("/opt/ml/processing/input/rows.csv").read_text()
pathlib.Path("/opt/ml/processing/output/rows.csv").write_text(rows.upper())
"""

pytestmark = pytest.mark.skipif(
    not can_show_ml(), reason="this kernel gives a process no /opt/ml of its own: no unprivileged namespaces"
)


@pytest.fixture(scope="module")
def lab(account):
    return Lab(account)


def test_a_processing_script_may_name_opt_ml(lab):
    jobs = {}
    for rows in ("first", "second"):  # at the same time, each with its own
        data = lab.put(f"in/{lab.unique('rows')}/rows.csv", rows)
        target = f"s3://{BUCKET}/out/{lab.unique('out')}"
        name = lab.process(
            COPY,
            inputs=[s3_input("rows", data, "/opt/ml/processing/input")],
            outputs=[s3_output("copy", "/opt/ml/processing/output", target)],
        )
        jobs[name] = rows, target

    for name, (rows, target) in jobs.items():
        assert lab.processed(name)["ProcessingJobStatus"] == "Completed"
        assert lab.get(target + "/rows.csv") == rows.upper().encode()


def test_a_training_script_may_name_opt_ml(lab):
    script = """
import json, pathlib
depth = json.loads(pathlib.Path("/opt/ml/input/config/hyperparameters.json").read_text())["depth"]
pathlib.Path("/opt/ml/model/depth.txt").write_text(depth)
"""
    job = lab.trained(lab.train(script, {"depth": "3"}))

    assert job["TrainingJobStatus"] == "Completed"
    assert lab.unpacked(job["ModelArtifacts"]["S3ModelArtifacts"])["depth.txt"] == b"3"


def test_everything_else_is_where_it_was_and_this_machine_does_not_change(tmp_path: Path):
    before = sorted(path.name for path in Path("/opt").iterdir())
    (tmp_path / "model").mkdir()
    command = ["/bin/sh", "-c", "ls /opt; echo kept > /opt/ml/model/here; pwd"]

    process = OpenNetwork().start(
        command, tmp_path, {"PATH": "/bin:/usr/bin"}, ml=tmp_path, stdout=subprocess.PIPE, text=True
    )
    told = process.communicate()[0].split()

    assert told == [*sorted({*before, "ml"}), str(tmp_path)]
    assert (tmp_path / "model" / "here").read_text() == "kept\n"
    assert sorted(path.name for path in Path("/opt").iterdir()) == before
