"""A model's lineage in words: one sentence an association, from the endpoint back to the training data."""

from collections import deque
from collections.abc import Iterable
from typing import Any

from botocore.exceptions import ClientError

from sagelab.said import Said, say

__all__ = ["lineage"]

Edge = tuple[str, str, str]  # source, destination, kind of association
VERBS = {
    "ContributedTo": "{source} went into {target}.",
    "Produced": "{source} produced {target}.",
    "AssociatedWith": "{source} belongs to {target}.",
    "DerivedFrom": "{source} is derived from {target}.",
    "SameAs": "{source} is the same as {target}.",
}
OTHER = "{source} is connected with {target}."
TYPES = {
    "ModelData": "model archive", "DataSet": "data", "Image": "image", "Model": "model", "Endpoint": "endpoint",
    "ModelDeployment": "deployment", "ModelGroup": "model package group", "Approval": "approval",
}  # fmt: skip
MOST_EDGES = 60


def lineage(sagemaker: Any, model_arn: str) -> list[Said]:
    """What came of the model first, then what it was made of, the farther the later; empty where nobody recorded it."""
    artifacts = sagemaker.list_artifacts(SourceUri=model_arn)["ArtifactSummaries"]
    if not artifacts:
        return []
    start = artifacts[0]["ArtifactArn"]
    after = list(reversed(_walk(start, _edges(sagemaker, start, "Descendants"), forward=True)))
    before = _walk(start, _edges(sagemaker, start, "Ascendants"), forward=False)
    labels: dict[str, str] = {}
    for source, target, _ in (*after, *before):
        for arn in (source, target):
            if arn not in labels:
                labels[arn] = _label(sagemaker, arn)
    return [
        say(VERBS.get(kind, OTHER), source=labels[source], target=labels[target])
        for source, target, kind in (*after, *before)[:MOST_EDGES]
    ]


def _edges(sagemaker: Any, start: str, direction: str) -> set[Edge]:
    found, token = set[Edge](), ""
    while True:
        more: dict[str, str] = {"NextToken": token} if token else {}
        answer = sagemaker.query_lineage(StartArns=[start], Direction=direction, MaxResults=50, **more)
        found |= {
            (edge["SourceArn"], edge["DestinationArn"], edge["AssociationType"]) for edge in answer["Edges"]
        }
        token = answer.get("NextToken", "")
        if not token:
            return found


def _walk(start: str, edges: Iterable[Edge], *, forward: bool) -> list[Edge]:
    """The edges by their distance from the start, each once."""
    near, far = (0, 1) if forward else (1, 0)
    order, seen, queue = [], {start}, deque([start])
    rest = sorted(edges)
    while queue:
        here = queue.popleft()
        for edge in [edge for edge in rest if edge[near] == here]:
            rest.remove(edge)
            order.append(edge)
            if edge[far] not in seen:
                seen.add(edge[far])
                queue.append(edge[far])
    return order


def _label(sagemaker: Any, arn: str) -> str:
    """An entity as a person knows it: its type and what it stands for."""
    kind = arn.rpartition(":")[2].partition("/")[0]
    name = arn.rpartition("/")[2]
    try:
        if kind == "artifact":
            told = sagemaker.describe_artifact(ArtifactArn=arn)
            return _typed(told["ArtifactType"], told["Source"]["SourceUri"])
        if kind == "action":
            told = sagemaker.describe_action(ActionName=name)
            return _typed(told["ActionType"], told["Source"]["SourceUri"])
        if kind == "context":
            told = sagemaker.describe_context(ContextName=name)
            return _typed(told["ContextType"], told["Source"]["SourceUri"])
        told = sagemaker.describe_trial_component(TrialComponentName=name)
        return _typed("job", told.get("Source", {}).get("SourceArn", name))
    except ClientError:
        return f"{kind} {name}"


def _typed(kind: str, uri: str) -> str:
    short = uri.rpartition("/")[2] if uri.startswith("arn:") else uri
    return f"{TYPES.get(kind, kind)} {short}"
