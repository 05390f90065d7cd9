"""Labeling jobs: tasks wait for annotators, answers become labels in S3."""

import io
import json
import re
from concurrent.futures import ThreadPoolExecutor
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import boto3
import pytest
from botocore.exceptions import ClientError
from joblab import BUCKET
from labelinglab import LAMBDA, LabelingLab

from sagelab import labeling
from sagelab.errors import SagelabError
from sagelab.labeling import Simulated, SimulatedBoxes

MOODS = ["positive", "negative"]


@pytest.fixture(scope="module")
def lab(account):
    return LabelingLab(account)


def everybody(answer, count=3):
    return {f"w{n}": lambda task: answer for n in range(count)}


def test_texts_are_labeled_as_most_people_say_in_awss_format(lab):
    name = lab.job("TextMultiClass", [{"source": "Broken", "ticket": 17}, "Great"], MOODS)
    assert lab.shown(name)["LabelCounters"]["Unlabeled"] == 2

    def read(task):
        return "positive" if task["Input"]["source"] == "Great" else "negative"

    people = {"ana": read, "ben": read, "cem": lambda task: "positive"}
    assert labeling.annotate(name, people, lab.sm) == 6

    first, second = lab.output(name)
    metadata = first.pop("mood-metadata")
    assert first == {"source": "Broken", "ticket": 17, "mood": 1}
    assert 0.5 < metadata.pop("confidence") <= 1
    assert metadata.pop("creation-date").startswith(f"{lab.account.clock.now():%Y-%m}")
    assert metadata == {
        "class-name": "negative",
        "type": "groundtruth/text-classification",
        "job-name": f"labeling-job/{name}",
        "human-annotated": "yes",
    }
    assert second["mood"] == 0
    job = lab.shown(name)
    assert job["LabelingJobStatus"] == "Completed"
    assert job["LabelCounters"] == {
        "TotalLabeled": 2,
        "HumanLabeled": 2,
        "MachineLabeled": 0,
        "FailedNonRetryableError": 0,
        "Unlabeled": 0,
    }


def test_answers_lie_in_s3_as_awss_do(lab):
    name = lab.job("TextMultiClass", ["Broken"], MOODS)
    labeling.annotate(name, everybody("negative"), lab.sm)
    lab.ended(name)

    (response,) = lab.files(name, "annotations/worker-response/iteration-1/0/")
    assert len(response["answers"]) == 3
    answer = response["answers"][0]
    assert answer["answerContent"] == {"crowd-classifier": {"label": "negative"}}
    assert answer["workerId"].startswith("private.us-east-1.")
    identity = answer["workerMetadata"]["identityData"]
    assert identity["identityProviderType"] == "Cognito"
    assert identity["issuer"] == "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_abc"
    assert answer["acceptanceTime"] <= answer["submissionTime"]

    (request,) = lab.files(name, "annotations/consolidated-annotation/consolidation-request/iteration-1/")
    assert request[0]["dataObject"] == {"content": "Broken"}
    assert json.loads(request[0]["annotations"][0]["annotationData"]["content"]) == answer["answerContent"]
    (consolidated,) = lab.files(name, "annotations/consolidated-annotation/consolidation-response/")
    assert consolidated[0]["consolidatedAnnotation"]["content"]["mood"] == 1


def test_one_worker_means_no_confidence(lab):
    name = lab.job("TextMultiClass", ["a", "b"], MOODS, workers=1)
    labeling.annotate(name, everybody("negative", 1), lab.sm)

    assert [line["mood-metadata"]["confidence"] for line in lab.output(name)] == [0.0, 0.0]


