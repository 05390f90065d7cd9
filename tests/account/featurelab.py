"""A feature store for tests: groups that are ready, records in one line, the offline store as rows."""

import time
from io import BytesIO
from pathlib import Path

import duckdb
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::123456789012:role/SageMakerRole"
TYPES = {"client": "Integral", "at": "String", "bill": "Fractional", "note": "String"}


def definitions(types=None):
    """FeatureDefinitions out of {"client": "Integral"}."""
    return [{"FeatureName": name, "FeatureType": kind} for name, kind in (types or TYPES).items()]


def record(**values):
    """A PutRecord's Record out of client=1, at="..."; lists become lists."""
    return [
        {"FeatureName": name, "ValueAsStringList": value}
        if isinstance(value, list)
        else {"FeatureName": name, "ValueAsString": str(value)}
        for name, value in values.items()
    ]


def until(ask, reached, seconds=60):
    """What `ask` says once it is what was wanted."""
    end = time.monotonic() + seconds
    while not reached(found := ask()):
        assert time.monotonic() < end, f"still {found}"
        time.sleep(0.02)
    return found


def refusal(call, **params):
    """The code and the sentence with which a call is refused."""
    try:
        answer = call(**params)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    raise AssertionError(f"it was not refused: {answer}")


class FeatureLab:
    """The clients of one account."""

    def __init__(self, client, unique):
        self.sm, self.s3 = client("sagemaker"), client("s3")
        self.runtime, self.unique = client("sagemaker-featurestore-runtime"), unique
        self.bucket = unique("lake")
        self.s3.create_bucket(Bucket=self.bucket)

    def request(self, online=True, offline=True, types=None, **more):
        """A CreateFeatureGroup request."""
        request = {
            "FeatureGroupName": self.unique("clients"),
            "RecordIdentifierFeatureName": "client",
            "EventTimeFeatureName": "at",
            "FeatureDefinitions": definitions(types),
        }
        if online:
            request["OnlineStoreConfig"] = {"EnableOnlineStore": True}
        if offline:
            request["OfflineStoreConfig"] = {"S3StorageConfig": {"S3Uri": f"s3://{self.bucket}/store"}}
            request["RoleArn"] = ROLE
        return {**request, **more}

    def group(self, **options):
        """The name of a new group that is ready."""
        request = self.request(**options)
        self.sm.create_feature_group(**request)
        described = self.settled(request["FeatureGroupName"])
        assert described["FeatureGroupStatus"] == "Created", described
        return request["FeatureGroupName"]

    def settled(self, name):
        """The description of a group that is no longer being made."""
        describe = lambda: self.sm.describe_feature_group(FeatureGroupName=name)  # noqa: E731
        return until(describe, lambda found: found["FeatureGroupStatus"] not in ("Creating", "Deleting"))

    def put(self, group, options=None, **values):
        """PutRecord."""
        self.runtime.put_record(FeatureGroupName=group, Record=record(**values), **(options or {}))

    def get(self, group, client, **options):
        """The record of a client as {"bill": "3"}, None where there is none."""
        answer = self.runtime.get_record(
            FeatureGroupName=group, RecordIdentifierValueAsString=str(client), **options
        )
        if "Record" not in answer:
            return None
        return {
            feature["FeatureName"]: feature.get("ValueAsString", feature.get("ValueAsStringList"))
            for feature in answer["Record"]
        }

    def delete(self, group, client, at, **options):
        """DeleteRecord."""
        self.runtime.delete_record(
            FeatureGroupName=group, RecordIdentifierValueAsString=str(client), EventTime=at, **options
        )

    def files(self, group):
        """The keys of a group's offline store, without what comes before the partition."""
        config = self.sm.describe_feature_group(FeatureGroupName=group)["OfflineStoreConfig"]
        prefix = config["S3StorageConfig"]["ResolvedOutputS3Uri"].removeprefix(f"s3://{self.bucket}/") + "/"
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        found = (item["Key"] for page in pages for item in page.get("Contents", []))
        return {key.removeprefix(prefix): key for key in found}

    def history(self, group, folder):
        """The offline store as a list of {column: value}, in no order."""
        rows = []
        for number, key in enumerate(self.files(group).values()):
            path = Path(folder, f"{group}-{number}.parquet")
            body = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
            path.write_bytes(BytesIO(body).getvalue())
            result = duckdb.connect().execute("SELECT * FROM read_parquet(?)", [str(path)])
            names = [column[0] for column in result.description]
            rows += [dict(zip(names, row, strict=True)) for row in result.fetchall()]
        return rows
