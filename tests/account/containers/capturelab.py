"""Capture records and labels as AWS writes them, for the tests of the containers."""

import json
from pathlib import Path


def event(sent: str, answered: str, identity: str = "e-1", **metadata) -> dict:
    sides = {"endpointInput": sent, "endpointOutput": answered}
    data = {
        side: {"observedContentType": "text/csv", "mode": side[8:].upper(), "data": text, "encoding": "CSV"}
        for side, text in sides.items()
    }
    return {"captureData": data, "eventMetadata": {"eventId": identity, **metadata}, "eventVersion": "0"}


def label(identity: str, value: str = "1") -> dict:
    truth = {"data": value, "encoding": "CSV"}
    return {"groundTruthData": truth, "eventMetadata": {"eventId": identity}, "eventVersion": "0"}


def write(path: Path, events: list[dict]) -> Path:
    """JSON Lines at `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(item) + "\n" for item in events))
    return path