def test_several_labels_are_all_that_somebody_chose(lab):
    name = lab.job("TextMultiClassMultiLabel", ["a"], ["sad", "glad", "angry"])
    people = {"w1": lambda task: ["sad", "angry"], "w2": lambda task: ["angry"], "w3": lambda task: ["angry"]}
    labeling.annotate(name, people, lab.sm)

    (line,) = lab.output(name)
    assert line["mood"] == [2, 0]
    metadata = line["mood-metadata"]
    assert metadata["class-map"] == {"2": "angry", "0": "sad"}
    assert metadata["confidence-map"]["2"] > 0.5 > metadata["confidence-map"]["0"]
    assert metadata["type"] == "groundtruth/text-classification-multilabel"


def test_boxes_are_averaged_and_the_image_is_measured(lab):
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (64, 48)).save(file, "PNG")
    image = lab.put("images/cup.png", file.getvalue())
    name = lab.job("BoundingBox", [image], ["spoon", "cup"])

    def draw(left):
        return lambda task: [{"label": "cup", "left": left, "top": 10, "width": 20, "height": 20}]

    labeling.annotate(name, {"w1": draw(9), "w2": draw(10), "w3": draw(11)}, lab.sm)

    (line,) = lab.output(name)
    assert line["mood"] == {
        "image_size": [{"width": 64, "height": 48, "depth": 3}],
        "annotations": [{"class_id": 1, "left": 10, "top": 10, "width": 20, "height": 20}],
    }
    metadata = line["mood-metadata"]
    assert metadata["class-map"] == {"1": "cup"}
    assert metadata["objects"] == [{"confidence": round((19 / 21 + 1 + 19 / 21) / 3, 2)}]
    assert metadata["type"] == "groundtruth/object-detection"


def test_entities_have_the_boundaries_that_most_people_chose(lab):
    text = "Ada Lovelace was born in London"
    name = lab.job("NamedEntityRecognition", [text], ["person", "place"])

    def mark(end):
        return lambda task: [{"label": "person", "startOffset": 0, "endOffset": end}]

    labeling.annotate(name, {"w1": mark(12), "w2": mark(12), "w3": mark(10)}, lab.sm)

    (line,) = lab.output(name)
    assert line["mood"]["annotations"] == {
        "labels": [{"label": "person"}, {"label": "place"}],
        "entities": [{"label": "person", "startOffset": 0, "endOffset": 12}],
    }
    assert line["mood-metadata"]["entities"] == [{"confidence": round((1 + 1 + 10 / 12) / 3, 2)}]


def test_simulated_annotators_are_as_wrong_as_they_are_said_to_be_and_their_consensus_is_better(lab):
    texts = [f"text {n}" for n in range(120)]
    truth = {text: MOODS[n % 2] for n, text in enumerate(texts)}
    name = lab.job("TextMultiClass", texts, MOODS, workers=5)

    def true(task):
        return truth[task["Input"]["source"]]

    crowd = {
        f"w{n}": Simulated.right(share, MOODS, true, n) for n, share in enumerate((0.9, 0.9, 0.8, 0.55, 0.55))
    }
    assert labeling.annotate(name, crowd, lab.sm) == 600

    lines = lab.output(name)
    right = sum(line["mood-metadata"]["class-name"] == truth[line["source"]] for line in lines)
    assert right / len(lines) > 0.9


def test_the_average_of_simulated_boxes_is_nearer_to_the_truth_than_one_of_them(lab):
    cup = {"label": "cup", "left": 100, "top": 80, "width": 60, "height": 40}
    images = [f"s3://{BUCKET}/none/{n}.png" for n in range(12)]
    crowd = {f"w{n}": SimulatedBoxes(lambda task: [cup], 4, 0.1, n) for n in range(5)}
    name = lab.job("BoundingBox", images, ["cup"], workers=5)
    labeling.annotate(name, crowd, lab.sm)

    def error(found):
        return sum(abs(box["left"] - 100) for box in found) / len(found)

    together = [line["mood"]["annotations"][0] for line in lab.output(name)]
    tasks = [{"Input": {"source-ref": image}} for image in images]
    alone = [box for worker in crowd.values() for task in tasks for box in worker(task)]
    assert len(together) == 12
    assert error(together) < 0.8 * error(alone)


