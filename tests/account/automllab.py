"""What the tests of AutoML jobs share: requests, waiting, a candidate's model taken out of its archive."""

import importlib.resources
import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pandas as pd
from joblab import BUCKET, ENDED, ROLE, Lab, until

from sagelab.account.environment import local_environment


class AutoMLLab(Lab):
    """The bench for AutoML jobs."""

    def credit(self, rows: int) -> str:
        """Credit clients in S3."""
        source = importlib.resources.files("sagelab") / "data" / "credit_clients.csv.gz"
        table = pd.read_csv(io.BytesIO(source.read_bytes()), compression="gzip").head(rows)
        return self.put(f"automl/credit-{rows}/clients.csv", table.to_csv(index=False))

    def automl(self, uri: str, target: str, more: dict[str, Any] | None = None, **tabular: Any) -> str:
        """Start a job; its name."""
        name = self.unique("automl")
        self.sm.create_auto_ml_job_v2(
            AutoMLJobName=name,
            AutoMLJobInputDataConfig=[channel(uri)],
            OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/automl-out"},
            RoleArn=ROLE,
            AutoMLProblemTypeConfig={"TabularJobConfig": {"TargetAttributeName": target, **tabular}},
            **(more or {}),
        )
        return name

    def finished(self, name: str) -> dict[str, Any]:
        """The job at its end, with the secondary statuses that it was seen in."""
        seen: list[str] = []

        def ask() -> dict[str, Any]:
            job: dict[str, Any] = self.sm.describe_auto_ml_job_v2(AutoMLJobName=name)
            if not seen or seen[-1] != job["AutoMLJobSecondaryStatus"]:
                seen.append(job["AutoMLJobSecondaryStatus"])
            return job

        job = until(ask, lambda job: job["AutoMLJobStatus"] in ENDED, seconds=300)
        return {**job, "seen": seen}

    def board(self, job: dict[str, Any], **params: Any) -> list[dict[str, Any]]:
        """A job's candidates."""
        asked = {"AutoMLJobName": job["AutoMLJobName"], **params}
        return self.sm.list_candidates_for_auto_ml_job(**asked)["Candidates"]

    def read(self, uri: str) -> pd.DataFrame:
        """A CSV in S3."""
        return pd.read_csv(io.BytesIO(self.get(uri)))

    def oracle(self, candidates: list[dict[str, Any]], rows: pd.DataFrame, folder: Path) -> dict[str, Any]:
        """What scikit-learn says with each candidate's model, in a process that knows nothing of the account."""
        for candidate in candidates:
            archive = io.BytesIO(self.get(candidate["InferenceContainers"][0]["ModelDataUrl"]))
            with tarfile.open(fileobj=archive) as tar:
                tar.extractall(folder / candidate["CandidateName"], filter="data")
        rows.to_csv(folder / "rows.csv", index=False)
        code = folder / candidates[0]["CandidateName"] / "code"
        script = (
            "import json, joblib, pandas as pd\n"
            "from pathlib import Path\n"
            "rows, found = pd.read_csv('../../rows.csv', dtype=str), {}\n"
            "for path in Path('../..').glob('*/model.joblib'):\n"
            "    model = joblib.load(path)\n"
            "    scores = sum(w * p.predict_proba(rows) for p, w in model.members)\n"
            "    found[path.parent.name] = scores.tolist()\n"
            "print(json.dumps(found))"
        )
        found: dict[str, Any] = json.loads(self.python(script, cwd=code))
        return found

    def python(self, script: str, **options: Any) -> str:
        """Run code as a learner would, with the account in its environment; what it printed."""
        env = {**local_environment(self.account.url), "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"}
        ran = subprocess.run(
            [sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False, **options
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout


def channel(uri: str) -> dict[str, Any]:
    return {
        "ChannelType": "training",
        "ContentType": "text/csv;header=present",
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}},
    }


def code_of(notebook: bytes) -> str:
    """The code cells of a notebook, one after the other."""
    import nbformat

    found = nbformat.reads(notebook.decode(), as_version=4)
    nbformat.validate(found)
    return "\n\n".join(cell.source for cell in found.cells if cell.cell_type == "code")
