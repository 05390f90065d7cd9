"""Schedules, executions and the four monitors on a real endpoint of the local account."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from joblab import BUCKET, ROLE, Lab, s3_input, s3_output, until, variant

from sagelab.account import images

SCRIPT = """
def model_fn(model_dir): return None
def input_fn(body, content_type): return [list(map(float, line.split(","))) for line in body.strip().splitlines()]
def predict_fn(rows, model): return [min(max((row[0] - 20) / 60 + row[1] / 100, 0), 1) for row in rows]
def output_fn(scores, accept): return "\\n".join(map(repr, scores)) + "\\n", "text/csv"
"""
CAPTURE = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": f"s3://{BUCKET}/captures",
    "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
    "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
}
ROOM = {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5}}
HOURLY = {"ScheduleExpression": "cron(0 * ? * * *)"}
NOW = {"ScheduleExpression": "NOW", "DataAnalysisStartTime": "-PT1H", "DataAnalysisEndTime": "-PT0H"}
RUNNING = ("Pending", "InProgress")
LOCAL, OUT = "/opt/ml/processing/input/endpoint", "/opt/ml/processing/output"
PLAIN = [(20 + i % 40, i % 2) for i in range(60)]  # age and plan, as the model was trained
OLDER = [(50 + i % 10, 1) for i in range(60)]


class Bench(Lab):
    """An endpoint with capture, its baselines, and short ways to monitor it."""

    def __init__(self, account: Any) -> None:
        super().__init__(account)
        self.model_name = self.model(SCRIPT)
        config = self.config(variant("blue", self.model_name), DataCaptureConfig=CAPTURE)
        self.watched = self.endpoint(config)
        self.next_hour()

    # -- the clock and the traffic -----------------------------------------------------------------------------
    def next_hour(self) -> datetime:
        hour = self.account.clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        self.account.clock.set(hour)
        return hour

    def traffic(self, rows: list[tuple[int, int]], prefix: str = "") -> datetime:
        """Ask the endpoint once a row; the hour in which that was."""
        hour = self.account.clock.now().replace(minute=0, second=0, microsecond=0)
        for number, row in enumerate(rows):
            more = {"InferenceId": f"{prefix}{number}"} if prefix else {}
            self.ask(self.watched, ",".join(map(str, row)), Accept="text/csv", **more)
        return hour

    def label(self, hour: datetime, values: list[int], prefix: str, folder: str = "") -> str:
        """Upload ground truth for the traffic of an hour; the prefix that a definition names."""
        lines = [
            {
                "groundTruthData": {"data": str(v), "encoding": "CSV"},
                "eventMetadata": {"eventId": f"{prefix}{i}"},
            }
            for i, v in enumerate(values)
        ]
        root = f"labels/{folder or prefix.strip('-')}"
        text = "\n".join(json.dumps({**line, "eventVersion": "0"}) for line in lines)
        self.put(f"{root}/{hour:%Y/%m/%d/%H}/labels.jsonl", text)
        return f"s3://{BUCKET}/{root}"

    def over(self, hour: datetime) -> dict:
        """The timing of a run that looks at the captures of that hour."""
        age = (self.account.clock.now() - hour) // timedelta(hours=1)
        return {
            "ScheduleExpression": "NOW",
            "DataAnalysisStartTime": f"-PT{age}H",
            "DataAnalysisEndTime": f"-PT{age - 1}H",
        }

    # -- baselines ---------------------------------------------------------------------------------------------
    def start(self, image: str, inputs: dict[str, str], environment: dict[str, str]) -> str:
        """Start a job of one of the two analysis images over texts as inputs; its name."""
        name = self.unique("baseline")
        sources = [
            s3_input(key, self.put(f"in/{name}/{key}", text), f"/opt/ml/processing/input/{key}")
            for key, text in inputs.items()
        ]
        self.sm.create_processing_job(
            ProcessingJobName=name,
            RoleArn=ROLE,
            AppSpecification={"ImageUri": images.uri(image)},
            ProcessingInputs=sources,
            ProcessingOutputConfig={"Outputs": [s3_output("result", OUT, f"s3://{BUCKET}/baselines/{name}")]},
            ProcessingResources=ROOM,
            Environment=environment,
        )
        return name

    def baseline(self, image: str, inputs: dict[str, str], environment: dict[str, str]) -> str:
        """Run a baseline job to its end; where its files lie."""
        self.baseline_job = self.start(image, inputs, environment)
        job = self.processed(self.baseline_job)
        assert job["ProcessingJobStatus"] == "Completed", job["FailureReason"]
        return f"s3://{BUCKET}/baselines/{self.baseline_job}"

    # -- monitors ----------------------------------------------------------------------------------------------
    def definition(self, kind: str, application: dict, source: dict, baseline: dict, **more: Any) -> str:
        """Create a job definition of a monitoring type; its name."""
        name = self.unique(kind.lower())
        target = {"S3Output": {"S3Uri": f"s3://{BUCKET}/reports/{name}", "LocalPath": OUT}}
        create = getattr(self.sm, f"create_{snake(kind)}_job_definition")
        create(
            JobDefinitionName=name,
            RoleArn=ROLE,
            JobResources=ROOM,
            **{
                f"{kind}AppSpecification": application,
                f"{kind}BaselineConfig": baseline,
                f"{kind}JobInput": source,
                f"{kind}JobOutputConfig": {"MonitoringOutputs": [target]},
            },
            **more,
        )
        return name

    def source(self, **attributes: Any) -> dict:
        return {"EndpointInput": {"EndpointName": self.watched, "LocalPath": LOCAL, **attributes}}

    def schedule(self, kind: str, definition: str, timing: dict) -> str:
        name = self.unique("schedule")
        config = {"ScheduleConfig": timing, "MonitoringJobDefinitionName": definition, "MonitoringType": kind}
        self.sm.create_monitoring_schedule(MonitoringScheduleName=name, MonitoringScheduleConfig=config)
        return name

    def executions(self, schedule: str, **filters: Any) -> list[dict]:
        answer = self.sm.list_monitoring_executions(
            MonitoringScheduleName=schedule, SortBy="ScheduledTime", SortOrder="Ascending", **filters
        )
        return answer["MonitoringExecutionSummaries"]

    def ended(self, schedule: str, count: int = 1) -> list[dict]:
        return until(
            lambda: self.executions(schedule),
            lambda found: (
                len(found) == count and not any(e["MonitoringExecutionStatus"] in RUNNING for e in found)
            ),
        )

    def job_of(self, execution: dict) -> dict:
        return self.sm.describe_processing_job(
            ProcessingJobName=execution["ProcessingJobArn"].rpartition("/")[2]
        )

    def report(self, execution: dict, file: str = "constraint_violations.json") -> Any:
        uri = self.job_of(execution)["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"]
        return json.loads(self.get(f"{uri}/{file}"))


def snake(kind: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in kind).strip("_")


@pytest.fixture(scope="module")
def bench(account):
    return Bench(account)


@pytest.fixture(scope="module")
def quality(bench):
    """The definition of a data quality monitor."""
    rows = [f"{min(max((a - 20) / 60 + p / 100, 0), 1)},{a},{p}" for a, p in PLAIN * 10]
    environment = {
        "dataset_format": json.dumps({"csv": {"header": True}}),
        "dataset_source": "/opt/ml/processing/input/data",
        "output_path": OUT,
    }
    uri = bench.baseline("model-monitor", {"data": "\n".join(["score,age,plan", *rows])}, environment)
    baseline = {
        "ConstraintsResource": {"S3Uri": f"{uri}/constraints.json"},
        "StatisticsResource": {"S3Uri": f"{uri}/statistics.json"},
    }
    application = {"ImageUri": images.uri("model-monitor")}
    return bench.definition("DataQuality", application, bench.source(), baseline)


# -- data quality on a schedule --------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def hourly(bench, quality):
    """A schedule after three hours: usual traffic, older clients, and nobody."""
    schedule = bench.schedule("DataQuality", quality, HOURLY)
    hours = [bench.traffic(PLAIN)]
    bench.next_hour()
    hours.append(bench.traffic(OLDER))
    bench.next_hour()
    bench.next_hour()
    bench.sm.stop_monitoring_schedule(MonitoringScheduleName=schedule)
    return schedule, hours, bench.ended(schedule, 3)


def test_each_hour_is_judged_by_itself(bench, hourly):
    _, hours, found = hourly

    assert [e["MonitoringExecutionStatus"] for e in found] == [
        "Completed",
        "CompletedWithViolations",
        "Failed",
    ]
    assert [e["ScheduledTime"].astimezone(UTC) for e in found] == [
        hours[0] + timedelta(hours=1 + late) for late in range(3)
    ]
    assert bench.report(found[0]) == {"violations": []}
    drifted = {(v["feature_name"], v["constraint_check_type"]) for v in bench.report(found[1])["violations"]}
    assert drifted == {(name, "baseline_drift_check") for name in ("score", "age", "plan")}


def test_the_schedules_alert_counts_the_executions_with_violations(bench, hourly):
    schedule, _, _ = hourly
    asked = {"MonitoringScheduleName": schedule}

    def alert():
        return bench.sm.list_monitoring_alerts(**asked)["MonitoringAlertSummaries"][0]

    def history(**filters):
        found = bench.sm.list_monitoring_alert_history(**asked, **filters)["MonitoringAlertHistory"]
        return [entry["AlertStatus"] for entry in found]

    assert (alert()["DatapointsToAlert"], alert()["EvaluationPeriod"], alert()["AlertStatus"]) == (1, 1, "OK")
    assert history() == ["OK", "InAlert"]

    name = alert()["MonitoringAlertName"]
    bench.sm.update_monitoring_alert(
        **asked, MonitoringAlertName=name, DatapointsToAlert=1, EvaluationPeriod=3
    )
    assert alert()["AlertStatus"] == "InAlert"
    bench.sm.update_monitoring_alert(
        **asked, MonitoringAlertName=name, DatapointsToAlert=2, EvaluationPeriod=3
    )
    assert alert()["AlertStatus"] == "OK"
    assert history(SortOrder="Ascending", StatusEquals="InAlert") == ["InAlert", "InAlert"]
    with pytest.raises(ClientError, match="Could not find"):
        bench.sm.update_monitoring_alert(
            **asked, MonitoringAlertName="no-such", DatapointsToAlert=1, EvaluationPeriod=1
        )


def test_an_hour_without_captures_fails_and_names_the_place(bench, hourly):
    _, hours, found = hourly
    folder = f"captures/{bench.watched}/<variant>/{hours[1] + timedelta(hours=1):%Y/%m/%d/%H}"

    assert found[2]["FailureReason"] == (
        f'Job inputs had no data: No S3 objects found under S3 URL "s3://{BUCKET}/{folder}".'
    )
    assert "ProcessingJobArn" not in found[2]


def test_an_execution_is_a_processing_job_that_can_be_described(bench, hourly, quality):
    schedule, hours, found = hourly

    job = bench.job_of(found[0])

    told = bench.sm.describe_monitoring_schedule(MonitoringScheduleName=schedule)
    assert job["MonitoringScheduleArn"] == told["MonitoringScheduleArn"]
    assert job["ExitMessage"] == "Completed: Job completed successfully with no violations."
    environment = job["Environment"]
    assert environment["start_time"] == f"{hours[0]:%Y-%m-%dT%H:00:00Z}"
    assert environment["end_time"] == f"{hours[0] + timedelta(hours=1):%Y-%m-%dT%H:00:00Z}"
    assert environment["sagemaker_endpoint_name"] == bench.watched
    assert environment["sagemaker_monitoring_schedule_name"] == schedule
    assert json.loads(environment["dataset_format"]) == {
        "sagemakerCaptureJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}
    }
    hour = f"{hours[0]:%Y/%m/%d/%H}"
    local = job["ProcessingInputs"][0]["S3Input"]["LocalPath"]
    assert local == f"{LOCAL}/{bench.watched}/blue/{hour}"
    output = job["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"]
    later = f"{hours[0] + timedelta(hours=1):%Y/%m/%d/%H}"
    assert output == f"s3://{BUCKET}/reports/{quality}/{bench.watched}/{schedule}/{later}"


def test_the_schedule_shows_its_last_execution(bench, hourly, quality):
    schedule, _, found = hourly

    told = bench.sm.describe_monitoring_schedule(MonitoringScheduleName=schedule)

    assert (told["MonitoringScheduleStatus"], told["MonitoringType"]) == ("Stopped", "DataQuality")
    assert told["EndpointName"] == bench.watched
    assert told["LastMonitoringExecutionSummary"] == found[2]
    assert found[0]["MonitoringJobDefinitionName"] == quality


def test_drift_and_distributions_are_cloudwatch_metrics(bench, hourly):
    schedule, hours, _ = hourly
    dimensions = [
        {"Name": "Endpoint", "Value": bench.watched},
        {"Name": "MonitoringSchedule", "Value": schedule},
    ]

    def values(metric: str, statistic: str) -> list[float]:
        points = bench.cloudwatch.get_metric_statistics(
            Namespace="/aws/sagemaker/Endpoints/data-metric",
            MetricName=metric,
            Dimensions=dimensions,
            StartTime=hours[0],
            EndTime=hours[0] + timedelta(hours=5),
            Period=3600,
            Statistics=[statistic],
        )["Datapoints"]
        return [point[statistic] for point in sorted(points, key=lambda point: point["Timestamp"])]

    drift = values("feature_baseline_drift_age", "Maximum")
    assert len(drift) == 2
    assert drift[0] < 0.1 < drift[1]
    assert values("feature_non_null_age", "Maximum") == [1, 1]
    assert values("feature_data_age", "Average") == pytest.approx(
        [sum(a for a, _ in rows) / 60 for rows in (PLAIN, OLDER)]
    )


def test_executions_are_filtered_sorted_and_paged(bench, hourly):
    schedule, _, found = hourly

    failed = bench.executions(schedule, StatusEquals="Failed")
    early = bench.executions(schedule, ScheduledTimeBefore=found[1]["ScheduledTime"])
    newest = bench.sm.list_monitoring_executions(
        EndpointName=bench.watched,
        MonitoringTypeEquals="DataQuality",
        MonitoringScheduleName=schedule,
        MaxResults=2,
    )
    rest = bench.sm.list_monitoring_executions(
        EndpointName=bench.watched,
        MonitoringScheduleName=schedule,
        MaxResults=2,
        NextToken=newest["NextToken"],
    )

    assert failed == found[2:]
    assert early == found[:1]
    pages = newest["MonitoringExecutionSummaries"] + rest["MonitoringExecutionSummaries"]
    assert len(pages) == 3
    assert "NextToken" not in rest


def test_a_stopped_schedule_rests_and_a_started_one_does_not_make_up(bench, hourly):
    schedule, _, _ = hourly
    bench.next_hour()
    assert len(bench.executions(schedule)) == 3

    bench.sm.start_monitoring_schedule(MonitoringScheduleName=schedule)
    bench.next_hour()

    assert len(bench.ended(schedule, 4)) == 4
    bench.sm.stop_monitoring_schedule(MonitoringScheduleName=schedule)


def test_an_updated_schedule_follows_its_new_times(bench, quality):
    schedule = bench.schedule("DataQuality", quality, HOURLY)
    far = (bench.account.clock.now() + timedelta(hours=5)).hour
    config = {
        "ScheduleConfig": {"ScheduleExpression": f"cron(0 {far} ? * * *)"},
        "MonitoringJobDefinitionName": quality,
        "MonitoringType": "DataQuality",
    }
    bench.sm.update_monitoring_schedule(MonitoringScheduleName=schedule, MonitoringScheduleConfig=config)

    bench.next_hour()

    assert bench.executions(schedule) == []
    bench.sm.delete_monitoring_schedule(MonitoringScheduleName=schedule)
    with pytest.raises(ClientError, match="Could not find"):
        bench.sm.describe_monitoring_schedule(MonitoringScheduleName=schedule)


def test_a_definition_may_stand_in_the_schedule(bench, quality):
    """MonitoringJobDefinition, the older form, with NOW; a baselining job is enough of a baseline."""
    bench.traffic(OLDER)
    name = bench.unique("inline")
    inline = {
        "BaselineConfig": {"BaseliningJobName": bench.baseline_job},
        "MonitoringInputs": [bench.source()],
        "MonitoringOutputConfig": {
            "MonitoringOutputs": [{"S3Output": {"S3Uri": f"s3://{BUCKET}/inline", "LocalPath": OUT}}]
        },
        "MonitoringResources": ROOM,
        "MonitoringAppSpecification": {"ImageUri": images.uri("model-monitor")},
        "RoleArn": ROLE,
    }
    config = {"ScheduleConfig": NOW, "MonitoringJobDefinition": inline}

    bench.sm.create_monitoring_schedule(MonitoringScheduleName=name, MonitoringScheduleConfig=config)

    found = bench.ended(name)[0]
    assert found["MonitoringExecutionStatus"] == "CompletedWithViolations", found.get("FailureReason")
    assert (found["MonitoringType"], "MonitoringJobDefinitionName" in found) == ("DataQuality", False)


def test_a_baseline_that_cannot_be_read_fails_the_execution(bench):
    uri = bench.put(
        "broken/constraints.json", json.dumps({"features": [], "monitoring_config": {"treshold": 1}})
    )
    application = {"ImageUri": images.uri("model-monitor")}
    definition = bench.definition(
        "DataQuality", application, bench.source(), {"ConstraintsResource": {"S3Uri": uri}}
    )
    bench.traffic(PLAIN[:5])

    found = bench.ended(bench.schedule("DataQuality", definition, NOW))[0]

    assert found["MonitoringExecutionStatus"] == "Failed"
    assert "monitoring_config has the unknown key 'treshold'" in found["FailureReason"]
    assert bench.job_of(found)["ProcessingJobStatus"] == "Failed"


# -- the monitors that need labels -----------------------------------------------------------------------------
@pytest.fixture(scope="module")
def labeled(bench):
    """An hour of traffic whose labels are known: the hour, the labels, the prefix of the ids."""
    bench.next_hour()
    prefix = f"{bench.unique('client')}-"
    hour = bench.traffic(PLAIN * 4, prefix)
    truth = [int(age > 40) for age, _ in PLAIN * 4]
    bench.next_hour()
    return hour, truth, prefix


def quality_definition(bench, labels_uri: str, threshold: float = 0.3) -> str:
    rules = {"recall": {"threshold": 0.99, "comparison_operator": "LessThanThreshold"}}
    uri = bench.put("rules/constraints.json", json.dumps({"binary_classification_constraints": rules}))
    return bench.definition(
        "ModelQuality",
        {"ImageUri": images.uri("model-monitor"), "ProblemType": "BinaryClassification"},
        {
            **bench.source(ProbabilityAttribute="0", ProbabilityThresholdAttribute=threshold),
            "GroundTruthS3Input": {"S3Uri": labels_uri},
        },
        {"ConstraintsResource": {"S3Uri": uri}},
    )


def test_model_quality_merges_labels_and_measures(bench, labeled):
    hour, truth, prefix = labeled
    definition = quality_definition(bench, bench.label(hour, truth, prefix), threshold=0.5)

    found = bench.ended(bench.schedule("ModelQuality", definition, bench.over(hour)))[0]

    assert found["MonitoringExecutionStatus"] == "CompletedWithViolations", found.get("FailureReason")
    measured = bench.report(found, "statistics.json")
    predicted = [(age - 20) / 60 + plan / 100 > 0.5 for age, plan in PLAIN * 4]
    hits = sum(p and t for p, t in zip(predicted, truth, strict=True))
    assert measured["dataset"]["item_count"] == 240
    section = measured["binary_classification_metrics"]
    assert section["confusion_matrix"]["1"]["1"] == hits
    assert section["recall"]["value"] == pytest.approx(hits / sum(truth))
    assert section["recall"]["standard_deviation"] > 0
    assert [v["metric_name"] for v in bench.report(found)["violations"]] == ["recall"]


def test_the_merge_is_a_job_of_its_own_whose_lines_can_be_read(bench, labeled):
    hour, truth, prefix = labeled
    definition = quality_definition(bench, bench.label(hour, truth[:50], prefix))

    found = bench.ended(bench.schedule("ModelQuality", definition, bench.over(hour)))[0]

    jobs = bench.sm.list_processing_jobs(NameContains="groundtruth-merge", MaxResults=100)[
        "ProcessingJobSummaries"
    ]
    messages = [
        bench.sm.describe_processing_job(ProcessingJobName=j["ProcessingJobName"])["ExitMessage"]
        for j in jobs
    ]
    assert "Completed: merged 50 of 240 captured events with 50 ground truth labels." in messages
    source = bench.job_of(found)["ProcessingInputs"][0]["S3Input"]["S3Uri"]
    lines = [
        line
        for key in bench.keys(source.removeprefix(f"s3://{BUCKET}/"))
        for line in bench.get(f"s3://{BUCKET}/{key}").splitlines()
    ]
    assert len(lines) == 50
    assert set(json.loads(lines[0])) == {"captureData", "eventMetadata", "eventVersion", "groundTruthData"}


def test_labels_in_no_folder_of_the_window_fail_with_the_place(bench, labeled):
    hour, truth, prefix = labeled
    uri = bench.label(hour - timedelta(days=2), truth, f"lost-{prefix}")

    found = bench.ended(bench.schedule("ModelQuality", quality_definition(bench, uri), bench.over(hour)))[0]

    assert found["MonitoringExecutionStatus"] == "Failed"
    assert f'No S3 objects found under S3 URL "{uri}/{hour:%Y/%m/%d/%H}"' in found["FailureReason"]


def test_labels_of_other_ids_fail_the_merge(bench, labeled):
    hour, truth, prefix = labeled
    uri = bench.label(hour, truth, f"other-{prefix}")

    found = bench.ended(bench.schedule("ModelQuality", quality_definition(bench, uri), bench.over(hour)))[0]

    assert found["MonitoringExecutionStatus"] == "Failed"
    assert "None of 240 captured events has a ground truth label" in found["FailureReason"]


def test_late_labels_are_found_for_older_captures(bench, labeled):
    """Labels that come an hour later: the execution looks at the captures of then, and at all labels since."""
    hour, truth, prefix = labeled
    uri = bench.label(hour + timedelta(hours=1), truth, prefix, folder=f"late-{prefix}")
    bench.traffic(PLAIN[:3])
    bench.next_hour()

    found = bench.ended(bench.schedule("ModelQuality", quality_definition(bench, uri), bench.over(hour)))[0]

    assert bench.report(found, "statistics.json")["dataset"]["item_count"] == 240


# -- the monitors of Clarify -----------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def predictor(bench):
    return {"model_name": bench.model_name, "instance_type": "ml.m5.large", "initial_instance_count": 1}


def no_shadow_endpoint(bench) -> bool:
    return not bench.sm.list_endpoints(NameContains="sm-clarify")["Endpoints"]


def test_a_bias_monitor_compares_groups_with_the_baseline(bench, labeled, predictor):
    hour, truth, prefix = labeled
    config = {
        "dataset_type": "text/csv",
        "headers": ["age", "plan", "paid"],
        "label": "paid",
        "label_values_or_threshold": [1],
        "facet": [{"name_or_index": "plan", "value_or_threshold": [1]}],
    }
    methods = {"post_training_bias": {"methods": ["DPPL", "DI"]}}
    rows = "\n".join(f"{age},{plan},{int(age > 40)}" for age, plan in PLAIN * 4)
    asked = {**config, "methods": methods, "predictor": predictor, "probability_threshold": 0.5}
    uri = bench.baseline("clarify", {"dataset": rows, "analysis_config": json.dumps(asked)}, {})
    definition = bench.definition(
        "ModelBias",
        {
            "ImageUri": images.uri("clarify"),
            "ConfigUri": bench.put("bias/analysis_config.json", json.dumps(config)),
        },
        {
            **bench.source(ProbabilityAttribute="0", ProbabilityThresholdAttribute=0.5),
            "GroundTruthS3Input": {"S3Uri": bench.label(hour, truth, prefix)},
        },
        {"ConstraintsResource": {"S3Uri": f"{uri}/analysis.json"}},
    )

    found = bench.ended(bench.schedule("ModelBias", definition, bench.over(hour)))[0]

    assert found["MonitoringExecutionStatus"] == "Completed", found.get("FailureReason")
    assert bench.report(found) == {"version": "1.0", "violations": []}
    live = bench.report(found, "analysis.json")["post_training_bias_metrics"]["facets"]["plan"][0]["metrics"]
    before = json.loads(bench.get(f"{uri}/analysis.json"))["post_training_bias_metrics"]["facets"]["plan"][0]
    values = {metric["name"]: metric["value"] for metric in live}
    assert [values[metric["name"]] for metric in before["metrics"]] == [m["value"] for m in before["metrics"]]
    assert no_shadow_endpoint(bench)


def test_an_explainability_monitor_explains_captures_by_a_shadow_endpoint(bench, labeled, predictor):
    hour, _, _ = labeled
    config = {
        "dataset_type": "text/csv",
        "headers": ["age", "plan"],
        "methods": {"shap": {"baseline": bench.put("shap/baseline.csv", "30,0\n"), "seed": 1}},
        "predictor": predictor,
    }
    before = {
        "version": "1.0",
        "explanations": {"kernel_shap": {"label0": {"global_shap_values": {"age": 0.01, "plan": 0.5}}}},
    }
    definition = bench.definition(
        "ModelExplainability",
        {
            "ImageUri": images.uri("clarify"),
            "ConfigUri": bench.put("shap/analysis_config.json", json.dumps(config)),
        },
        bench.source(),
        {"ConstraintsResource": {"S3Uri": bench.put("shap/analysis.json", json.dumps(before))}},
    )

    found = bench.ended(bench.schedule("ModelExplainability", definition, bench.over(hour)))[0]

    assert found["MonitoringExecutionStatus"] == "CompletedWithViolations", found.get("FailureReason")
    explained = bench.report(found, "analysis.json")["explanations"]["kernel_shap"]["label0"]
    clipped = [(min(max((age - 20) / 60, 0), 1), plan / 100) for age, plan in PLAIN * 4]
    assert explained["expected_value"] == pytest.approx(10 / 60)
    assert explained["global_shap_values"]["age"] == pytest.approx(
        sum(abs(score - 10 / 60) for score, _ in clipped) / 240
    )
    assert bench.report(found)["violations"][0]["constraint_check_type"] == "feature_attribution_drift_check"
    assert no_shadow_endpoint(bench)


def test_a_model_that_fails_leaves_no_shadow_endpoint(bench):
    broken = bench.model("def model_fn(model_dir): raise ValueError('no weights')")
    config = {
        "dataset_type": "text/csv",
        "methods": {"shap": {"baseline": [[1]]}},
        "predictor": {"model_name": broken, "instance_type": "ml.m5.large", "initial_instance_count": 1},
    }

    with pytest.raises(AssertionError, match="The shadow endpoint for model"):
        bench.baseline("clarify", {"dataset": "age\n1\n2", "analysis_config": json.dumps(config)}, {})

    assert no_shadow_endpoint(bench)


def test_a_stopped_analysis_takes_its_shadow_endpoint_along(bench):
    """StopProcessingJob sends SIGTERM; the model never gets ready, so the analysis waits when it comes."""
    endless = bench.model("import threading\ndef model_fn(model_dir): threading.Event().wait()")
    config = {
        "dataset_type": "text/csv",
        "methods": {"shap": {"baseline": [[1]]}},
        "predictor": {"model_name": endless, "instance_type": "ml.m5.large", "initial_instance_count": 1},
    }
    name = bench.start("clarify", {"dataset": "age\n1\n2", "analysis_config": json.dumps(config)}, {})
    until(lambda: no_shadow_endpoint(bench), lambda gone: not gone)

    bench.sm.stop_processing_job(ProcessingJobName=name)

    assert bench.processed(name)["ProcessingJobStatus"] == "Stopped"
    assert no_shadow_endpoint(bench)


# -- what is refused -------------------------------------------------------------------------------------------
def refused(call, *args, **kwargs) -> str:
    with pytest.raises(ClientError) as caught:
        call(*args, **kwargs)
    return caught.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("timing", "sentence"),
    [
        ({"ScheduleExpression": "hourly"}, "is not valid; write cron(0 * ? * * *)"),
        ({"ScheduleExpression": "NOW"}, "needs DataAnalysisStartTime and DataAnalysisEndTime"),
        ({**NOW, "DataAnalysisStartTime": "1h"}, 'The offset "1h" is not valid'),
        ({**NOW, "DataAnalysisStartTime": "-PT0H"}, "is empty: the start must be earlier"),
    ],
)
def test_a_schedule_that_could_never_run_is_refused(bench, quality, timing, sentence):
    assert sentence in refused(bench.schedule, "DataQuality", quality, timing)


def test_a_schedule_needs_a_definition_of_its_type(bench, quality):
    assert "Could not find" in refused(bench.schedule, "ModelBias", quality, NOW)
    assert "Give MonitoringJobDefinitionName with MonitoringType, or" in refused(
        bench.sm.create_monitoring_schedule,
        MonitoringScheduleName=bench.unique("schedule"),
        MonitoringScheduleConfig={"ScheduleConfig": NOW},
    )


def test_an_endpoint_without_capture_cannot_be_scheduled(bench):
    silent = bench.serve(SCRIPT)
    source = {"EndpointInput": {"EndpointName": silent, "LocalPath": LOCAL}}
    definition = bench.definition("DataQuality", {"ImageUri": images.uri("model-monitor")}, source, {})

    assert "Data capture is not enabled" in refused(bench.schedule, "DataQuality", definition, NOW)


def test_definitions_name_what_exists_and_what_the_account_can_do(bench):
    image = {"ImageUri": images.uri("model-monitor")}
    nowhere = {"EndpointInput": {"EndpointName": "nowhere", "LocalPath": LOCAL}}
    outside = {"EndpointInput": {"EndpointName": bench.watched, "LocalPath": "/data"}}
    script = {**image, "RecordPreprocessorSourceUri": "s3://a/b.py"}

    assert "Could not find" in refused(bench.definition, "DataQuality", image, nowhere, {})
    assert "LocalPath must begin with" in refused(bench.definition, "DataQuality", image, outside, {})
    assert "leave RecordPreprocessorSourceUri out" in refused(
        bench.definition, "DataQuality", script, bench.source(), {}
    )
    assert "needs the image" in refused(
        bench.definition, "DataQuality", {"ImageUri": images.uri("clarify")}, bench.source(), {}
    )
    assert "Could not find" in refused(
        bench.definition, "DataQuality", image, bench.source(), {"BaseliningJobName": "never-run"}
    )


def test_the_documented_operations_are_executed(bench):
    table = {row["operation"]: row["status"] for row in bench.account.ask("operations")}

    for operation in ("CreateMonitoringSchedule", "StopMonitoringSchedule", "ListMonitoringExecutions"):
        assert table[operation] == "executed"
