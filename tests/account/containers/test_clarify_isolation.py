"""A Clarify job in network isolation: it can read its own data, and cannot ask a model."""

import json

import pytest

from sagelab.account.containers import clarify
from sagelab.account.containers.job import Job
from sagelab.errors import SagelabError

ROWS = "1,0,10\n0,0,20\n1,1,30\n1,1,40\n"
PRE_ONLY = {
    "dataset_type": "text/csv",
    "headers": ["paid", "SEX", "BILL"],
    "label": "paid",
    "label_values_or_threshold": [1],
    "facet": [{"name_or_index": "SEX", "value_or_threshold": [0]}],
    "methods": {"pre_training_bias": {"methods": ["DPL"]}},
}
WITH_MODEL = PRE_ONLY | {
    "methods": {"post_training_bias": {"methods": ["DPPL"]}},
    "predictor": {"model_name": "m", "instance_type": "ml.m5.large", "initial_instance_count": 1},
}


def isolated_job(folder, config):
    """A job as the account lays it out, with EnableNetworkIsolation."""
    root = folder / "ml" / "processing"
    for name, text in (("analysis_config", json.dumps(config)), ("dataset", ROWS)):
        (root / name).mkdir(parents=True)
        (root / name / name).write_text(text)
    (root.parent / "config").mkdir()
    job = {
        "ProcessingInputs": [
            {"InputName": name, "S3Input": {"LocalPath": f"/opt/ml/processing/{name}"}}
            for name in ("analysis_config", "dataset")
        ],
        "ProcessingOutputConfig": {
            "Outputs": [
                {"OutputName": "analysis_result", "S3Output": {"LocalPath": "/opt/ml/processing/output"}}
            ]
        },
        "NetworkConfig": {"EnableNetworkIsolation": True},
    }
    (root.parent / "config" / "processingjobconfig.json").write_text(json.dumps(job))
    return Job({}, root)


def test_an_isolated_job_cannot_ask_a_model(tmp_path):
    """The guide: EnableNetworkIsolation must be False, so that Clarify can invoke an endpoint."""
    with pytest.raises(SagelabError, match="EnableNetworkIsolation is true"):
        clarify.main(isolated_job(tmp_path, WITH_MODEL))


def test_an_isolated_job_measures_data_without_a_model(tmp_path):
    """Pre-training metrics ask nobody, so isolation does not stop them."""
    clarify.main(isolated_job(tmp_path, PRE_ONLY))

    analysis = json.loads((tmp_path / "ml" / "processing" / "output" / "analysis.json").read_text())
    (group,) = analysis["pre_training_bias_metrics"]["facets"]["SEX"]
    assert group["metrics"][0]["value"] == pytest.approx(0.5)
