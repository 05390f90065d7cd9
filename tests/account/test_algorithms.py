"""The built-in algorithms: trained from csv, judged by their log, served in AWS's formats."""

import json
import re

import numpy as np
import pytest
from botocore.exceptions import ClientError
from joblab import BUCKET, ROLE, Lab, channel, until, variant

from sagelab.account import images

GROUP = "/aws/sagemaker/TrainingJobs"
SIZE = 600


def table(kind):
    """Rows with the label first: two numbers decide, one is noise."""
    chance = np.random.default_rng(1)
    rows = chance.normal(size=(SIZE, 3)) * [1.0, 20.0, 1.0] + [0.0, 100.0, 0.0]
    score = 2 * rows[:, 0] - (rows[:, 1] - 100) / 10 + 0.3 * chance.normal(size=SIZE)
    labels = {
        "binary": (score > 0).astype(float),
        "classes": np.digitize(score, [-1.5, 1.5]).astype(float),
        "number": 50 + 5 * score,
    }[kind]
    return np.column_stack([labels, rows])


def csv(rows):
    return "\n".join(",".join(f"{value:g}" for value in row) for row in rows)


@pytest.fixture(scope="module")
def lab(account):
    laboratory = Lab(account)
    for kind in ("binary", "classes", "number"):
        rows = table(kind)
        laboratory.put(f"alg/{kind}/train/a.csv", csv(rows[:300]))
        laboratory.put(f"alg/{kind}/train/b.csv", csv(rows[300:450]))
        laboratory.put(f"alg/{kind}/validation/v.csv", csv(rows[450:]))
    laboratory.put("alg/header/h.csv", "label,a,b\n1,2,3\n0,1,2\n")
    lines = (f"{row[0]:g} 0:{row[1]:g} 1:{row[2]:g} 2:{row[3]:g}" for row in table("binary"))
    laboratory.put("alg/libsvm/train.txt", "\n".join(lines))
    return laboratory


def channels(kind, content_type="text/csv"):
    return [
        channel(name, f"s3://{BUCKET}/alg/{kind}/{name}/", ContentType=content_type)
        for name in ("train", "validation")
    ]


def fit(lab, image, hyperparameters, data, **request):
    name = lab.unique("builtin")
    lab.sm.create_training_job(
        **{
            "TrainingJobName": name,
            "RoleArn": ROLE,
            "AlgorithmSpecification": {"TrainingImage": images.uri(image), "TrainingInputMode": "File"},
            "HyperParameters": hyperparameters,
            "InputDataConfig": data,
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
            "StoppingCondition": {"MaxRuntimeInSeconds": 120},
            **request,
        }
    )
    return name


def final(job):
    return {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}


def endpoint(lab, image, job):
    """An endpoint of the job's own artifact, with no script."""
    model = lab.unique("builtin-model")
    artifact = job["ModelArtifacts"]["S3ModelArtifacts"]
    container = {"Image": images.uri(image), "ModelDataUrl": artifact}
    lab.sm.create_model(ModelName=model, ExecutionRoleArn=ROLE, PrimaryContainer=container)
    return lab.endpoint(lab.config(variant("AllTraffic", model)))


XGB = {"num_round": "12", "objective": "binary:logistic", "eval_metric": "auc,logloss", "max_depth": "3"}


@pytest.fixture(scope="module")
def boosted(lab):
    return lab.trained(fit(lab, "xgboost", XGB, channels("binary")))


def test_xgboost_learns_and_its_metrics_are_read_from_the_log(lab, boosted):
    lines = lab.log(GROUP, boosted["TrainingJobName"])

    assert boosted["TrainingJobStatus"] == "Completed", boosted.get("FailureReason")
    assert final(boosted)["validation:auc"] > 0.95
    assert {"train:auc", "train:logloss", "validation:logloss"} <= set(final(boosted))
    rounds = [line for line in lines if re.match(r"\[\d+\]#011train-auc:", line)]
    assert len(rounds) == 12
    assert re.fullmatch(
        r"\[11\]#011train-auc:\S+#011train-logloss:\S+#011validation-auc:\S+#011\S+", rounds[-1]
    )


