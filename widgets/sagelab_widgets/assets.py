"""A widget's script and style as one text: anywidget takes a single module, ours share a few helpers."""

import re
from pathlib import Path

__all__ = ["files", "script", "style"]

FOLDER = Path(__file__).parent
IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./(\w+)\.js";$', re.MULTILINE)
EXPORT = re.compile(r"^export (?:function|const) (\w+)", re.MULTILINE)
CSS_IMPORT = re.compile(r'^@import "\./([a-z0-9_]+\.css)";\n', re.MULTILINE)


def files(name: str) -> list[str]:
    """The names of the scripts that `script` joins."""
    return [f"{module}.js" for module in (*_imported(_read(f"{name}.js"), []), name)]


def script(name: str) -> str:
    """Return a module with those that it imports in front of it, each in a scope of its own."""
    main = _read(f"{name}.js")
    helpers = [_scoped(other) for other in _imported(main, [])]
    return "\n".join([*helpers, _linked(main)])


def style(name: str) -> str:
    """Return a style sheet with the local sheets that it imports written in place, each once."""
    return _styled(f"{name}.css", set())


def _styled(file: str, seen: set[str]) -> str:
    seen.add(file)
    return CSS_IMPORT.sub(lambda found: "" if found[1] in seen else _styled(found[1], seen), _read(file))


def _imported(text: str, found: list[str]) -> list[str]:
    """Names of the modules that a text needs, each once, after those that it needs itself."""
    for _, name in IMPORT.findall(text):
        if name not in found:
            _imported(_read(f"{name}.js"), found)
            found.append(name)
    return found


def _scoped(name: str) -> str:
    """Turn a helper module into a constant that holds what it exports."""
    text = _linked(_read(f"{name}.js"))
    exported = ", ".join(EXPORT.findall(text))
    return (
        f"const {name}_js = (() => {{\n{EXPORT.sub(_without_export, text)}\nreturn {{ {exported} }};\n}})();"
    )


def _linked(text: str) -> str:
    return IMPORT.sub(r"const \1 = \2_js;", text)


def _without_export(found: re.Match[str]) -> str:
    return found[0].removeprefix("export ")


def _read(file: str) -> str:
    return (FOLDER / file).read_text(encoding="utf-8")
