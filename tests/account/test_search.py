"""Search: filters, nested filters, order, pages, and the rows of the model dashboard."""

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from joblab import BUCKET, ROLE, Lab, channel, until, variant

from sagelab.account import Account, images

SERVE = "def model_fn(d):\n    return 0\ndef predict_fn(x, m):\n    return x\n"
SCORE = [{"Name": "score", "Regex": "score=([0-9.]+)"}]


class Finder:
    """Searches for what one test has made."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.sm = lab, lab.sm

    def search(self, resource: str, *filters: tuple[str, ...], **more: Any) -> list[dict[str, Any]]:
        if filters:
            parts = [dict(zip(("Name", "Operator", "Value"), f, strict=False)) for f in filters]
            more["SearchExpression"] = {"Filters": parts, **more.pop("expression", {})}
        found = self.sm.search(Resource=resource, **more)["Results"]
        return [next(iter(result.values())) for result in found]

    def names(self, resource: str, *filters: tuple[str, ...], **more: Any) -> list[str]:
        found = self.search(resource, *filters, **more)
        return [next(v for k, v in item.items() if k.endswith("Name")) for item in found]

    def component(self, **more: Any) -> str:
        name = self.lab.unique("found")
        self.sm.create_trial_component(TrialComponentName=name, **more)
        return name


@pytest.fixture(scope="module")
def finder(account: Account) -> Finder:
    return Finder(Lab(account))


@pytest.fixture(scope="module")
def jobs(finder: Finder) -> tuple[str, str, dict[str, str]]:
    """Two training jobs that belong together by a tag: the tag's value, and their names."""
    lab = finder.lab
    tag, data = lab.unique("tag"), lab.put("search/train.csv", "1")
    made = {}
    for kind, rate in (("low", "0.1"), ("high", "2.5")):
        script = f"print('score={float(rate) / 10}')"
        made[kind] = lab.train(
            script,
            {"rate": rate},
            metrics=SCORE,
            InputDataConfig=[channel("train", data)],
            Tags=[{"Key": "sweep", "Value": tag}, {"Key": "kind", "Value": kind}],
        )
    for name in made.values():
        lab.trained(name)
    return "Tags.sweep", tag, made


def refused(call: Any, **params: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**params)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    return caught.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("condition", "kinds"),
    [
        (("HyperParameters.rate", "GreaterThan", "1.5"), {"high"}),
        (("HyperParameters.rate", "Equals", "2"), {"high"}),  # a whole number is compared with whole numbers
        (("HyperParameters.rate", "LessThanOrEqualTo", "0.1"), {"low"}),
        (("Metrics.score", "GreaterThan", "0.2"), {"high"}),
        (("Metrics.score", "Exists"), {"low", "high"}),
        (("Metrics.loss", "NotExists"), {"low", "high"}),
        (("TrainingJobStatus", "Equals", "Completed"), {"low", "high"}),
        (("TrainingJobStatus", "NotEquals", "Completed"), set()),
        (("Tags.kind", "In", "low, middle"), {"low"}),
        (("ResourceConfig.InstanceCount", "Equals", "1"), {"low", "high"}),
        (("EnableManagedSpotTraining", "NotEquals", "true"), {"low", "high"}),
        (("InputDataConfig.ChannelName", "Contains", "rai"), {"low", "high"}),
    ],
)
def test_a_filter_finds_by_what_a_record_says(
    finder: Finder, jobs: tuple[str, str, dict[str, str]], condition: tuple[str, ...], kinds: set[str]
) -> None:
    tag, value, made = jobs

    found = finder.names("TrainingJob", (tag, "Equals", value), condition)

    assert set(found) == {made[kind] for kind in kinds}


def test_names_are_read_without_regard_to_case_and_equals_is_usual(
    finder: Finder, jobs: tuple[str, str, dict[str, str]]
) -> None:
    name = jobs[2]["low"]
    expression = {"Filters": [{"Name": "trainingjobname", "Value": name}]}

    assert finder.names("TrainingJob", SearchExpression=expression) == [name]


