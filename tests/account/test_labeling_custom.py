"""Custom labeling jobs: the job's own Lambda functions make its tasks and its labels."""

import json

import pytest
from botocore.exceptions import ClientError
from labelinglab import LAMBDA, LabelingLab
from test_functions import Functions

from sagelab import labeling

PRE = """
def handler(event, context):
    item = event["dataObject"]
    needed = "skip" not in item
    return {"taskInput": {"sound": item["source-ref"], "question": "Who?"}, "isHumanAnnotationRequired": needed}
"""
POST = """
import json, boto3

def handler(event, context):
    bucket, _, key = event["payload"]["s3Uri"].removeprefix("s3://").partition("/")
    body = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    labels = []
    for item in json.loads(body):
        said = [json.loads(a["annotationData"]["content"])["speaker"] for a in item["annotations"]]
        if "nobody" not in said:
            label = {event["labelAttributeName"]: {"speakers": sorted(said)}}
            labels.append({"datasetObjectId": item["datasetObjectId"], "consolidatedAnnotation": {"content": label}})
    return labels
"""


@pytest.fixture(scope="module")
def lab(account):
    return LabelingLab(account)


@pytest.fixture(scope="module")
def functions(account):
    return Functions(account)


def arn(functions, code):
    return functions.client.get_function(FunctionName=functions.make(code, Timeout=60))["Configuration"][
        "FunctionArn"
    ]


def custom(lab, lines, pre=None, post=None):
    """A custom job for two workers; its name."""
    request = lab.request("Image", lines, ["unused"], workers=2)
    del request["LabelCategoryConfigS3Uri"]
    task = request["HumanTaskConfig"]
    for member in ("PreHumanTaskLambdaArn", "AnnotationConsolidationConfig"):
        del task[member]
    if pre:
        task["PreHumanTaskLambdaArn"] = pre
    if post:
        task["AnnotationConsolidationConfig"] = {"AnnotationConsolidationLambdaArn": post}
    lab.sm.create_labeling_job(**request)
    return request["LabelingJobName"]


def test_your_functions_make_the_tasks_and_the_labels(lab, functions):
    lines = ["s3://jobs/a.wav", {"source-ref": "s3://jobs/b.wav", "skip": True}, "s3://jobs/c.wav"]
    name = custom(lab, lines, arn(functions, PRE), arn(functions, POST))
    seen = []

    def listen(speaker):
        def answer(task):
            seen.append(task["Input"])
            return {"speaker": "nobody" if "c.wav" in task["Input"]["sound"] else speaker}

        return answer

    assert labeling.annotate(name, {"ana": listen("Ada"), "ben": listen("Bob")}, lab.sm) == 4

    first, failed = lab.output(name)
    assert {"sound": "s3://jobs/a.wav", "question": "Who?"} in seen
    assert first["mood"] == {"speakers": ["Ada", "Bob"]}
    assert first["mood-metadata"]["type"] == "groundtruth/custom"
    assert "returned no label" in failed["mood-metadata"]["failure-reason"]
    counted = lab.shown(name)["LabelCounters"]
    assert (counted["HumanLabeled"], counted["FailedNonRetryableError"], counted["Unlabeled"]) == (1, 1, 0)


def test_without_functions_the_line_is_the_task_and_the_manifest_points_at_the_answers(lab):
    name = custom(lab, [{"source-ref": "s3://jobs/a.wav", "hint": "a bird"}])
    labeling.annotate(name, {w: lambda task: {"said": task["Input"]["hint"]} for w in ("ana", "ben")}, lab.sm)

    (line,) = lab.output(name)
    assert line["mood"] == {}
    answers = json.loads(lab.get(line["mood-metadata"]["worker-response-ref"]))["answers"]
    assert [answer["answerContent"] for answer in answers] == [{"said": "a bird"}] * 2


def test_a_job_that_needs_nobody_is_done_at_once(lab, functions):
    skip = {"source-ref": "s3://jobs/b.wav", "skip": True}
    job = lab.ended(custom(lab, [skip], arn(functions, PRE)))

    assert job["LabelingJobStatus"] == "Completed"
    assert job["LabelCounters"]["HumanLabeled"] == 0


def test_a_function_that_fails_fails_the_job(lab, functions):
    broken = arn(functions, "def handler(event, context): raise ValueError('no such sound')")
    job = lab.ended(custom(lab, ["s3://jobs/a.wav"], broken))
    assert job["LabelingJobStatus"] == "Failed"
    assert "Pre-annotation Lambda function" in job["FailureReason"]
    assert "no such sound" in job["FailureReason"]

    name = custom(lab, ["s3://jobs/a.wav"], post=broken)
    labeling.annotate(name, {w: lambda task: {"said": "x"} for w in ("ana", "ben")}, lab.sm)
    assert "Annotation consolidation Lambda function" in lab.ended(name)["FailureReason"]


def test_awss_consolidation_is_for_awss_task_types(lab):
    with pytest.raises(ClientError, match="by a Lambda function of yours"):
        custom(lab, ["s3://jobs/a.wav"], post=f"{LAMBDA}:ACS-ImageMultiClass")
    job = lab.ended(
        custom(lab, ["s3://jobs/a.wav"], pre="arn:aws:lambda:us-east-1:123456789012:function:none")
    )
    assert "Function not found" in job["FailureReason"]
