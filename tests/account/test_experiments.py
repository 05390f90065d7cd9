"""Experiments: trials, components, jobs that become components, and their metrics."""

import math
import statistics
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from joblab import BUCKET, Lab, channel

from sagelab.account import Account

CURVE = """
for step, loss in enumerate([0.9, 0.5, 0.3]):
    print(f"loss={loss};")
"""


@pytest.fixture(scope="module")
def lab(account: Account) -> Lab:
    return Lab(account)


@pytest.fixture(scope="module")
def metrics(account: Account) -> Any:
    return account.session.client("sagemaker-metrics")


def experiment(lab: Lab) -> str:
    name = lab.unique("experiment")
    lab.sm.create_experiment(ExperimentName=name, Description="does the rate matter")
    return name


def trial(lab: Lab, experiment_name: str) -> str:
    name = lab.unique("trial")
    lab.sm.create_trial(TrialName=name, ExperimentName=experiment_name)
    return name


def component(lab: Lab, *trials: str, **more: Any) -> str:
    name = lab.unique("component")
    lab.sm.create_trial_component(TrialComponentName=name, **more)
    for trial_name in trials:
        lab.sm.associate_trial_component(TrialComponentName=name, TrialName=trial_name)
    return name


def names(answer: dict[str, Any]) -> set[str]:
    (items,) = [value for value in answer.values() if isinstance(value, list)]
    return {next(v for k, v in item.items() if k in ("TrialName", "TrialComponentName")) for item in items}


def refused(call: Any, **params: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**params)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def test_a_name_is_shown_where_no_other_is_given(lab: Lab) -> None:
    name = experiment(lab)

    assert lab.sm.describe_experiment(ExperimentName=name)["DisplayName"] == name
    lab.sm.update_experiment(ExperimentName=name, DisplayName="nicer")
    assert lab.sm.describe_experiment(ExperimentName=name)["DisplayName"] == "nicer"


def test_a_trial_can_be_shown_under_another_name(lab: Lab) -> None:
    name = trial(lab, experiment(lab))

    lab.sm.update_trial(TrialName=name, DisplayName="deeper")

    assert lab.sm.describe_trial(TrialName=name)["DisplayName"] == "deeper"


def test_trials_and_components_are_listed_where_they_belong(lab: Lab) -> None:
    first, second = experiment(lab), experiment(lab)
    one, two, other = trial(lab, first), trial(lab, first), trial(lab, second)
    shared, alone = component(lab, one, other), component(lab, two)

    lab.sm.associate_trial_component(
        TrialComponentName=shared, TrialName=other
    )  # again, which changes nothing

    assert names(lab.sm.list_trials(ExperimentName=first)) == {one, two}
    assert names(lab.sm.list_trials(TrialComponentName=shared)) == {one, other}
    assert names(lab.sm.list_trial_components(ExperimentName=first)) == {shared, alone}
    assert names(lab.sm.list_trial_components(TrialName=other)) == {shared}
    assert (
        refused(lab.sm.list_trial_components, ExperimentName=first, TrialName=one)[0] == "ValidationException"
    )
    lab.sm.disassociate_trial_component(TrialComponentName=shared, TrialName=other)
    assert names(lab.sm.list_trial_components(TrialName=other)) == set()
    assert names(lab.sm.list_trial_components(TrialName=one)) == {shared}


def test_experiments_are_deleted_from_the_inside_out(lab: Lab) -> None:
    top = experiment(lab)
    middle = trial(lab, top)
    inner = component(lab, middle)

    assert "has trials" in refused(lab.sm.delete_experiment, ExperimentName=top)[1]
    assert "has trial components" in refused(lab.sm.delete_trial, TrialName=middle)[1]
    assert middle in refused(lab.sm.delete_trial_component, TrialComponentName=inner)[1]
    lab.sm.disassociate_trial_component(TrialComponentName=inner, TrialName=middle)
    lab.sm.delete_trial_component(TrialComponentName=inner)
    lab.sm.delete_trial(TrialName=middle)
    lab.sm.delete_experiment(ExperimentName=top)

    assert refused(lab.sm.describe_experiment, ExperimentName=top)[0] == "ResourceNotFound"
    assert refused(lab.sm.describe_trial_component, TrialComponentName=inner)[0] == "ResourceNotFound"


