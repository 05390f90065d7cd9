"""CloudWatch log streams of jobs and endpoints."""

import time
from contextlib import suppress
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from .batches import Batches
from .clock import Clock

MOST_BYTES = 5_000_000  # of one stream: the log lives in the account's memory
MOST_LINE = 16_384


class Line(NamedTuple):
    """A line and when it was printed, on the machine's monotonic clock."""

    printed: float
    message: str


class LogStream:
    """A stream of log lines, sent to CloudWatch Logs in batches.

    Events carry the account's time, counted back from the moment of sending: CloudWatch refuses events from
    another fortnight, and the clock may have been stepped since a line was printed.
    """

    def __init__(self, client: Any, clock: Clock, group: str, stream: str) -> None:
        self._client, self._clock, self.group, self.stream = client, clock, group, stream
        self._room = MOST_BYTES
        self._made = False
        self._batches: Batches[Line] = Batches(self._send, full=1000, idle=0.1, oldest=0.5)

    def add(self, line: str) -> None:
        """Log one line; past 5 MB one last line says that the rest was dropped."""
        if self._room <= 0:
            return
        line = line[:MOST_LINE]
        self._room -= len(line) + 1
        if self._room <= 0:
            line = f"The log is longer than {MOST_BYTES:,} bytes; the rest is dropped."
        self._batches.add(Line(time.monotonic(), line or " "))

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

    def _send(self, lines: list[Line]) -> None:
        self._make()
        start = self._clock.time() - time.monotonic()
        self._client.put_log_events(
            logGroupName=self.group,
            logStreamName=self.stream,
            logEvents=[
                {"timestamp": int((start + line.printed) * 1000), "message": line.message} for line in lines
            ],
        )
