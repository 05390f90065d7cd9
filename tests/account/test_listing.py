"""Lists: filters, order and pages."""

from collections.abc import Callable
from typing import Any

import pytest

from sagelab.account.control import ControlPlane

ROLE = "arn:aws:iam::123456789012:role/R"
Refusal = Callable[..., tuple[str, str]]


@pytest.fixture
def experiments(plane: ControlPlane) -> ControlPlane:
    """Five experiments, an hour apart, not in the order of their names."""
    for name in ("delta", "alpha", "echo", "bravo", "charlie"):
        plane.call("CreateExperiment", {"ExperimentName": name})
        plane.clock.step(3600)
    return plane


def names(plane: ControlPlane, **params: Any) -> list[str]:
    return [item["ExperimentName"] for item in plane.call("ListExperiments", params)["ExperimentSummaries"]]


def test_the_newest_comes_first(experiments: ControlPlane) -> None:
    assert names(experiments) == ["charlie", "bravo", "echo", "alpha", "delta"]


def test_the_order_can_be_turned_and_can_go_by_name(experiments: ControlPlane) -> None:
    assert names(experiments, SortOrder="Ascending") == ["delta", "alpha", "echo", "bravo", "charlie"]
    assert names(experiments, SortBy="Name") == ["echo", "delta", "charlie", "bravo", "alpha"]
    assert names(experiments, SortBy="Name", SortOrder="Ascending")[0] == "alpha"


def test_pages_hold_everything_once(experiments: ControlPlane) -> None:
    first = experiments.call("ListExperiments", {"MaxResults": 2})
    second = experiments.call("ListExperiments", {"MaxResults": 2, "NextToken": first["NextToken"]})
    third = experiments.call("ListExperiments", {"MaxResults": 2, "NextToken": second["NextToken"]})

    shown = [
        item["ExperimentName"] for page in (first, second, third) for item in page["ExperimentSummaries"]
    ]
    assert shown == ["charlie", "bravo", "echo", "alpha", "delta"]
    assert "NextToken" not in third


def test_a_page_that_is_just_full_has_no_next(experiments: ControlPlane) -> None:
    assert "NextToken" not in experiments.call("ListExperiments", {"MaxResults": 5})


def test_ten_are_shown_where_nobody_says_how_many(plane: ControlPlane) -> None:
    for number in range(11):
        plane.call("CreateExperiment", {"ExperimentName": f"e{number}"})

    page = plane.call("ListExperiments", {})

    assert len(page["ExperimentSummaries"]) == 10
    assert page["NextToken"]


@pytest.mark.parametrize("token", ["nonsense", "-1", "9" * 40, "\u0661"])
def test_a_token_that_the_account_did_not_give_is_refused(
    plane: ControlPlane, refusal: Refusal, token: str
) -> None:
    assert refusal(plane.call, "ListExperiments", {"NextToken": token}) == (
        "ValidationException",
        "Invalid pagination token.",
    )


def test_a_part_of_the_name_finds_it_whatever_its_case(plane: ControlPlane) -> None:
    for name in ("Churn-1", "credit", "unchurned"):
        plane.call("CreateModel", {"ModelName": name})

    found = plane.call("ListModels", {"NameContains": "CHURN"})["Models"]

    assert sorted(item["ModelName"] for item in found) == ["Churn-1", "unchurned"]


def test_times_are_filtered_strictly(experiments: ControlPlane) -> None:
    echo = experiments.call("DescribeExperiment", {"ExperimentName": "echo"})["CreationTime"]

    assert names(experiments, CreatedAfter=echo) == ["charlie", "bravo"]
    assert names(experiments, CreatedBefore=echo) == ["alpha", "delta"]


def test_a_status_filter_reads_the_nouns_own_status(plane: ControlPlane) -> None:
    for name in ("runs", "rests"):
        instance = {
            "NotebookInstanceName": name,
            "InstanceType": "ml.t3.medium",
            "RoleArn": "arn:aws:iam::123456789012:role/R",
        }
        plane.call("CreateNotebookInstance", instance)
    plane.call("StopNotebookInstance", {"NotebookInstanceName": "rests"})

    found = plane.call("ListNotebookInstances", {"StatusEquals": "Stopped"})["NotebookInstances"]

    assert [item["NotebookInstanceName"] for item in found] == ["rests"]


def test_the_order_can_go_by_status(plane: ControlPlane) -> None:
    for name in ("a-runs", "b-rests", "c-runs"):
        plane.call(
            "CreateNotebookInstance",
            {"NotebookInstanceName": name, "InstanceType": "ml.t3.medium", "RoleArn": ROLE},
        )
    plane.call("StopNotebookInstance", {"NotebookInstanceName": "b-rests"})

    found = plane.call("ListNotebookInstances", {"SortBy": "Status", "SortOrder": "Ascending"})[
        "NotebookInstances"
    ]

    assert [item["NotebookInstanceName"] for item in found] == ["a-runs", "c-runs", "b-rests"]


