"""The notebook of the training monitor's test: jobs that really fit a line and save their gradients."""

CELL = '''
import io, tarfile
import sagelab
from sagelab_widgets import TrainingMonitor
lab = sagelab.lab("model_monitor")
sm = lab.client("sagemaker")
SCRIPT = """
import argparse, pathlib, time
import numpy as np
from sagelab.training_record import line
parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float)
parser.add_argument("--wait", type=float, default=0)
given = parser.parse_args()
record = pathlib.Path("/opt/ml/checkpoints/tensors.jsonl")
record.parent.mkdir(parents=True, exist_ok=True)
random = np.random.default_rng(7)
x = random.normal(size=(200, 5))
y = x @ np.arange(1.0, 6.0) + random.normal(size=200)
weights = np.zeros(5)
for step in range(30):
    errors = x[:150] @ weights - y[:150]
    gradient = x[:150].T @ errors / 150
    losses = {"train": float((errors**2).mean()), "validation": float(((x[150:] @ weights - y[150:])**2).mean())}
    print(f"step={step} train={losses['train']:.5f} validation={losses['validation']:.5f} <b>")
    with record.open("a") as file:
        for name, loss in losses.items():
            file.write(line(step, f"losses/{name}", loss))
        file.write(line(step, "gradient/line", gradient))
        file.write(line(step, "weight/line", weights))
    weights -= given.rate * gradient
print("fitted", flush=True)
time.sleep(given.wait)
"""
buffer = io.BytesIO()
with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
    info = tarfile.TarInfo("train.py")
    info.size = len(SCRIPT)
    tar.addfile(info, io.BytesIO(SCRIPT.encode()))
code = lab.put("code/fit.tar.gz", buffer.getvalue())
NUMBER = "=([0-9.e+-]+)"
def train(name, rate, wait=0):
    sm.create_training_job(
        TrainingJobName=name, RoleArn=lab.role,
        AlgorithmSpecification={
            "TrainingImage": lab.image("scikit-learn"), "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "train:mse", "Regex": "train" + NUMBER},
                                  {"Name": "validation:mse", "Regex": "validation" + NUMBER}]},
        HyperParameters={"sagemaker_program": "train.py", "sagemaker_submit_directory": code,
                         "rate": str(rate), "wait": str(wait)},
        OutputDataConfig={"S3OutputPath": f"s3://{lab.bucket}/models"},
        CheckpointConfig={"S3Uri": f"s3://{lab.bucket}/records/{name}"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
        StoppingCondition={"MaxRuntimeInSeconds": 300})
    return name
slow = train("slow", 0.05, wait=600)
fast, none = train("fast", 0.3), train("none", 0.0)
monitor = TrainingMonitor(lab, slow)
both = TrainingMonitor(lab, [fast, none])
'''
