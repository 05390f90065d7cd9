"""A table with every kind of column, and for each transform of the catalogue one use of it."""

import numpy as np
import pandas as pd

from sagelab.wrangler import Flow

random = np.random.default_rng(7)
ROWS = 60
TABLE = pd.DataFrame(
    {
        "id": np.arange(ROWS),
        "age": np.where(random.random(ROWS) < 0.1, np.nan, random.normal(40, 12, ROWS).round(1)),
        "income": random.lognormal(10, 1, ROWS).round(2),
        "count": random.integers(0, 5, ROWS),
        "city": np.where(
            random.random(ROWS) < 0.1, None, random.choice(["Taipei", "Tainan", "Taipeh", "Tainnan"], ROWS)
        ),
        "note": random.choice(["paid  LATE, twice", "never late", " 12 weeks_late ", "ok"], ROWS),
        "zip": random.choice(["7", "110", "9x"], ROWS),
        "json": random.choice(['{"a": 1, "b": "x"}', '{"a": 2}', "[3]"], ROWS),
        "opened": pd.to_datetime("2026-01-01") + pd.to_timedelta(random.integers(0, 400, ROWS), unit="h"),
        "closed": pd.to_datetime("2026-03-01") + pd.to_timedelta(random.integers(0, 400, ROWS), unit="h"),
        "day": random.choice(["2026-01-05", "2026-02-30", "2026-12-31"], ROWS),
        "flag": random.random(ROWS) < 0.3,
        "same": ["x"] * ROWS,
        "twin": np.arange(ROWS) * 2,
        "default": (random.random(ROWS) < 0.25).astype(int),
    }
)
OTHER = pd.DataFrame(
    {"city": ["Taipei", "Tainan", "Tainan"], "people": [2.6, 1.8, 1.9], "name": ["Tapei", "x", "y"]}
)
NUMBERS = {"input_column": ["income", "count"]}