def test_an_update_adds_replaces_and_removes_parameters(lab: Lab) -> None:
    before = {"rate": {"NumberValue": 0.1}, "kind": {"StringValue": "tree"}}
    name = component(lab, Parameters=before, InputArtifacts={"train": {"Value": "s3://b/train"}})

    lab.sm.update_trial_component(
        TrialComponentName=name,
        Status={"PrimaryStatus": "Completed"},
        Parameters={"rate": {"NumberValue": 0.2}, "depth": {"NumberValue": 3}},
        ParametersToRemove=["kind"],
        OutputArtifacts={"model": {"Value": "s3://b/model"}},
    )

    shown = lab.sm.describe_trial_component(TrialComponentName=name)
    assert shown["Parameters"] == {"rate": {"NumberValue": 0.2}, "depth": {"NumberValue": 3.0}}
    assert shown["InputArtifacts"] == {"train": {"Value": "s3://b/train"}}
    assert shown["OutputArtifacts"] == {"model": {"Value": "s3://b/model"}}
    assert shown["Status"] == {"PrimaryStatus": "Completed"}


def test_a_component_has_at_most_300_parameters(lab: Lab) -> None:
    many = {f"p{n}": {"NumberValue": n} for n in range(300)}
    name = component(lab, Parameters=many)

    code, said = refused(
        lab.sm.update_trial_component, TrialComponentName=name, Parameters={"one": {"NumberValue": 1}}
    )

    assert (code, "300" in said) == ("ValidationException", True)
    swap = {"Parameters": {"one": {"NumberValue": 1}}, "ParametersToRemove": ["p0"]}
    lab.sm.update_trial_component(TrialComponentName=name, **swap)
    assert len(lab.sm.describe_trial_component(TrialComponentName=name)["Parameters"]) == 300


def test_metrics_are_summarized(lab: Lab, metrics: Any, account: Account) -> None:
    name, now, values = component(lab), account.clock.now(), [0.5, 0.9, 0.7]
    data = [
        {"MetricName": "f1", "Timestamp": now + timedelta(seconds=n), "Step": n, "Value": value}
        for n, value in enumerate(values)
    ]

    assert "Errors" not in metrics.batch_put_metrics(TrialComponentName=name, MetricData=data)

    described = lab.sm.describe_trial_component(TrialComponentName=name)
    (summary,) = described["Metrics"]
    assert summary.pop("TimeStamp") == pytest.approx(data[-1]["Timestamp"], abs=timedelta(milliseconds=1))
    assert summary.pop("Avg") == pytest.approx(statistics.fmean(values))
    assert summary.pop("StdDev") == pytest.approx(statistics.pstdev(values))
    assert summary == {
        "MetricName": "f1",
        "SourceArn": described["TrialComponentArn"],
        "Max": 0.9,
        "Min": 0.5,
        "Last": 0.7,
        "Count": 3,
    }


def test_a_value_that_is_no_number_is_refused_with_its_request(
    lab: Lab, metrics: Any, account: Account
) -> None:
    name, now = component(lab), account.clock.now()
    data = [{"MetricName": "loss", "Timestamp": now, "Value": value} for value in (1.0, math.nan)]
    put = metrics.batch_put_metrics

    assert refused(put, TrialComponentName=name, MetricData=data)[0] == "SerializationException"
    assert refused(put, TrialComponentName="nobody", MetricData=data[:1])[0] == "ResourceNotFound"
    assert refused(put, TrialComponentName=name, MetricData=data[:1] * 11)[0] == "ValidationException"
    assert "Metrics" not in lab.sm.describe_trial_component(TrialComponentName=name)


def test_a_component_that_is_made_anew_has_no_metrics_of_the_old_one(
    lab: Lab, metrics: Any, account: Account
) -> None:
    name = component(lab)
    data = [{"MetricName": "loss", "Timestamp": account.clock.now(), "Value": 1.0}]
    metrics.batch_put_metrics(TrialComponentName=name, MetricData=data)

    lab.sm.delete_trial_component(TrialComponentName=name)
    lab.sm.create_trial_component(TrialComponentName=name)

    assert "Metrics" not in lab.sm.describe_trial_component(TrialComponentName=name)


def test_metrics_come_back_as_curves(lab: Lab, metrics: Any, account: Account) -> None:
    name, minute = component(lab), account.clock.now().replace(second=0, microsecond=0)
    arn = lab.sm.describe_trial_component(TrialComponentName=name)["TrialComponentArn"]
    points = [(0, 0, 3.0), (0, 20, 5.0), (1, 70, 1.0)]  # step, second, value
    data = [
        {"MetricName": "loss", "Timestamp": minute + timedelta(seconds=s), "Step": step, "Value": value}
        for step, s, value in points
    ]
    metrics.batch_put_metrics(TrialComponentName=name, MetricData=data)
    ask = {"MetricName": "loss", "ResourceArn": arn}
    steps = {**ask, "Period": "IterationNumber", "XAxisType": "IterationNumber"}

    by_step, late, by_minute, wrong = metrics.batch_get_metrics(
        MetricQueries=[
            {**steps, "MetricStat": "Avg"},
            {**steps, "MetricStat": "Last", "Start": 1},
            {**ask, "MetricStat": "Max", "Period": "OneMinute", "XAxisType": "Timestamp"},
            {**ask, "MetricStat": "Max", "Period": "OneMinute", "XAxisType": "IterationNumber"},
        ]
    )["MetricQueryResults"]

    assert by_step == {"Status": "Complete", "XAxisValues": [0, 1], "MetricValues": [4.0, 1.0]}
    assert late == {"Status": "Complete", "XAxisValues": [1], "MetricValues": [1.0]}
    start = int(minute.timestamp())
    assert by_minute == {"Status": "Complete", "XAxisValues": [start, start + 60], "MetricValues": [5.0, 1.0]}
    assert wrong["Status"] == "ValidationError"