def test_the_job_shows_the_algorithms_metric_definitions(boosted):
    shown = boosted["AlgorithmSpecification"]["MetricDefinitions"]

    regex = r".*\[[0-9]+\].*#011validation-auc:([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?).*"
    assert {"Name": "validation:auc", "Regex": regex} in shown


def test_the_artifact_is_one_that_xgboost_itself_loads(lab, boosted):
    import xgboost as xgb

    files = lab.unpacked(boosted["ModelArtifacts"]["S3ModelArtifacts"])
    booster = xgb.Booster()
    booster.load_model(bytearray(files["xgboost-model"]))

    assert list(files) == ["xgboost-model"]
    assert booster.num_boosted_rounds() == 12


def test_xgboost_serves_csv_with_commas_between_predictions(lab, boosted):
    name = endpoint(lab, "xgboost", boosted)
    answer = lab.ask(name, csv(table("binary")[450:455, 1:]))
    found = [float(value) for value in answer.split(",")]

    assert len(found) == 5
    assert [round(value) for value in found] == table("binary")[450:455, 0].tolist()
    assert lab.ask(name, "0:0.5 1:100 2:0\n1:100", content_type="text/libsvm").count(",") == 1
    with pytest.raises(ClientError, match="Feature size of csv inference data 2 is not consistent"):
        lab.ask(name, "1,2")
    with pytest.raises(ClientError, match="please ensure data is in csv format"):
        lab.ask(name, "a,b,c")


def test_libsvm_is_what_xgboost_expects_where_no_content_type_is_given(lab):
    good = fit(lab, "xgboost", {**XGB, "num_round": "2"}, [channel("train", f"s3://{BUCKET}/alg/libsvm/")])
    bad = fit(lab, "xgboost", XGB, [channel("train", f"s3://{BUCKET}/alg/binary/train/")])

    assert lab.trained(good)["TrainingJobStatus"] == "Completed"
    assert "of file 'a.csv' is not 'LIBSVM' format" in lab.trained(bad)["FailureReason"]


def test_metrics_of_awss_own_and_early_stopping(lab):
    wanted = {"num_round": "200", "objective": "binary:logistic", "early_stopping_rounds": "3"}
    tuned = {**wanted, "eval_metric": "accuracy,f1", "_tuning_objective_metric": "validation:logloss"}
    name = fit(lab, "xgboost", tuned, channels("binary"))
    job = lab.trained(name)

    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert {"validation:accuracy", "validation:f1", "validation:logloss"} <= set(final(job))
    assert len([line for line in lab.log(GROUP, name) if line.startswith("[")]) < 200


def test_xgboost_goes_on_from_its_checkpoint(lab):
    config = {"S3Uri": f"s3://{BUCKET}/{lab.unique('boost')}", "LocalPath": "/opt/ml/checkpoints"}
    lab.trained(fit(lab, "xgboost", {**XGB, "num_round": "7"}, channels("binary"), CheckpointConfig=config))
    name = fit(lab, "xgboost", {**XGB, "num_round": "10"}, channels("binary"), CheckpointConfig=config)
    lab.trained(name)
    numbers = [line.split("]")[0] for line in lab.log(GROUP, name) if line.startswith("[")]

    assert numbers == ["[7", "[8", "[9"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"num_round": None}, "Missing required hyperparameter: num_round"),
        ({"depth": "3"}, "Extraneous hyperparameter found: depth"),
        ({"max_depth": "deep"}, "Hyperparameter max_depth: could not parse value (caused by ValueError)"),
        ({"eta": "1.5"}, "Hyperparameter eta: 1.5 is not in [0, 1]"),
        ({"objective": "multi:softmax"}, "Require input for parameter 'num_class'"),
        ({"eval_metric": "auc", "objective": "reg:squarederror"}, "Metric 'auc' can only be applied"),
    ],
)
def test_wrong_hyperparameters_fail_in_the_containers_words(lab, changes, sentence):
    wanted = {name: value for name, value in {**XGB, **changes}.items() if value is not None}
    reason = lab.trained(fit(lab, "xgboost", wanted, channels("binary")))["FailureReason"]

    assert reason.startswith("AlgorithmError: framework error: ")
    assert sentence in reason
    assert reason.endswith("exit code: 1")