def test_moments_are_compared_as_moments(finder: Finder, account: Account) -> None:
    name, now = finder.component(), account.clock.now()
    wanted = ("TrialComponentName", "Equals", name)
    resource = "ExperimentTrialComponent"
    before, after = (f"{now + timedelta(hours=h):%Y-%m-%dT%H:%M:%S}" for h in (-1, 1))

    assert finder.names(resource, wanted, ("CreationTime", "GreaterThan", before)) == [name]
    assert finder.names(resource, wanted, ("CreationTime", "GreaterThan", after)) == []


def test_expressions_are_joined_by_and_or_or(finder: Finder) -> None:
    one, two, three = (finder.component(DisplayName=f"shared-{n}") for n in "abc")
    named = [
        {"Name": "TrialComponentName", "Operator": "Equals", "Value": name} for name in (one, two, three)
    ]
    either = {"Operator": "Or", "Filters": named[:2]}
    inside = {"Filters": [named[0]], "SubExpressions": [either]}
    search = {"resource": "ExperimentTrialComponent"}

    assert set(finder.names(**search, SearchExpression=either)) == {one, two}
    assert finder.names(**search, SearchExpression={"Filters": named[:2]}) == []
    assert finder.names(**search, SearchExpression=inside) == [one]
    assert finder.names(
        **search, SearchExpression={"Operator": "Or", "SubExpressions": [{"Filters": [named[2]]}]}
    ) == [three]


def test_a_nested_filter_is_about_one_object(finder: Finder) -> None:
    lab = finder.lab
    a, b = lab.put("nested/a.csv", "1"), lab.put("nested/b.csv", "1")
    name = lab.train("", InputDataConfig=[channel("train", a), channel("test", b)])
    lab.trained(name)

    def nested(channel_name: str, part: str) -> dict[str, Any]:
        filters = [
            {"Name": "InputDataConfig.ChannelName", "Operator": "Equals", "Value": channel_name},
            {"Name": "InputDataConfig.DataSource.S3DataSource.S3Uri", "Operator": "Contains", "Value": part},
        ]
        one = {"NestedPropertyName": "InputDataConfig", "Filters": filters}
        return {"NestedFilters": [one], "Filters": [{"Name": "TrainingJobName", "Value": name}]}

    assert finder.names("TrainingJob", SearchExpression=nested("train", "a.csv")) == [name]
    assert finder.names("TrainingJob", SearchExpression=nested("train", "b.csv")) == []


def test_results_are_ordered_and_come_in_pages(finder: Finder) -> None:
    team = finder.lab.unique("team")
    tags = [{"Key": "team", "Value": team}]
    made = [
        finder.component(Parameters={"depth": {"NumberValue": depth}}, Tags=tags) for depth in (10, 9, 11)
    ]
    ask = {
        "Resource": "ExperimentTrialComponent",
        "SearchExpression": {"Filters": [{"Name": "Tags.team", "Value": team}]},
        "MaxResults": 2,
    }

    first = finder.sm.search(**ask, SortBy="Parameters.depth", SortOrder="Ascending")
    rest = finder.sm.search(
        **ask, SortBy="Parameters.depth", SortOrder="Ascending", NextToken=first["NextToken"]
    )
    newest = finder.sm.search(**{**ask, "MaxResults": 1})

    found = [r["TrialComponent"]["TrialComponentName"] for page in (first, rest) for r in page["Results"]]
    assert found == [made[1], made[0], made[2]]
    assert first["TotalHits"] == {"Value": 3, "Relation": "EqualTo"}
    assert newest["Results"][0]["TrialComponent"]["TrialComponentName"] == made[2]


def test_visibility_hides_what_is_somebody_elses(finder: Finder) -> None:
    run = finder.lab.unique("run")

    def tagged(**tags: str) -> str:
        return finder.component(DisplayName=run, Tags=[{"Key": k, "Value": v} for k, v in tags.items()])

    mine, _yours, nobodys = tagged(owner="ann"), tagged(owner="bob"), tagged(other="x")

    found = finder.names(
        "ExperimentTrialComponent",
        ("DisplayName", "Equals", run),
        VisibilityConditions=[{"Key": "Tags.owner", "Value": "ann"}],
    )

    assert set(found) == {mine, nobodys}


