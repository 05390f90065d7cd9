"""Data capture: AWS's lines under AWS's keys, by the account's clock."""

import base64
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from joblab import BUCKET, Lab, until

from sagelab.account.capture import Capture, CaptureConfig, Event, Payload

MOMENT = datetime(2026, 11, 2, 10, 11, 12, 345_000, tzinfo=UTC)
HEADERS = {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]}
ANSWER = """
def model_fn(model_dir): return None
def input_fn(body, content_type): return body
def predict_fn(data, model): return "0.08"
def output_fn(prediction, accept): return prediction, "text/csv; charset=utf-8"
"""


def settings(**changes):
    return {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": "s3://bucket/capture",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": HEADERS,
        **changes,
    }


def line(event, **changes):
    return json.loads(CaptureConfig(settings(**changes), "e", "v").line(event))


def event(**changes):
    sent, got = Payload(b"25,0,2850", "text/csv"), Payload(b"0.08", "text/csv; charset=utf-8")
    return Event(**{"sent": sent, "answered": got, "time": MOMENT, **changes})


class Bucket:
    """Remembers what is put."""

    def __init__(self):
        self.objects = {}

    def put_object(self, Bucket, Key, Body):  # noqa: N803  # boto3's names
        self.objects[Key] = Body.decode().splitlines()


# -- the line --------------------------------------------------------------------------------------------------
def test_a_line_is_awss_field_for_field():
    record = line(event(inference_id="i-1"))
    event_id = record["eventMetadata"].pop("eventId")

    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", event_id)
    assert record == {
        "captureData": {
            "endpointInput": {
                "observedContentType": "text/csv",
                "mode": "INPUT",
                "data": "25,0,2850",
                "encoding": "CSV",
            },
            "endpointOutput": {
                "observedContentType": "text/csv; charset=utf-8",
                "mode": "OUTPUT",
                "data": "0.08",
                "encoding": "CSV",
            },
        },
        "eventMetadata": {"inferenceId": "i-1", "inferenceTime": "2026-11-02T10:11:12Z"},
        "eventVersion": "0",
    }


def test_without_an_inference_id_there_is_none_in_the_line():
    assert set(line(event())["eventMetadata"]) == {"eventId", "inferenceTime"}


def test_only_the_sides_that_are_asked_for_are_captured():
    assert set(line(event(), CaptureOptions=[{"CaptureMode": "Output"}])["captureData"]) == {"endpointOutput"}
    both = line(event(), CaptureOptions=[{"CaptureMode": "InputAndOutput"}])["captureData"]
    assert set(both) == {"endpointInput", "endpointOutput"}


def test_a_type_that_is_named_nowhere_is_captured_in_base64():
    record = line(event(), CaptureContentTypeHeader={"JsonContentTypes": ["application/json"]})
    captured = record["captureData"]["endpointInput"]

    assert (captured["encoding"], base64.b64decode(captured["data"])) == ("BASE64", b"25,0,2850")


def test_json_lines_may_be_declared_json():
    sent = Payload(b'{"a": 1}\n', "application/jsonlines")
    captured = line(
        event(sent=sent), CaptureContentTypeHeader={"JsonContentTypes": ["application/jsonlines"]}
    )

    assert captured["captureData"]["endpointInput"]["encoding"] == "JSON"
    assert captured["captureData"]["endpointInput"]["data"] == '{"a": 1}\n'


def test_bytes_that_are_no_text_are_captured_in_base64():
    captured = line(event(sent=Payload(b"\xff\xfe", "text/csv")))["captureData"]["endpointInput"]

    assert captured["encoding"] == "BASE64"


# -- the sample ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("percentage", "low", "high"), [(0, 0, 0), (20, 150, 250), (100, 1000, 1000)])
def test_the_sampling_percentage_is_kept(percentage, low, high):
    config = CaptureConfig(settings(InitialSamplingPercentage=percentage), "e", "v")

    assert low <= sum(config.takes() for _ in range(1000)) <= high


def test_the_same_traffic_gives_the_same_sample():
    first, second = (CaptureConfig(settings(InitialSamplingPercentage=50), "e", "v") for _ in range(2))

    assert [first.takes() for _ in range(50)] == [second.takes() for _ in range(50)]


def test_a_capture_that_is_switched_off_takes_nothing():
    assert not CaptureConfig(settings(EnableCapture=False), "e", "v").takes()


