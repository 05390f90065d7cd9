"""Collect the interface's texts into locale/messages.pot and bring each translation up to date with it.

make words
"""

import re
import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po
from support.scripts import messages

import sagelab
import sagelab_widgets

WIDGETS = Path(sagelab_widgets.__file__).parent
COURSE = Path(sagelab.__file__).parent
LOCALE = WIDGETS / "locale"
TEMPLATE = LOCALE / "messages.pot"
SINCE = datetime(2026, 11, 23, tzinfo=UTC)  # a date that moved would make every template stale
PYTHON = {"translate": None, "mark": None}


def template() -> Catalog:
    """The texts of all scripts and modules, in the order of files and lines."""
    found = Catalog(
        project="sagelab", version="0.1", creation_date=SINCE, revision_date=SINCE, charset="utf-8"
    )
    found.msgid_bugs_address = ""
    for path in sorted(WIDGETS.glob("*.js")):
        for line, text in messages(path.read_text("utf-8")):
            found.add(text, locations=[(path.name, line)])
    for path in [*sorted(WIDGETS.glob("*.py")), *sorted(COURSE.rglob("*.py"))]:
        if "lessons" in path.relative_to(path.parents[1]).parts or "translate" not in path.read_text("utf-8"):
            continue
        for line, text, _, _ in extract_from_file("python", path, keywords=PYTHON):
            found.add(text, locations=[(path.name, line)])
    return found


def written(catalog: Catalog) -> bytes:
    """A catalogue as its file holds it: with the files that show a text, without lines that move."""
    out = BytesIO()
    write_po(out, catalog, width=110, include_lineno=False, omit_header=False, ignore_obsolete=True)
    return out.getvalue()


def updated(path: Path, texts: Catalog) -> Catalog:
    """A translation with all texts of the template; a text that is new has no words yet."""
    with path.open("rb") as stream:
        catalog = read_po(stream)
    catalog.update(texts, no_fuzzy_matching=True)
    catalog.revision_date = catalog.creation_date = SINCE
    return catalog


def placeholders(text: str) -> set[str]:
    """The {names} that are filled in."""
    return set(re.findall(r"\{(\w+)\}", text))


def faults(catalog: Catalog) -> list[str]:
    """Texts without a translation, and translations that lack a {name} or have one too many."""
    found = []
    for message in catalog:
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        for text, string in zip(ids, strings, strict=True):
            if not string:
                found.append(f"no translation: {text}")
            elif placeholders(text) != placeholders(string):
                found.append(f"other names than in {text!r}: {string}")
    return found


def main() -> int:
    """Write the template and the translations; the exit code tells whether a translation lacks something."""
    texts = template()
    TEMPLATE.write_bytes(written(texts))
    lacking = 0
    for path in sorted(LOCALE.glob("*.po")):
        catalog = updated(path, texts)
        path.write_bytes(written(catalog))
        for fault in faults(catalog):
            lacking += 1
            print(f"{path.name}: {fault}")
    print(f"{sum(1 for message in texts if message.id)} texts, {lacking} to translate")
    return int(lacking > 0)


if __name__ == "__main__":
    sys.exit(main())