EXAMPLES: dict[str, dict[str, object]] = {
    "Drop missing": {"input_column": ["city"]},
    "Drop missing columns": {"missing_share": 0.05},
    "Fill missing": {"input_column": ["age"], "fill_value": "0"},
    "Impute": {"input_column": ["age"]},
    "Impute categorical": {"input_column": ["city", "age"]},
    "Add indicator for missing": {"input_column": ["age", "city"]},
    "Fill forward or backward": {"input_column": ["age"], "direction": "Backward"},
    "Standard deviation numeric outliers": {**NUMBERS, "standard_deviations": 1, "fix_method": "Remove"},
    "Robust standard deviation numeric outliers": {**NUMBERS, "standard_deviations": 2, "fix_method": "Invalidate"},
    "Quantile numeric outliers": {**NUMBERS, "lower_quantile": 0.1, "upper_quantile": 0.9},
    "Min-max numeric outliers": {**NUMBERS, "lower_threshold": 1, "upper_threshold": 20000},
    "Replace rare": {"input_column": ["city"], "threshold": 0.35},
    "One-hot encode": {"input_column": ["city", "count"], "drop_last": True},
    "Ordinal encode": {"input_column": ["city"], "invalid_handling_strategy": "Keep"},
    "Similarity encode": {"input_column": "city", "prototypes": 2},
    "Min-hash encode": {"input_column": "note", "components": 3},
    "Frequency encode": {"input_column": ["city", "count"]},
    "Min-max scaler": {**NUMBERS, "min": -1, "max": 1},
    "Standard scaler": NUMBERS,
    "Robust scaler": NUMBERS,
    "Max absolute scaler": NUMBERS,
    "Squashing scaler": NUMBERS,
    "Bin numbers": {"input_column": "income", "bins": 4},
    "Logarithm": NUMBERS,
    "Power transform": {"input_column": ["age", "income"]},
    "Round": {"input_column": ["income"], "decimals": -2},
    "Principal component analysis": {**NUMBERS, "components": 1},
    "Lower case": {"input_column": ["note", "city"]},
    "Upper case": {"input_column": ["note"]},
    "Capitalize": {"input_column": ["note"]},
    "Strip left and right": {"input_column": ["note"]},
    "Remove symbols": {"input_column": ["note"], "symbols": "_,\\'\""},
    "Prepend zeros": {"input_column": ["zip"]},
    "Add prefix or suffix": {"input_column": ["zip"], "prefix": "TW-"},
    "Find substring": {"input_column": "note", "pattern": "late", "output_column": "late"},
    "Replace substring": {"input_column": ["note"], "pattern": "  ", "replacement": " "},
    "Replace value": {"input_column": ["count"], "value": "4", "replacement": "9"},
    "Extract pattern": {"input_column": "note", "pattern": r"(\d+) weeks", "output_column": "weeks"},
    "Split by delimiter": {"input_column": "note", "delimiter": ",", "parts": 2},
    "Deduplicate spellings": {"input_column": "city"},
    "Validate string": {"input_column": "zip", "rule": "Is numeric"},
    "Character statistics": {"input_column": "note"},
    "Vectorize": {"input_column": "note", "max_words": 4},
    "Parse column as type": {"column": "zip", "data_type": "long"},
    "Parse date": {"input_column": "day"},
    "Extract date parts": {"input_column": "opened", "resolution": "hour"},
    "Days between": {"first_column": "opened", "second_column": "closed", "output_column": "days"},
    "Drop column": {"column_to_drop": ["id", "json"]},
    "Keep columns": {"columns_to_keep": ["default", "age"]},
    "Rename column": {"input_column": "age", "new_name": "age in years"},
    "Duplicate column": {"input_column": "age", "new_name": "copy"},
    "Move column to start": {"column_to_move": "default"},
    "Concatenate columns": {"input_column": ["city", "zip", "count"], "separator": " ", "output_column": "all"},
    "Drop uninformative columns": {},
    "Drop similar columns": {"threshold": 0.9},
    "Sort": {"column": ["count", "income"], "order": "Descending"},
    "Shuffle": {"seed": 3},
    "Drop duplicates": {"subset": ["city", "count"]},
    "Filter rows": {"condition": "age > 30 and city == 'Taipei'"},
    "First rows": {"limit_rows": 7},
    "Random sample": {"sample_ratio": 0.5},
    "Stratified sample": {"column": "city", "sample_ratio": 0.5},
    "Group by": {"group_columns": ["city"], "column": "income", "aggregate": "median"},
    "Lag": {"column": "income", "order_by": "opened", "id_column": "city", "steps": 2},
    "Rolling mean": {"column": "income", "order_by": "opened", "window": 4},
    "Random oversample": {"target_column": "default"},
    "Random undersample": {"target_column": "default", "ratio": 0.8},
    "Randomized split": {"part": "Test", "train_share": 0.7},
    "Ordered split": {"part": "Train", "column": "opened"},
    "Stratified split": {"part": "Test", "column": "default"},
    "Join": {"left_column": "city", "right_column": "city", "join_type": "left"},
    "Concatenate": {},
    "Fuzzy join": {"left_column": "note", "right_column": "name"},
    "Aggregate and join": {"left_column": "city", "right_column": "city", "column": "people", "aggregate": "sum"},
    "Custom formula": {"formula": "income / (`count` + 1)", "output_column": "each"},
    "Custom transform (pandas)": {"code": "df['note'] = df['note'].str[::-1]\nif True:\n    x = '''\n  '''"},
    "Flatten structured": {"input_column": "json"},
    "Explode array": {"input_column": "note"},
}  # fmt: skip
FIRST = {"SMOTE": ("Keep columns", {"columns_to_keep": ["income", "count", "default"]})}
EXAMPLES["SMOTE"] = {"target_column": "default", "num_neighbors": 3}


def example(name: str) -> Flow:
    """A flow with one step of this transform, after what it needs."""
    flow = Flow(TABLE, "people")
    if name in FIRST:
        flow.add(FIRST[name][0], **FIRST[name][1])
    if name in ("Join", "Concatenate", "Fuzzy join", "Aggregate and join"):
        flow.add_source(OTHER, "cities")
        return flow.add(name, after="people", right="cities", **EXAMPLES[name])
    return flow.add(name, **EXAMPLES[name])
