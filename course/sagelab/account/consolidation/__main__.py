"""Consolidates the answers of one labeling job.

REQUEST.json   {"answer": "label", "classes": 3, "objects": [{"answers": {worker: answer}, "source-ref": uri}]}
RESPONSE.json  {"objects": [...], "confusion": {worker: matrix}}; an object is a [class, confidence] (label), a list of
               them (labels), a list of boxes with "image_size" (boundingBoxes), or a list of spans (entities)
"""

import json
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """Read the request, write the response."""
    source, target = map(Path, sys.argv[1:])
    request = json.loads(source.read_text())
    target.write_text(json.dumps(consolidate(request)))


def consolidate(request: dict[str, Any]) -> dict[str, Any]:
    """The response to a request."""
    answers = [item["answers"] for item in request["objects"]]
    if request["answer"] == "label":
        from .votes import one_class

        labels, confusion = one_class(answers, request["classes"])
        return {"objects": labels, "confusion": confusion}
    if request["answer"] == "labels":
        from .votes import several_classes

        return {"objects": several_classes(answers, request["classes"])}
    if request["answer"] == "entities":
        from . import spans

        return {"objects": [spans.consolidate(answer) for answer in answers]}
    return {"objects": [boxes_of(item) for item in sized(request["objects"])]}


def boxes_of(item: dict[str, Any]) -> dict[str, Any]:
    """The boxes of one image, with the image's size."""
    from . import boxes

    return {"boxes": boxes.consolidate(item["answers"]), "image_size": item["image_size"]}


def sized(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The objects, each with the size of its image; [] where there is no image to be read."""
    import boto3
    from botocore.exceptions import ClientError

    from . import images

    client = boto3.client("s3")
    for item in objects:
        try:
            item["image_size"] = [images.size(client, item["source-ref"])]
        except (OSError, KeyError, ClientError) as error:
            print(f"{item.get('source-ref')}: no size: {error}")  # noqa: T201 - the job's log
            item["image_size"] = []
    return objects


if __name__ == "__main__":
    main()
