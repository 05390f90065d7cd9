"""The report of a Clarify job: one content, written as report.html, report.ipynb and report.pdf."""

import html
import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure

from . import charts
from .analysis_config import AnalysisConfig
from .bias_analysis import label_group
from .charts import Chart
from .dataset import Dataset
from .jsonfile import pretty

STAGES = {
    "pre_training_bias_metrics": "Pre-training bias: the observed labels",
    "post_training_bias_metrics": "Post-training bias: the predicted labels",
}
FEW_VALUES = 20  # of a facet, to be drawn value by value
A4 = (8.27, 11.69)
LINES_A_PAGE, LINE = 60, 120
STYLE = """
body { font-family: system-ui, sans-serif; max-width: 54rem; margin: 2rem auto; padding: 0 1rem; line-height: 1.5; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { border: 1px solid #8888; padding: .25rem .6rem; text-align: left; vertical-align: top; }
pre { white-space: pre-wrap; }
img { max-width: 100%; background: white; }
"""


@dataclass(frozen=True)
class Section:
    """A heading with text, tables and charts."""

    title: str
    text: str
    headers: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    charts: Sequence[Chart] = field(default_factory=list)


def write_report(output: Path, config: AnalysisConfig, data: Dataset, analysis: Mapping[str, Any]) -> None:
    """Write the report in its three forms."""
    settings = config.report or {}
    name, title = settings.get("name", "report"), settings.get("title", "SageMaker Analysis Report")
    sections = [
        *overview(config, data),
        *bias_sections(config, data, analysis),
        *explanation_sections(analysis),
    ]
    output.mkdir(parents=True, exist_ok=True)
    (output / f"{name}.html").write_text(as_html(title, sections), encoding="utf-8")
    (output / f"{name}.ipynb").write_text(as_notebook(title, sections), encoding="utf-8")
    write_pdf(output / f"{name}.pdf", title, sections)


# -- content -------------------------------------------------------------------------------------------------------
def overview(config: AnalysisConfig, data: Dataset) -> list[Section]:
    """What was analyzed, and how it was asked for."""
    rows = [["rows", str(len(data.table))], ["features", ", ".join(data.features)]]
    rows += [["label", data.label]] if data.label else []
    asked = pretty(config.given)
    return [
        Section(
            "What was analyzed", f"The configuration was:\n\n```json\n{asked}\n```", ("What", "Value"), rows
        )
    ]


def bias_sections(config: AnalysisConfig, data: Dataset, analysis: Mapping[str, Any]) -> list[Section]:
    """A section for each stage, facet and group."""
    found = []
    for key, title in STAGES.items():
        for facet, groups in analysis.get(key, {}).get("facets", {}).items():
            drawn = label_chart(config, data, facet) if key.startswith("pre") else []
            found += [bias_section(title, facet, group, drawn) for group in groups]
    return found


def bias_section(title: str, facet: str, group: Mapping[str, Any], drawn: list[Chart]) -> Section:
    """The metrics of one facet group as a table and as bars."""
    name = f"{facet} = {group['value_or_threshold']}"
    rows = [[m["name"], m["description"], told(m["value"]), m.get("error", "")] for m in group["metrics"]]
    finite = {m["name"]: m["value"] for m in group["metrics"] if isinstance(m["value"], float)}
    text = f"Facet d, the sensitive group, is {name}; facet a is everybody else. 0 is fair, except for DI, where 1 is."
    chart = charts.bars(f"Bias metrics of {name}", finite, "value") if finite else None
    return Section(
        f"{title}, {name}", text, ("Metric", "Description", "Value", "Why there is none"), rows,
        [*drawn, *([chart] if chart else [])],
    )  # fmt: skip


def label_chart(config: AnalysisConfig, data: Dataset, facet: str) -> list[Chart]:
    """Positive labels by value of a facet, where it has few values."""
    values = data.table[facet]
    if len(set(values)) > FEW_VALUES:
        return []
    before = data.without_predictions()
    positive = label_group(before.table, before.bias_config(config)).rows.tolist()
    return [charts.label_shares(facet, values, positive)]