@pytest.mark.parametrize("by", ["LAST_MODIFIED_TIME", "CREATION_TIME", "IMAGE_NAME"])
def test_the_order_can_go_by_the_time_of_the_last_change(plane: ControlPlane, by: str) -> None:
    for name in ("first", "second", "a-third"):
        plane.call("CreateImage", {"ImageName": name, "RoleArn": ROLE})
        plane.clock.step(60)
    plane.call("UpdateImage", {"ImageName": "first", "DisplayName": "changed"})

    found = plane.call("ListImages", {"SortBy": by, "SortOrder": "ASCENDING"})["Images"]

    assert [item["ImageName"] for item in found] == {
        "LAST_MODIFIED_TIME": ["second", "a-third", "first"],
        "CREATION_TIME": ["first", "second", "a-third"],
        "IMAGE_NAME": ["a-third", "first", "second"],
    }[by]


def test_where_nobody_says_the_order_is_the_one_that_aws_documents(plane: ControlPlane) -> None:
    domain = plane.call("CreateDomain", {"DomainName": "d", "AuthMode": "IAM", "DefaultUserSettings": {}})[
        "DomainId"
    ]
    git = {"RepositoryUrl": "https://example.com/a.git"}
    for name in ("b", "c", "a"):
        plane.call("CreateUserProfile", {"DomainId": domain, "UserProfileName": name})  # oldest first
        plane.call("CreateModel", {"ModelName": name})  # newest first
        plane.call("CreateCodeRepository", {"CodeRepositoryName": name, "GitConfig": git})  # by name
        plane.clock.step(60)

    profiles = plane.call("ListUserProfiles", {})["UserProfiles"]
    models = plane.call("ListModels", {})["Models"]
    repositories = plane.call("ListCodeRepositories", {})["CodeRepositorySummaryList"]

    assert [item["UserProfileName"] for item in profiles] == ["b", "c", "a"]
    assert [item["ModelName"] for item in models] == ["a", "c", "b"]
    assert [item["CodeRepositoryName"] for item in repositories] == ["a", "b", "c"]


def test_times_of_the_last_change_are_filtered_too(plane: ControlPlane) -> None:
    for name in ("changed", "left"):
        plane.call("CreateImage", {"ImageName": name, "RoleArn": ROLE})
    plane.clock.step(60)
    plane.call("UpdateImage", {"ImageName": "changed", "DisplayName": "new"})

    recent = plane.call("ListImages", {"LastModifiedTimeAfter": plane.clock.time() - 30})["Images"]

    assert [item["ImageName"] for item in recent] == ["changed"]


def test_a_filter_on_another_member_compares_it(plane: ControlPlane) -> None:
    for experiment in ("a", "b"):
        plane.call("CreateExperiment", {"ExperimentName": experiment})
        plane.call("CreateTrial", {"TrialName": f"trial-{experiment}", "ExperimentName": experiment})

    found = plane.call("ListTrials", {"ExperimentName": "b"})["TrialSummaries"]

    assert [item["TrialName"] for item in found] == ["trial-b"]


def test_a_filter_finds_a_member_further_inside(plane: ControlPlane) -> None:
    for name, uri in (("x", "s3://b/x"), ("y", "s3://b/y")):
        plane.call("CreateContext", {"ContextName": name, "ContextType": "t", "Source": {"SourceUri": uri}})

    found = plane.call("ListContexts", {"SourceUri": "s3://b/y"})["ContextSummaries"]

    assert [item["ContextName"] for item in found] == ["y"]


def test_a_part_of_another_member_finds_it(plane: ControlPlane) -> None:
    for name, repository in (("x", "https://example.com/Churn.git"), ("y", "https://example.com/other.git")):
        instance = {"NotebookInstanceName": name, "InstanceType": "ml.t3.medium", "RoleArn": ROLE}
        plane.call("CreateNotebookInstance", {**instance, "DefaultCodeRepository": repository})

    found = plane.call("ListNotebookInstances", {"DefaultCodeRepositoryContains": "churn"})[
        "NotebookInstances"
    ]

    assert [item["NotebookInstanceName"] for item in found] == ["x"]


def test_a_filter_on_something_that_is_not_kept_is_refused_and_not_ignored(
    plane: ControlPlane, refusal: Refusal
) -> None:
    code, sentence = refusal(plane.call, "ListTrialComponents", {"TrialName": "t"})

    assert code == "NotAvailableInLocalAccount"
    assert sentence == "ListTrialComponents cannot filter by TrialName here"


def test_job_definitions_are_listed_under_the_names_that_the_list_uses(plane: ControlPlane) -> None:
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
    output = {"S3Output": {"S3Uri": "s3://b/o", "LocalPath": "/opt/ml/processing/output"}}
    plane.call(
        "CreateDataQualityJobDefinition",
        {
            "JobDefinitionName": "d",
            "DataQualityAppSpecification": {"ImageUri": "i"},
            "DataQualityJobInput": {
                "EndpointInput": {"EndpointName": "live", "LocalPath": "/opt/ml/processing/input"}
            },
            "DataQualityJobOutputConfig": {"MonitoringOutputs": [output]},
            "JobResources": {"ClusterConfig": cluster},
            "RoleArn": "arn:aws:iam::123456789012:role/R",
        },
    )

    (found,) = plane.call("ListDataQualityJobDefinitions", {"EndpointName": "live"})["JobDefinitionSummaries"]

    assert found["MonitoringJobDefinitionName"] == "d"
    assert found["EndpointName"] == "live"
    assert found["MonitoringJobDefinitionArn"].endswith(":data-quality-job-definition/d")
    assert (
        plane.call("ListDataQualityJobDefinitions", {"EndpointName": "other"})["JobDefinitionSummaries"] == []
    )
