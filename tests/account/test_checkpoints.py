"""A folder that a running job writes to, and its prefix in S3."""

from pathlib import Path
from typing import Any

from sagelab.account.checkpoints import FolderSync


class Writing:
    """An S3 client during whose uploads the job writes on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.objects: dict[str, bytes] = {}

    def put_object(self, **request: Any) -> None:
        with self.path.open("ab") as file:
            file.write(b"second line\n")
        self.objects[request["Key"]] = request["Body"].read()


def test_a_file_that_grows_while_it_is_sent_arrives_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "tensors.jsonl"
    path.write_bytes(b"first line\n")
    client = Writing(path)
    sync = FolderSync(client, tmp_path, "s3://bucket/job")

    sync.close()
    assert client.objects == {"job/tensors.jsonl": b"first line\n"}
    sync.close()
    assert client.objects == {"job/tensors.jsonl": b"first line\nsecond line\n"}
