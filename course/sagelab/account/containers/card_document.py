"""The document of a model card: `python -m sagelab.account.containers.card_document CARD.json OUT`.

CARD.json is a version of a card as the account keeps it. OUT.html is always written, OUT.pdf where weasyprint is
installed. All text of a card is a stranger's: the page escapes it, and making the PDF fetches nothing.
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from . import card_charts

TEMPLATES = Path(__file__).parent
SECTIONS = (
    ("model_overview", "Model overview"),
    ("model_package_details", "Model package"),
    ("intended_uses", "Intended uses"),
    ("business_details", "Business details"),
    ("training_details", "Training"),
)
DRAWN = {
    "linear_graph": card_charts.line,
    "bar_chart": card_charts.bars,
    "matrix": card_charts.matrix,
}


def main() -> None:
    """Write the documents of one card."""
    card, out = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])
    text = page(card)
    Path(f"{out}.html").write_text(text, encoding="utf-8")
    write_pdf(text, Path(f"{out}.pdf"))


def page(card: dict[str, Any]) -> str:
    """The card as an HTML page that stands alone."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    environment.filters |= {"words": words, "moment": moment, "chart": chart, "plain": plain}
    content = json.loads(card["Content"])
    return environment.get_template("card.html").render(card=card, content=content, sections=SECTIONS)


def write_pdf(text: str, path: Path) -> bool:
    """The page as a PDF; False, and nothing written, where weasyprint or what it needs is not installed."""
    try:
        import weasyprint
    except (ImportError, OSError):  # OSError: the package is there, the system's pango is not
        return False
    weasyprint.HTML(string=text, url_fetcher=_refuse_to_fetch).write_pdf(path)
    return True


def words(name: str) -> str:
    """`risk_rating` as `Risk rating`."""
    return name.replace("_", " ").capitalize()


def moment(seconds: float) -> str:
    """A time of the account in words."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"


def plain(value: Any) -> bool:
    """Is this a value that one line can show?"""
    return not isinstance(value, dict | list)


def chart(metric: dict[str, Any]) -> Markup | str:
    """A metric as a picture, or as its value."""
    draw = DRAWN.get(metric["type"])
    return draw(metric) if draw else str(metric["value"])


def _refuse_to_fetch(url: str, *_: Any, **__: Any) -> Any:
    raise ValueError(f"a model card's document loads nothing, so not {url}")


if __name__ == "__main__":
    main()
