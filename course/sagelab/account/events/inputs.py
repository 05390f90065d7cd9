"""What a target gets of an event: all of it, a constant, a part, or a template filled with parts."""

import json
import re
from typing import Any

Record = dict[str, Any]

STEP = re.compile(r"\.([\w-]+)|\['([^']+)'\]|\[(\d+)\]")
PLACE = re.compile(r"<([\w.-]+)>")
ABSENT = object()


def input_of(target: Record, event: Record, rule_name: str, rule_arn: str) -> str:
    """The text that a target is given."""
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        found = at(event, target["InputPath"])
        return json.dumps(None if found is ABSENT else found)
    if "InputTransformer" not in target:
        return json.dumps(event)
    transformer = target["InputTransformer"]
    values = {name: at(event, path) for name, path in transformer.get("InputPathsMap", {}).items()}
    values |= {
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_name,
        "aws.events.event.ingestion-time": event["time"],
        "aws.events.event": {key: value for key, value in event.items() if key != "detail"},
        "aws.events.event.json": event,
    }
    return fill(transformer["InputTemplate"], values)


def at(event: Any, path: str) -> Any:
    """What stands at a JSON path ($.detail.a[0]); ABSENT where nothing does or the path cannot be read."""
    rest = path.removeprefix("$")
    while rest:
        step = STEP.match(rest)
        if step is None:
            return ABSENT
        rest = rest[step.end() :]
        name, index = step[1] or step[2], step[3]
        if name is not None and isinstance(event, dict) and name in event:
            event = event[name]
        elif index is not None and isinstance(event, list) and int(index) < len(event):
            event = event[int(index)]
        else:
            return ABSENT
    return event


def fill(template: str, values: Record) -> str:
    """The template with its <places> filled: as JSON, or as plain text inside a string."""
    filled = ""
    end = 0
    for place in PLACE.finditer(template):
        if place[1] not in values:
            continue
        filled += template[end : place.start()]
        end = place.end()
        filled += written(values[place[1]], inside=in_string(filled))
    return filled + template[end:]


def written(value: Any, inside: bool) -> str:
    """A value as it is put into a template, inside or outside of a JSON string."""
    if not inside:
        return json.dumps(None if value is ABSENT else value)
    if value is ABSENT:
        return ""
    return json.dumps(value if isinstance(value, str) else json.dumps(value))[1:-1]


def in_string(text: str) -> bool:
    """Does a JSON text end inside a string?"""
    return len(re.findall(r'(?<!\\)"', text)) % 2 == 1