# -- tasks and their rules ---------------------------------------------------------------------------------------
def test_a_task_is_for_as_many_workers_as_the_job_wants_and_for_each_of_them_once(lab):
    name = lab.job("TextMultiClass", ["only one"], MOODS, workers=2)
    (task,) = labeling.tasks(name, "ana", client=lab.sm)
    assert task["Labels"] == MOODS
    assert task["Input"] == {"source": "only one"}
    assert labeling.submit(name, "ana", {task["TaskId"]: {"label": "positive"}}, lab.sm) == 1
    assert labeling.tasks(name, "ana", client=lab.sm) == []

    assert len(labeling.tasks(name, "ben", client=lab.sm)) == 1
    assert labeling.tasks(name, "cem", client=lab.sm) == []


def test_a_task_that_takes_too_long_is_given_to_somebody_else(lab):
    name = lab.job("TextMultiClass", ["only one"], MOODS, workers=1)
    (task,) = labeling.tasks(name, "ana", client=lab.sm)
    lab.account.clock.step(seconds=301)
    with pytest.raises(SagelabError, match="time limit has passed"):
        labeling.submit(name, "ana", {task["TaskId"]: {"label": "positive"}}, lab.sm)

    (again,) = labeling.tasks(name, "ben", client=lab.sm)
    assert again["TaskId"] == task["TaskId"]


def test_accepting_a_task_once_more_gives_no_more_time(lab):
    name = lab.job("TextMultiClass", ["only one"], MOODS, workers=1)
    (task,) = labeling.tasks(name, "ana", client=lab.sm)
    lab.account.clock.step(seconds=200)
    (again,) = labeling.tasks(name, "ana", client=lab.sm)

    assert again == task
    assert task["ExpirationTime"] - task["AcceptanceTime"] == 300


def test_an_answer_that_is_none_is_refused_in_a_sentence(lab):
    name = lab.job("TextMultiClass", ["only one"], MOODS, workers=1)
    (task,) = labeling.tasks(name, "ana", client=lab.sm)
    for answer, sentence in (({"label": "so so"}, "none of the labels"), ({"labels": []}, "has the form")):
        with pytest.raises(SagelabError, match=sentence):
            labeling.submit(name, "ana", {task["TaskId"]: answer}, lab.sm)
    with pytest.raises(SagelabError, match="has not accepted"):
        labeling.submit(name, "ben", {task["TaskId"]: {"label": "positive"}}, lab.sm)


def test_a_team_member_sees_the_jobs_that_wait(lab):
    name = lab.job("TextMultiClass", ["a", "b"], MOODS, workers=1)
    found = {job["LabelingJobName"]: job for job in labeling.jobs(lab.team, "ana", lab.sm)}

    assert found[name]["Tasks"] == 2
    assert found[name]["TaskTitle"] == "What do you see?"


def test_only_some_objects_are_offered_at_a_time(lab):
    name = lab.job("TextMultiClass", list("abcd"), MOODS, workers=1, task={"MaxConcurrentTaskCount": 2})

    assert len(labeling.tasks(name, "ana", most=9, client=lab.sm)) == 2


# -- the end of a job --------------------------------------------------------------------------------------------
def test_a_job_is_stopped_when_enough_is_labeled(lab):
    name = lab.job(
        "TextMultiClass", list("abcd"), MOODS, 1, StoppingConditions={"MaxHumanLabeledObjectCount": 2}
    )
    tasks = labeling.tasks(name, "ana", most=2, client=lab.sm)
    labeling.submit(name, "ana", {task["TaskId"]: {"label": "positive"} for task in tasks}, lab.sm)

    job = lab.ended(name)
    assert job["LabelingJobStatus"] == "Stopped"
    assert (job["LabelCounters"]["HumanLabeled"], job["LabelCounters"]["Unlabeled"]) == (2, 2)
    assert [line["source"] for line in lab.output(name)] == ["a", "b"]


