"""Cuts an object into records, and packs records into the mini-batches that one invocation takes."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

RECORDIO_MAGIC = 0xCED7230A


class BadRecordError(Exception):
    """An object that cannot be cut as asked, or a record that is larger than a payload may be."""


def mini_batches(path: Path, split: str, strategy: str, limit: int) -> Iterator[list[bytes]]:
    """The records of a file, as many together as the strategy and `limit` bytes allow (0 for no limit).

    RecordIO and TFRecord records keep their framing, so that a payload is such a file again.
    """
    with path.open("rb") as file:
        if split == "None":
            records: Iterable[bytes] = [file.read()]
        else:
            records = {"Line": lines, "RecordIO": recordio, "TFRecord": tfrecord}[split](file)
        yield from pack(records, 1 if strategy == "SingleRecord" or split == "None" else 0, limit)


def pack(records: Iterable[bytes], most: int, limit: int) -> Iterator[list[bytes]]:
    """Records together up to `limit` bytes, and up to `most` of them; 0 stands for any number."""
    batch: list[bytes] = []
    size = 0
    for record in records:
        if limit and len(record) > limit:
            raise BadRecordError(
                f"Too much data for max payload size: a record has {len(record)} bytes, MaxPayloadInMB allows {limit}."
            )
        if batch and (len(batch) == most or (limit and size + len(record) + 1 > limit)):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += len(record) + 1
    if batch:
        yield batch


def lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a text, without their ends; empty ones hold no record."""
    for line in file:
        if record := line.rstrip(b"\r\n"):
            yield record


def recordio(file: BinaryIO) -> Iterator[bytes]:
    """MXNet RecordIO: a magic number, three bits of flag and 29 of length, the data, padding to four bytes."""
    while head := file.read(8):
        magic, length = int.from_bytes(head[:4], "little"), int.from_bytes(head[4:], "little")
        if len(head) < 8 or magic != RECORDIO_MAGIC:
            raise BadRecordError(
                "The object is no RecordIO file: a record does not begin with the magic number."
            )
        if length >> 29:
            raise BadRecordError("The object has RecordIO records in several parts, which are not supported.")
        yield head + whole(file, (length & 0x1FFFFFFF) + 3 & ~3)


def tfrecord(file: BinaryIO) -> Iterator[bytes]:
    """TFRecord: the length in 8 bytes, its checksum in 4, the data, its checksum in 4."""
    while head := file.read(12):
        if len(head) < 12:
            raise BadRecordError("The object is no TFRecord file: it ends within a record.")
        yield head + whole(file, int.from_bytes(head[:8], "little") + 4)


def whole(file: BinaryIO, size: int) -> bytes:
    """The next `size` bytes; BadRecordError where there are fewer."""
    data = file.read(size)
    if len(data) < size:
        raise BadRecordError("The object ends within a record.")
    return data
