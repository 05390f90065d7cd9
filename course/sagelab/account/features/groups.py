"""Feature groups: CreateFeatureGroup and what follows it until the group is gone."""

import threading
import uuid
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from .. import s3
from ..catalog import CATALOG, FEATURE_STORE, Catalog, TableExists
from ..control import ApiError, ControlPlane, Record
from . import schema
from .listing import list_groups
from .metadata import FeatureMetadata
from .offline import CannotWrite, OfflineStore
from .records import Records

NOUN = "FeatureGroup"
MOST_GROUPS = 100
PROVISIONING_SECONDS = 0.5  # AWS needs some seconds too: who does not wait meets the status Creating
PARTITIONS = ("year", "month", "day", "hour")


class FeatureGroups:
    """The control plane of Feature Store."""

    def __init__(self, plane: ControlPlane, records: Records, offline: OfflineStore) -> None:
        self._plane, self._records, self._offline = plane, records, offline
        self._catalog = Catalog(plane.store)
        self._metadata = FeatureMetadata(plane)
        plane.checks("CreateFeatureGroup", self.check)
        plane.executes("CreateFeatureGroup", self.create)
        plane.answers("DescribeFeatureGroup", self.describe)
        plane.answers("ListFeatureGroups", self.list)
        plane.answers("UpdateFeatureGroup", self.update)
        plane.answers("DeleteFeatureGroup", self.delete)
        plane.on_start(self.resume)

    # -- operations --------------------------------------------------------------------------------------------
    def check(self, params: Record) -> None:
        """Refuse a group that AWS would refuse."""
        groups = self._plane.records(NOUN)
        name = params["FeatureGroupName"]
        if any(group["FeatureGroupName"].lower() == name.lower() for group in groups):
            raise ApiError(
                f"Resource Already Exists: FeatureGroup with name {name} already exists. Choose a different name.\n"
                f"Info: Feature Group '{name}' already exists.",
                "ResourceInUse",
            )
        if len(groups) >= MOST_GROUPS:
            raise ApiError(
                schema.limit("feature groups", MOST_GROUPS, MOST_GROUPS + 1), "ResourceLimitExceeded"
            )
        schema.check_group(params)
        if "RoleArn" in params:
            self._check_role(params["RoleArn"])
        if "OfflineStoreConfig" in params:
            self._check_bucket(params["OfflineStoreConfig"]["S3StorageConfig"]["S3Uri"])

    def create(self, group: Record) -> None:
        """Begin to make the stores of a new group."""
        offline = group.get("OfflineStoreConfig")
        if offline:
            storage = offline["S3StorageConfig"]
            folder = f"{group['FeatureGroupName']}-{int(group['CreationTime'])}"
            path = (self._plane.account, "sagemaker", self._plane.region, "offline-store", folder, "data")
            resolved = {**storage, "ResolvedOutputS3Uri": s3.join(storage["S3Uri"], *path)}
            config = {"TableFormat": "Glue", "DisableGlueTableCreation": False, **offline}
            self._change(group, OfflineStoreConfig={**config, "S3StorageConfig": resolved})
        self._later(self._provision, group["_arn"])

    def describe(self, params: Record) -> Record:
        """DescribeFeatureGroup, with the size of the online store."""
        group = self.find(params["FeatureGroupName"])
        if schema.online_config(group):
            group["OnlineStoreTotalSizeBytes"] = self._records.online_bytes(schema.owner_of(group))
        return {
            member: group[member]
            for member in self._plane.model.outputs("DescribeFeatureGroup")
            if member in group
        }

    def list(self, params: Record) -> Record:
        """ListFeatureGroups."""
        return list_groups(self._plane.records(NOUN), params)

    def update(self, params: Record) -> Record:
        """UpdateFeatureGroup: more features, another time to live, another throughput."""
        group = self.find(params["FeatureGroupName"])
        self._need_created(group)
        schema.check_update(group, params)
        changes: dict[str, Any] = {"LastUpdateStatus": {"Status": "Successful"}}
        if "FeatureAdditions" in params:
            changes["FeatureDefinitions"] = [*group["FeatureDefinitions"], *params["FeatureAdditions"]]
            self._metadata.add(group, params["FeatureAdditions"])
        if "ThroughputConfig" in params:
            changes["ThroughputConfig"] = {**group.get("ThroughputConfig", {}), **params["ThroughputConfig"]}
        if "OnlineStoreConfig" in params:
            config = {**group["OnlineStoreConfig"], **params["OnlineStoreConfig"]}
            if not config.get("TtlDuration"):
                config.pop("TtlDuration", None)
            changes["OnlineStoreConfig"] = config
        group = self._change(group, LastModifiedTime=self._plane.clock.time(), **changes)
        self._update_table(group)
        return {"FeatureGroupArn": group["FeatureGroupArn"]}

    def delete(self, params: Record) -> Record:
        """DeleteFeatureGroup: the online store is gone at once; what was acknowledged still goes offline."""
        group = self.find(params["FeatureGroupName"])
        if group["FeatureGroupStatus"] == "Creating":
            raise schema.invalid(
                f"FeatureGroup [{group['FeatureGroupName']}] is in status Creating and cannot be deleted."
            )
        self._change(group, FeatureGroupStatus="Deleting")
        self._plane.background(self._remove, group["_arn"])
        return {}

    def resume(self) -> None:
        """After a restart: finish what was begun, write what waits."""
        for group in self._plane.records(NOUN):
            if group["FeatureGroupStatus"] == "Creating":
                self._later(self._provision, group["_arn"])
            if group["FeatureGroupStatus"] == "Deleting":
                self._plane.background(self._remove, group["_arn"])
        if self._records.waiting():
            self._offline.watch()

    def find(self, name: str) -> Record:
        """The group of that name or ARN; ResourceNotFound in AWS's words."""
        try:
            return self._plane.find(NOUN, name)
        except ApiError:
            raise not_found(name) from None

    # -- what happens behind them ------------------------------------------------------------------------------
    def _provision(self, arn: str) -> None:
        group = self._plane.store.get(NOUN, arn)
        if group is None or group["FeatureGroupStatus"] != "Creating":
            return
        try:
            if "OfflineStoreConfig" in group:
                group = self._make_offline_store(group)
        except (ApiError, TableExists) as error:
            self._change(group, FeatureGroupStatus="CreateFailed", FailureReason=str(error)[:1024])
            return
        self._metadata.add(group, group["FeatureDefinitions"])
        self._change(group, FeatureGroupStatus="Created")

    def _make_offline_store(self, group: Record) -> Record:
        config = group["OfflineStoreConfig"]
        self._check_bucket(config["S3StorageConfig"]["S3Uri"])
        if not config["DisableGlueTableCreation"]:
            config["DataCatalogConfig"] = self._make_table(group)
        return self._change(group, OfflineStoreConfig=config, OfflineStoreStatus={"Status": "Active"})

    def _make_table(self, group: Record) -> Record:
        config = group["OfflineStoreConfig"]
        location = config["S3StorageConfig"]["ResolvedOutputS3Uri"] + "/"
        made = schema.table_name(group["FeatureGroupName"], int(group["CreationTime"]))
        entry = {
            "TableName": made,
            "Catalog": CATALOG,
            "Database": FEATURE_STORE,
            **config.get("DataCatalogConfig", {}),
        }
        try:
            self._catalog.create(
                entry["Database"],
                entry["TableName"],
                Location=location,
                Format="parquet",
                Columns=schema.columns(group["FeatureDefinitions"]),
                PartitionKeys=[(name, "string") for name in PARTITIONS],
                CreateTime=self._plane.clock.time(),
            )
        except TableExists:
            found = self._catalog.get(entry["Database"], entry["TableName"]) or {}
            if found.get("Location") != location:  # else it is ours, from before a restart
                raise TableExists(
                    "Table already exists. (Service: AWSGlue; Status Code: 400; Error Code: AlreadyExistsException; "
                    f"Request ID: {uuid.uuid4()}; Proxy: null)"
                ) from None
        return entry

    def _update_table(self, group: Record) -> None:
        entry = group.get("OfflineStoreConfig", {}).get("DataCatalogConfig")
        if entry and not group["OfflineStoreConfig"]["DisableGlueTableCreation"]:
            columns = schema.columns(group["FeatureDefinitions"])
            self._catalog.update(entry["Database"], entry["TableName"], Columns=columns)

    def _remove(self, arn: str) -> None:
        group = self._plane.store.get(NOUN, arn)
        if group is None:
            return
        owner = schema.owner_of(group)
        self._records.empty_online(owner)
        try:
            if "OfflineStoreConfig" in group:
                self._offline.write(group)
        except CannotWrite as reason:
            self._change(group, FeatureGroupStatus="DeleteFailed", FailureReason=str(reason)[:1024])
            return
        self._metadata.remove(group)
        self._plane.store.delete(NOUN, arn)

    # -- helpers -----------------------------------------------------------------------------------------------
    def _later(self, run: Any, arn: str) -> None:
        timer = threading.Timer(PROVISIONING_SECONDS, partial(self._plane.background, run, arn))
        timer.daemon = True
        timer.start()

    def _change(self, group: Record, **changes: Any) -> Record:
        return self._plane.update(NOUN, group["_arn"], **changes)

    def _need_created(self, group: Record) -> None:
        if group["FeatureGroupStatus"] != "Created":
            raise schema.invalid(
                f"FeatureGroup [{group['FeatureGroupName']}] is in status {group['FeatureGroupStatus']}, not Created."
            )

    def _check_role(self, arn: str) -> None:
        """Refuse a role of this account that SageMaker may not assume; AWS words it so."""
        try:
            role = self._plane.client("iam").get_role(RoleName=arn.rpartition("/")[2])["Role"]
        except ClientError:
            return  # like the rest of this account, do without a role that was never made
        if "sagemaker.amazonaws.com" not in str(role["AssumeRolePolicyDocument"]):
            raise schema.invalid(
                f"The execution role ARN is invalid.\nInfo: {arn} must trust sagemaker.amazonaws.com"
            )

    def _check_bucket(self, uri: str) -> None:
        """Refuse an offline store whose bucket cannot be reached."""
        bucket = uri.partition("://")[2].partition("/")[0]
        try:
            self._plane.client("s3").get_bucket_acl(Bucket=bucket)
        except ClientError as error:
            raise schema.invalid(
                f"Invalid S3Uri provided.\nInfo: {error.response['Error']['Message']} [{bucket}]"
            ) from None


def not_found(name: str) -> ApiError:
    """There is no such group, in AWS's words."""
    return ApiError(
        f"Resource Not Found: Amazon SageMaker can't find a FeatureGroup with name {name}", "ResourceNotFound"
    )
