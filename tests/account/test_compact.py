"""Which journal entries may be forgotten: only those that nothing later can need."""

from itertools import count
from pathlib import Path
from typing import Any

import pytest

from sagelab.account.compact import superseded
from sagelab.account.journal import UPLOAD_NUMBER, Entry, Journal

S3 = {"authorization": "AWS4-HMAC-SHA256 Credential=local/20261122/us-east-1/s3/aws4_request, Signature=x"}


class Story:
    """Entries told one after the other, each known by a word."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.words: dict[int, str] = {}
        self._numbers = count(1)

    def s3(self, word: str, method: str, url: str, body: bytes = b"", **headers: str) -> "Story":
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._add(word, method, url, {**S3, **named}, body)

    def logs(self, word: str, operation: str, body: bytes) -> "Story":
        return self._add(word, "POST", "/", {"x-amz-target": f"Logs_20140328.{operation}"}, body)

    def _add(self, word: str, method: str, url: str, headers: dict[str, str], body: bytes) -> "Story":
        number = next(self._numbers)
        self.words[number] = word
        self.entries.append(Entry(0.0, 1, method, url, headers, body, number))
        return self

    @property
    def gone(self) -> list[str]:
        return [self.words[number] for number in sorted(superseded(self.entries))]


@pytest.fixture
def story() -> Story:
    return Story().s3("bucket", "PUT", "/b")


def test_an_overwritten_object_is_forgotten_with_its_tags(story: Story) -> None:
    story.s3("first", "PUT", "/b/k").s3("tags", "PUT", "/b/k?tagging").s3("other", "PUT", "/b/other")
    story.s3("second", "PUT", "/b/k?x-id=PutObject")

    assert story.gone == ["first", "tags"]


def test_a_deleted_object_is_forgotten_together_with_its_deletion(story: Story) -> None:
    story.s3("put", "PUT", "/b/k").s3("delete", "DELETE", "/b/k").s3("again", "PUT", "/b/k")

    assert story.gone == ["put", "delete"]


def test_keys_are_compared_decoded_and_by_either_address(story: Story) -> None:
    story.s3("path", "PUT", "/b/a%20b%2Fc").s3("host", "PUT", "/a%20b/c", host="b.s3.us-east-1.amazonaws.com")

    assert story.gone == ["path"]


def test_the_same_key_in_another_bucket_is_another_object(story: Story) -> None:
    story.s3("one", "PUT", "/b/k").s3("two", "PUT", "/c/k")

    assert story.gone == []


def test_many_deletions_at_once_count_as_each(story: Story) -> None:
    body = b"<Delete><Object><Key>a&amp;b</Key></Object><Object><Key>c</Key></Object></Delete>"
    story.s3("a", "PUT", "/b/a%26b").s3("c", "PUT", "/b/c").s3("d", "PUT", "/b/d").s3(
        "delete", "POST", "/b?delete", body
    )

    assert story.gone == ["a", "c", "delete"]


@pytest.mark.parametrize("setting", ["versioning", "notification", "replication", "logging"])
def test_a_bucket_that_tells_of_overwritten_objects_keeps_its_whole_story(story: Story, setting: str) -> None:
    story.s3("first", "PUT", "/b/k").s3("setting", "PUT", f"/b?{setting}").s3("second", "PUT", "/b/k")
    story.s3("delete", "DELETE", "/b/k")

    assert story.gone == []


def test_a_copied_object_keeps_its_story_because_the_copy_needs_it(story: Story) -> None:
    story.s3("source", "PUT", "/b/k").s3("copy", "PUT", "/b/copy", x_amz_copy_source="b/k")
    story.s3("overwritten", "PUT", "/b/k").s3("delete", "DELETE", "/b/k")

    assert story.gone == []


def test_an_overwritten_copy_is_forgotten(story: Story) -> None:
    story.s3("source", "PUT", "/b/k").s3("copy", "PUT", "/b/copy", x_amz_copy_source="/b/k?versionId=null")
    story.s3("plain", "PUT", "/b/copy")

    assert story.gone == ["copy"]


def upload(story: Story, number: str, end: str = "complete") -> None:
    story._add(f"begin {number}", "POST", "/b/k?uploads", {**S3, UPLOAD_NUMBER: number}, b"")
    story.s3(f"part {number}", "PUT", f"/b/k?partNumber=1&uploadId={number}")
    if end == "complete":
        story.s3(f"complete {number}", "POST", f"/b/k?uploadId={number}")
    elif end == "abort":
        story.s3(f"abort {number}", "DELETE", f"/b/k?uploadId={number}")


def test_an_upload_in_parts_replaces_what_was_there_and_stays_whole(story: Story) -> None:
    story.s3("before", "PUT", "/b/k")
    upload(story, "u1")

    assert story.gone == ["before"]


def test_an_overwritten_upload_in_parts_is_forgotten_whole(story: Story) -> None:
    upload(story, "u1")
    story.s3("after", "PUT", "/b/k")

    assert story.gone == ["begin u1", "part u1", "complete u1"]


def test_an_aborted_upload_is_forgotten_whole(story: Story) -> None:
    upload(story, "u1", end="abort")

    assert story.gone == ["begin u1", "part u1", "abort u1"]


def test_an_upload_that_is_not_finished_outlives_an_overwrite(story: Story) -> None:
    upload(story, "u1", end="open")
    story.s3("first", "PUT", "/b/k").s3("second", "PUT", "/b/k")

    assert story.gone == ["first"]


def test_a_part_copied_from_an_object_keeps_that_object(story: Story) -> None:
    story.s3("source", "PUT", "/b/s")
    story.s3("part", "PUT", "/b/k?partNumber=1&uploadId=u", x_amz_copy_source="b/s").s3(
        "later", "PUT", "/b/s"
    )

    assert story.gone == []


def test_a_deleted_bucket_is_forgotten_with_its_objects(story: Story) -> None:
    story.s3("policy", "PUT", "/b?policy").s3("put", "PUT", "/b/k").s3("delete", "DELETE", "/b/k")
    story.s3("other", "PUT", "/other").s3("other object", "PUT", "/other/k").s3(
        "delete bucket", "DELETE", "/b"
    )

    assert story.gone == ["bucket", "policy", "put", "delete", "delete bucket"]


def test_a_deleted_setting_of_a_bucket_is_not_a_deleted_bucket(story: Story) -> None:
    story.s3("policy", "PUT", "/b?policy").s3("no policy", "DELETE", "/b?policy")

    assert story.gone == []


def test_a_deleted_log_group_is_forgotten_with_its_events() -> None:
    story = Story()
    for group in ("a", "b"):
        body = f'{{"logGroupName": "{group}"}}'.encode()
        story.logs(f"create {group}", "CreateLogGroup", body).logs(f"events {group}", "PutLogEvents", body)
    story.logs("delete", "DeleteLogGroup", b'{"logGroupName": "a"}').logs(
        "create again", "CreateLogGroup", b'{"logGroupName": "a"}'
    )

    assert story.gone == ["create a", "events a", "delete"]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"logGroupName": 5}', b"\xff"])
def test_a_log_request_that_names_no_group_is_kept(body: bytes) -> None:
    assert Story().logs("odd", "PutRetentionPolicy", body).logs("no name", "DeleteLogGroup", body).gone == []


@pytest.mark.parametrize(
    "headers",
    [
        {
            "authorization": "AWS4-HMAC-SHA256 Credential=local/20261122/us-east-1/iam/aws4_request, Signature=x"
        },
        {"x-amz-target": "AWSEvents.PutRule", **S3},
    ],
)
def test_requests_to_other_services_are_kept(headers: dict[str, Any]) -> None:
    story = Story()._add("one", "PUT", "/b/k", headers, b"")._add("two", "PUT", "/b/k", headers, b"")

    assert story.gone == []


def test_an_unsigned_request_is_one_to_s3() -> None:
    """A presigned URL carries its signature in the query, and has no authorization header."""
    story = Story()._add("one", "PUT", "/b/k", {}, b"")._add("two", "PUT", "/b/k", {}, b"")

    assert story.gone == ["one"]


def test_the_journals_outlines_tell_as_much_as_the_whole(tmp_path: Path) -> None:
    """Bodies are read only where they say what an entry is about, so that large objects cost nothing."""
    journal = Journal(tmp_path / "j.db")
    story = Story().s3("bucket", "PUT", "/b").s3("big", "PUT", "/b/k", b"x" * 1000)
    story.s3("delete", "POST", "/b?delete", b"<Delete><Object><Key>k</Key></Object></Delete>")
    story.logs("create", "CreateLogGroup", b'{"logGroupName": "g"}').logs(
        "drop", "DeleteLogGroup", b'{"logGroupName": "g"}'
    )
    for entry in story.entries:
        journal.append(entry)

    outlines = list(journal.outlines())
    gone = superseded(outlines)
    journal.close()

    assert [len(entry.body) for entry in outlines][:2] == [0, 0]
    assert [story.words[number] for number in sorted(gone)] == ["big", "delete", "create", "drop"]
