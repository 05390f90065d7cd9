"""Which objects a transform job reads, and where each one's answers go."""

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from .. import s3
from ..jobs import JobError


@dataclass(frozen=True)
class Source:
    """One object: where it is, and its name below the input's prefix."""

    uri: str
    name: str


def sources(client: Any, job: dict[str, Any], role: str, region: str) -> list[Source]:
    """The objects of a job, in order; JobError in AWS's words where there are none."""
    where = job["TransformInput"]["DataSource"]["S3DataSource"]
    if where["S3DataType"] == "ManifestFile":
        return listed(client, where["S3Uri"])
    try:
        place = s3.split(where["S3Uri"])
        keys = list(s3.list_keys(client, where["S3Uri"]))
    except (ClientError, ValueError) as error:
        raise JobError(f"ClientError: Failed to read the input data. {error}") from None
    if not keys:
        raise JobError(
            f'ClientError: No S3 objects found under S3 URL "{place.uri}" given in input data source. Please ensure '
            f"that the bucket exists in the selected region ({region}), that objects exist under that S3 prefix, and "
            f'that the role "{role}" has "s3:ListBucket" permissions on bucket "{place.bucket}".'
        )
    base = s3.base_of(place.key, keys)
    return [Source(s3.Location(place.bucket, key).uri, key.removeprefix(base)) for key in keys]


def listed(client: Any, uri: str) -> list[Source]:
    """The objects that a manifest lists: an object with the prefix, then names below it."""
    try:
        where = s3.split(uri)
        first, *names = json.loads(client.get_object(Bucket=where.bucket, Key=where.key)["Body"].read())
        prefix = str(first["prefix"])
        s3.split(prefix)
        found = [Source(prefix + str(name), str(name).lstrip("/")) for name in names]
    except (ClientError, ValueError, TypeError, KeyError) as error:
        raise JobError(f"ClientError: The manifest {uri} cannot be read: {error}") from None
    if not found:
        raise JobError(f"ClientError: The manifest {uri} lists no objects.")
    return found