def test_a_stopped_job_keeps_what_has_all_its_answers(lab):
    name = lab.job("TextMultiClass", ["a", "b", "c"], MOODS, workers=2)
    for worker, most in (("ana", 2), ("ben", 1)):
        tasks = labeling.tasks(name, worker, most, client=lab.sm)
        labeling.submit(name, worker, {task["TaskId"]: {"label": "positive"} for task in tasks}, lab.sm)
    lab.sm.stop_labeling_job(LabelingJobName=name)

    assert lab.ended(name)["LabelingJobStatus"] == "Stopped"
    assert [line["source"] for line in lab.output(name)] == ["a"]
    assert labeling.tasks(name, "ana", client=lab.sm) == []
    with pytest.raises(ClientError, match="is in status Stopped"):
        lab.sm.stop_labeling_job(LabelingJobName=name)


def test_tasks_do_not_wait_for_ever(lab):
    name = lab.job(
        "TextMultiClass", ["a", "b"], MOODS, workers=2, task={"TaskAvailabilityLifetimeInSeconds": 3600}
    )
    (task,) = labeling.tasks(name, "ana", client=lab.sm)
    labeling.submit(name, "ana", {task["TaskId"]: {"label": "positive"}}, lab.sm)
    lab.account.clock.step(hours=1)

    labeled, expired = lab.output(name)
    assert labeled["mood"] == 0
    assert "mood" not in expired
    assert "expired" in expired["mood-metadata"]["failure-reason"]
    counted = lab.shown(name)["LabelCounters"]
    assert (counted["HumanLabeled"], counted["FailedNonRetryableError"]) == (1, 1)


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("", "is empty"),
        ("{", "Line 1 of the manifest file .* is not valid JSON"),
        ('{"source": "a"}\n{"text": "b"}', "Line 2 .* needs either source or source-ref"),
        ('{"source": "a", "$x": 1}', "begins with"),
        ('{"source": "' + "x" * 20_001 + '"}', "more than 20,000 characters"),
    ],
)
def test_a_manifest_that_cannot_be_read_fails_the_job(lab, lines, sentence):
    request = lab.request("TextMultiClass", ["a"], MOODS)
    uri = request["InputConfig"]["DataSource"]["S3DataSource"]["ManifestS3Uri"]
    lab.put(uri.removeprefix(f"s3://{BUCKET}/"), lines)
    lab.sm.create_labeling_job(**request)

    job = lab.ended(request["LabelingJobName"])
    assert job["LabelingJobStatus"] == "Failed"
    assert re.search(sentence, job["FailureReason"])
    assert lab.log("/aws/sagemaker/LabelingJobs", request["LabelingJobName"]) == [job["FailureReason"]]


