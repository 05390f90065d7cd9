"""References: a private hub shows a model of the public hub, and so says which models a team may use."""

from ..control import ApiError, ControlPlane, Record
from . import contents, hubs, public

KIND = "ModelReference"


def register(plane: ControlPlane) -> None:
    """Answer the operations on references."""

    def create(params: Record) -> Record:
        hub = hubs.own(plane, params["HubName"])
        model = public.find(params["SageMakerPublicHubContentArn"].rpartition("/")[2])
        if model is None:
            names = ", ".join(known.name for known in public.MODELS)
            raise ApiError(
                f"Could not find {params['SageMakerPublicHubContentArn']}; {public.HUB} has {names}.",
                "ResourceNotFound",
            )
        least = params.get("MinVersion")
        check_version(model, least)
        name = params.get("HubContentName", model.name)
        if any(c["HubContentName"] == name for c in contents.contents(plane, hub, KIND)):
            raise ApiError(f"Hub {hub['HubName']} refers to {name} already.", "ResourceInUse")
        kept = {
            "SageMakerPublicHubContentArn": params["SageMakerPublicHubContentArn"],
            "HubContentVersion": model.version,
            "HubContentStatus": "Available",
            "Tags": params.get("Tags", []),
            **({"ReferenceMinVersion": least} if least else {}),
        }
        arn = contents.add(plane, hub, KIND, name, kept)
        return {"HubArn": hub["_arn"], "HubContentArn": arn}

    def update(params: Record) -> Record:
        reference = referred(params)
        model = public.find(reference["SageMakerPublicHubContentArn"].rpartition("/")[2])
        if "MinVersion" in params and model:
            check_version(model, params["MinVersion"])
            plane.update("HubContent", reference["_arn"], ReferenceMinVersion=params["MinVersion"])
        return {"HubArn": reference["HubArn"], "HubContentArn": reference["_arn"]}

    def delete(params: Record) -> Record:
        plane.store.delete("HubContent", referred(params)["_arn"])
        return {}

    def referred(params: Record) -> Record:
        hubs.own(plane, params["HubName"])
        if params["HubContentType"] != KIND:
            raise ApiError(f"A reference has the HubContentType {KIND}.")
        return contents.find(plane, params)

    plane.answers("CreateHubContentReference", create)
    plane.answers("UpdateHubContentReference", update)
    plane.answers("DeleteHubContentReference", delete)


def check_version(model: public.PublicModel, least: str | None) -> None:
    """A reference cannot ask for more than there is."""
    if least and contents.number(least) > contents.number(model.version):
        raise ApiError(f"{model.name} has no version {least} or later; the newest is {model.version}.")