def test_what_cannot_be_asked_is_refused(finder: Finder) -> None:
    def said(*filters: tuple[str, ...], **more: Any) -> str:
        parts = [dict(zip(("Name", "Operator", "Value"), f, strict=False)) for f in filters]
        expression = {"Filters": parts} if parts else {}
        return refused(finder.sm.search, Resource="TrainingJob", SearchExpression={**expression, **more})

    assert said(("Color", "Equals", "red")) == "Unknown property name: Color"
    assert "at least one" in said(Operator="And")
    assert "not supported for the text" in said(("TrainingJobName", "GreaterThan", "a"))
    assert "only supported for text" in said(("TrainingTimeInSeconds", "Contains", "1"))
    assert "must be a number" in said(("TrainingTimeInSeconds", "Equals", "soon"))
    assert "YYYY-mm-dd" in said(("CreationTime", "LessThan", "yesterday"))
    assert "needs a Value" in said(("TrainingJobName", "Equals"))
    alien = {"NestedPropertyName": "InputDataConfig", "Filters": [{"Name": "RoleArn", "Value": "x"}]}
    assert "not on RoleArn" in said(NestedFilters=[alien])
    unknown = {"NestedPropertyName": "Color", "Filters": [{"Name": "Color.x", "Value": "x"}]}
    assert said(NestedFilters=[unknown]) == "Unknown property name: Color"
    contains = [("TrainingJobName", "Contains", "a"), ("RoleArn", "Contains", "b")]
    assert said(*contains) == "'CONTAINS' operator usage limit of 1 exceeded."
    many = [{"Filters": [{"Name": "RoleArn", "Value": "x"}]} for _ in range(11)]
    assert "at most 20" in said(*[("RoleArn", "Equals", "x")] * 10, SubExpressions=many)


def test_a_component_shows_its_metrics_parents_and_job(
    finder: Finder, jobs: tuple[str, str, dict[str, str]]
) -> None:
    lab, job = finder.lab, jobs[2]["high"]
    top, middle = lab.unique("experiment"), lab.unique("trial")
    finder.sm.create_experiment(ExperimentName=top)
    finder.sm.create_trial(TrialName=middle, ExperimentName=top)
    component = f"{job}-aws-training-job"
    for _ in range(2):  # the second time changes nothing
        finder.sm.associate_trial_component(TrialComponentName=component, TrialName=middle)

    (found,) = finder.search(
        "ExperimentTrialComponent",
        ("Parents.ExperimentName", "Equals", top),
        ("metrics.score.max", "GreaterThan", "0.2"),
    )

    assert found["TrialComponentName"] == component
    assert found["Parents"] == [{"TrialName": middle, "ExperimentName": top}]
    assert found["SourceDetail"]["TrainingJob"]["TrainingJobName"] == job
    (shown,) = finder.search("ExperimentTrial", ("TrialName", "Equals", middle))
    assert [c["TrialComponentName"] for c in shown["TrialComponentSummaries"]] == [component]
    (experiment,) = finder.names("Experiment", ("ExperimentName", "Equals", top))
    assert experiment == top


def test_packages_groups_and_features_are_found(finder: Finder) -> None:
    lab = finder.lab
    group = lab.unique("group")
    finder.sm.create_model_package_group(ModelPackageGroupName=group)
    arns = [finder.sm.create_model_package(ModelPackageGroupName=group)["ModelPackageArn"] for _ in "ab"]
    finder.sm.update_model_package(ModelPackageArn=arns[1], ModelApprovalStatus="Approved")
    feature_group = lab.unique("features")
    finder.sm.create_feature_group(
        FeatureGroupName=feature_group,
        RecordIdentifierFeatureName="id",
        EventTimeFeatureName="at",
        FeatureDefinitions=[
            {"FeatureName": "id", "FeatureType": "Integral"},
            {"FeatureName": "at", "FeatureType": "String"},
        ],
        OnlineStoreConfig={"EnableOnlineStore": True},
    )

    (package,) = finder.search(
        "ModelPackage",
        ("ModelPackageGroupName", "Equals", group),
        ("ModelApprovalStatus", "Equals", "Approved"),
    )
    assert package["ModelPackageArn"] == arns[1]
    assert finder.names("ModelPackageGroup", ("ModelPackageGroupName", "Equals", group)) == [group]
    assert finder.names("FeatureGroup", ("FeatureGroupName", "Equals", feature_group)) == [feature_group]
    mine = ("FeatureGroupName", "Equals", feature_group)
    features = until(lambda: finder.search("FeatureMetadata", mine), lambda found: len(found) == 2)
    assert {feature["FeatureName"] for feature in features} == {"id", "at"}


