"""Definitions that the SageMaker Python SDK wrote run as they are: golden/make_pipeline_golden.py made them."""

import io
import json
import re
import tarfile
from pathlib import Path
from typing import Any

import pytest
from joblab import ROLE
from pipelab import PipeLab, status

GOLDEN = Path(__file__).parent / "golden"
BUCKET = "sdk-bucket"
RAW = "default,sex,age\n" + "".join(f"{n % 2},{n % 3 % 2},{20 + n % 40}\n" for n in range(120))
PREPARE = """
import json, os, pathlib
root = pathlib.Path(os.environ["PROCESSING_ROOT"])
rows = (root / "input" / "raw.csv").read_text().split()[1:]
(root / "train" / "train.csv").write_text("\\n".join(rows))
(root / "report" / "report.json").write_text(json.dumps({"metrics": {"rows": {"value": len(rows)}}}))
"""
TRAIN = """
import json, os, pathlib
alpha = float(json.loads(os.environ["SM_HPS"])["alpha"])
rows = pathlib.Path(os.environ["SM_CHANNEL_TRAIN"], "train.csv").read_text().split()
pathlib.Path(os.environ["SM_MODEL_DIR"], "model.txt").write_text(str(len(rows) * alpha))
print(f"loss={alpha};")
"""
INFERENCE = """
import pathlib
def model_fn(model_dir):
    return float(pathlib.Path(model_dir, "model.txt").read_text())
def input_fn(body, content_type):
    text = body if isinstance(body, str) else body.decode()
    return [float(line.split(",")[0]) for line in text.split()]
def predict_fn(rows, model):
    return [row * model for row in rows]
def output_fn(prediction, accept):
    return "\\n".join(map(str, prediction)), accept
"""
BIAS = {
    "dataset_type": "text/csv",
    "headers": ["default", "sex", "age"],
    "label": "default",
    "label_values_or_threshold": [1],
    "facet": [{"name_or_index": "sex", "value_or_threshold": [1]}],
    "methods": {"pre_training_bias": {"methods": ["DPL", "CI"]}},
}


@pytest.fixture(scope="module")
def lab(account: Any) -> PipeLab:
    bench = PipeLab(account)
    bench.s3.create_bucket(Bucket=BUCKET)
    return bench


def written(name: str, **replaced: str) -> str:
    """A definition of the SDK, with these texts replaced."""
    text = json.dumps(json.loads((GOLDEN / name).read_text())["definition"])
    for old, new in replaced.items():
        text = text.replace(old, new)
    return text


def upload(lab: PipeLab, text: str) -> None:
    """Put what a definition's S3 keys stand for where they point."""
    archive = packed(**{"train.py": TRAIN, "inference.py": INFERENCE})
    for key in set(re.findall(rf"s3://{BUCKET}/([^\"\\]*)", text)):
        if key.endswith("sourcedir.tar.gz"):
            lab.s3.put_object(Bucket=BUCKET, Key=key, Body=archive)
        elif key.endswith("prepare.py"):
            lab.s3.put_object(Bucket=BUCKET, Key=key, Body=PREPARE)
    files = {"raw/raw.csv": RAW, "raw/noheader.csv": RAW.partition("\n")[2]}
    for key, body in {**files, "biasconfig/analysis_config.json": json.dumps(BIAS)}.items():
        lab.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
    lab.s3.put_object(Bucket=BUCKET, Key="model.tar.gz", Body=packed(**{"model.txt": "2.5"}))


def packed(**files: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


def read(lab: PipeLab, uri: str) -> bytes:
    return lab.s3.get_object(Bucket=BUCKET, Key=uri.removeprefix(f"s3://{BUCKET}/"))["Body"].read()


def create(lab: PipeLab, text: str) -> str:
    name = lab.unique("sdk")
    lab.sm.create_pipeline(PipelineName=name, PipelineDefinition=text, RoleArn=ROLE)
    return name


def test_a_pipeline_with_a_step_of_each_kind_runs_to_its_end(lab: PipeLab) -> None:
    queue = lab.queue()
    function = lab.function(
        "def handler(event, context):\n    return {'statusCode': 200, 'answer': event['where']}\n"
    )
    text = written(
        "pipeline_sdk.json",
        **{
            "https://sqs.us-east-1.amazonaws.com/123456789012/sdk-queue": queue,
            "arn:aws:lambda:us-east-1:123456789012:function:sdk-function": function,
        },
    )
    upload(lab, text)
    pipeline = create(lab, text)
    execution = lab.start(pipeline)

    message = lab.message(queue)
    lab.sm.send_pipeline_execution_step_success(
        CallbackToken=message["token"], OutputParameters=[{"Name": "limit", "Value": "5"}]
    )
    found, steps = lab.finish(execution), lab.steps(execution)

    assert found["PipelineExecutionStatus"] == "Succeeded", {
        n: s.get("FailureReason") for n, s in steps.items()
    }
    names = "Prepare Train Gate Make-CreateModel Keep-RegisterModel Score Call Ask Quality Bias Tune Best-CreateModel"
    assert status(steps) == dict.fromkeys(names.split(), "Succeeded")
    run = execution.rpartition("/")[2]
    assert message["arguments"] == {"said": f"s3://{BUCKET}/SdkPipeline/{run}/Prepare/output/train"}
    components = lab.sm.list_trial_components(TrialName=run)["TrialComponentSummaries"]
    assert {"Prepare", "Train", "Score"} <= {component["DisplayName"] for component in components}
    scored = read(lab, f"s3://{BUCKET}/transformed/train.csv.out").decode().split()
    assert [float(value) for value in scored] == [n % 2 * 240.0 for n in range(120)]
    tuning = steps["Tune"]["Metadata"]["TuningJob"]["Arn"].rpartition("/")[2]
    best = lab.sm.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=tuning)["BestTrainingJob"]
    model = steps["Best-CreateModel"]["Metadata"]["Model"]["Arn"].rpartition("/")[2]
    assert (
        best["TrainingJobName"] in lab.sm.describe_model(ModelName=model)["PrimaryContainer"]["ModelDataUrl"]
    )


def test_a_model_step_repacks_its_archive_with_the_code(lab: PipeLab) -> None:
    text = written("pipeline_sdk_repack.json")
    upload(lab, text)
    execution = lab.start(create(lab, text))

    found, steps = lab.finish(execution), lab.steps(execution)

    assert found["PipelineExecutionStatus"] == "Succeeded", steps
    assert status(steps) == {"Make-RepackModel-0": "Succeeded", "Make-CreateModel": "Succeeded"}
    name = steps["Make-CreateModel"]["Metadata"]["Model"]["Arn"].rpartition("/")[2]
    archive = lab.sm.describe_model(ModelName=name)["PrimaryContainer"]["ModelDataUrl"]
    with tarfile.open(fileobj=io.BytesIO(read(lab, archive))) as tar:
        files = {m.name: tar.extractfile(m).read().decode() for m in tar if m.isfile()}
    assert files == {"model.txt": "2.5", "code/inference.py": INFERENCE, "code/train.py": TRAIN}