def test_files_that_are_not_there_and_an_output_bucket_that_is_not_there_fail_the_job(lab):
    for change in (
        {"LabelCategoryConfigS3Uri": f"s3://{BUCKET}/nowhere.json"},
        {"InputConfig": {"DataSource": {"S3DataSource": {"ManifestS3Uri": "s3://no-such-bucket/x"}}}},
    ):
        request = {**lab.request("TextMultiClass", ["a"], MOODS), **change}
        lab.sm.create_labeling_job(**request)
        assert "Cannot read the" in lab.ended(request["LabelingJobName"])["FailureReason"]

    name = lab.job("TextMultiClass", ["a"], MOODS, 1, OutputConfig={"S3OutputPath": "s3://no-such-bucket/x"})
    labeling.annotate(name, everybody("positive", 1), lab.sm)
    assert "Cannot write the output" in lab.ended(name)["FailureReason"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"LabelAttributeName": "mood-metadata"}, "must not contain"),
        ({"LabelAttributeName": "mood-ref"}, "must not end in"),
        (
            {"LabelingJobAlgorithmsConfig": {"LabelingJobAlgorithmSpecificationArn": f"{LAMBDA}:x"}},
            "automated",
        ),
        (
            {"task": {"WorkteamArn": "arn:aws:sagemaker:us-east-1:123456789012:workteam/private-crowd/none"}},
            "find",
        ),
        (
            {
                "task": {
                    "WorkteamArn": "arn:aws:sagemaker:us-east-1:394669845002:workteam/public-crowd/default"
                }
            },
            "no Mechanical Turk workers",
        ),
        ({"task": {"PreHumanTaskLambdaArn": f"{LAMBDA}:PRE-3DPointCloudObjectDetection"}}, "PRE-BoundingBox"),
        ({"task": {"PublicWorkforceTaskPrice": {"AmountInUsd": {"Cents": 5}}}}, "public workforce only"),
        (
            {
                "task": {
                    "AnnotationConsolidationConfig": {
                        "AnnotationConsolidationLambdaArn": f"{LAMBDA}:ACS-BoundingBox"
                    }
                }
            },
            "must be ACS-TextMultiClass",
        ),
    ],
)
def test_what_cannot_be_labeled_here_is_refused_at_create(lab, change, sentence):
    request = lab.request("TextMultiClass", ["a"], MOODS, 3, **change)
    with pytest.raises(ClientError, match=sentence):
        lab.sm.create_labeling_job(**request)


def test_jobs_are_listed_for_everybody_and_for_their_team(lab):
    team = lab.sm.create_workteam(
        WorkteamName=lab.unique("team"), Description="x", MemberDefinitions=lab.members
    )["WorkteamArn"]
    names = [lab.job("TextMultiClass", ["a", "b"], MOODS, task={"WorkteamArn": team}) for _ in range(3)]

    listed = lab.sm.list_labeling_jobs(NameContains=names[0])["LabelingJobSummaryList"]
    assert names[0] in [job["LabelingJobName"] for job in listed]
    page = lab.sm.list_labeling_jobs_for_workteam(WorkteamArn=team, MaxResults=2)
    rest = lab.sm.list_labeling_jobs_for_workteam(WorkteamArn=team, NextToken=page["NextToken"])
    found = page["LabelingJobSummaryList"] + rest["LabelingJobSummaryList"]
    assert [job["LabelingJobName"] for job in found] == names[::-1]
    assert found[0]["LabelCounters"] == {"HumanLabeled": 0, "PendingHuman": 2, "Total": 2}
    reference = lab.shown(names[1])["JobReferenceCode"]
    one = lab.sm.list_labeling_jobs_for_workteam(WorkteamArn=team, JobReferenceCodeContains=reference)
    assert [job["LabelingJobName"] for job in one["LabelingJobSummaryList"]] == [names[1]]


def test_verification_keeps_what_workers_remark(lab):
    boxes = {"image_size": [], "annotations": []}
    name = lab.job(
        "VerificationMultiClass", [{"source-ref": "s3://jobs/a.png", "boxes": boxes}], ["good", "bad"]
    )
    people = {
        "w1": lambda task: {"label": "bad", "comment": "Too wide."},
        "w2": lambda task: "bad",
        "w3": lambda task: {"label": "bad", "comment": ""},
    }
    labeling.annotate(name, people, lab.sm)

    (line,) = lab.output(name)
    assert (line["boxes"], line["mood"]) == (boxes, 1)
    assert line["mood-metadata"]["type"] == "groundtruth/label-verification"
    assert line["mood-metadata"]["worker-feedback"] == [{"comment": "Too wide."}]


def test_a_share_of_the_data_can_be_enough(lab):
    enough = {"MaxPercentageOfInputDatasetLabeled": 50}
    name = lab.job("TextMultiClass", list("abcd"), MOODS, 1, StoppingConditions=enough)
    for task in labeling.tasks(name, "ana", most=2, client=lab.sm):
        labeling.submit(name, "ana", {task["TaskId"]: {"label": "positive"}}, lab.sm)

    assert lab.ended(name)["LabelingJobStatus"] == "Stopped"


