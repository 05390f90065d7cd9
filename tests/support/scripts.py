"""Read a widget's script as tokens: which words it shows, and which of them it has translated."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

CALLS = ("t", "tn", "mark", "translate")
TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)
      | (?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      | (?P<name>[A-Za-z_$][\w$]*)
      | (?P<number>\d[\w.]*)
      | (?P<sign>=>|===|!==|\?\?=?|\?\.|&&|\|\||[-+*%&|<>!=^~?:;,.(){}\[\]/@#])""",
    re.VERBOSE | re.DOTALL,
)
PATTERN = re.compile(r"/(?![*/])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
BEFORE_PATTERN = {"(", ",", "=", ":", "[", "!", "&&", "||", "?", "{", "}", ";", "=>", "return", ""}


@dataclass(frozen=True)
class Token:
    """A piece of a script; the fixed parts of a template are joined with a sign for what is filled in."""

    kind: str
    value: str
    line: int


def tokens(script: str) -> list[Token]:
    """The tokens of a script; the code inside of a template follows it in brackets."""
    return list(_tokens(script, 1))


def _tokens(script: str, line: int) -> Iterator[Token]:
    at, before = 0, ""
    while at < len(script):
        here = line + script.count("\n", 0, at)
        if script[at] == "`":
            parts, inner, at = _template(script, at + 1)
            yield Token("template", "\0".join(parts), here)
            for code in inner:
                yield from (Token("sign", "(", here), *_tokens(code, here), Token("sign", ")", here))
            before = "`"
            continue
        found = PATTERN.match(script, at) if before in BEFORE_PATTERN else None
        if found:
            at, before = found.end(), "/"
            continue
        found = TOKEN.match(script, at)
        if found is None:
            raise ValueError(f"line {here}: {script[at : at + 30]!r} is no script that this reader knows")
        kind = str(found.lastgroup)
        at = found.end()
        if kind != "space":
            before = found[0]
            value = json.loads(_double(found[0])) if kind == "text" else found[0]
            yield Token(kind, value, here)


def _double(literal: str) -> str:
    """A string literal as JSON writes it."""
    body = literal[1:-1] if literal[0] == '"' else literal[1:-1].replace("\\'", "'").replace('"', '\\"')
    return f'"{body}"'


def _template(script: str, at: int) -> tuple[list[str], list[str], int]:
    """The fixed parts and the code of a template, and where it ends."""
    parts, inner, start = [""], [], at
    while script[at] != "`":
        if script.startswith("${", at):
            parts[-1] += script[start:at]
            end = _closing(script, at + 2)
            inner.append(script[at + 2 : end])
            parts.append("")
            at = start = end + 1
        else:
            at += 2 if script[at] == "\\" else 1
    parts[-1] += script[start:at]
    return parts, inner, at + 1


def _closing(script: str, at: int) -> int:
    """Where the bracket that is open at this place is closed."""
    depth = 1
    while True:
        if script[at] == "`":
            at = _template(script, at + 1)[2]
            continue
        text = re.compile(r'"(?:[^"\\]|\\.)*"').match(script, at)
        if text:
            at = text.end()
            continue
        depth += {"{": 1, "}": -1}.get(script[at], 0)
        if not depth:
            return at
        at += 1


def calls(found: list[Token]) -> Iterator[tuple[int, str, list[int | None]]]:
    """Each call of a translating function: its line, its name, and for each argument the token of its text."""
    for place, token in enumerate(found[:-1]):
        if token.kind == "name" and token.value in CALLS and found[place + 1].value == "(":
            before = found[place - 1].value if place else ""
            if before != "function":
                yield token.line, token.value, _arguments(found, place + 2)


def _arguments(found: list[Token], at: int) -> list[int | None]:
    given: list[list[int]] = [[]]
    depth = 1
    while depth and at < len(found):
        token = found[at]
        if token.kind == "sign":
            depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(token.value, 0)
        if depth == 1 and token.kind == "sign" and token.value == ",":
            given.append([])
        elif depth:
            given[-1].append(at)
        at += 1
    return [own[0] if len(own) == 1 and found[own[0]].kind == "text" else None for own in given]


def messages(script: str) -> Iterator[tuple[int, str | tuple[str, str]]]:
    """The texts that a script translates, each with its line; those of `tn` are pairs."""
    found = tokens(script)
    for line, name, given in calls(found):
        texts = [found[place].value for place in given if place is not None]
        if name == "tn" and len(given) > 2 and given[1] is not None and given[2] is not None:
            yield line, (found[given[1]].value, found[given[2]].value)
        elif name != "tn" and given[0] is not None:
            yield line, texts[0]


WORDS = re.compile(r"[A-Za-zÄÖÜäöüß]{2,}[.,:;!?]?(?:\s|\0)|(?:\s|\0)[A-Za-z]{2,}|^[A-Z][a-z]{2,}")
NAMED = {"class", "viewBox", "points", "d", "style", "transform", "type", "role", "inputmode", "href", "rel"}
STYLE = re.compile(
    r"^[\0\s]*(?:(?:sl-|jp-|is-|--)[\w\0-]*[\0\s]*)+$|\bpx\b|\d\0?px|^(?:rotate|translate|rgb|hsl|var)\("
)


def untranslated(script: str) -> list[str]:
    """Literals that look like words for a person and stand in no translating call."""
    found = tokens(script)
    translated = {place for _, _, given in calls(found) for place in given if place is not None}
    lines = []
    for place, token in enumerate(found):
        if token.kind not in ("text", "template") or place in translated or not WORDS.search(token.value):
            continue
        if not (_is_for_machines(found, place) or STYLE.search(token.value)):
            lines.append(f"line {token.line}: {token.value.replace(chr(0), '{}')!r}")
    return lines


def _is_for_machines(found: list[Token], place: int) -> bool:
    """Whether a literal is compared, imported, a key, an event's name, or the value of a machine's attribute."""
    before = [token.value for token in found[max(0, place - 3) : place]]
    after = found[place + 1].value if place + 1 < len(found) else ""
    if before and before[-1] in ("===", "!==", "from", "case", "["):
        return before[-1] != "[" or _is_index(found, place)
    if after in ("===", "!==") or (after == ":" and before[-1:] in (["{"], [","])):
        return True
    if before[-1:] == [":"] and len(before) > 1 and (before[-2] in NAMED or before[-2].startswith("data-")):
        return True
    call = before[-2] if before[-1:] == ["("] and len(before) > 1 else ""
    return call in {
        "addEventListener",
        "querySelector",
        "querySelectorAll",
        "closest",
        "Error",
        "getContext",
    } | {
        "matches",
        "matchMedia",
        "createElement",
        "createElementNS",
        "includes",
        "startsWith",
        "endsWith",
    }


def _is_index(found: list[Token], place: int) -> bool:
    return found[place + 1].value == "]" and found[place - 2].kind == "name"
