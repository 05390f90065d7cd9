"""CloudWatch log streams of jobs and endpoints."""

import time
from contextlib import suppress
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from .batches import Batches

MOST_BYTES = 5_000_000  # of one stream: the log lives in the account's memory
MOST_LINE = 16_384


class Event(NamedTuple):
    """A line and when it was printed, in milliseconds since 1970."""

    timestamp: int
    message: str


class LogStream:
    """A stream of log lines, sent to CloudWatch Logs in batches.

    Events carry the machine's time, not the account's: CloudWatch refuses events from another fortnight, and a
    stepped clock may stand anywhere.
    """

    def __init__(self, client: Any, group: str, stream: str) -> None:
        self._client, self.group, self.stream = client, group, stream
        self._room = MOST_BYTES
        self._made = False
        self._batches: Batches[Event] = Batches(self._send, full=1000, idle=0.1, oldest=0.5)

    def add(self, line: str) -> None:
        """Log one line; past 5 MB one last line says that the rest was dropped."""
        if self._room <= 0:
            return
        line = line[:MOST_LINE]
        self._room -= len(line) + 1
        if self._room <= 0:
            line = f"The log is longer than {MOST_BYTES:,} bytes; the rest is dropped."
        self._batches.add(Event(int(time.time() * 1000), line or " "))

    def close(self) -> None:
        """Send the rest; the stream exists afterwards, even when nothing was printed."""
        self._batches.close()
        self._make()

    def _make(self) -> None:
        if self._made:
            return
        self._made = True
        with suppress(ClientError):
            self._client.create_log_group(logGroupName=self.group)
        with suppress(ClientError):
            self._client.create_log_stream(logGroupName=self.group, logStreamName=self.stream)

    def _send(self, events: list[Event]) -> None:
        self._make()
        self._client.put_log_events(
            logGroupName=self.group,
            logStreamName=self.stream,
            logEvents=[event._asdict() for event in events],
        )
