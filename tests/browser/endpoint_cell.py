"""The notebook of the endpoint console's test: an A/B test, a serverless and an asynchronous endpoint, all real."""

CELL = '''
import io, tarfile
import sagelab
from sagelab_widgets import EndpointConsole
lab = sagelab.lab("model_monitor")
sm = lab.client("sagemaker")
SCRIPT = """
def model_fn(model_dir): return None
def input_fn(body, content_type): return body
def predict_fn(data, model):
    if data == "bad": raise ValueError("no such row")
    return data.upper()
def output_fn(prediction, accept): return prediction, "text/csv"
"""
def archive(name, **files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for file, text in files.items():
            info = tarfile.TarInfo(file + ".py")
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return lab.put(name, buffer.getvalue())
sm.create_model(ModelName="upper", ExecutionRoleArn=lab.role, PrimaryContainer={
    "Image": lab.image("scikit-learn"), "ModelDataUrl": archive("model.tar.gz", model="7"),
    "Environment": {"SAGEMAKER_PROGRAM": "inference.py",
                    "SAGEMAKER_SUBMIT_DIRECTORY": archive("code.tar.gz", inference=SCRIPT)}})
def variant(name, weight=1.0):
    return {"VariantName": name, "ModelName": "upper", "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 1, "InitialVariantWeight": weight}
def serve(name, *variants, **more):
    sm.create_endpoint_config(EndpointConfigName=name, ProductionVariants=list(variants), **more)
    sm.create_endpoint(EndpointName=name, EndpointConfigName=name)
serve("ab", variant("A", 9.0), variant("B"))
serve("cold", {"VariantName": "AllTraffic", "ModelName": "upper",
               "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 1}})
serve("queue", variant("AllTraffic"),
      AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": f"s3://{lab.bucket}/out",
                                             "S3FailurePath": f"s3://{lab.bucket}/bad"}})
for name in ("ab", "cold", "queue"):
    sm.get_waiter("endpoint_in_service").wait(EndpointName=name)
scaling = lab.client("application-autoscaling")
asked = {"ServiceNamespace": "sagemaker", "ResourceId": "endpoint/ab/variant/A",
         "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}
scaling.register_scalable_target(**asked, MinCapacity=1, MaxCapacity=2)
console = EndpointConsole(lab, "ab", ["low", "high"])
cold = EndpointConsole(lab, "cold", "row")
queue = EndpointConsole(lab, "queue", ["good", "bad"])
'''
