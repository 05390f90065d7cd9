"""Clarify's container: its configuration, the model that it asks, and the files that it writes."""

import base64
import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from botocore.exceptions import ClientError
from capturelab import event, label, write

from sagelab.account.containers import analysis_config, clarify, predictor
from sagelab.account.containers.job import Job
from sagelab.account.containers.jsonfile import read_json
from sagelab.errors import SagelabError

PREDICTOR = {"model_name": "m", "instance_type": "ml.m5.large", "initial_instance_count": 1}
BIAS = {
    "dataset_type": "text/csv",
    "headers": ["age", "sex", "label", "answer"],
    "label": "label",
    "predicted_label": "answer",
    "label_values_or_threshold": [1],
    "facet": [{"name_or_index": "sex", "value_or_threshold": ["f"]}],
    "methods": {"pre_training_bias": {"methods": "all"}, "post_training_bias": {"methods": ["DI", "DPPL"]}},
}
SHAP = {"dataset_type": "text/csv", "methods": {"shap": {"baseline": [[30, 1]]}}, "predictor": PREDICTOR}


# -- the configuration ---------------------------------------------------------------------------------------------
def test_all_stands_for_every_metric():
    config = analysis_config.parse(BIAS)

    assert config.metrics["pre_training_bias"] == ["CDDL", "CI", "DPL", "JS", "KL", "KS", "LP", "TVD"]
    assert config.metrics["post_training_bias"] == ["DI", "DPPL"]
    assert analysis_config.METRICS["post_training_bias"] == [
        *("AD", "CDDPL", "DAR", "DCA", "DCR", "DI", "DPPL", "DRR", "FT", "GE", "RD", "SD", "TE")
    ]


def test_a_bias_monitor_without_methods_computes_all_metrics():
    config = analysis_config.parse({key: BIAS[key] for key in BIAS if key != "methods"}, captured=True)

    assert config.metrics == analysis_config.METRICS


def changed(config: dict, **changes) -> dict:
    return {key: value for key, value in (config | changes).items() if value is not None}


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ([], "analysis_config must be a JSON object"),
        (changed(BIAS, lable="x"), "analysis_config has the unknown key 'lable'; it may hold dataset_type"),
        (changed(BIAS, dataset_type="csv"), "dataset_type is 'csv'; the local account reads text/csv and"),
        (
            changed(BIAS, facet_dataset_uri="s3://a"),
            "facet_dataset_uri is not available in the local account",
        ),
        (changed(BIAS, methods=None), "methods must hold at least one of pre_training_bias"),
        (changed(BIAS, methods={"report": {}}), "methods must hold at least one of pre_training_bias"),
        (changed(BIAS, methods={**BIAS["methods"], "lime": {}}), "methods has the unknown method 'lime'"),
        (
            changed(BIAS, methods={"pre_training_bias": {"methods": "CI"}}),
            'pre_training_bias: methods must be "all" or',
        ),
        (
            changed(BIAS, methods={"pre_training_bias": {"methods": ["DI"]}}),
            "pre_training_bias: there is no metric 'DI'",
        ),
        (
            changed(BIAS, methods={"post_training_bias": {"methods": ["DCAcc"]}}),
            r"there is no metric 'DCAcc' \(the guide's text says DCAcc; the key is DCA\)",
        ),
        (changed(BIAS, label=None), "bias methods need label, the column with the observed outcome"),
        (changed(BIAS, facet=None), "bias methods need facet, the sensitive columns"),
        (changed(BIAS, label_values_or_threshold=[]), "bias methods need label_values_or_threshold"),
        (changed(BIAS, facet=[{"name": "sex"}]), "facet has the unknown key 'name'"),
        (changed(BIAS, facet=[{}]), "name_or_index is missing; it names the sensitive column"),
        (changed(BIAS, probability_threshold="0.3"), "probability_threshold is '0.3'; it must be a number"),
        (
            changed(BIAS, predicted_label=None),
            "post_training_bias without predicted_label need a predictor section",
        ),
        (changed(SHAP, predictor=None), "shap and pdp need a predictor section"),
        (changed(SHAP, predictor={"model_name": "m"}), "predictor: instance_type is missing"),
        (
            changed(SHAP, methods={"shap": {"num_samples": 0}}),
            "num_samples is 0; it must be a whole number from 1",
        ),
        (
            changed(SHAP, methods={"shap": {"agg_method": "mean"}}),
            "agg_method is 'mean'; it must be mean_abs or",
        ),
        (
            changed(SHAP, methods={"shap": {"text_config": {}}}),
            "shap: text_config is not available in the local account",
        ),
        (changed(SHAP, methods={"pdp": {}}), "pdp: give features, or the shap method"),
    ],
)
def test_a_wrong_configuration_is_one_sentence(config, sentence):
    with pytest.raises(SagelabError, match=sentence):
        analysis_config.parse(config)


