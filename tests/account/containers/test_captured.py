"""Captured invocations, ground truth labels, and how the two are merged."""

import base64
import json

import pytest
from capturelab import event, label, write

from sagelab.account.containers import captured, groundtruth_merger
from sagelab.account.containers.job import Job
from sagelab.errors import SagelabError


def test_the_answer_stands_before_the_request():
    """AWS's default, output_columns_position START."""
    found = captured.records([event("25,0", "0.08")])

    assert captured.columns(found, ["endpointInput", "endpointOutput"]) == [["0.08", "25", "0"]]
    assert captured.columns(found, ["endpointInput", "endpointOutput"], output_first=False) == [
        ["25", "0", "0.08"]
    ]
    assert captured.columns(found, ["endpointOutput"]) == [["0.08"]]


@pytest.mark.parametrize(
    ("text", "encoding", "kind"),
    [
        ("1,yes", "CSV", "text/csv"),
        ('[1, "yes"]', "JSON", "application/json"),
        ('{"age": 1, "ok": "yes"}', "JSON", "application/json"),
        (base64.b64encode(b"1,yes\n").decode(), "BASE64", "text/csv"),
        (base64.b64encode(b'[1, "yes"]').decode(), "BASE64", "application/json"),
    ],
)
def test_each_encoding_is_read_to_the_same_row(text, encoding, kind):
    assert captured.cells({"data": text, "encoding": encoding, "observedContentType": kind}) == [["1", "yes"]]


def test_a_request_with_several_rows_is_read_as_rows_and_warned_about(capsys):
    found = captured.records([event("1,2\n3,4\n", "0.1\n0.2\n")])

    assert [record.output for record in found] == [["0.1"], ["0.2"]]
    assert "WARNING 1 capture records hold several rows each" in capsys.readouterr().out


def test_rows_without_an_answer_each_are_one_sentence():
    with pytest.raises(
        SagelabError, match="event e-1 has 2 input rows, 1 output rows; a row needs one of each"
    ):
        captured.records([event("1\n2", "0.1")])


def test_only_events_of_the_analyzed_hours_are_read(tmp_path):
    """A whole day may have been downloaded for a window of two hours."""
    times = [f"2026-11-22T{hour:02}:30:00Z" for hour in (9, 10, 11, 12)]
    path = write(tmp_path / "a.jsonl", [event("1", "2", time, inferenceTime=time) for time in times])
    window = {"start_time": "2026-11-22T10:00:05Z", "end_time": "2026-11-22T12:00:00Z"}

    assert [captured.event_id(found) for found in captured.read_events([path], window)] == times[1:3]
    assert len(captured.read_events([path], {})) == 4


def test_a_file_that_is_not_a_capture_is_one_sentence():
    with pytest.raises(SagelabError, match="has no captureData: it was not written by data capture"):
        captured.records([{"some": "json"}])


# -- merging -------------------------------------------------------------------------------------------------------
def test_labels_find_their_event_and_the_callers_id_wins():
    events = [event("1", "0", "e-1", inferenceId="i-1"), event("2", "0", "e-2"), event("3", "0", "e-3")]
    labels = captured.labels_by_id([label("i-1", "1"), label("e-1", "0"), label("e-2", "0")])

    merged = captured.merge(events, labels)

    assert [(captured.event_id(found), found["groundTruthData"]["data"]) for found in merged] == [
        ("i-1", "1"),
        ("e-2", "0"),
    ]
    assert captured.records(merged)[0].truth == "1"


def test_a_later_label_for_the_same_event_wins():
    labels = captured.labels_by_id([label("e-1", "0"), label("e-1", "1")])

    assert labels["e-1"]["data"] == "1"


def test_a_line_that_is_no_label_is_one_sentence():
    with pytest.raises(SagelabError, match=r"needs groundTruthData and eventMetadata\.eventId"):
        captured.labels_by_id([{"data": "1"}])


def merger(tmp_path) -> Job:
    told = {
        "dataset_source": str(tmp_path / "captures"),
        "ground_truth_source": str(tmp_path / "labels"),
        "output_path": str(tmp_path / "out"),
    }
    return Job(told, tmp_path / "ml" / "processing")


def test_the_merger_keeps_the_hour_folders_and_counts(tmp_path):
    hour = "e1/blue/2026/11/22/10"
    write(tmp_path / "captures" / hour / "a.jsonl", [event("1", "0", "e-1"), event("2", "0", "e-2")])
    write(tmp_path / "labels/2026/11/22/11/l.jsonl", [label("e-2")])

    told = groundtruth_merger.main(merger(tmp_path))

    assert told == "Completed: merged 1 of 2 captured events with 1 ground truth labels."
    merged = [json.loads(line) for line in (tmp_path / "out" / hour / "a.jsonl").read_text().splitlines()]
    assert [found["eventMetadata"]["eventId"] for found in merged] == ["e-2"]
    assert merged[0]["groundTruthData"] == {"data": "1", "encoding": "CSV"}


def test_labels_that_match_nothing_are_one_sentence(tmp_path):
    write(tmp_path / "captures/a.jsonl", [event("1", "0", "e-1")])
    write(tmp_path / "labels/l.jsonl", [label("client-7")])

    with pytest.raises(
        SagelabError, match="None of 1 captured events has a ground truth label: 1 labels were found"
    ):
        groundtruth_merger.main(merger(tmp_path))


def test_a_broken_line_is_named(tmp_path):
    write(tmp_path / "captures/a.jsonl", [event("1", "0", "e-1")])
    (tmp_path / "captures/a.jsonl").open("a").write("{oops\n")
    write(tmp_path / "labels/l.jsonl", [label("e-1")])

    with pytest.raises(SagelabError, match=r"a\.jsonl, line 2: not JSON"):
        groundtruth_merger.main(merger(tmp_path))
