"""Hubs: the public one, which is always there, and those that the account makes."""

from ..control import ApiError, ControlPlane, Record
from ..listing import Listing
from ..verbs import answer
from . import public


def register(plane: ControlPlane) -> None:
    """Answer the operations on hubs."""

    def create(hub: Record) -> None:
        plane.update("Hub", hub["_arn"], HubStatus="InService")

    def describe(params: Record) -> Record:
        return shown(plane, "DescribeHub", find(plane, params["HubName"]))

    def select(params: Record) -> Record:
        listing = Listing(plane.model, "ListHubs", plane.model.noun("Hub"))
        return listing.select([public.hub(), *plane.records("Hub")], params)

    def update(params: Record) -> Record:
        hub = own(plane, params["HubName"])
        changes = {name: value for name, value in params.items() if name != "HubName"}
        plane.update("Hub", hub["_arn"], **changes, LastModifiedTime=plane.clock.time())
        return {"HubArn": hub["_arn"]}

    def delete(params: Record) -> Record:
        hub = own(plane, params["HubName"])
        if any(content["HubArn"] == hub["_arn"] for content in plane.records("HubContent")):
            raise ApiError(f"Hub {hub['HubName']} still has contents; delete them first.", "ResourceInUse")
        plane.store.delete("Hub", hub["_arn"])
        return {}

    def not_public(params: Record) -> None:
        if params["HubName"].lower() == public.HUB.lower():
            raise ApiError(f"The hub name {public.HUB} is AWS's own.", "ResourceInUse")

    plane.checks("CreateHub", not_public)
    plane.executes("CreateHub", create)
    plane.answers("DescribeHub", describe)
    plane.answers("ListHubs", select)
    plane.answers("UpdateHub", update)
    plane.answers("DeleteHub", delete)


def is_public(name: str) -> bool:
    """Does a name or ARN mean the public hub?"""
    return name.rpartition("/")[2].lower() == public.HUB.lower()


def find(plane: ControlPlane, name: str) -> Record:
    """The hub of that name or ARN; ApiError where there is none."""
    return public.hub() if is_public(name) else plane.find("Hub", name)


def own(plane: ControlPlane, name: str) -> Record:
    """A hub that the account may change; ApiError for the public one."""
    if is_public(name):
        raise ApiError(f"Only AWS changes {public.HUB}; make a hub of your own.", "AccessDeniedException")
    return find(plane, name)


def shown(plane: ControlPlane, operation: str, record: Record) -> Record:
    """The part of a hub or content that an operation shows."""
    noun = plane.model.noun("HubContent" if "Content" in operation else "Hub")
    return answer(plane.model.operation(operation).output_shape, noun, record)