# -- the model behind an endpoint ----------------------------------------------------------------------------------
class FakeAws:
    """Both SageMaker clients: an endpoint that starts, answers with a function of the rows, and is deleted."""

    def __init__(self, function, status="InService", reason=""):
        self.function, self.status, self.reason = function, status, reason
        self.calls, self.sizes = [], []
        self.exceptions = self
        self.ClientError = ClientError

    def create_endpoint_config(self, **request):
        self.calls.append(
            ("config", request["EndpointConfigName"], request["ProductionVariants"][0]["ModelName"])
        )

    def create_endpoint(self, **request):
        self.calls.append(("endpoint", request["EndpointName"]))

    def describe_endpoint(self, **_):
        return {"EndpointStatus": self.status, "FailureReason": self.reason}

    def delete_endpoint(self, **request):
        self.calls.append(("delete endpoint", request["EndpointName"]))

    def delete_endpoint_config(self, **request):
        self.calls.append(("delete config", request["EndpointConfigName"]))

    def invoke_endpoint(self, Body, **_):  # noqa: N803 - boto3's name
        self.sizes.append(len(Body))
        rows = list(csv.reader(io.StringIO(Body.decode())))
        return {"Body": io.BytesIO(self.function(rows).encode()), "ContentType": "text/csv"}


def total(rows) -> str:
    return "\n".join(str(sum(map(float, row)) / 100) for row in rows)


def ask(aws: FakeAws, **settings) -> predictor.Predictor:
    return predictor.Predictor({**PREDICTOR, **settings}, "text/csv", aws, aws)


def test_the_shadow_endpoint_lives_as_long_as_the_analysis():
    aws = FakeAws(total)

    with ask(aws) as model:
        assert model.endpoint.startswith("sm-clarify-")
        assert model.scores(["10,20", "30,40"]).tolist() == [[0.3], [0.7]]

    assert [call[0] for call in aws.calls] == ["config", "endpoint", "delete endpoint", "delete config"]
    assert {call[1] for call in aws.calls} == {model.endpoint}


@pytest.mark.parametrize("failure", [SagelabError("x"), KeyboardInterrupt(), SystemExit(143)])
def test_the_shadow_endpoint_is_deleted_after_a_failure_too(failure):
    aws = FakeAws(total)

    with pytest.raises(type(failure)), ask(aws):
        raise failure

    assert [call[0] for call in aws.calls][2:] == ["delete endpoint", "delete config"]


def test_an_endpoint_that_does_not_start_is_told_and_deleted():
    aws = FakeAws(total, "Failed", "The container did not pass the ping health check.")

    with (
        pytest.raises(SagelabError, match="shadow endpoint for model m failed: The container did not pass"),
        ask(aws),
    ):
        pass

    assert ("delete endpoint", aws.calls[0][1]) in aws.calls


def test_an_existing_endpoint_is_asked_and_left_alone():
    aws = FakeAws(total)

    with ask(aws, endpoint_name="mine") as model:
        model.scores(["1,2"])

    assert aws.calls == []


