"""What a feature group may look like: the rules on CreateFeatureGroup and UpdateFeatureGroup."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from ..errors import ApiError

Record = dict[str, Any]

RESERVED = ("is_deleted", "write_time", "api_invocation_time")
EVENT_TIME_TYPES = ("String", "Fractional")
MOST_FEATURES = 2500
HIVE_TYPES = {"Integral": "bigint", "Fractional": "double", "String": "string"}


def invalid(text: str) -> ApiError:
    """A refusal by the control plane, as Feature Store begins its sentences."""
    return ApiError(f"Validation Error: {text}")


def check_group(params: Record) -> None:
    """Refuse a CreateFeatureGroup whose parts do not fit together."""
    definitions = params["FeatureDefinitions"]
    online, offline = online_config(params), params.get("OfflineStoreConfig")
    if not online and not offline:
        raise invalid(
            "OnlineStore and OfflineStore cannot be both disabled. Please enable at least one of them and retry "
            "the request."
        )
    check_definitions(definitions, params.get("OnlineStoreConfig", {}).get("StorageType", "Standard"))
    types = feature_types(definitions)
    for role in ("RecordIdentifierFeatureName", "EventTimeFeatureName"):
        if params[role] not in types:
            raise invalid(f"{role} [{params[role]}] must be one of the names in FeatureDefinitions.")
    if any(d.get("CollectionType") for d in definitions if d["FeatureName"] in keys(params)):
        raise invalid("RecordIdentifierFeatureName and EventTimeFeatureName cannot have a CollectionType.")
    if types[params["EventTimeFeatureName"]] not in EVENT_TIME_TYPES:
        raise invalid(
            f"EventTimeFeatureName [{params['EventTimeFeatureName']}] must be of type String or Fractional, but "
            f"it is {types[params['EventTimeFeatureName']]}."
        )
    if offline:
        check_offline(params, offline)
    check_throughput(params)


def keys(group: Record) -> tuple[str, str]:
    """The two features that every record must have."""
    return group["RecordIdentifierFeatureName"], group["EventTimeFeatureName"]


def owner_of(group: Record) -> str:
    """What identifies a group among all that ever had its name."""
    return f"{group['_arn']}@{group['CreationTime']}"


def online_config(group: Record) -> Record | None:
    """The configuration of the online store, None where there is none."""
    config: Record = group.get("OnlineStoreConfig", {})
    return config if config.get("EnableOnlineStore") else None


def check_definitions(definitions: list[Record], storage: str) -> None:
    """Refuse names that are reserved or given twice, and collections where they cannot be kept."""
    for definition in definitions:
        name, collection = definition["FeatureName"], definition.get("CollectionType")
        if name.lower() in RESERVED:
            raise invalid(f"FeatureName [{name}] is reserved. Reserved names are {', '.join(RESERVED)}.")
        if collection and storage != "InMemory":
            raise invalid(
                f"CollectionType [{collection}] of feature [{name}] needs an OnlineStore with StorageType InMemory."
            )
        if collection == "Vector":
            check_vector(definition)
    twice = [
        name for name, times in Counter(d["FeatureName"].lower() for d in definitions).items() if times > 1
    ]
    if twice:
        raise invalid(f"Feature names must be unique regardless of case, but [{twice[0]}] is given twice.")


def check_vector(definition: Record) -> None:
    """A vector is fractional and says how long it is."""
    name = definition["FeatureName"]
    if definition["FeatureType"] != "Fractional":
        raise invalid(f"Feature [{name}] with CollectionType Vector must be of type Fractional.")
    if "Dimension" not in definition.get("CollectionConfig", {}).get("VectorConfig", {}):
        raise invalid(
            f"Feature [{name}] with CollectionType Vector needs CollectionConfig.VectorConfig.Dimension."
        )


def check_offline(params: Record, offline: Record) -> None:
    """An offline store needs a role, and a table format that is written here."""
    if "RoleArn" not in params:
        raise invalid("RoleArn is required when OfflineStoreConfig is provided.")
    if offline.get("TableFormat") != "Iceberg":
        return
    types = feature_types(params["FeatureDefinitions"])
    if types[params["EventTimeFeatureName"]] != "String":
        raise invalid("The Iceberg table format needs an EventTime feature of type String.")
    raise ApiError(
        "The local account writes offline stores in the Glue table format only: leave out TableFormat or set it to "
        "Glue. Iceberg is available on AWS.",
        "NotAvailableInLocalAccount",
    )


def check_throughput(params: Record) -> None:
    """Provisioned capacity belongs to the standard tier and names its units."""
    config = params.get("ThroughputConfig")
    if config is None:
        return
    units = [
        name for name in ("ProvisionedReadCapacityUnits", "ProvisionedWriteCapacityUnits") if name in config
    ]
    if config.get("ThroughputMode") == "OnDemand" and units:
        raise invalid(f"{units[0]} cannot be set when ThroughputMode is OnDemand.")
    storage = (online_config(params) or {}).get("StorageType", "Standard")
    if config.get("ThroughputMode") == "Provisioned" and storage != "Standard":
        raise invalid(f"ThroughputMode Provisioned is not supported for StorageType {storage}.")


def check_update(group: Record, params: Record) -> None:
    """Refuse an UpdateFeatureGroup that asks for nothing, too much, or what cannot be changed."""
    wanted = [n for n in ("FeatureAdditions", "OnlineStoreConfig", "ThroughputConfig") if n in params]
    if len(wanted) != 1:
        raise invalid(
            "Specify exactly one of FeatureAdditions, OnlineStoreConfig and ThroughputConfig in a request, but there "
            f"{'are' if wanted else 'is'} {' and '.join(wanted) or 'none'}."
        )
    storage = group.get("OnlineStoreConfig", {}).get("StorageType", "Standard")
    if "FeatureAdditions" in params:
        definitions = [*group["FeatureDefinitions"], *params["FeatureAdditions"]]
        check_definitions(definitions, storage)
        if len(definitions) > MOST_FEATURES:
            raise ApiError(
                limit("features per FeatureGroup", MOST_FEATURES, len(definitions)), "ResourceLimitExceeded"
            )
    if "OnlineStoreConfig" in params:
        if not online_config(group):
            raise invalid("OnlineStoreConfig cannot be updated: the FeatureGroup has no OnlineStore.")
        wanted_storage = params["OnlineStoreConfig"].get("StorageType", storage)
        if wanted_storage != storage and (storage, wanted_storage) != ("Standard", "Standard_V2"):
            raise invalid(f"StorageType cannot be changed from {storage} to {wanted_storage}.")
    check_throughput({**group, **params})


def limit(what: str, most: int, wanted: int) -> str:
    """The sentence with which AWS refuses what goes beyond a quota."""
    return (
        f"The account-level service limit 'Maximum number of {what}' is {most} FeatureGroups, with current "
        f"utilization of {most} FeatureGroups and a request delta of {wanted - most} FeatureGroups. Please use AWS "
        "Service Quotas to request an increase for this quota. If AWS Service Quotas is not available, contact AWS "
        "support to request an increase for this quota."
    )


def feature_types(definitions: Iterable[Record]) -> dict[str, str]:
    """The type of each feature."""
    return {definition["FeatureName"]: definition["FeatureType"] for definition in definitions}


def columns(definitions: Iterable[Record]) -> list[tuple[str, str]]:
    """The columns of the offline store: the features, then the three that Feature Store adds."""
    features = [(definition["FeatureName"], hive_type(definition)) for definition in definitions]
    return [
        *features,
        ("write_time", "timestamp"),
        ("api_invocation_time", "timestamp"),
        ("is_deleted", "boolean"),
    ]


def hive_type(definition: Record) -> str:
    """The type of a feature's column in the data catalog."""
    kind = HIVE_TYPES[definition["FeatureType"]]
    return f"array<{kind}>" if definition.get("CollectionType") else kind


def table_name(group: str, created: int) -> str:
    """The name of a group's table, by Athena's recommendations: lower case, no hyphens."""
    return re.sub(r"[^a-z0-9_]", "_", f"{group}_{created}".lower())