def explanation_sections(analysis: Mapping[str, Any]) -> list[Section]:
    """Global SHAP values of each output, and partial dependence."""
    found = []
    for label, entry in analysis.get("explanations", {}).get("kernel_shap", {}).items():
        values = entry["global_shap_values"]
        ranked = {name: values[name] for name in sorted(values, key=lambda name: -abs(values[name]))}
        rows = [[name, f"{value:.6g}"] for name, value in ranked.items()]
        text = f"Kernel SHAP. The expected value, the model's output on the baseline, is {entry['expected_value']:.6g}."
        chart = charts.bars(f"Global SHAP values of {label}", ranked, "global SHAP value")
        found.append(Section(f"Explanations: {label}", text, ("Feature", "Global SHAP value"), rows, [chart]))
    drawn = [charts.dependence(entry) for entry in analysis.get("explanations", {}).get("pdp", [])]
    if drawn:
        text = (
            "The average prediction while one feature is set to each value of a grid, the others as they are."
        )
        found.append(Section("Partial dependence", text, charts=drawn))
    return found


def told(value: Any) -> str:
    """A metric's value for the eye."""
    return f"{value:.5f}" if isinstance(value, float) else "" if value is None else str(value)


# -- forms ---------------------------------------------------------------------------------------------------------
def as_html(title: str, sections: Sequence[Section]) -> str:
    """A page that stands alone."""
    parts = [f"<h1>{html.escape(title)}</h1>"]
    for section in sections:
        parts.append(f"<h2>{html.escape(section.title)}</h2>{html_text(section.text)}")
        if section.rows:
            parts.append(html_table(section.headers, section.rows))
        parts += [
            f'<img src="data:image/png;base64,{c.png}" alt="{html.escape(c.told)}">' for c in section.charts
        ]
    head = f'<meta charset="utf-8"><title>{html.escape(title)}</title><style>{STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>\n'


def html_text(text: str) -> str:
    """Paragraphs, and fenced code as preformatted text."""
    pieces = text.split("```")
    plain = [f"<p>{html.escape(piece.strip())}</p>" for piece in pieces[::2] if piece.strip()]
    code = [f"<pre>{html.escape(piece.removeprefix('json').strip())}</pre>" for piece in pieces[1::2]]
    return "".join(plain + code)


def html_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table with a header row."""
    head = "".join(f'<th scope="col">{html.escape(header)}</th>' for header in headers)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def as_notebook(title: str, sections: Sequence[Section]) -> str:
    """A notebook of text, tables and attached pictures; there is nothing to run."""
    cells = [markdown("title", f"# {title}")]
    for number, section in enumerate(sections):
        pictures = {f"chart-{place}.png": chart for place, chart in enumerate(section.charts)}
        lines = [f"## {section.title}", section.text, markdown_table(section)]
        lines += [f"![{chart.told}](attachment:{name})" for name, chart in pictures.items()]
        attached = {name: {"image/png": chart.png} for name, chart in pictures.items()}
        cells.append(markdown(f"section-{number}", "\n\n".join(line for line in lines if line), attached))
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    notebook = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, indent=1) + "\n"


def markdown(name: str, text: str, attached: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A markdown cell."""
    cell: dict[str, Any] = {"cell_type": "markdown", "id": name, "metadata": {}, "source": text}
    return cell | ({"attachments": dict(attached)} if attached else {})


def markdown_table(section: Section) -> str:
    """A section's rows as a Markdown table; empty without rows."""
    if not section.rows:
        return ""
    lines = [section.headers, ["---"] * len(section.headers), *section.rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def write_pdf(path: Path, title: str, sections: Sequence[Section]) -> None:
    """Pages of text and tables, and a page for each chart."""
    with PdfPages(path, metadata={"Title": title, "CreationDate": None}) as pages:
        for section in sections:
            lines = [title, "", *plain_lines(section)]
            for start in range(0, len(lines), LINES_A_PAGE):
                page = Figure(figsize=A4)
                text = "\n".join(lines[start : start + LINES_A_PAGE])
                page.text(0.06, 0.96, text, va="top", family="monospace", size=6.5)
                pages.savefig(page)
            for chart in section.charts:
                pages.savefig(chart.figure)


def plain_lines(section: Section) -> list[str]:
    """A section as lines of text, its table in columns, none wider than a page."""
    text = section.text.replace("```json", "").replace("```", "")
    lines = [section.title, "", *text.splitlines(), ""]
    if section.rows:
        table = [section.headers, *section.rows]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines += [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table
        ]
    return [piece for line in lines for piece in textwrap.wrap(line, LINE, drop_whitespace=False) or [""]]