def test_rows_travel_in_payloads_below_the_limit():
    aws = FakeAws(total)

    with ask(aws) as model:
        answers = model.scores(f"{i},{'0' * 1000}" for i in range(3000))

    assert answers[:, 0] == pytest.approx(np.arange(3000) / 100)
    assert len(aws.sizes) == 4
    assert max(aws.sizes) <= predictor.PAYLOAD


@pytest.mark.parametrize(
    ("settings", "answer", "expected"),
    [
        ({}, "0.2\n0.8\n", ["0", "1"]),
        ({"label": 0}, "no,0.9\nyes,0.8\n", ["no", "yes"]),
        ({"label_headers": ["no", "yes"]}, "0.9,0.1\n0.3,0.7\n", ["no", "yes"]),
        (
            {"probability": 1, "label_headers": ["no", "yes"]},
            'a,"[0.9, 0.1]"\nb,"[0.3, 0.7]"\n',
            ["no", "yes"],
        ),
    ],
)
def test_the_predicted_label_is_found_in_each_kind_of_output(settings, answer, expected):
    with ask(FakeAws(lambda rows: answer), **settings) as model:
        assert model.labels(["1", "2"], threshold=0.5) == expected


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("0.1\n", "The model answered 1 rows to 2; it must answer one for each"),
        ("yes\nno\n", r"The model's output is not a row of numbers: \['yes'\]"),
    ],
)
def test_an_output_that_is_no_score_is_one_sentence(answer, sentence):
    with ask(FakeAws(lambda rows: answer)) as model, pytest.raises(SagelabError, match=sentence):
        model.scores(["1", "2"])


def test_json_lines_models_get_and_give_json_lines():
    aws = FakeAws(total)

    def invoke(Body, **request):  # noqa: N803 - boto3's name
        assert request["ContentType"] == "application/jsonlines"
        rows = [json.loads(line)["features"] for line in Body.decode().splitlines()]
        text = "\n".join(json.dumps({"score": row[0] / 10, "who": row[1]}) for row in rows)
        return {"Body": io.BytesIO(text.encode()), "ContentType": "application/jsonlines"}

    aws.invoke_endpoint = invoke
    with predictor.Predictor(
        {**PREDICTOR, "probability": "score", "label": "who"}, "application/jsonlines", aws, aws
    ) as m:
        assert m.scores(["2,a", "5,b"]).tolist() == [[0.2], [0.5]]
        assert m.labels(["2,a", "5,b"], 0.3) == ["a", "b"]


# -- the job -------------------------------------------------------------------------------------------------------
@pytest.fixture
def start(tmp_path, monkeypatch):
    """Run Clarify over a dataset with a configuration, and with a model where it asks one; the output folder."""

    def clarified(config, dataset: str, function=total, **environment) -> Path:
        aws = FakeAws(function)
        monkeypatch.setattr(
            clarify, "Predictor", lambda settings, kind: predictor.Predictor(settings, kind, aws, aws)
        )
        root = tmp_path / "ml" / "processing"
        asked = config if isinstance(config, str) else json.dumps(config)
        for name, text in (("dataset", dataset), ("analysis_config", asked)):
            (root / "input" / name).mkdir(parents=True)
            (root / "input" / name / f"{name}.txt").write_text(text)
        inputs = [
            {"InputName": name, "S3Input": {"LocalPath": f"/opt/ml/processing/input/{name}"}}
            for name in ("dataset", "analysis_config")
        ]
        output = {"Outputs": [{"S3Output": {"LocalPath": "/opt/ml/processing/output"}}]}
        (tmp_path / "ml/config").mkdir()
        (tmp_path / "ml/config/processingjobconfig.json").write_text(
            json.dumps({"ProcessingInputs": inputs, "ProcessingOutputConfig": output})
        )
        clarify.main(Job(environment, root))
        return root / "output"

    return clarified


PEOPLE = "\n".join(f"{20 + i % 50},{'mf'[i % 2]},{int(i % 5 > 2)},{int(i % 7 > 3)}" for i in range(200))


