"""Makes bias_smclarify.json: bias metrics computed by smclarify 0.5, AWS's own open library.

smclarify is no dependency (it needs pandas < 3). To make the file again, from the root of the repository:

    python3.10 -m venv /tmp/oracle
    /tmp/oracle/bin/pip install smclarify==0.5 "pandas<3" "numpy<2" scikit-learn
    /tmp/oracle/bin/python tests/account/golden/make_bias_golden.py

The file holds two inputs. "vector" is 100 rows that test_bias.py builds by hand. "credit" is every tenth client of
the credit table with the answers of a logistic regression, whose coefficients are stored so that a test can repeat
them. AGE_YEARS is AGE with a decimal point, so that smclarify takes it for continuous.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from smclarify.bias import report

ROOT = Path(__file__).parents[3]
PRE, POST = report.StageType.PRE_TRAINING, report.StageType.POST_TRAINING


def metrics(table, facet, values, group):
    """Both stages of one facet: a list of groups with their metrics each."""
    stages = {}
    for stage in (PRE, POST):
        predicted = report.LabelColumn("predicted", table["predicted"], [1]) if stage == POST else None
        rows = report.bias_report(
            table if stage == POST else table.drop(columns="predicted"),
            report.FacetColumn(facet, values),
            report.LabelColumn("label", table["label"], [1]),
            stage,
            predicted_label_column=predicted,
            group_variable=None if group is None else table[group],
        )
        stages[stage.value] = [
            {"group": row["value_or_threshold"], "metrics": {m["name"]: m["value"] for m in row["metrics"]}}
            for row in rows
        ]
    return {"facet": facet, "values": values, "group_variable": group, **stages}


def vector():
    d = pd.DataFrame({"facet": ["d"] * 40, "label": [1] * 10 + [0] * 30, "predicted": [1] * 8 + [0] * 32})
    a = pd.DataFrame({"facet": ["a"] * 60, "label": [1] * 36 + [0] * 24, "predicted": [1] * 40 + [0] * 20})
    table = pd.concat([d, a], ignore_index=True)
    table["stratum"] = ["x", "y"] * 50
    return table


def credit():
    table = pd.read_csv(ROOT / "course/sagelab/data/credit_clients.csv.gz").iloc[::10].reset_index(drop=True)
    features = table.drop(columns=["ID", "default"])
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000)).fit(
        features, table["default"]
    )
    table = features.assign(label=table["default"], AGE_YEARS=features["AGE"] + 0.0)
    table["predicted"] = (model.predict_proba(features)[:, 1] > 0.3).astype(int)
    scaler, regression = model[0], model[1]
    recipe = {
        "features": list(features.columns),
        "mean": scaler.mean_.tolist(),
        "scale": scaler.scale_.tolist(),
        "coefficients": regression.coef_[0].tolist(),
        "intercept": float(regression.intercept_[0]),
        "probability_threshold": 0.3,
    }
    return table, recipe


table, recipe = credit()
golden = {
    "smclarify": "0.5",
    "vector": metrics(vector(), "facet", ["d"], "stratum"),
    "credit": {
        "recipe": recipe,
        "predicted_positive": int(np.sum(table["predicted"])),
        "cases": [
            metrics(table, "SEX", [1], "EDUCATION"),
            metrics(table, "EDUCATION", [2, 3], "MARRIAGE"),
            metrics(table, "MARRIAGE", None, "SEX"),
            metrics(table, "AGE_YEARS", [40], "SEX"),
            metrics(table, "LIMIT_BAL", [200000], None),
            metrics(table, "AGE", [30], "SEX"),
        ],
        "first_300": metrics(table.head(300), "AGE", [40], "SEX"),
    },
}
Path(__file__).with_name("bias_smclarify.json").write_text(json.dumps(golden, indent=1) + "\n")
