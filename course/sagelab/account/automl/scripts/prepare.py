"""The first step of an AutoML job: read the data, check it, infer types and problem, split, write a notebook.

Reads config.json, the training channel and, where there is one, the validation channel; writes analysis.json, the two
parts of the data as CSV, a sample for the explainability report, and the data exploration notebook.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import notebooks
import pandas as pd
from metric_names import BINARY, MULTICLASS, REGRESSION

ROOT = Path(os.environ.get("PROCESSING_ROOT", "/opt/ml/processing"))
INPUT, OUTPUT = ROOT / "input", ROOT / "output"
LEAST_ROWS = 500
MOST_LABELS = 100
REGRESSION_FROM = 20  # different numbers in the target, above which it is a quantity
DEFAULT_OBJECTIVE = {REGRESSION: "MSE", BINARY: "F1", MULTICLASS: "Accuracy"}
EXPLAINED_ROWS = 5
TYPES = ("numeric", "categorical", "text", "datetime")


class DataError(Exception):
    """The data cannot be used; the text is the job's FailureReason."""


def main() -> None:
    """Do it all."""
    config = json.loads((INPUT / "config" / "config.json").read_text())
    table = read(INPUT / "training")
    target = config["target"]
    if target not in table:
        raise DataError(
            f"Target attribute name {target} was not found in the header of the input data. Available columns: "
            f"{', '.join(table.columns)}."
        )
    missing = int(table[target].isna().sum())
    table = table.dropna(subset=[target]).reset_index(drop=True)
    if len(table) < LEAST_ROWS:
        raise DataError(
            f"The dataset must have at least {LEAST_ROWS} rows with a value in the target column; it has {len(table)}."
        )
    problem = problem_type(table[target], config.get("problem_type"))
    if problem == REGRESSION:
        table[target] = pd.to_numeric(table[target]).map(repr)
    labels = [] if problem == REGRESSION else sorted(table[target].unique())
    columns = [describe(table, name, config) for name in table.columns if name != target]
    if not any(column["type"] != "dropped" for column in columns):
        raise DataError(
            "No column is left to learn from: all are empty, constant, or different in every row."
        )
    train, validation = split(table, target, problem, config)
    analysis = {
        "target": target,
        "problem_type": problem,
        "objective": config.get("objective") or DEFAULT_OBJECTIVE[problem],
        "labels": labels,
        "columns": columns,
        "rows": len(table),
        "rows_without_target": missing,
        "target_statistics": target_statistics(table[target], problem),
    }
    write(analysis, train, validation, config)


def read(folder: Path) -> pd.DataFrame:
    """Every file of a channel as columns of text; empty cells are missing."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if not files:
        raise DataError(f"The channel {folder.name} has no file.")
    frames = [read_file(path) for path in files]
    if any(list(frame.columns) != list(frames[0].columns) for frame in frames):
        raise DataError("The files of the input data have different headers.")
    return pd.concat(frames, ignore_index=True)


def read_file(path: Path) -> pd.DataFrame:
    """A CSV with a header, also in gzip, or a Parquet file."""
    with path.open("rb") as file:
        start = file.read(4)
    try:
        if start == b"PAR1":
            import duckdb

            frame = duckdb.read_parquet(str(path)).df()
            return (
                frame.astype(object).where(frame.notna(), None).map(lambda v: None if v is None else str(v))
            )
        packed = "gzip" if start[:2] == b"\x1f\x8b" else None
        return pd.read_csv(path, dtype=str, compression=packed)
    except (ValueError, pd.errors.ParserError) as error:
        raise DataError(f"The file {path.name} cannot be read: {error}") from error


# -- what the data is ----------------------------------------------------------------------------------------------
def problem_type(target: "pd.Series[Any]", asked: str | None) -> str:
    """The problem that a target poses; DataError where it does not fit the one that was asked for."""
    different = target.nunique()
    numeric = bool(pd.to_numeric(target, errors="coerce").notna().all())
    if different < 2:
        raise DataError("The target column has only one value, so there is nothing to predict.")
    if asked == REGRESSION and not numeric:
        raise DataError("A regression needs a target of numbers; the target column has other text.")
    if asked == BINARY and different != 2:
        raise DataError(
            f"A binary classification needs a target of 2 labels; the target column has {different}."
        )
    found = asked or (
        BINARY if different == 2 else REGRESSION if numeric and different > REGRESSION_FROM else MULTICLASS
    )
    if found == MULTICLASS and different > MOST_LABELS:
        raise DataError(
            f"The target column has {different} labels; a classification has at most {MOST_LABELS}."
        )
    if found != REGRESSION and int(target.value_counts().min()) < 5:
        rare = target.value_counts().idxmin()
        raise DataError(f"The label {rare} of the target column has fewer than 5 rows.")
    return found


def describe(table: pd.DataFrame, name: str, config: dict[str, Any]) -> dict[str, Any]:
    """A column's type and what is known of it."""
    values = table[name].dropna()
    wanted = config.get("features", {})
    kind, why = infer(values, len(table))
    if name in wanted.get("FeatureDataTypes", {}):
        kind, why = str(wanted["FeatureDataTypes"][name]), "given"
        if kind not in TYPES:
            raise DataError(
                f"The feature specification gives column {name} the type {kind}; there are {', '.join(TYPES)}."
            )
    if "FeatureAttributeNames" in wanted and name not in wanted["FeatureAttributeNames"]:
        kind, why = "dropped", "not in the feature specification"
    found = {
        "name": name,
        "type": kind,
        "why": why,
        "missing": round(1 - len(values) / len(table), 4),
        "different": int(values.nunique()),
        "typical": None,
    }
    if kind == "numeric":
        numbers = pd.to_numeric(values)
        summary = {
            "mean": numbers.mean(),
            "minimum": numbers.min(),
            "median": numbers.median(),
            "maximum": numbers.max(),
        }
        found |= {key: float(value) for key, value in summary.items()}
        found["typical"] = repr(float(numbers.median()))
    elif len(values):
        found["typical"] = str(values.mode().iloc[0])
    return found