def test_bias_metrics_have_the_layout_of_the_guide(start):
    found = read_json(start(BIAS, PEOPLE) / "analysis.json")

    assert list(found) == ["version", "pre_training_bias_metrics", "post_training_bias_metrics"]
    section = found["post_training_bias_metrics"]
    assert (section["label"], section["label_value_or_threshold"]) == ("label", "1")
    assert list(section["facets"]) == ["sex"]
    group = section["facets"]["sex"][0]
    assert group["value_or_threshold"] == "f"
    assert [list(metric) for metric in group["metrics"]] == [["name", "description", "value"]] * 2


def test_predictions_are_asked_from_the_model_where_the_data_has_none(start):
    config = changed(BIAS, predicted_label=None, headers=["age", "sex", "label"], predictor=PREDICTOR)
    config["probability_threshold"] = 0.4
    people = "\n".join(line.rpartition(",")[0] for line in PEOPLE.splitlines())

    output = start(config, people, lambda rows: "\n".join(str(float(row[0]) / 100) for row in rows))

    metrics = read_json(output / "analysis.json")["post_training_bias_metrics"]["facets"]["sex"][0]["metrics"]
    ages = np.array([int(line.split(",")[0]) for line in PEOPLE.splitlines()])
    women = np.arange(200) % 2 == 1
    assert metrics[0]["value"] == pytest.approx((ages[women] > 40).mean() / (ages[~women] > 40).mean())


EXPLAINED = "age,limit\n30,5\n40,9\n35,1\n"


def explaining(**shap) -> dict:
    return {**SHAP, "methods": {"shap": {"baseline": [[30, 1]], **shap}}}


def test_shap_values_are_written_globally_and_row_by_row(start):
    """The model adds its inputs, so each feature gets its difference from the baseline."""
    output = start(explaining(save_local_shap_values=True), EXPLAINED)

    found = read_json(output / "analysis.json")["explanations"]["kernel_shap"]["label0"]
    assert found["global_shap_values"] == pytest.approx({"age": 0.05, "limit": 0.04})
    assert found["expected_value"] == pytest.approx(0.31)
    rows = list(csv.reader((output / "explanations_shap/out.csv").open()))
    assert rows[0] == ["age_label0", "limit_label0"]
    assert [[float(cell) for cell in row] for row in rows[1:]] == [
        pytest.approx(row, abs=1e-9) for row in ([0, 0.04], [0.1, 0.08], [0.05, 0])
    ]


def test_outputs_are_named_by_label_headers_and_rows_by_their_identifier(start):
    config = explaining(save_local_shap_values=True)
    config["predictor"] = {**PREDICTOR, "label_headers": ["low", "high"]}
    config["joinsource_name_or_index"] = "id"
    config["headers"] = ["id", "age", "limit"]

    output = start(config, "c1,30,5\nc2,40,9\n", lambda rows: "\n".join(f"{row[0]},{row[1]}" for row in rows))

    assert list(read_json(output / "analysis.json")["explanations"]["kernel_shap"]) == ["low", "high"]
    rows = list(csv.reader((output / "explanations_shap/out.csv").open()))
    assert rows[0] == ["age_low", "limit_low", "age_high", "limit_high", "id"]
    assert rows[2][-1] == "c2"


def test_a_missing_baseline_is_clustered_and_kept(start):
    output = start({**SHAP, "methods": {"shap": {"num_clusters": 2}}}, EXPLAINED)

    rows = list(csv.reader((output / "explanations_shap/baseline.csv").open()))
    assert rows[0] == ["age", "limit"]
    assert len(rows) == 3


def test_partial_dependence_takes_the_strongest_features(start):
    config = explaining()
    config["methods"]["pdp"] = {"top_k_features": 1, "grid_resolution": 2}

    found = read_json(start(config, EXPLAINED) / "analysis.json")["explanations"]["pdp"]

    assert [(entry["feature_name"], entry["feature_values"]) for entry in found] == [("age", [32.5, 37.5])]
    assert found[0]["model_predictions"][0] == pytest.approx([0.375, 0.425])


def test_without_report_no_report_is_written(start):
    assert sorted(path.name for path in start(BIAS, PEOPLE).iterdir()) == ["analysis.json"]