@pytest.mark.parametrize("what", ["jobs", "accept", "submit", "return", "nothing"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"Worker": "a b", "WorkteamArn": 1, "LabelingJobName": 1}',
        b'{"Worker": "ana", "WorkteamArn": "x", "LabelingJobName": "none", "MaxResults": "many"}',
        b'{"Worker": "ana", "LabelingJobName": "JOB", "MaxResults": "many", "Answers": 3, "TaskIds": 3}',
        b'{"Worker": "ana", "LabelingJobName": "JOB", "MaxResults": null, "Answers": [{}], "TaskIds": [{}]}',
        b'{"Worker": "ana", "LabelingJobName": "JOB", "Answers": [{"TaskId": "JOB/x"}], "TaskIds": ["x/1"]}',
    ],
)
def test_the_portal_refuses_nonsense_in_a_sentence(lab, waiting, what, body):
    status, answered = post(f"{lab.account.url}/_labeling/{what}", body.replace(b"JOB", waiting.encode()))
    if status == 200:
        assert what == "accept"  # without its limit, which is no number, it would be a fair question
        assert "Tasks" in answered
    else:
        assert status == 400
        assert answered["__type"] != "InternalFailure"
        assert len(answered["message"]) > 20


@pytest.fixture(scope="module")
def waiting(lab):
    return lab.job("TextMultiClass", ["a"], MOODS)


def post(url, body):
    """The status and the JSON of an answer."""
    try:
        with urlopen(Request(url, body)) as response:
            return response.status, json.load(response)
    except HTTPError as error:
        return error.code, json.load(error)


def test_boxes_and_entities_must_be_possible(lab):
    name = lab.job("NamedEntityRecognition", ["Ada"], ["person"], workers=1)
    (task,) = labeling.tasks(name, "ana", client=lab.sm)
    for start, end in ((0, 4), (2, 2), (-1, 2)):
        span = {"label": "person", "startOffset": start, "endOffset": end}
        with pytest.raises(SagelabError, match=r"An entity begins|at least 0"):
            labeling.submit(name, "ana", {task["TaskId"]: {"entities": [span]}}, lab.sm)
    with pytest.raises(SagelabError, match="none of the labels"):
        labeling.submit(name, "ana", {task["TaskId"]: {"entities": ["person"]}}, lab.sm)


def test_a_task_that_is_given_back_is_somebody_elses(lab):
    name = lab.job("TextMultiClass", ["only one"], MOODS, workers=1)
    (task,) = labeling.tasks(name, "ana", client=lab.sm)
    assert labeling.tasks(name, "ben", client=lab.sm) == []
    labeling.give_back(name, "ana", [task["TaskId"]], lab.sm)

    assert labeling.tasks(name, "ben", client=lab.sm)[0]["TaskId"] == task["TaskId"]


def test_on_aws_the_portal_has_no_api(lab):
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
    client = boto3.Session(**keys).client("sagemaker", "us-east-1", endpoint_url="https://example.com")
    with pytest.raises(SagelabError, match="answer in the portal of their work team"):
        labeling.tasks("job", "ana", client=client)


def test_annotators_who_work_at_the_same_time_do_each_task_once(lab):
    name = lab.job("TextMultiClass", [f"text {n}" for n in range(40)], MOODS, workers=3)
    with ThreadPoolExecutor(6) as pool:
        done = pool.map(
            lambda n: labeling.annotate(name, {f"w{n}": lambda task: "positive"}, lab.sm), range(6)
        )
        assert sum(done) == 120

    assert len(lab.output(name)) == 40
    responses = lab.files(name, "annotations/worker-response/iteration-1/")
    assert {len({a["workerId"] for a in response["answers"]}) for response in responses} == {3}
