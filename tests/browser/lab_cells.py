"""Cells that make things in a notebook's account, for tests of the widgets that show them."""

from pathlib import Path

SERVE = '''
import io, tarfile, sagelab
lab = sagelab.lab("model_monitor")
sm = lab.client("sagemaker")

def archive(name, **files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for file, text in files.items():
            info = tarfile.TarInfo(file.replace("_py", ".py"))
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return lab.put(f"code/{name}.tar.gz", buffer.getvalue())

ANSWER = """
def model_fn(folder):
    return 1
def predict_fn(data, model):
    return data
"""

def model(name):
    code = archive(name, inference_py=ANSWER)
    where = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": code}
    container = {"Image": lab.image("scikit-learn"), "ModelDataUrl": archive(name + "-data", model="7")}
    sm.create_model(ModelName=name, ExecutionRoleArn=lab.role, PrimaryContainer={**container, "Environment": where})
    return name

def serve(name, **more):
    variant = {"VariantName": "AllTraffic", "ModelName": name, "InstanceType": "ml.m5.large"}
    counted = {**variant, "InitialInstanceCount": 1, "InitialVariantWeight": 1}
    sm.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[counted], **more)
    sm.create_endpoint(EndpointName=name, EndpointConfigName=name)
    lab.wait_for(lambda: sm.describe_endpoint(EndpointName=name), lambda e: e["EndpointStatus"] == "InService")
'''


def stop(folder: Path) -> None:
    """End the account of the notebooks of a folder."""
    from sagelab.account import process

    process.stop(folder / ".sagelab" / "model_monitor")