# -- the files -------------------------------------------------------------------------------------------------
def test_events_of_one_hour_are_one_file_under_awss_key():
    bucket = Bucket()
    capture, config = Capture(lambda: bucket), CaptureConfig(settings(), "churn", "AllTraffic")
    for seconds in (0, 1, 2):
        capture.add(config, event(time=MOMENT + timedelta(seconds=seconds)))

    capture.flush()

    ((key, lines),) = bucket.objects.items()
    assert re.fullmatch(r"capture/churn/AllTraffic/2026/11/02/10/11-12-345-[0-9a-f-]{36}\.jsonl", key)
    assert [json.loads(text)["eventMetadata"]["inferenceTime"][-3:] for text in lines] == [
        "12Z",
        "13Z",
        "14Z",
    ]


def test_each_hour_and_each_variant_has_files_of_its_own():
    bucket = Bucket()
    capture = Capture(lambda: bucket)
    for name in ("blue", "green"):
        for hours in (0, 1):
            config = CaptureConfig(settings(), "churn", name)
            capture.add(config, event(time=MOMENT + timedelta(hours=hours)))

    capture.flush()

    folders = {key.removeprefix("capture/churn/").rpartition("/")[0] for key in bucket.objects}
    assert folders == {f"{name}/2026/11/02/{hour}" for name in ("blue", "green") for hour in (10, 11)}


def test_a_file_holds_at_most_two_hundred_records():
    bucket = Bucket()
    capture, config = Capture(lambda: bucket), CaptureConfig(settings(), "churn", "v")
    for _ in range(450):
        capture.add(config, event())

    capture.flush()

    assert sum(map(len, bucket.objects.values())) == 450
    assert max(map(len, bucket.objects.values())) <= 200


# -- through an endpoint ---------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def lab(account):
    return Lab(account)


def captured(lab, endpoint):
    records = []
    for key in lab.keys(f"capture/{endpoint}/"):
        records += [json.loads(text) for text in lab.get(f"s3://{BUCKET}/{key}").splitlines()]
    return records


def test_requests_to_an_endpoint_are_in_s3_soon_after(lab):
    endpoint = lab.serve(ANSWER, settings(DestinationS3Uri=f"s3://{BUCKET}/capture"))
    for number in range(3):
        lab.ask(endpoint, f"{number},1", InferenceId=f"client-{number}")

    records = until(lambda: captured(lab, endpoint), lambda found: len(found) == 3)

    assert [record["captureData"]["endpointInput"]["data"] for record in records] == ["0,1", "1,1", "2,1"]
    assert [record["captureData"]["endpointOutput"]["data"] for record in records] == ["0.08"] * 3
    assert [record["eventMetadata"]["inferenceId"] for record in records] == [f"client-{n}" for n in range(3)]


def test_a_step_of_the_clock_writes_what_waits_under_its_own_hour(lab):
    endpoint = lab.serve(ANSWER, settings(DestinationS3Uri=f"s3://{BUCKET}/capture"))
    before = lab.account.clock.now()
    lab.ask(endpoint)

    lab.account.clock.step(timedelta(hours=1))

    keys = lab.keys(f"capture/{endpoint}/")
    assert len(keys) == 1
    assert keys[0].split("/")[-2] in (f"{before:%H}", f"{before + timedelta(minutes=1):%H}")
    lab.ask(endpoint)
    later = until(lambda: lab.keys(f"capture/{endpoint}/"), lambda found: len(found) == 2)
    assert later[1].split("/")[3:-1] == f"{before + timedelta(hours=1):AllTraffic/%Y/%m/%d/%H}".split("/")[1:]


def test_what_waits_is_written_when_the_endpoint_is_deleted(lab):
    endpoint = lab.serve(ANSWER, settings(DestinationS3Uri=f"s3://{BUCKET}/capture"))
    lab.ask(endpoint)

    lab.sm.delete_endpoint(EndpointName=endpoint)

    assert len(captured(lab, endpoint)) == 1


def test_describe_shows_the_capture_as_started(lab):
    endpoint = lab.serve(
        ANSWER, settings(DestinationS3Uri=f"s3://{BUCKET}/capture", InitialSamplingPercentage=20)
    )
    shown = lab.sm.describe_endpoint(EndpointName=endpoint)["DataCaptureConfig"]

    assert (shown["CaptureStatus"], shown["CurrentSamplingPercentage"]) == ("Started", 20)