def test_wrong_data_fails_the_job(lab):
    header = [channel("train", f"s3://{BUCKET}/alg/header/", ContentType="text/csv")]
    labels = [channel("train", f"s3://{BUCKET}/alg/number/train/", ContentType="text/csv")]

    assert "Failed to load csv data" in lab.trained(fit(lab, "xgboost", XGB, header))["FailureReason"]
    assert "label must be in [0,1]" in lab.trained(fit(lab, "xgboost", XGB, labels))["FailureReason"]


def test_script_mode_of_the_xgboost_image_still_runs_scripts(lab):
    spec = {"TrainingImage": images.uri("xgboost"), "TrainingInputMode": "File"}
    name = lab.train("print('mine')", AlgorithmSpecification=spec)
    lab.trained(name)

    assert lab.log(GROUP, name) == ["mine"]


@pytest.mark.parametrize(
    ("request_part", "sentence"),
    [
        (
            {
                "AlgorithmSpecification": {
                    "TrainingImage": images.uri("linear-learner"),
                    "TrainingInputMode": "File",
                    "MetricDefinitions": [{"Name": "m", "Regex": "x"}],
                }
            },
            "can't override the metric definitions",
        ),
        (
            {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 5}},
            "trains on one instance",
        ),
        (
            {
                "EnableManagedSpotTraining": True,
                "StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 7200},
            },
            "MaxWaitTimeInSeconds above 3600",
        ),
    ],
)
def test_what_a_built_in_algorithm_cannot_have_is_refused(lab, request_part, sentence):
    with pytest.raises(ClientError, match=sentence):
        fit(lab, "linear-learner", {"predictor_type": "regressor"}, channels("number"), **request_part)


# -- linear learner ----------------------------------------------------------------------------------------------
LINEAR = {"mini_batch_size": "50"}


@pytest.fixture(scope="module")
def lines_of(lab):
    """One job of each predictor type."""
    wanted = {
        "binary": {"predictor_type": "binary_classifier"},
        "classes": {"predictor_type": "multiclass_classifier", "num_classes": "3"},
        "number": {"predictor_type": "regressor"},
    }
    return {
        kind: lab.trained(fit(lab, "linear-learner", {**LINEAR, **hyper}, channels(kind)))
        for kind, hyper in wanted.items()
    }


def test_linear_learner_learns_each_kind_of_target(lab, lines_of):
    assert [job["TrainingJobStatus"] for job in lines_of.values()] == ["Completed"] * 3
    assert final(lines_of["binary"])["validation:binary_classification_accuracy"] > 0.93
    assert final(lines_of["classes"])["validation:multiclass_accuracy"] > 0.8
    assert final(lines_of["number"])["validation:mse"] < 5  # the noise alone is 2.25, the variance about 200


def test_linear_learner_reports_every_epoch_in_the_lines_that_aws_reads(lab, lines_of):
    job = lines_of["binary"]
    lines = lab.log(GROUP, job["TrainingJobName"])
    metrics = final(job)

    assert any(
        "#quality_metric: host=algo-1, epoch=0, train binary_classification_cross_entropy_objective <loss>="
        in line
        for line in lines
    )
    assert {
        "train:objective_loss",
        "validation:objective_loss",
        "validation:objective_loss:final",
        "train:progress",
        "validation:binary_f_beta",
        "validation:precision",
        "validation:recall",
    } <= set(metrics)
    names = {definition["Name"] for definition in job["AlgorithmSpecification"]["MetricDefinitions"]}
    assert {"validation:objective_loss", "test:binary_f_beta"} <= names


def test_the_artifact_of_linear_learner_has_awss_name(lab, lines_of):
    assert list(lab.unpacked(lines_of["number"]["ModelArtifacts"]["S3ModelArtifacts"])) == ["model_algo-1"]


