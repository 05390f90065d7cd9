"""Hub contents, each with its versions: import, describe, list, update, delete, and links to their files."""

import contextlib
import json
import re

from .. import s3
from ..control import ApiError, ControlPlane, Record
from ..listing import Listing
from . import hubs, public
from .artifacts import Artifacts

FIRST = "1.0.0"
URIS = ("HostingArtifactUri", "HostingScriptUri", "TrainingArtifactUri", "TrainingScriptUri")


def register(plane: ControlPlane, files: Artifacts) -> None:
    """Answer the operations on hub contents."""
    plane.answers("ImportHubContent", lambda params: import_content(plane, params))
    plane.answers("DescribeHubContent", lambda params: describe(plane, files, params))
    plane.answers("ListHubContents", lambda params: list_contents(plane, params))
    plane.answers("ListHubContentVersions", lambda params: list_versions(plane, params))
    plane.answers("UpdateHubContent", lambda params: update(plane, params))
    plane.answers("DeleteHubContent", lambda params: delete(plane, params))
    plane.answers("CreateHubContentPresignedUrls", lambda params: presign(plane, files, params))
    plane.on_start(lambda: finish_imports(plane))


# -- what there is ---------------------------------------------------------------------------------------------
def versions(plane: ControlPlane, hub: Record, kind: str, name: str) -> list[Record]:
    """The versions of a content, newest first; ApiError where there is none."""
    found = [c for c in contents(plane, hub, kind) if c["HubContentName"].lower() == name.lower()]
    if not found:
        raise ApiError(
            f"Hub content {name} of type {kind} does not exist in hub {hub['HubName']}.", "ResourceNotFound"
        )
    return found


def contents(plane: ControlPlane, hub: Record, kind: str) -> list[Record]:
    """Every version of every content of a type in a hub, newest version first."""
    if hub["HubName"] == public.HUB:
        found = [model.record() for model in public.MODELS]
    else:
        found = [as_shown(c) for c in plane.records("HubContent") if c["HubArn"] == hub["_arn"]]
    found = [content for content in found if content["HubContentType"] == kind]
    return sorted(found, key=lambda content: number(content["HubContentVersion"]), reverse=True)


def as_shown(content: Record) -> Record:
    """A reference with what the public model is today; anything else as it is kept."""
    model = public.find(content.get("SageMakerPublicHubContentArn", "").rpartition("/")[2])
    return {**model.record(), **content} if model else content


def find(plane: ControlPlane, params: Record) -> Record:
    """The content that a request names, the newest version where it names none."""
    hub = hubs.find(plane, params["HubName"])
    found = versions(plane, hub, params["HubContentType"], params["HubContentName"])
    wanted = params.get("HubContentVersion")
    match = next((content for content in found if wanted in (None, content["HubContentVersion"])), None)
    if match is None:
        known = ", ".join(content["HubContentVersion"] for content in found)
        raise ApiError(
            f"Hub content {params['HubContentName']} has no version {wanted}; it has {known}.",
            "ResourceNotFound",
        )
    return match


def number(version: str) -> tuple[int, ...]:
    """A version for comparing: 1.10.0 comes after 1.9.0."""
    return tuple(int(part) for part in re.findall(r"\d+", version))


# -- reading ---------------------------------------------------------------------------------------------------
def describe(plane: ControlPlane, files: Artifacts, params: Record) -> Record:
    """DescribeHubContent; from now on the document's S3 objects are there."""
    content = find(plane, params)
    with contextlib.suppress(ApiError):  # a package that is missing is told when somebody deploys
        for uri in files_of(content).values():
            files.ensure(uri)
    return hubs.shown(plane, "DescribeHubContent", content)


def list_contents(plane: ControlPlane, params: Record) -> Record:
    """ListHubContents: the newest version of each content."""
    hub = hubs.find(plane, params["HubName"])
    newest: dict[str, Record] = {}
    for content in contents(plane, hub, params["HubContentType"]):
        newest.setdefault(content["HubContentName"], content)
    return page(plane, "ListHubContents", list(newest.values()), params)


def list_versions(plane: ControlPlane, params: Record) -> Record:
    """ListHubContentVersions."""
    hub = hubs.find(plane, params["HubName"])
    found = versions(plane, hub, params["HubContentType"], params["HubContentName"])
    least = number(params.get("MinVersion", "0"))
    found = [content for content in found if number(content["HubContentVersion"]) >= least]
    return page(plane, "ListHubContentVersions", found, params)


def page(plane: ControlPlane, operation: str, found: list[Record], params: Record) -> Record:
    """One page of contents that pass the filters."""
    most = number(params.get("MaxSchemaVersion", "9999"))
    found = [content for content in found if number(content["DocumentSchemaVersion"]) <= most]
    done = ("HubName", "HubContentType", "HubContentName", "MinVersion", "MaxSchemaVersion")
    filters = {name: value for name, value in params.items() if name not in done}
    return Listing(plane.model, operation, plane.model.noun("HubContent")).select(found, filters)


