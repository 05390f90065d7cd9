"""The home page: the lessons as cards, by module, with how far the learner is."""

from html import escape
from pathlib import Path

from sagelab import catalogue
from sagelab.catalogue import Entry
from sagelab.progress import Progress, Status

STYLE = Path(__file__).with_name("homepage.css")


class Home:
    """The cards of all lessons for the learner's `folder`; shown as HTML, and as text where HTML is not."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or Path.cwd()
        self.modules = catalogue.load()

    def _repr_html_(self) -> str:
        progress = Progress(self.folder)
        sections = (
            f"<section><h2>{escape(module.title)}</h2><ul>"
            + "".join(_card(entry, progress.status(entry)) for entry in module.lessons)
            + "</ul></section>"
            for module in self.modules
        )
        return f'<style>{STYLE.read_text("utf-8")}</style><div class="sagelab-home">{"".join(sections)}</div>'

    def __repr__(self) -> str:
        progress = Progress(self.folder)
        return "\n".join(
            f"{entry.number:02d} {entry.title} ({entry.about['minutes']} minutes): {progress.status(entry).words}"
            for module in self.modules
            for entry in module.lessons
        )


def _card(entry: Entry, status: Status) -> str:
    about = entry.about
    done = status.passed + status.answered
    share = round(100 * done / max(1, status.exercises + status.questions))
    return (
        f'<li><a href="{escape(entry.notebook, quote=True)}">{escape(entry.title)}</a>'
        f"<p>{escape(about['summary'])}</p>"
        f'<p class="minor">{about["minutes"]} minutes. On AWS today: {escape(about["status"])}.</p>'
        f'<p class="minor"><strong>{escape(status.words)}</strong></p>'
        f'<div class="track" role="progressbar" aria-label="{escape(entry.title, quote=True)}" aria-valuemin="0" '
        f'aria-valuemax="100" aria-valuenow="{share}"><span style="width:{share}%"></span></div></li>'
    )
