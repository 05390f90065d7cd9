"""Which journal entries no longer matter: overwritten and deleted objects, deleted buckets and log groups.

Only what is certain is dropped. Buckets that ever had versioning and objects that were copied keep their whole
story, because later entries may need it.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import parse_qs, unquote, urlsplit

from .journal import UPLOAD_NUMBER, Entry

Target = tuple[str, str]  # bucket and key; an empty key is the bucket itself

BUCKET_HOST = re.compile(r"(.+?)\.s3[.-].*amazonaws\.com(?:$|:)")
KEYS = re.compile(r"<Key>(.*?)</Key>", re.DOTALL)
HARMLESS = {"x-id"}
TELLING = {"versioning", "notification", "replication", "logging"}  # then an overwritten object matters too


def superseded(entries: Iterable[Entry]) -> set[int]:
    """The numbers of the entries that can go."""
    story = Story()
    for entry in entries:
        story.tell(entry)
    return story.gone


@dataclass
class Story:
    """What the entries so far have left behind."""

    gone: set[int] = field(default_factory=set)
    objects: dict[Target, list[int]] = field(
        default_factory=dict
    )  # entries that an overwrite makes pointless
    uploads: dict[str, list[int]] = field(default_factory=dict)
    buckets: dict[str, list[int]] = field(default_factory=dict)
    groups: dict[str, list[int]] = field(default_factory=dict)
    kept: set[Target] = field(default_factory=set)
    telling: set[str] = field(default_factory=set)

    def tell(self, entry: Entry) -> None:
        """Take in the next entry."""
        scope = entry.headers.get("authorization", "")
        if "Logs_20140328." in entry.headers.get("x-amz-target", ""):
            self._logs(entry)
        elif "x-amz-target" not in entry.headers and ("/s3/" in scope or "/aws4_request" not in scope):
            self._s3(entry)

    def _logs(self, entry: Entry) -> None:
        group = _log_group(entry.body)
        if group is None:
            return
        numbers = self.groups.setdefault(group, [])
        numbers.append(entry.number)
        if entry.headers["x-amz-target"].endswith(".DeleteLogGroup"):
            self.gone.update(self.groups.pop(group))

    def _s3(self, entry: Entry) -> None:
        (bucket, key), query = target(entry), set(_query(entry))
        if not key:
            self._bucket(entry, bucket, query)
        elif "uploadId" in query or "uploads" in query:
            self._upload(entry, (bucket, key), query)
        elif query - HARMLESS:
            self._object(entry, (bucket, key), replaces=False)  # tags, ACL, or one version
        else:
            self._object(entry, (bucket, key), replaces=True)

    def _bucket(self, entry: Entry, bucket: str, query: set[str]) -> None:
        self.buckets.setdefault(bucket, []).append(entry.number)
        if query & TELLING:
            self.telling.add(bucket)
        elif entry.method == "POST" and "delete" in query:
            keys = [unescape(key) for key in KEYS.findall(entry.body.decode("utf-8", "replace"))]
            forgotten = [self._forget((bucket, key)) for key in keys]
            if all(forgotten):
                self.gone.add(entry.number)
        elif entry.method == "DELETE" and not query - HARMLESS and bucket not in self.telling:
            self._forget_bucket(bucket)

    def _forget_bucket(self, bucket: str) -> None:
        names = [name for name in self.objects if name[0] == bucket]
        forgotten = [self._forget(name) for name in names]
        if all(forgotten):
            self.gone.update(self.buckets.pop(bucket))

    def _upload(self, entry: Entry, name: Target, query: set[str]) -> None:
        upload = entry.headers.get(UPLOAD_NUMBER) or _query(entry).get("uploadId", [""])[0]
        numbers = self.uploads.setdefault(upload, [])
        numbers.append(entry.number)
        self._source(entry)
        if entry.method == "DELETE":
            self.gone.update(self.uploads.pop(upload))
        elif entry.method == "POST" and "uploads" not in query:
            self._object(entry, name, replaces=True)
            self.objects[name].extend(self.uploads.pop(upload))

    def _object(self, entry: Entry, name: Target, *, replaces: bool) -> None:
        self._source(entry)
        if replaces and self._forget(name) and entry.method == "DELETE":
            self.gone.add(entry.number)
            return
        self.objects.setdefault(name, []).append(entry.number)

    def _forget(self, name: Target) -> bool:
        """Drop what an object was before; False where that is still needed."""
        if name in self.kept or name[0] in self.telling:
            return False
        self.gone.update(self.objects.pop(name, []))
        return True

    def _source(self, entry: Entry) -> None:
        source = entry.headers.get("x-amz-copy-source")
        if source:
            bucket, _, key = unquote(source).lstrip("/").partition("/")
            self.kept.add((bucket, key.partition("?versionId=")[0]))


def target(entry: Entry) -> Target:
    """The bucket and the key of an S3 request, by path or by host."""
    path = unquote(urlsplit(entry.url).path).lstrip("/")
    host = BUCKET_HOST.match(entry.headers.get("host", ""))
    if host:
        return host[1], path
    bucket, _, key = path.partition("/")
    return bucket, key


def _query(entry: Entry) -> dict[str, list[str]]:
    return parse_qs(urlsplit(entry.url).query, keep_blank_values=True)


def _log_group(body: bytes) -> str | None:
    try:
        name = json.loads(body).get("logGroupName")
    except (ValueError, AttributeError):
        return None
    return name if isinstance(name, str) else None