def files_of(content: Record) -> dict[str, str]:
    """The S3 objects that a content's document names, by the document's member."""
    try:
        document = json.loads(content["HubContentDocument"])
    except ValueError:
        return {}
    named = {member: document.get(member) for member in URIS} if isinstance(document, dict) else {}
    return {member: uri for member, uri in named.items() if isinstance(uri, str) and s3.S3_URI.fullmatch(uri)}


def presign(plane: ControlPlane, files: Artifacts, params: Record) -> Record:
    """CreateHubContentPresignedUrls: a link to each file of a content, good for an hour."""
    uris = sorted(set(files_of(find(plane, params)).values()))
    client = plane.client("s3")
    links = []
    for uri in uris:
        files.ensure(uri)
        bucket, key = s3.split(uri)
        link = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key})
        here = link.replace(client.meta.endpoint_url, plane.url, 1)
        links.append({"Url": here, "LocalPath": f"/{key.rpartition('/')[2]}"})
    return {"AuthorizedUrlConfigs": links}


# -- writing ---------------------------------------------------------------------------------------------------
def import_content(plane: ControlPlane, params: Record) -> Record:
    """ImportHubContent: kept as Importing, checked in the background."""
    hub = hubs.own(plane, params["HubName"])
    kind, name = params["HubContentType"], params["HubContentName"]
    if kind == "ModelReference":
        raise ApiError("Make a reference with CreateHubContentReference; import models and notebooks.")
    content = {
        "HubContentVersion": FIRST,
        "SupportStatus": "Supported",
        **params,
        "HubContentStatus": "Importing",
    }
    arn = add(plane, hub, kind, name, content)
    plane.background(check_import, plane, arn)
    return {"HubArn": hub["_arn"], "HubContentArn": arn}


def add(plane: ControlPlane, hub: Record, kind: str, name: str, content: Record) -> str:
    """Keep a new content or version; its ARN."""
    now = plane.clock.time()
    version = content["HubContentVersion"]
    arn = plane.arn("HubContent", "") + f"{hub['HubName']}/{kind}/{name}/{version}"
    times = {"CreationTime": now, "OriginalCreationTime": now, "LastModifiedTime": now}
    names = {"HubName": hub["HubName"], "HubArn": hub["_arn"], "HubContentName": name, "HubContentType": kind}
    if not plane.store.add("HubContent", {**content, **names, **times, "HubContentArn": arn, "_arn": arn}):
        raise ApiError(f"Hub content {name} has a version {version} already ({arn}).", "ResourceInUse")
    return arn


def check_import(plane: ControlPlane, arn: str) -> None:
    """An import ends Available, or ImportFailed with the reason."""
    content = plane.store.get("HubContent", arn)
    if content is None:
        return
    why = fault(plane, content)
    status = {"HubContentStatus": "ImportFailed", "FailureReason": why} if why else AVAILABLE
    plane.update("HubContent", arn, **status, LastModifiedTime=plane.clock.time())


AVAILABLE: Record = {"HubContentStatus": "Available"}


def fault(plane: ControlPlane, content: Record) -> str:
    """What is wrong with an imported document; empty where nothing is."""
    try:
        document = json.loads(content["HubContentDocument"])
    except ValueError as error:
        return f"HubContentDocument is not JSON: {error}"
    if not isinstance(document, dict):
        return "HubContentDocument must be a JSON object."
    if content["HubContentType"] == "Model" and not document.get("HostingEcrUri"):
        return "HubContentDocument of a model must name its image in HostingEcrUri."
    client = plane.client("s3")
    for member, uri in files_of(content).items():
        if not uri.endswith("/") and not s3.exists(client, uri):
            return f"{member} names {uri}, where no object is."
    return ""


def finish_imports(plane: ControlPlane) -> None:
    """Go on with imports that the account's end interrupted."""
    for content in plane.records("HubContent"):
        if content["HubContentStatus"] == "Importing":
            check_import(plane, content["_arn"])


def update(plane: ControlPlane, params: Record) -> Record:
    """UpdateHubContent: the texts and the support status of one version."""
    hubs.own(plane, params["HubName"])
    content = find(plane, params)
    fixed = ("HubName", "HubContentName", "HubContentType", "HubContentVersion")
    changes = {name: value for name, value in params.items() if name not in fixed}
    plane.update("HubContent", content["_arn"], **changes, LastModifiedTime=plane.clock.time())
    return {"HubArn": content["HubArn"], "HubContentArn": content["_arn"]}


def delete(plane: ControlPlane, params: Record) -> Record:
    """DeleteHubContent: one version."""
    hubs.own(plane, params["HubName"])
    plane.store.delete("HubContent", find(plane, params)["_arn"])
    return {}
