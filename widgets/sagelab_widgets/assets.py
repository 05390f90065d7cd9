"""A widget's script and style as one text: anywidget takes a single module, ours share a few helpers."""

import re
from pathlib import Path

__all__ = ["script", "style"]

FOLDER = Path(__file__).parent
IMPORT = re.compile(r'^import \{[^}]*\} from "\./([a-z0-9_]+\.js)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=function|const)", re.MULTILINE)
CSS_IMPORT = re.compile(r'^@import "\./([a-z0-9_]+\.css)";\n', re.MULTILINE)


def script(name: str) -> str:
    """Return a module with the local modules that it imports written in front of it."""
    return "\n".join(_modules(name, []))


def style(name: str) -> str:
    """Return a style sheet with the local sheets that it imports written in place."""
    return CSS_IMPORT.sub(lambda found: style(found[1]), _read(name))


def _modules(name: str, seen: list[str]) -> list[str]:
    """Texts of the modules that `name` needs, each once, those that it imports first."""
    seen.append(name)
    text = _read(name)
    needed = [part for other in IMPORT.findall(text) if other not in seen for part in _modules(other, seen)]
    return [*needed, EXPORT.sub("", IMPORT.sub("", text))]


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")
