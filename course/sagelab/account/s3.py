"""Files between S3 and a job's folder: streamed, never a whole object in memory."""

import re
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

S3_URI = re.compile(r"s3://(?P<bucket>[^/]+)/?(?P<key>.*)", re.DOTALL)


class MissingDataError(Exception):
    """S3 holds nothing where a job expects data; the text is AWS's sentence."""


class BadArchiveError(Exception):
    """An object is no .tar.gz that may be unpacked here; the text says what is wrong with it."""


class Location(NamedTuple):
    """An S3 URI in two parts."""

    bucket: str
    key: str

    @property
    def uri(self) -> str:
        """The URI again."""
        return f"s3://{self.bucket}/{self.key}"


def split(uri: str) -> Location:
    """`s3://bucket/a/b` as ("bucket", "a/b"); ValueError for anything else."""
    match = S3_URI.fullmatch(uri)
    if not match:
        raise ValueError(f'"{uri}" is not an S3 URI; write s3://bucket/key')
    return Location(match["bucket"], match["key"])


def join(uri: str, *parts: str) -> str:
    """An S3 URI with more parts behind it, one slash between each."""
    return "/".join([uri.rstrip("/"), *(part.strip("/") for part in parts)])


def exists(client: Any, uri: str) -> bool:
    """Whether there is an object at `uri`."""
    where = split(uri)
    if not where.key:
        return False
    try:
        client.head_object(Bucket=where.bucket, Key=where.key)
    except ClientError:
        return False
    return True


def list_keys(client: Any, uri: str) -> Iterator[str]:
    """Every key that starts with the URI's key, in order, "folder" markers left out."""
    where = split(uri)
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=where.bucket, Prefix=where.key)
    for page in pages:
        for found in page.get("Contents", []):
            if not found["Key"].endswith("/"):
                yield found["Key"]


def base_of(prefix: str, keys: list[str]) -> str:
    """What SageMaker strips from keys to get file names: the prefix if it is a folder, else its folder."""
    if not prefix or prefix.endswith("/"):
        return prefix
    if all(key.startswith(prefix + "/") for key in keys):
        return prefix + "/"
    return prefix.rpartition("/")[0] + "/" if "/" in prefix else ""


def insist(client: Any, uri: str, role: str = "", region: str = "us-east-1") -> None:
    """MissingDataError, in AWS's sentence, where no object stands under a prefix."""
    trouble = ""
    try:
        if next(list_keys(client, uri), None) is not None:
            return
    except ClientError as error:
        trouble = f" Error message from S3: {error.response['Error']['Message']}"
    raise MissingDataError(
        f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket '
        f"exists in the selected region ({region}), that objects exist under that S3 prefix, and that the role "
        f'"{role}" has "s3:ListBucket" permissions on bucket "{split(uri).bucket}".{trouble}'
    )


def download(
    client: Any,
    uri: str,
    folder: Path,
    role: str = "",
    region: str = "us-east-1",
    *,
    share: tuple[int, int] = (0, 1),
) -> list[Path]:
    """Download every object under a prefix into `folder`; MissingDataError where there is none.

    With a share (i, n) only every n-th key from the i-th on, which is what ShardedByS3Key gives to machine i of n.
    """
    where = split(uri)
    folder.mkdir(parents=True, exist_ok=True)
    insist(client, uri, role, region)
    keys = list(list_keys(client, uri))
    base = base_of(where.key, keys)
    return [
        fetch(client, Location(where.bucket, key).uri, inside(folder, key.removeprefix(base)))
        for key in keys[share[0] :: share[1]]
    ]


def inside(folder: Path, name: str) -> Path:
    """`folder/name`, with every part that would climb out of the folder dropped."""
    parts = [part for part in PurePosixPath(name).parts if part not in ("..", "/")]
    return folder.joinpath(*parts)


def fetch(client: Any, uri: str, path: Path) -> Path:
    """Download one object to `path`."""
    where = split(uri)
    path.parent.mkdir(parents=True, exist_ok=True)
    body = client.get_object(Bucket=where.bucket, Key=where.key)["Body"]
    with path.open("wb") as file:
        shutil.copyfileobj(body, file, 1 << 20)
    return path


def upload(client: Any, folder: Path, uri: str) -> list[str]:
    """Upload every file below `folder`; the URIs, in order."""
    uris = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        target = join(uri, path.relative_to(folder).as_posix())
        send(client, path, target)
        uris.append(target)
    return uris


def send(client: Any, path: Path, uri: str) -> None:
    """Upload one file."""
    where = split(uri)
    with path.open("rb") as file:
        client.put_object(Bucket=where.bucket, Key=where.key, Body=file)


def upload_tar(client: Any, folder: Path, uri: str) -> None:
    """Upload what `folder` holds as one .tar.gz, its names relative to the folder."""
    archive = folder.with_name(folder.name + ".tar.gz")
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
        for path in sorted(folder.iterdir()):
            tar.add(path, path.name)
    send(client, archive, uri)
    archive.unlink()


def unpack(client: Any, uri: str, folder: Path) -> None:
    """Download a .tar.gz and unpack it into `folder`; members that would leave it make a BadArchiveError."""
    folder.mkdir(parents=True, exist_ok=True)
    archive = fetch(client, uri, folder.with_name(folder.name + ".tar.gz"))
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise BadArchiveError(f"{type(error).__name__}: {error}") from None
    finally:
        archive.unlink()
