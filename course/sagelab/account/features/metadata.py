"""What is told about single features: DescribeFeatureMetadata and UpdateFeatureMetadata.

Each feature is a record of the noun FeatureMetadata, so that a search can find it.
"""

from collections.abc import Iterable

from ..control import ApiError, ControlPlane, Record

NOUN = "FeatureMetadata"
MOST_PARAMETERS = 25
SHOWN = (
    "FeatureGroupArn",
    "FeatureGroupName",
    "FeatureName",
    "FeatureType",
    "CreationTime",
    "LastModifiedTime",
    "Description",
    "Parameters",
)


class FeatureMetadata:
    """The descriptions and parameters of features."""

    def __init__(self, plane: ControlPlane) -> None:
        self._plane = plane
        plane.answers("DescribeFeatureMetadata", self.describe)
        plane.answers("UpdateFeatureMetadata", self.update)

    def describe(self, params: Record) -> Record:
        """DescribeFeatureMetadata."""
        feature = self._find(params)
        return {member: feature[member] for member in SHOWN if member in feature}

    def update(self, params: Record) -> Record:
        """UpdateFeatureMetadata: another description, parameters added, replaced and removed."""
        feature = self._find(params)
        parameters = {parameter["Key"]: parameter for parameter in feature.get("Parameters", [])}
        for key in params.get("ParameterRemovals", []):
            parameters.pop(key, None)
        parameters.update({p["Key"]: p for p in params.get("ParameterAdditions", []) if "Key" in p})
        if len(parameters) > MOST_PARAMETERS:
            raise ApiError(f"Validation Error: A feature can have at most {MOST_PARAMETERS} parameters.")
        changes = {"Parameters": list(parameters.values()), "LastModifiedTime": self._plane.clock.time()}
        if "Description" in params:
            changes["Description"] = params["Description"]
        self._plane.store.update(NOUN, feature["_arn"], changes)
        return {}

    def add(self, group: Record, definitions: Iterable[Record]) -> None:
        """Features that a group has from now on."""
        now = self._plane.clock.time()
        for definition in definitions:
            feature = {
                "_arn": key(group, definition["FeatureName"]),
                "FeatureGroupArn": group["FeatureGroupArn"],
                "FeatureGroupName": group["FeatureGroupName"],
                "FeatureName": definition["FeatureName"],
                "FeatureType": definition["FeatureType"],
                "CreationTime": now,
                "LastModifiedTime": now,
            }
            self._plane.store.add(NOUN, feature)

    def remove(self, group: Record) -> None:
        """The features of a group that is gone."""
        for definition in group["FeatureDefinitions"]:
            self._plane.store.delete(NOUN, key(group, definition["FeatureName"]))

    def _find(self, params: Record) -> Record:
        name, group_name = params["FeatureName"], params["FeatureGroupName"].rpartition("/")[2]
        arn = self._plane.arn("FeatureGroup", group_name)
        feature = self._plane.store.get(NOUN, f"{arn}/{name}")
        if feature is None:
            raise ApiError(
                f"Resource Not Found: Amazon SageMaker can't find the feature {name} in a FeatureGroup with name "
                f"{group_name}",
                "ResourceNotFound",
            )
        return feature


def key(group: Record, name: str) -> str:
    """What identifies a feature."""
    return f"{group['_arn']}/{name}"