def test_the_report_comes_in_three_forms_with_tables_and_described_charts(start):
    config = changed(BIAS, predictor=PREDICTOR, excluded_columns=["sex"])
    config["methods"] = {
        **BIAS["methods"],
        "shap": {"baseline": [[30]]},
        "pdp": {"grid_resolution": 3},
        "report": {"name": "letter", "title": "Loans & bias"},
    }

    output = start(config, PEOPLE, lambda rows: "\n".join(str(float(row[0]) / 100) for row in rows))

    page = (output / "letter.html").read_text()
    assert "<h1>Loans &amp; bias</h1>" in page
    assert "<td>Class Imbalance (CI)</td>" in page
    assert page.count('alt="') == page.count("<img") == 5
    notebook = json.loads((output / "letter.ipynb").read_text())
    assert notebook["nbformat"] == 4
    picture = next(cell for cell in notebook["cells"] if "attachments" in cell)["attachments"]["chart-0.png"]
    assert base64.b64decode(picture["image/png"]).startswith(b"\x89PNG")
    assert (output / "letter.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("config", "dataset", "sentence"),
    [
        (
            changed(BIAS, label="lable"),
            PEOPLE,
            "label 'lable' is not a column; the columns are age, sex, label",
        ),
        (changed(BIAS, facet=[{"name_or_index": 9}]), PEOPLE, "Facet 9 is not a column"),
        (changed(BIAS, headers=["a", "b"]), PEOPLE, "The dataset, row 1: 4 values for 2 columns"),
        (BIAS, "", "The dataset has no row"),
        (explaining(baseline=[[1, 2, 3]]), EXPLAINED, "The SHAP baseline, row 1: 3 values for 2 columns"),
        (explaining(baseline=[]), EXPLAINED, "baseline is an empty list"),
        (explaining(baseline=[1, 2]), EXPLAINED, "baseline must be a list of rows"),
    ],
)
def test_data_that_does_not_fit_is_one_sentence(start, config, dataset, sentence):
    with pytest.raises(SagelabError, match=sentence):
        start(config, dataset)


def test_a_configuration_that_is_not_json_names_the_line(start):
    with pytest.raises(SagelabError, match=r"analysis_config\.txt, line 2: not JSON"):
        start('{"methods":\n oops', PEOPLE)


def test_a_header_row_is_recognized(start):
    """With headers in the configuration a first row that repeats them is skipped; without, it names the columns."""
    with_row = ",".join(BIAS["headers"]) + "\n" + PEOPLE
    first = read_json(start(BIAS, with_row) / "analysis.json")

    metrics = first["pre_training_bias_metrics"]["facets"]["sex"][0]["metrics"]
    assert next(m["value"] for m in metrics if m["name"] == "CI") == 0


JSON_LINES = {
    **{key: BIAS[key] for key in ("label_values_or_threshold", "methods")},
    "dataset_type": "application/jsonlines",
    "headers": ["age", "sex", "paid", "answer"],
    "features": "x",
    "label": "truth.label",
    "predicted_label": "answer",
    "facet": [{"name_or_index": "sex", "value_or_threshold": ["f"]}],
}


def lines(*rows: tuple) -> str:
    """age, sex, label, answer as nested JSON Lines."""
    return "\n".join(json.dumps({"x": row[:2], "truth": {"label": row[2]}, "answer": row[3]}) for row in rows)


def test_json_lines_are_read_by_their_paths(start):
    people = [(20 + i % 50, "mf"[i % 2], int(i % 5 > 2), int(i % 7 > 3)) for i in range(200)]
    nested = read_json(start(JSON_LINES, lines(*people)) / "analysis.json")

    section = nested["post_training_bias_metrics"]
    answers = np.array([row[3] for row in people])
    women = np.arange(200) % 2 == 1
    assert section["label"] == "paid"
    assert section["facets"]["sex"][0]["metrics"][0]["value"] == pytest.approx(
        answers[women].mean() / answers[~women].mean()
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"features": None}, "features is missing; for JSON Lines it is a JMESPath"),
        ({"features": "y"}, "features is 'y', which must find a list of values in every line"),
        ({"headers": ["age", "sex"]}, "headers has 2 names for 2 features and label, predicted_label"),
    ],
)
def test_json_lines_that_do_not_fit_are_one_sentence(start, changes, sentence):
    with pytest.raises(SagelabError, match=sentence):
        start(changed(JSON_LINES, **changes), lines((30, "f", 1, 1), (40, "m", 0, 0)))


