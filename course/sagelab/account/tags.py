"""Tags, which belong to any ARN of the account."""

from typing import TYPE_CHECKING, Any

from .errors import ApiError

if TYPE_CHECKING:
    from .control import ControlPlane

Record = dict[str, Any]
MOST = 50


def register(plane: "ControlPlane") -> None:
    """Answer AddTags, ListTags and DeleteTags."""

    def tagged(arn: str) -> tuple[str, Record]:
        found = plane.store.by_arn(arn)
        if found is None:
            raise ApiError(f"Could not find resource {arn}", "ResourceNotFound")
        return found

    def add_tags(params: Record) -> Record:
        noun, record = tagged(params["ResourceArn"])
        tags = {tag["Key"]: tag for tag in [*record.get("Tags", []), *params["Tags"]]}
        if len(tags) > MOST:
            raise ApiError(f"A resource can have at most {MOST} tags", "ResourceLimitExceeded")
        plane.update(noun, record["_arn"], Tags=list(tags.values()))
        return {"Tags": list(tags.values())}

    def list_tags(params: Record) -> Record:
        return {
            "Tags": tagged(params["ResourceArn"])[1].get("Tags", [])
        }  # a page holds as many as there can be

    def delete_tags(params: Record) -> Record:
        noun, record = tagged(params["ResourceArn"])
        kept = [tag for tag in record.get("Tags", []) if tag["Key"] not in params["TagKeys"]]
        plane.update(noun, record["_arn"], Tags=kept)
        return {}

    plane.answers("AddTags", add_tags)
    plane.answers("ListTags", list_tags)
    plane.answers("DeleteTags", delete_tags)