def infer(values: "pd.Series[Any]", rows: int) -> tuple[str, str]:
    """The type of a column, and why."""
    different = values.nunique()
    if different < 2:
        return "dropped", "empty" if not len(values) else "constant"
    numbers = pd.to_numeric(values, errors="coerce")
    if bool(numbers.notna().all()):
        counts = different == rows and numbers.max() - numbers.min() == rows - 1
        return ("dropped", "counts the rows") if counts else ("numeric", "every value is a number")
    sample = values.head(200)
    if sample.str.contains(r"\d[-/:]\d").mean() > 0.95 and bool(dates(sample).notna().mean() > 0.95):
        return "datetime", "values are dates"
    words = float(sample.str.split().str.len().mean())
    if words >= 4 and different > 0.5 * len(values):
        return "text", f"{words:.0f} words a value"
    if different > 0.9 * rows:
        return "dropped", "different in every row, like an identifier"
    return "categorical", f"{different} different values"


def dates(values: "pd.Series[Any]") -> "pd.Series[Any]":
    """Values as dates, where they are."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pd.to_datetime(values, errors="coerce", utc=True)


def target_statistics(target: "pd.Series[Any]", problem: str) -> dict[str, float]:
    """Counts by label, or a summary of numbers."""
    if problem == REGRESSION:
        return {name: float(value) for name, value in pd.to_numeric(target).describe().items()}
    return {str(label): int(count) for label, count in target.value_counts().items()}


# -- what is written -----------------------------------------------------------------------------------------------
def split(
    table: pd.DataFrame, target: str, problem: str, config: dict[str, Any]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Training and held-out rows; the validation channel where there is one."""
    if (INPUT / "validation").is_dir():
        held_out = read(INPUT / "validation").dropna(subset=[target])
        if set(held_out.columns) != set(table.columns):
            raise DataError("The validation channel has other columns than the training channel.")
        known = held_out[target].isin(table[target].unique()) | (problem == REGRESSION)
        return table, held_out[table.columns][known]
    groups = table if problem == REGRESSION else table.groupby(target)
    held_out = groups.sample(frac=config["validation_fraction"], random_state=0)
    return table.drop(held_out.index), held_out.sort_index()


def write(
    analysis: dict[str, Any], train: pd.DataFrame, validation: pd.DataFrame, config: dict[str, Any]
) -> None:
    """The analysis, the data and the notebooks."""
    for name, part in (("train", train), ("validation", validation)):
        (OUTPUT / "data" / name).mkdir(parents=True)
        part.to_csv(OUTPUT / "data" / name / f"{name}.csv", index=False)
    names = [column["name"] for column in analysis["columns"]]
    used = [column["name"] for column in analysis["columns"] if column["type"] != "dropped"]
    (OUTPUT / "data" / "explain").mkdir()
    explained = validation[names].dropna(subset=used).head(EXPLAINED_ROWS)
    explained.to_csv(OUTPUT / "data" / "explain" / "rows.csv", index=False, header=False)
    analysis["explained_rows"] = len(explained)
    (OUTPUT / "data" / "config").mkdir()
    (OUTPUT / "data" / "config" / "analysis.json").write_text(json.dumps(analysis))
    (OUTPUT / "notebooks").mkdir(exist_ok=True)
    notebook = notebooks.data_exploration(analysis, config)
    (OUTPUT / "notebooks" / "SageMakerAutopilotDataExplorationNotebook.ipynb").write_text(
        json.dumps(notebook)
    )
    print(
        f"{analysis['problem_type']} of {analysis['target']}: {len(train)} rows to train, {len(validation)} held out"
    )


def fail(message: str) -> None:
    """Leave the reason where the platform looks for it."""
    folder = ROOT.parent / "output"
    folder.mkdir(exist_ok=True)
    (folder / "message").write_text(message)
    sys.exit(message)


if __name__ == "__main__":
    try:
        main()
    except DataError as error:
        fail(f"ClientError: {error}")