# -- as a monitor --------------------------------------------------------------------------------------------------
MONITOR = {key: BIAS[key] for key in BIAS if key != "predicted_label"} | {"headers": ["age", "sex", "label"]}


def merged(count: int, hit) -> list[dict]:
    events = []
    for i in range(count):
        sent = event(f"{20 + i % 50},{'mf'[i % 2]}", str(hit(i)), f"e-{i}")
        events.append({**sent, "groundTruthData": label("", str(int(i % 5 > 2)))["groundTruthData"]})
    return events


def test_a_bias_monitor_judges_captured_predictions_against_the_baseline(start, tmp_path):
    write(tmp_path / "captures/a.jsonl", merged(400, lambda i: 0.2 if i % 2 else 0.9))
    baseline = start(BIAS, PEOPLE) / "analysis.json"
    baseline.rename(tmp_path / "baseline.json")
    root = tmp_path / "ml/processing"
    (root / "input/analysis_config/analysis_config.txt").write_text(json.dumps(MONITOR))

    told = clarify.main(
        Job(
            {
                "dataset_format": json.dumps({"sagemakerMergeJson": {}}),
                "dataset_source": str(tmp_path / "captures"),
                "output_path": str(tmp_path / "out"),
                "probability_attribute": "0",
                "probability_threshold_attribute": "0.5",
                "baseline_constraints": str(tmp_path / "baseline.json"),
            },
            root,
        )
    )

    found = read_json(tmp_path / "out/constraint_violations.json")
    assert found["version"] == "1.0"
    assert [
        (entry["facet"], entry["facet_value"], entry["metric_name"]) for entry in found["violations"]
    ] == [
        ("sex", "f", "DI"),
        ("sex", "f", "DPPL"),
    ]
    assert told == "CompletedWithViolations: Job completed successfully with 2 violations."


def test_captured_columns_must_be_those_of_the_headers(start, tmp_path):
    write(tmp_path / "captures/a.jsonl", [event("1,2,3", "0.5")])

    with pytest.raises(SagelabError, match="headers names 2 features"):
        start(
            MONITOR,
            PEOPLE,
            dataset_format=json.dumps({"sagemakerCaptureJson": {}}),
            dataset_source=str(tmp_path / "captures"),
            output_path=str(tmp_path / "out"),
        )


def test_bias_metrics_and_attributions_have_the_guides_names():
    stage = clarify.Stage("paid", "1", [clarify.bias_analysis.FacetResult("age", [40], "(40, 79]", [])])
    stage.results[0].metrics.extend(
        [
            clarify.bias_analysis.Measured("CI", "", 0.2),
            clarify.bias_analysis.Measured("TE", "", float("inf")),
            clarify.bias_analysis.Measured("KL", "", None, "why"),
        ]
    )
    shap = clarify.Shap(["age"], ["label0"], np.array([[[0.5]]]), np.array([0.1]), "mean_abs")

    metrics = clarify.bias_metrics({clarify.PRE: stage}) + clarify.shap_metrics(shap)

    assert [(metric.name, metric.value) for metric in metrics] == [
        ("bias_metric_CI", 0.2),
        ("bias_metric_TE", float("inf")),
        ("feature_age", 0.5),
        ("ExpectedValue", 0.1),
    ]
    assert metrics[0].dimensions == {
        "BiasStage": "Pre-training",
        "Label": "paid",
        "LabelValue": "1",
        "Facet": "age",
        "FacetValue": "40",
    }
    assert metrics[2].dimensions["ValueType"] == "GlobalShapValues"