def test_linear_learner_serves_scores_and_labels_as_json(lab, lines_of):
    name = endpoint(lab, "linear-learner", lines_of["binary"])
    rows = table("binary")[450:470]
    answer = json.loads(lab.ask(name, csv(rows[:, 1:])))

    assert list(answer) == ["predictions"]
    assert all(0 <= one["score"] <= 1 for one in answer["predictions"])
    labels = [one["predicted_label"] for one in answer["predictions"]]
    assert sum(a == b for a, b in zip(labels, rows[:, 0], strict=True)) >= 18
    instances = json.dumps({"instances": [{"features": rows[0, 1:].tolist()}]})
    again = json.loads(lab.ask(name, instances, content_type="application/json"))
    assert again["predictions"][0]["score"] == pytest.approx(answer["predictions"][0]["score"], abs=1e-3)
    in_lines = lab.ask(name, csv(rows[:2, 1:]), Accept="application/jsonlines")
    assert [set(json.loads(line)) for line in in_lines.splitlines()] == [{"score", "predicted_label"}] * 2
    with pytest.raises(ClientError, match="2 features, the model 3"):
        lab.ask(name, "1,2")


@pytest.mark.parametrize(
    ("kind", "members"), [("classes", {"score", "predicted_label"}), ("number", {"score"})]
)
def test_other_predictors_answer_in_their_own_form(lab, lines_of, kind, members):
    name = endpoint(lab, "linear-learner", lines_of[kind])
    row = table(kind)[450]
    one = json.loads(lab.ask(name, csv([row[1:]])))["predictions"][0]

    assert set(one) == members
    assert np.size(one["score"]) == (3 if kind == "classes" else 1)
    if kind == "number":
        assert one["score"] == pytest.approx(row[0], abs=8)


@pytest.mark.parametrize(
    ("hyperparameters", "sentence"),
    [
        ({}, "'predictor_type' is a required property (caused by ValidationError)"),
        (
            {"predictor_type": "tree"},
            "'tree' is not one of ['binary_classifier', 'multiclass_classifier'",
        ),
        (
            {"predictor_type": "regressor", "depth": "3"},
            "Additional hyperparameters are not allowed ('depth' was unexpected) (caused by ValidationError)",
        ),
        ({"predictor_type": "multiclass_classifier"}, "num_classes is required"),
        ({"predictor_type": "regressor", "mini_batch_size": "5000"}, "the mini-batch size is too high"),
        ({"predictor_type": "binary_classifier"}, "must be whole numbers from 0 to 1"),
        ({"predictor_type": "regressor", "loss": "logistic"}, "loss logistic does not go with"),
    ],
)
def test_linear_learner_says_what_is_wrong_as_a_client_error(lab, hyperparameters, sentence):
    wanted = {**LINEAR, **hyperparameters}
    reason = lab.trained(fit(lab, "linear-learner", wanted, channels("number")))["FailureReason"]

    assert reason.startswith("ClientError: ")
    assert sentence in reason
    assert reason.endswith("exit code: 2")


def test_linear_learner_reads_csv_only_and_says_so(lab):
    data = [channel("train", f"s3://{BUCKET}/alg/number/train/")]
    job = lab.trained(fit(lab, "linear-learner", {**LINEAR, "predictor_type": "regressor"}, data))

    assert "Requested content-type is 'application/x-recordio-protobuf'" in job["FailureReason"]


def test_a_built_in_algorithm_is_isolated_like_any_other_job(lab):
    name = fit(lab, "xgboost", {**XGB, "num_round": "2"}, channels("binary"), EnableNetworkIsolation=True)

    assert lab.trained(name)["TrainingJobStatus"] == "Completed"


def test_a_stopped_job_saves_its_model_where_it_was_asked_to(lab):
    hyper = {**XGB, "num_round": "1000000", "save_model_on_termination": "true"}
    name = fit(lab, "xgboost", hyper, channels("binary"))

    def lines():
        try:
            return lab.log(GROUP, name)
        except ClientError:
            return []

    until(lines, lambda seen: any(line.startswith("[3]") for line in seen))
    lab.sm.stop_training_job(TrainingJobName=name)
    job = lab.trained(name)

    assert job["TrainingJobStatus"] == "Stopped"
    assert list(lab.unpacked(job["ModelArtifacts"]["S3ModelArtifacts"])) == ["xgboost-model"]
