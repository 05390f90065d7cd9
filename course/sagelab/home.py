"""The home page: the lessons as cards, by module, with how far the learner is."""

from html import escape
from pathlib import Path

from sagelab import catalogue
from sagelab.catalogue import Entry
from sagelab.progress import Progress, Status

STYLE = """
<style>
.sagelab-home { font-family: var(--jp-ui-font-family, system-ui, sans-serif); color: var(--jp-ui-font-color1, #212121); max-width: 62rem; }
.sagelab-home h2 { font-size: 1.05rem; margin: 1.4rem 0 .6rem; font-weight: 600; }
.sagelab-home ul { list-style: none; margin: 0; padding: 0; display: grid; gap: .9rem; grid-template-columns: repeat(auto-fill, minmax(19rem, 1fr)); }
.sagelab-home li { border: 1px solid var(--jp-border-color2, #bdbdbd); border-radius: 8px; padding: 1rem 1.1rem; background: var(--jp-layout-color1, #fff); display: flex; flex-direction: column; gap: .45rem; margin: 0; }
.sagelab-home a { font-size: 1.05rem; font-weight: 600; color: var(--jp-content-link-color, #1565c0); text-decoration: underline; text-underline-offset: .15em; }
.sagelab-home p { margin: 0; line-height: 1.45; font-size: .9rem; }
.sagelab-home .minor { color: var(--jp-ui-font-color1, #424242); font-size: .82rem; }
.sagelab-home .track { height: 6px; border-radius: 3px; background: var(--jp-layout-color3, #e0e0e0); overflow: hidden; margin-top: auto; }
.sagelab-home .track span { display: block; height: 100%; background: #1976d2; }
</style>
"""


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
        return f'{STYLE}<div class="sagelab-home">{"".join(sections)}</div>'

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
