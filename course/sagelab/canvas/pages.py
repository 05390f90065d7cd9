"""What each page of the Canvas widget shows, as plain JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sagelab.canvas.builds import BUILDS, training_table
from sagelab.canvas.model import CanvasModel
from sagelab.canvas.predictions import Answer
from sagelab.canvas.problems import FORECASTING, TWO, check, labels
from sagelab.errors import SagelabError

__all__ = ["analyze_page", "answer_page", "batch_page", "build_page", "job_page"]

Page = dict[str, Any]
SHOWN_ROWS = 8
SHOWN_COLUMNS = 5


def build_page(model: CanvasModel, most: int | None = None) -> Page:
    """The Build page: target, model types, columns, and why a build would be refused, where it would.

    `most` limits the candidates of both builds.
    """
    reason = ""
    try:
        check(model.table[model.target], model.problem)
    except SagelabError as error:
        reason = str(error)
    kept = training_table(model.table, model.columns, model.target, sorted(model.left_out))
    return {
        "rows": len(model.table),
        "target": model.target,
        "problem": model.problem.key,
        "title": model.problem.title,
        "objective": model.problem.objective,
        "problems": [{"key": each.key, "title": each.title} for each in model.problems],
        "columns": [
            {**column.payload(), "used": column.name not in model.left_out and not column.reason}
            for column in model.columns
        ],
        "learns_from": len(kept.columns) - 1,
        "reason": reason,
        "builds": [
            {
                "key": b.key,
                "title": b.title,
                "candidates": most or b.candidates,
                "rows": min(b.rows or len(kept), len(kept)),
            }
            for b in BUILDS.values()
        ],
        "forecasting": FORECASTING,
    }


def job_page(model: CanvasModel) -> Page:
    """The build that runs or ran last, with its candidates; nothing before the first."""
    if model.built is None:
        return {}
    return {
        **model.progress().payload(),
        "target": model.built.target,
        "title": model.built.problem.title,
        "candidates": [each.payload() for each in model.candidates()],
    }


def analyze_page(model: CanvasModel) -> Page:
    """The best candidate: its score, the columns' impact, and the report on the held-out rows."""
    if model.built is None:
        return {}
    best = model.best
    final, insights = best["FinalAutoMLJobObjectiveMetric"], model.insights
    return {
        "job": model.built.job,
        "candidate": best["CandidateName"],
        "metric": final["MetricName"],
        "score": final["Value"],
        "target": model.built.target,
        "positive": labels(model.table[model.built.target])[1] if model.built.problem is TWO else "",
        "impact": [list(each) for each in model.impact],
        "insights": insights.payload() if insights else {},
        "fields": [field.payload() for field in _by_impact(model)],
        "rows": len(model.table),
    }


def _by_impact(model: CanvasModel) -> list[Any]:
    """The fields of a prediction, those first that move it most."""
    weight = dict(model.impact)
    return sorted(model.fields, key=lambda field: -weight.get(field.name, 0.0))


def answer_page(answer: Answer, values: Mapping[str, Any], number: int) -> Page:
    """What the endpoint said, of which values, as the answer to which question."""
    return {**answer.payload(), "values": dict(values), "number": number}


def batch_page(model: CanvasModel) -> Page:
    """The last batch prediction; with the first rows and a count of what was predicted once it has ended."""
    status, reason = model.batch_status()
    if not status:
        return {}
    page: Page = {"job": model.batch, "status": status, "reason": reason, "uri": model.batch_uri}
    if status != "Completed":
        return page
    rows = model.batch_rows()
    told = [name for name in ("prediction", "probability") if name in rows.columns[-2:]]
    strongest = [name for name, _ in model.impact if name in rows][:SHOWN_COLUMNS]
    head = rows[[*told, *strongest]].head(SHOWN_ROWS).fillna("")
    if "probability" in told:
        head["probability"] = [f"{float(value):.3f}" for value in head["probability"]]
    counts = rows["prediction"].value_counts()
    return {
        **page,
        "rows": len(rows),
        "heads": list(head.columns),
        "preview": head.astype(str).to_numpy().tolist(),
        "counts": [[str(value), int(count)] for value, count in counts.items()] if len(told) > 1 else [],
        "mean": None if len(told) > 1 else float(rows["prediction"].astype(float).mean()),
    }