def test_the_dashboard_row_of_a_model_names_its_endpoints_and_card(finder: Finder) -> None:
    lab = finder.lab
    name = lab.model(SERVE)
    endpoint = lab.endpoint(lab.config(variant("AllTraffic", name)))
    card = lab.unique("card")
    content = json.dumps({"model_overview": {"model_id": name}, "intended_uses": {"risk_rating": "High"}})
    finder.sm.create_model_card(ModelCardName=card, Content=content, ModelCardStatus="Draft")
    other = lab.unique("model")
    container = {"Image": images.uri("scikit-learn"), "ModelDataUrl": lab.archive(model_txt="1")}
    finder.sm.create_model(ModelName=other, ExecutionRoleArn=ROLE, PrimaryContainer=container)

    (row,) = finder.search("Model", ("Model.ModelName", "Equals", name))
    (bare,) = finder.search("Model", ("ModelName", "Equals", other))

    assert row["Model"]["PrimaryContainer"]["Image"] == images.uri("scikit-learn")
    assert [(e["EndpointName"], e["EndpointStatus"]) for e in row["Endpoints"]] == [(endpoint, "InService")]
    assert (row["ModelCard"]["ModelCardName"], row["ModelCard"]["RiskRating"]) == (card, "High")
    assert bare["Endpoints"] == []
    assert "ModelCard" not in bare
    assert finder.names("Endpoint", ("EndpointName", "Equals", endpoint)) == [endpoint]


def test_an_endpoint_and_its_model_name_who_watches_them(finder: Finder) -> None:
    lab = finder.lab
    name = lab.model(SERVE)
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{BUCKET}/capture",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    endpoint = lab.endpoint(lab.config(variant("AllTraffic", name), DataCaptureConfig=capture))
    definition, schedule = lab.unique("quality"), lab.unique("schedule")
    local = "/opt/ml/processing/input/endpoint"
    output = {"S3Uri": f"s3://{BUCKET}/reports", "LocalPath": "/opt/ml/processing/output"}
    finder.sm.create_data_quality_job_definition(
        JobDefinitionName=definition,
        DataQualityAppSpecification={"ImageUri": images.uri("model-monitor")},
        DataQualityJobInput={"EndpointInput": {"EndpointName": endpoint, "LocalPath": local}},
        DataQualityJobOutputConfig={"MonitoringOutputs": [{"S3Output": output}]},
        JobResources={
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5}
        },
        RoleArn=ROLE,
    )
    finder.sm.create_monitoring_schedule(
        MonitoringScheduleName=schedule,
        MonitoringScheduleConfig={
            "ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"},
            "MonitoringJobDefinitionName": definition,
            "MonitoringType": "DataQuality",
        },
    )

    (row,) = finder.search("Model", ("Model.ModelName", "Equals", name))
    (found,) = finder.search("Endpoint", ("MonitoringSchedules.MonitoringScheduleName", "Equals", schedule))

    finder.sm.delete_monitoring_schedule(MonitoringScheduleName=schedule)
    (watching,) = row["MonitoringSchedules"]
    assert (watching["MonitoringScheduleName"], watching["EndpointName"]) == (schedule, endpoint)
    assert watching["MonitoringType"] == "DataQuality"
    assert found["EndpointName"] == endpoint


def test_suggestions_name_what_records_have(finder: Finder, jobs: tuple[str, str, dict[str, str]]) -> None:
    def suggested(hint: str) -> list[str]:
        query = {"PropertyNameQuery": {"PropertyNameHint": hint}}
        answer = finder.sm.get_search_suggestions(Resource="TrainingJob", SuggestionQuery=query)
        return [found["PropertyName"] for found in answer["PropertyNameSuggestions"]]

    assert "HyperParameters.rate" in suggested("hyperparameters.rat")
    assert "Metrics.score" in suggested("Metrics.s")
    assert "Tags.sweep" in suggested("Tags.sw")
    assert suggested("nothing") == []


def test_a_resource_without_a_place_in_the_results_is_refused(finder: Finder) -> None:
    with pytest.raises(ClientError, match="no member"):
        finder.sm.search(Resource="Image")
