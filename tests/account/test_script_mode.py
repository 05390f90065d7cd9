"""The script's view of a training job, against golden values of AWS's own training toolkit."""

import json
import os
from pathlib import Path

import pytest

from sagelab.account.cluster import SINGLE, Machine, resource_config
from sagelab.account.script_mode import ScriptMode
from sagelab.account.training_folder import TrainingFolder


def golden(name):
    return json.loads(Path(__file__).with_name("golden").joinpath(f"{name}.json").read_text())["cases"]


GOLDEN, CLUSTERS = golden("training_toolkit"), golden("training_clusters")


def script_mode(case, folder):
    channels = {
        name: {
            "ChannelName": name,
            "DataSource": {"S3DataSource": {"S3Uri": "s3://bucket/data", "S3DataType": "S3Prefix"}},
            **({"ContentType": config["ContentType"]} if "ContentType" in config else {}),
        }
        for name, config in case["input_data_config"].items()
    }
    return ScriptMode(
        TrainingFolder(folder),
        "churn-1",
        case["hyperparameters"],
        channels,
        case.get("resource_config", resource_config(SINGLE, SINGLE[0])),
        case["training_module"],
    )


def rebased(variables, folder):
    return {name: value.replace(str(folder), "{ml}") for name, value in variables.items()}


def read_json(variables):
    """Each variable, with JSON read, so that the order of keys does not matter."""

    def read(text):
        try:
            return json.loads(text)
        except ValueError:
            return text

    return {name: read(value) for name, value in variables.items()}


@pytest.mark.parametrize(
    "case",
    [*GOLDEN, *CLUSTERS],
    ids=lambda case: f"{case.get('cluster', 'one host')}, {case['hyperparameters']['sagemaker_program']}",
)
def test_every_sm_variable_is_the_toolkits(case, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)

    variables = script_mode(case, tmp_path).variables()

    assert read_json(rebased(variables, tmp_path)) == read_json(case["variables"])


@pytest.mark.parametrize("case", GOLDEN, ids=["scikit-learn", "xgboost"])
def test_plain_values_are_written_as_the_toolkit_writes_them(case, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    variables = rebased(script_mode(case, tmp_path).variables(), tmp_path)

    for name, value in case["variables"].items():
        if name != "SM_TRAINING_ENV":
            assert variables[name] == value, name


@pytest.mark.parametrize("case", GOLDEN, ids=["scikit-learn", "xgboost"])
def test_the_scripts_arguments_are_the_toolkits(case, tmp_path):
    assert script_mode(case, tmp_path).arguments == case["arguments"]


def test_the_config_files_are_written_with_string_hyperparameters(tmp_path):
    case = GOLDEN[0]
    job = script_mode(case, tmp_path)
    job.folder.make()

    job.write_config()

    config = tmp_path / "input" / "config"
    assert json.loads((config / "hyperparameters.json").read_text()) == case["hyperparameters"]
    assert json.loads((config / "inputdataconfig.json").read_text()) == case["input_data_config"]
    resources = json.loads((config / "resourceconfig.json").read_text())
    assert (resources["current_host"], resources["hosts"]) == ("algo-1", ["algo-1"])


def test_a_hyperparameter_below_opt_ml_leads_to_the_jobs_folder(tmp_path):
    job = ScriptMode(
        TrainingFolder(tmp_path),
        "job",
        {"checkpoints": "/opt/ml/checkpoints", "uri": "s3://bucket/opt/ml/x", "other": "/opt/mlflow"},
    )

    assert job.script_parameters == {
        "checkpoints": f"{tmp_path}/checkpoints",
        "uri": "s3://bucket/opt/ml/x",
        "other": "/opt/mlflow",
    }


def test_a_shell_script_gets_its_arguments_quoted(tmp_path):
    job = ScriptMode(TrainingFolder(tmp_path), "job", {"sagemaker_program": "fit.sh", "name": "a b; rm"})

    assert job.command == ["/bin/sh", "-c", "./fit.sh --name 'a b; rm'"]


def test_several_machines_know_one_another_and_where_they_meet(tmp_path):
    machines = [Machine(f"algo-{n}", f"algo-{n}", f"127.70.1.{n}", "ml.m5.large") for n in (1, 2)]
    job = ScriptMode(TrainingFolder(tmp_path), "job", {}, resources=resource_config(machines, machines[1]))

    assert job.rendezvous() == {
        "SM_HOST_COUNT": "2",
        "SM_CURRENT_HOST_RANK": "1",
        "SM_MASTER_ADDR": "algo-1",
        "SM_MASTER_PORT": "7777",
        "MASTER_ADDR": "algo-1",
        "MASTER_PORT": "7777",
    }


def test_one_machine_meets_nobody(tmp_path):
    assert ScriptMode(TrainingFolder(tmp_path), "job", {}).rendezvous() == {}
