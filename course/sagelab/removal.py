"""What a deletion takes along, leaves behind, and what stands in its way."""

from collections.abc import Iterable, Mapping

from sagelab.resources import Explorer, Resource
from sagelab.said import Said, say

__all__ = ["consequences", "holds"]

HOLDS: Mapping[str, tuple[tuple[str, str, str], ...]] = {  # noun: (noun of what belongs to it, its field, own field)
    "Domain": (("App", "DomainId", "DomainId"), ("Space", "DomainId", "DomainId"),
               ("UserProfile", "DomainId", "DomainId")),
    "UserProfile": (("App", "UserProfileName", "UserProfileName"),),
    "Space": (("App", "SpaceName", "SpaceName"),),
    "ModelPackageGroup": (("ModelPackage", "ModelPackageGroupName", "ModelPackageGroupName"),),
    "Image": (("ImageVersion", "ImageName", "ImageName"),),
    "Endpoint": (("MonitoringSchedule", "EndpointName", "EndpointName"),
                 ("InferenceComponent", "EndpointName", "EndpointName")),
    "DeviceFleet": (("EdgeDeploymentPlan", "DeviceFleetName", "DeviceFleetName"),),
}  # fmt: skip
EFFECTS: Mapping[str, Said] = {
    "Endpoint": say("Its configuration and its models stay; they cost nothing."),
    "EndpointConfig": say("Endpoints that were made from it go on without it, but AWS advises against that."),
    "Model": say("Its archive in S3 stays."),
    "NotebookInstance": say("Its volume goes with it, with all files that are saved only there."),
    "Space": say("Its volume goes with it, with all files that are saved only there."),
    "Domain": say("The home folders on EFS stay, and are billed, unless a retention policy says otherwise."),
    "FeatureGroup": say("The online store goes with all records; the files of the offline store stay in S3."),
    "Pipeline": say("Its definition and the list of its executions go; what they made stays."),
    "LogGroup": say("All log lines in it go."),
    "Queue": say("All messages in it go."),
    "Role": say(
        "IAM deletes a role only when no policy hangs on it; jobs under this role fail from then on."
    ),
    "Policy": say("IAM deletes a policy only when it hangs on nothing."),
    "Rule": say("EventBridge deletes a rule only when it has no targets."),
    "ModelCard": say("All versions of the card go with it."),
    "MlflowTrackingServer": say("Its runs go with it; their artifacts stay in S3."),
    "MlflowApp": say("Its runs go with it; their artifacts stay in S3."),
    "Experiment": say("Its trials must be deleted first."),
    "Trial": say("Its components must be disassociated first; they stay."),
    "MonitoringSchedule": say("Reports that it has written stay in S3."),
    "ScalableTarget": say("The number of instances stays as it is now; the scaling policies go."),
    "Database": say("The tables that it describes go; their files stay in S3."),
    "Repository": say("AWS deletes a repository only when it holds no images."),
}
STOPPED: Mapping[str, Said] = {
    "NotebookInstance": say("It is stopped first and can be deleted then; its volume stays and is billed."),
    "PipelineExecution": say("The step that runs is stopped; later ones do not start."),
}
STOP = say("It is stopped; what it has written so far stays.")


def consequences(explorer: Explorer, resource: Resource) -> list[Said]:
    """What a person should know before the thing is stopped or deleted."""
    noun = resource.kind.noun
    if resource.action == resource.kind.stop:
        return [STOPPED.get(noun, STOP)]
    told = [EFFECTS[noun]] if noun in EFFECTS else []
    if noun == "Bucket" and resource.description.get("Objects"):
        count = resource.description["Objects"]
        told.append(say("S3 deletes empty buckets only, and this one holds {count} objects.", count=count))
    for title, names in _by_kind(holds(explorer.resources.values(), resource)).items():
        told.append(say("Belongs to it and may stand in the way: {kind}: {names}.", kind=title, names=names))
    return told


def holds(resources: Iterable[Resource], resource: Resource) -> list[Resource]:
    """The things that belong to this one by their fields."""
    pairs = HOLDS.get(resource.kind.noun, ())
    domain = resource.item.get("DomainId")
    return [
        other
        for other in resources
        for noun, theirs, own in pairs
        if other.kind.noun == noun
        and other.item.get(theirs) == resource.item.get(own)
        and (domain is None or other.item.get("DomainId", domain) == domain)
    ]


def _by_kind(resources: Iterable[Resource]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for one in resources:
        found.setdefault(one.kind.title, []).append(one.name)
    return {
        title: ", ".join(names[:5]) + (f" (+{len(names) - 5})" if len(names) > 5 else "")
        for title, names in found.items()
    }
