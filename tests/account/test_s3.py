"""Files between S3 and a job's folder."""

import io
import tarfile

import pytest
from botocore.exceptions import ClientError
from joblab import BUCKET, Lab

from sagelab.account import s3


@pytest.fixture(scope="module")
def lab(account):
    return Lab(account)


def test_a_uri_is_split_and_joined():
    assert s3.split("s3://bucket/a/b") == ("bucket", "a/b")
    assert s3.split("s3://bucket") == ("bucket", "")
    assert s3.join("s3://bucket/a/", "/b/", "c") == "s3://bucket/a/b/c"
    with pytest.raises(ValueError, match="write s3://bucket/key"):
        s3.split("https://bucket/key")


@pytest.mark.parametrize(
    ("prefix", "names"),
    [
        ("tree/", {"a.csv", "deep/b.csv", "deeper.csv"}),
        ("tree", {"a.csv", "deep/b.csv", "deeper.csv"}),
        ("tree/a.csv", {"a.csv"}),
        ("tree/deep", {"deep/b.csv", "deeper.csv"}),
        ("tree/deep/", {"b.csv"}),
    ],
)
def test_names_are_what_sagemaker_makes_of_keys(lab, tmp_path, prefix, names):
    root = lab.unique("names")
    for key in ("a.csv", "deep/b.csv", "deeper.csv", "folder/"):
        lab.put(f"{root}/tree/{key}", key)

    s3.download(lab.s3, f"s3://{BUCKET}/{root}/{prefix}", tmp_path)

    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert found == names


def test_every_page_of_a_listing_is_read():
    class Pages:
        def get_paginator(self, operation):
            assert operation == "list_objects_v2"
            return self

        def paginate(self, Bucket, Prefix):  # noqa: N803  # boto3's names
            return [{"Contents": [{"Key": "a"}]}, {}, {"Contents": [{"Key": "b/"}, {"Key": "b/c"}]}]

    assert list(s3.list_keys(Pages(), "s3://bucket/")) == ["a", "b/c"]


def test_a_key_cannot_climb_out_of_the_folder(tmp_path):
    assert s3.inside(tmp_path, "../../etc/passwd") == tmp_path / "etc" / "passwd"


def test_nothing_there_is_told_in_awss_sentence(lab, tmp_path):
    with pytest.raises(
        s3.MissingDataError, match=r"No S3 objects found under S3 URL .* in the selected region \(us-east-1\)"
    ):
        s3.download(lab.s3, f"s3://{BUCKET}/{lab.unique('nothing')}/", tmp_path)


def test_a_folder_comes_back_as_it_went(lab, tmp_path):
    (tmp_path / "up" / "deep").mkdir(parents=True)
    (tmp_path / "up" / "a.bin").write_bytes(bytes(range(256)) * 10_000)
    (tmp_path / "up" / "deep" / "b.txt").write_text("b")
    uri = f"s3://{BUCKET}/{lab.unique('folder')}"

    s3.upload(lab.s3, tmp_path / "up", uri)
    s3.download(lab.s3, uri, tmp_path / "down")

    assert (tmp_path / "down" / "a.bin").read_bytes() == (tmp_path / "up" / "a.bin").read_bytes()
    assert (tmp_path / "down" / "deep" / "b.txt").read_text() == "b"


def test_an_archive_comes_back_as_it_went(lab, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "m.txt").write_text("m")
    uri = f"s3://{BUCKET}/{lab.unique('archive')}.tar.gz"

    s3.upload_tar(lab.s3, tmp_path / "model", uri)
    s3.unpack(lab.s3, uri, tmp_path / "again")

    assert (tmp_path / "again" / "m.txt").read_text() == "m"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again", "model"]


def archive_with(name, kind=tarfile.REGTYPE, link=""):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, link
        tar.addfile(member, io.BytesIO())
    return buffer.getvalue()


@pytest.mark.parametrize(
    "body",
    [
        b"no archive",
        archive_with("x")[:20],
        archive_with("../out.txt"),
        archive_with("link", tarfile.SYMTYPE, "/etc/passwd"),
    ],
    ids=["text", "cut short", "climbs out", "links out"],
)
def test_a_bad_archive_is_refused(lab, tmp_path, body):
    uri = lab.put(f"{lab.unique('bad')}.tar.gz", body)

    with pytest.raises(s3.BadArchiveError):
        s3.unpack(lab.s3, uri, tmp_path / "there")
    assert not (tmp_path / "out.txt").exists()


def test_an_archive_that_is_not_there_is_the_clients_error(lab, tmp_path):
    with pytest.raises(ClientError):
        s3.unpack(lab.s3, f"s3://{BUCKET}/gone.tar.gz", tmp_path / "there")