def test_a_training_job_is_a_component_of_the_trial_that_it_names(lab: Lab, metrics: Any) -> None:
    top = experiment(lab)
    middle = trial(lab, top)
    data = lab.put("data/train.csv", "1,2")
    job = lab.trained(
        lab.train(
            CURVE,
            {"learning_rate": "0.1", "kind": '"tree"'},
            metrics=[{"Name": "loss", "Regex": "loss=([0-9.]+);"}],
            InputDataConfig=[channel("train", data, ContentType="text/csv")],
            ExperimentConfig={
                "ExperimentName": top,
                "TrialName": middle,
                "TrialComponentDisplayName": "run",
            },
        )
    )

    (listed,) = lab.sm.list_trial_components(TrialName=middle)["TrialComponentSummaries"]
    shown = lab.sm.describe_trial_component(TrialComponentName=listed["TrialComponentName"])
    assert shown["TrialComponentName"] == f"{job['TrainingJobName']}-aws-training-job"
    assert shown["DisplayName"] == "run"
    assert shown["Source"] == {"SourceArn": job["TrainingJobArn"], "SourceType": "SageMakerTrainingJob"}
    assert shown["Status"]["PrimaryStatus"] == "Completed"
    assert shown["EndTime"] == job["TrainingEndTime"]
    assert shown["Parameters"]["learning_rate"] == {"NumberValue": 0.1}
    assert shown["Parameters"]["kind"] == {"StringValue": "tree"}
    assert shown["Parameters"]["SageMaker.InstanceCount"] == {"NumberValue": 1.0}
    assert shown["InputArtifacts"] == {"train": {"MediaType": "text/csv", "Value": data}}
    assert (
        shown["OutputArtifacts"]["SageMaker.ModelArtifact"]["Value"]
        == job["ModelArtifacts"]["S3ModelArtifacts"]
    )
    (loss,) = shown["Metrics"]
    assert (loss["Max"], loss["Min"], loss["Last"], loss["Count"]) == (0.9, 0.3, 0.3, 3)
    by_source = lab.sm.list_trial_components(SourceArn=job["TrainingJobArn"])["TrialComponentSummaries"]
    assert by_source[0]["TrialComponentSource"] == shown["Source"]
    query = {"MetricName": "loss", "ResourceArn": job["TrainingJobArn"], "MetricStat": "Last"}
    steps = {"Period": "IterationNumber", "XAxisType": "IterationNumber"}
    (curve,) = metrics.batch_get_metrics(MetricQueries=[{**query, **steps}])["MetricQueryResults"]
    assert curve["MetricValues"] == [0.9, 0.5, 0.3]


def test_a_failed_processing_job_gets_a_trial_of_its_own(lab: Lab) -> None:
    top = experiment(lab)
    name = lab.process("raise SystemExit(3)", ExperimentConfig={"ExperimentName": top})
    lab.processed(name)

    (only,) = lab.sm.list_trials(ExperimentName=top)["TrialSummaries"]
    (listed,) = lab.sm.list_trial_components(TrialName=only["TrialName"])["TrialComponentSummaries"]
    shown = lab.sm.describe_trial_component(TrialComponentName=listed["TrialComponentName"])
    assert shown["Status"]["PrimaryStatus"] == "Failed"
    assert shown["Source"]["SourceType"] == "SageMakerProcessingJob"
    assert shown["InputArtifacts"]["code"]["Value"].startswith(f"s3://{BUCKET}/scripts")


def test_a_job_that_names_what_is_not_there_is_refused(lab: Lab) -> None:
    top, other = experiment(lab), experiment(lab)
    middle = trial(lab, top)

    for config in ({"ExperimentName": "nobody"}, {"TrialName": "nobody"}):
        assert refused(lab.train, script="", ExperimentConfig=config)[0] == "ResourceNotFound"
    mixed = {"ExperimentName": other, "TrialName": middle}
    assert f"belongs to experiment {top}" in refused(lab.train, script="", ExperimentConfig=mixed)[1]
