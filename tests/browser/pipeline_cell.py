"""The notebook of the pipeline viewer's test: a pipeline whose condition reads a report, with a person in the loop."""

CELL = '''
import json
import sagelab
from sagelab_widgets import PipelineViewer
lab = sagelab.lab("model_monitor")
sm, queue = lab.client("sagemaker"), lab.client("sqs").create_queue(QueueName="people")["QueueUrl"]
SCRIPT = """
import json, pathlib
place = pathlib.Path("/opt/ml/processing/report")
place.mkdir(parents=True, exist_ok=True)
print("scoring 200 rows <b>now</b>")
place.joinpath("metrics.json").write_text(json.dumps({"accuracy": 0.91}))
"""
cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5}
code = {"S3Uri": lab.put("code/run.py", SCRIPT), "LocalPath": "/opt/ml/processing/code",
        "S3DataType": "S3Prefix", "S3InputMode": "File"}
report = {"S3Uri": f"s3://{lab.bucket}/report", "LocalPath": "/opt/ml/processing/report", "S3UploadMode": "EndOfJob"}
evaluate = {"Name": "Evaluate", "Type": "Processing",
    "PropertyFiles": [{"PropertyFileName": "Report", "OutputName": "report", "FilePath": "metrics.json"}],
    "Arguments": {
        "RoleArn": lab.role, "ProcessingResources": {"ClusterConfig": cluster},
        "AppSpecification": {"ImageUri": lab.image("scikit-learn"),
                             "ContainerEntrypoint": ["python3", "/opt/ml/processing/code/run.py"]},
        "Environment": {"NAME": {"Std:Join": {"On": "-", "Values": ["model", {"Get": "Parameters.Model"}]}}},
        "ProcessingInputs": [{"InputName": "code", "S3Input": code}],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "report", "S3Output": report}]}}}
accuracy = {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.Evaluate.PropertyFiles.Report"}, "Path": "accuracy"}}
ask = {"Name": "AskAPerson", "Type": "Callback", "SqsQueueUrl": queue,
       "Arguments": {"accuracy": accuracy},
       "OutputParameters": [{"OutputName": "decision", "OutputType": "String"}]}
weak = {"Name": "TooWeak", "Type": "Fail", "Arguments": {"ErrorMessage": "accuracy below the gate"}}
gate = {"Name": "GoodEnough", "Type": "Condition", "Arguments": {
    "Conditions": [{"Type": "GreaterThanOrEqualTo", "LeftValue": accuracy, "RightValue": {"Get": "Parameters.Gate"}}],
    "IfSteps": [ask], "ElseSteps": [weak]}}
note = {"Name": "Note", "Type": "Processing", "DependsOn": ["Evaluate"], "Arguments": evaluate["Arguments"]}
definition = {"Version": "2020-12-01", "Metadata": {}, "Steps": [evaluate, gate, note], "Parameters": [
    {"Name": "Gate", "Type": "Float", "DefaultValue": 0.8}, {"Name": "Model", "Type": "String", "DefaultValue": "a"}]}
sm.create_pipeline(PipelineName="churn", PipelineDefinition=json.dumps(definition), RoleArn=lab.role)
viewer = PipelineViewer(lab, "churn")
viewer
'''
