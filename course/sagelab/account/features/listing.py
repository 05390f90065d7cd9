"""ListFeatureGroups: filters, order, pages."""

from typing import Any

from ..control import ApiError, Record

PAGE = 10
SHOWN = ("FeatureGroupName", "FeatureGroupArn", "CreationTime", "FeatureGroupStatus", "OfflineStoreStatus")


def list_groups(groups: list[Record], params: Record) -> Record:
    """One page of the groups that pass the request's filters."""
    groups = [group for group in groups if passes(group, params)]
    by = params.get("SortBy", "CreationTime")
    groups.sort(
        key=lambda group: order(group, by), reverse=params.get("SortOrder", "Descending") == "Descending"
    )
    token = params.get("NextToken", "0")
    if not token.isdecimal():
        raise ApiError("Validation Error: Invalid NextToken.")
    start, size = int(token), params.get("MaxResults", PAGE)
    page = [
        {member: group[member] for member in SHOWN if member in group}
        for group in groups[start : start + size]
    ]
    more = {"NextToken": str(start + size)} if start + size < len(groups) else {}
    return {"FeatureGroupSummaries": page, **more}


def passes(group: Record, params: Record) -> bool:
    """Does a group pass every filter of the request?"""
    created, name = group["CreationTime"], group["FeatureGroupName"]
    status = params.get("FeatureGroupStatusEquals", group["FeatureGroupStatus"])
    offline = params.get("OfflineStoreStatusEquals")
    return bool(
        params.get("NameContains", "").lower() in name.lower()
        and group["FeatureGroupStatus"] == status
        and (offline is None or offline_status(group) == offline)
        and created > params.get("CreationTimeAfter", created - 1)
        and created < params.get("CreationTimeBefore", created + 1)
    )


def order(group: Record, by: str) -> Any:
    """What a group is sorted by."""
    if by == "Name":
        return group["FeatureGroupName"].lower()
    if by == "OfflineStoreStatus":
        return offline_status(group)
    return group[by]


def offline_status(group: Record) -> str:
    """The state of a group's offline store, empty where it has none."""
    return str(group.get("OfflineStoreStatus", {}).get("Status", ""))
