"""The control plane: executed, recorded or refused, in AWS's words."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sagelab.account.clock import Clock
from sagelab.account.control import ApiError, ControlPlane
from sagelab.account.store import Store

ROLE = "arn:aws:iam::123456789012:role/SageMakerRole"
PREFIX = "arn:aws:sagemaker:us-east-1:123456789012"
Refusal = Callable[..., tuple[str, str]]


def model(plane: ControlPlane, name: str, **more: Any) -> dict[str, Any]:
    return plane.call("CreateModel", {"ModelName": name, "ExecutionRoleArn": ROLE, **more})


def test_a_created_resource_is_described_with_what_was_asked_for(plane: ControlPlane) -> None:
    container = {"Image": "registry/image:1", "Environment": {"MODE": "fast"}}

    created = model(plane, "Churn-1", PrimaryContainer=container)
    described = plane.call("DescribeModel", {"ModelName": "Churn-1"})

    assert created == {"ModelArn": f"{PREFIX}:model/churn-1"}
    assert described["PrimaryContainer"] == container
    assert described["ModelName"] == "Churn-1"
    assert described["ModelArn"] == created["ModelArn"]


def test_an_answer_holds_only_members_that_the_api_knows(plane: ControlPlane) -> None:
    model(plane, "m", Tags=[{"Key": "team", "Value": "risk"}])

    described = plane.call("DescribeModel", {"ModelName": "m"})

    assert set(described) <= set(plane.model.outputs("DescribeModel"))
    assert "Tags" not in described


def test_creation_is_stamped_by_the_accounts_clock(plane: ControlPlane) -> None:
    plane.clock.step(7 * 86400)
    before = plane.clock.time()

    model(plane, "m")

    created = plane.call("DescribeModel", {"ModelName": "m"})["CreationTime"]
    assert before <= created <= plane.clock.time()


def test_an_update_changes_only_what_it_names_and_moves_the_modification_time(plane: ControlPlane) -> None:
    plane.call("CreateExperiment", {"ExperimentName": "e", "DisplayName": "old", "Description": "kept"})
    born = plane.call("DescribeExperiment", {"ExperimentName": "e"})
    plane.clock.step(60)

    answered = plane.call("UpdateExperiment", {"ExperimentName": "e", "DisplayName": "new"})

    now = plane.call("DescribeExperiment", {"ExperimentName": "e"})
    assert answered == {"ExperimentArn": f"{PREFIX}:experiment/e"}
    assert (now["DisplayName"], now["Description"]) == ("new", "kept")
    assert now["CreationTime"] == born["CreationTime"]
    assert now["LastModifiedTime"] >= born["LastModifiedTime"] + 60


def test_a_deleted_resource_is_gone_and_its_name_is_free(plane: ControlPlane, refusal: Refusal) -> None:
    model(plane, "m")

    assert plane.call("DeleteModel", {"ModelName": "m"}) == {}

    assert refusal(plane.call, "DescribeModel", {"ModelName": "m"})[0] == "ValidationException"
    assert model(plane, "m")


def test_stop_and_start_move_the_status(plane: ControlPlane) -> None:
    name = {"NotebookInstanceName": "n"}
    plane.call("CreateNotebookInstance", {**name, "InstanceType": "ml.t3.medium", "RoleArn": ROLE})

    plane.call("StopNotebookInstance", name)
    stopped = plane.call("DescribeNotebookInstance", name)["NotebookInstanceStatus"]
    plane.call("StartNotebookInstance", name)
    started = plane.call("DescribeNotebookInstance", name)["NotebookInstanceStatus"]

    assert (stopped, started) == ("Stopped", "InService")


@pytest.mark.parametrize(
    ("operation", "params", "expected"),
    [
        (
            "DescribeTrainingJob",
            {"TrainingJobName": "x"},
            ("ValidationException", "Requested resource not found."),
        ),
        (
            "DescribeProcessingJob",
            {"ProcessingJobName": "X"},
            ("ValidationException", "Could not find requested job with name: x"),
        ),
        (
            "DescribeModel",
            {"ModelName": "x"},
            ("ValidationException", f'Could not find model "{PREFIX}:model/x".'),
        ),
        (
            "DescribeEndpointConfig",
            {"EndpointConfigName": "x"},
            ("ValidationException", f'Could not find endpoint configuration "{PREFIX}:endpoint-config/x".'),
        ),
        (
            "DeleteExperiment",
            {"ExperimentName": "x"},
            ("ResourceNotFound", f'Could not find experiment "{PREFIX}:experiment/x".'),
        ),
        (
            "StopNotebookInstance",
            {"NotebookInstanceName": "x"},
            ("ValidationException", "RecordNotFound"),
        ),
        (
            "DescribeMonitoringSchedule",
            {"MonitoringScheduleName": "x"},
            ("ResourceNotFound", f'Could not find monitoring schedule "{PREFIX}:monitoring-schedule/x".'),
        ),
    ],
)
def test_what_is_missing_is_refused_in_awss_words(
    plane: ControlPlane, refusal: Refusal, operation: str, params: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert refusal(plane.call, operation, params) == expected


def test_a_taken_name_is_refused_as_aws_refuses_it(plane: ControlPlane, refusal: Refusal) -> None:
    model(plane, "m")
    plane.call("CreateHub", {"HubName": "h", "HubDescription": "d"})

    assert refusal(model, plane, "m") == (
        "ValidationException",
        f'Cannot create already existing model "{PREFIX}:model/m".',
    )
    assert refusal(plane.call, "CreateHub", {"HubName": "h", "HubDescription": "d"}) == (
        "ResourceInUse",
        (
            "Hub names must be unique within an AWS account and region, and a hub with this name already exists "
            f"({PREFIX}:hub/h)"
        ),
    )


def test_names_that_differ_only_in_case_are_the_same_name(plane: ControlPlane, refusal: Refusal) -> None:
    """AWS forms ARNs in lower case, and an ARN belongs to one resource."""
    model(plane, "Model")

    assert "already existing" in refusal(model, plane, "mODEL")[1]


def test_a_second_domain_of_the_same_name_is_refused_although_its_id_would_differ(
    plane: ControlPlane, refusal: Refusal
) -> None:
    domain = {"DomainName": "d", "AuthMode": "IAM", "DefaultUserSettings": {}}
    created = plane.call("CreateDomain", domain)

    assert refusal(plane.call, "CreateDomain", domain)[0] == "ResourceInUse"
    assert plane.call("DescribeDomain", {"DomainId": created["DomainId"]})["DomainName"] == "d"
    assert created["DomainArn"] == f"{PREFIX}:domain/{created['DomainId']}"


def test_a_resource_below_another_needs_that_other_one(plane: ControlPlane, refusal: Refusal) -> None:
    refused = refusal(plane.call, "CreateTrial", {"TrialName": "t", "ExperimentName": "none"})
    plane.call("CreateExperiment", {"ExperimentName": "e"})
    created = plane.call("CreateTrial", {"TrialName": "t", "ExperimentName": "e"})

    assert refused == ("ResourceNotFound", f'Could not find experiment "{PREFIX}:experiment/none".')
    assert created == {"TrialArn": f"{PREFIX}:experiment-trial/t"}


def test_a_resource_with_two_identifying_members_is_found_by_both(
    plane: ControlPlane, refusal: Refusal
) -> None:
    domain = plane.call("CreateDomain", {"DomainName": "d", "AuthMode": "IAM", "DefaultUserSettings": {}})[
        "DomainId"
    ]
    plane.call("CreateUserProfile", {"DomainId": domain, "UserProfileName": "ada"})

    found = plane.call("DescribeUserProfile", {"DomainId": domain, "UserProfileName": "ada"})

    assert found["UserProfileArn"] == f"{PREFIX}:user-profile/{domain}/ada"
    assert refusal(plane.call, "DescribeUserProfile", {"DomainId": domain, "UserProfileName": "bob"})


def test_a_resource_that_is_known_by_its_arn_alone_is_found_by_it(plane: ControlPlane) -> None:
    app = {"Name": "tracking", "ArtifactStoreUri": "s3://bucket/mlflow", "RoleArn": ROLE}

    created = plane.call("CreateMlflowApp", app)
    described = plane.call("DescribeMlflowApp", created)

    assert created["Arn"].startswith(f"{PREFIX}:mlflow-app/")
    assert (described["Name"], described["Arn"]) == ("tracking", created["Arn"])


def test_an_answer_may_hold_the_whole_noun_in_one_member(plane: ControlPlane) -> None:
    members = [{"OidcMemberDefinition": {"Groups": ["g"]}}]
    plane.call("CreateWorkteam", {"WorkteamName": "w", "Description": "labels", "MemberDefinitions": members})

    described = plane.call("DescribeWorkteam", {"WorkteamName": "w"})

    assert described["Workteam"]["WorkteamArn"] == f"{PREFIX}:workteam/private-crowd/w"
    assert described["Workteam"]["Description"] == "labels"


def test_work_that_nobody_does_is_refused_and_not_recorded_as_done(
    plane: ControlPlane, refusal: Refusal
) -> None:
    job = {
        "CompilationJobName": "c",
        "RoleArn": ROLE,
        "OutputConfig": {"S3OutputLocation": "s3://b/o"},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }

    code, sentence = refusal(plane.call, "CreateCompilationJob", job)

    assert code == "NotAvailableInLocalAccount"
    assert sentence == (
        "CreateCompilationJob is not available in the local account: nothing would really happen"
    )
    assert plane.call("ListCompilationJobs", {})["CompilationJobSummaries"] == []


def test_an_executed_operation_is_kept_as_busy_and_then_handed_to_its_module(plane: ControlPlane) -> None:
    seen: list[dict[str, Any]] = []
    plane.executes("CreateTrainingJob", seen.append)
    job = {
        "TrainingJobName": "Job-1",
        "RoleArn": ROLE,
        "OutputDataConfig": {"S3OutputPath": "s3://b/o"},
        "AlgorithmSpecification": {"TrainingInputMode": "File", "TrainingImage": "i"},
    }

    created = plane.call("CreateTrainingJob", job)

    assert created == {"TrainingJobArn": f"{PREFIX}:training-job/job-1"}
    assert [record["_arn"] for record in seen] == [created["TrainingJobArn"]]
    assert plane.find("TrainingJob", "Job-1")["TrainingJobStatus"] == "InProgress"
    assert plane.call("DescribeTrainingJob", {"TrainingJobName": "Job-1"})["RoleArn"] == ROLE


def test_a_check_refuses_before_anything_is_kept(plane: ControlPlane, refusal: Refusal) -> None:
    def refuse(params: dict[str, Any]) -> None:
        raise ApiError(f"not {params['ModelName']}")

    plane.checks("CreateModel", refuse)

    assert refusal(model, plane, "m") == ("ValidationException", "not m")
    assert plane.records("Model") == []


def test_a_modules_answer_replaces_the_bookkeeping(plane: ControlPlane) -> None:
    plane.answers("Search", lambda params: {"Results": [], "TotalHits": {"Value": len(params["Resource"])}})

    assert plane.call("Search", {"Resource": "Model"})["TotalHits"] == {"Value": 5}


def test_an_action_that_fails_is_not_hidden_and_leaves_no_record(
    plane: ControlPlane, refusal: Refusal
) -> None:
    def fail(record: dict[str, Any]) -> None:
        raise ApiError(f"no room for {record['ModelName']}", "ResourceLimitExceeded")

    plane.executes("CreateModel", fail)

    assert refusal(model, plane, "m") == ("ResourceLimitExceeded", "no room for m")
    assert plane.records("Model") == []


def test_an_update_of_something_deleted_meanwhile_is_refused(plane: ControlPlane, refusal: Refusal) -> None:
    arn = f"{PREFIX}:model/gone"

    assert refusal(plane.update, "Model", arn, Status="x")[1] == f'Could not find model "{arn}".'


def test_find_takes_a_name_or_an_arn(plane: ControlPlane) -> None:
    arn = model(plane, "m")["ModelArn"]

    assert plane.find("Model", "m") == plane.find("Model", arn)


def test_the_table_of_operations_tells_what_the_code_does(plane: ControlPlane) -> None:
    def before() -> dict[str, dict[str, str]]:
        return {row["operation"]: row for row in plane.operations()}

    first = before()
    plane.executes("CreateTrainingJob", print)
    plane.refused("CreateModel", "not today")
    plane.route("/endpoints/[^/]+/invocations", lambda request: None)
    later = before()

    assert first["CreateTrainingJob"]["status"] == "refused"
    assert later["CreateTrainingJob"]["status"] == "executed"
    assert (first["DescribeTrainingJob"]["status"], later["DescribeTrainingJob"]["status"]) == (
        "recorded",
        "executed",
    )
    assert later["UpdateTrainingJob"]["status"] == "recorded"
    assert first["CreateModel"] == {
        "service": "sagemaker",
        "operation": "CreateModel",
        "status": "recorded",
        "module": "verbs",
    }
    assert later["CreateModel"]["status"] == "refused"
    assert first["AddTags"]["module"] == "tags"
    assert (first["InvokeEndpoint"]["status"], later["InvokeEndpoint"]["status"]) == ("refused", "executed")
    assert later["InvokeEndpointAsync"]["status"] == "refused"
    assert len([row for row in plane.operations() if row["service"] == "sagemaker"]) == len(
        plane.model.operations
    )


def test_a_module_cannot_register_for_an_operation_that_does_not_exist(plane: ControlPlane) -> None:
    with pytest.raises(ValueError, match="CreateTraningJob"):
        plane.executes("CreateTraningJob", print)


def test_stopping_lets_every_module_end_even_if_one_fails(plane: ControlPlane) -> None:
    ended: list[str] = []

    def broken() -> None:
        raise RuntimeError("cannot")

    plane.on_stop(broken)
    plane.on_stop(lambda: ended.append("hosting"))
    plane.flushers.append(lambda: ended.append("capture"))

    plane.stop()

    assert sorted(ended) == ["capture", "hosting"]


def test_starting_lets_every_module_go_on_even_if_one_fails(plane: ControlPlane) -> None:
    order: list[str] = []

    def broken() -> None:
        order.append("broken")
        raise RuntimeError("cannot")

    plane.on_start(broken)
    plane.on_start(lambda: order.append("jobs"))

    plane.start()

    assert order == ["broken", "jobs"]


def test_work_in_the_background_does_not_hold_up_and_its_failure_is_logged(
    plane: ControlPlane, capsys: pytest.CaptureFixture[str]
) -> None:
    begun, may_end, done = threading.Event(), threading.Event(), threading.Event()

    def work(name: str) -> None:
        begun.set()
        may_end.wait(30)
        done.set()
        raise RuntimeError(f"no {name}")

    plane.background(work, "luck")
    assert begun.wait(30)
    assert not done.is_set()
    (thread,) = [thread for thread in threading.enumerate() if thread.name == "work"]
    may_end.set()
    thread.join(30)

    assert thread.daemon
    assert "RuntimeError: no luck" in capsys.readouterr().err


def test_a_plane_without_an_application_has_no_clients(plane: ControlPlane) -> None:
    with pytest.raises(RuntimeError, match="no application yet"):
        plane.client("s3")
    plane.serve_clients(lambda service: f"client of {service}")
    assert plane.client("s3") == "client of s3"


@pytest.mark.parametrize(
    ("operation", "params", "why"),
    [
        ("GetSearchSuggestions", {"Resource": "TrainingJob"}, "nothing would really happen"),
        (
            "CreateImageVersion",
            {"ImageName": "i", "BaseImage": "b", "ClientToken": "t" * 36},
            "its versions are not kept",
        ),
    ],
)
def test_a_refusal_says_why(
    plane: ControlPlane, refusal: Refusal, operation: str, params: dict[str, Any], why: str
) -> None:
    assert plane.status(operation) == "refused"
    assert refusal(plane.call, operation, params) == (
        "NotAvailableInLocalAccount",
        f"{operation} is not available in the local account: {why}",
    )


def test_records_survive_a_new_store_on_the_same_file(tmp_path: Path) -> None:
    first = Store(tmp_path / "r.db")
    model(ControlPlane(tmp_path, first, Clock(first)), "m")

    second = Store(tmp_path / "r.db")  # the first is never closed, as after a kill

    assert ControlPlane(tmp_path, second, Clock(second)).find("Model", "m")["ModelName"] == "m"
    first.close()
    second.close()


def test_modules_are_told_what_a_record_was_and_what_it_is(plane: ControlPlane) -> None:
    seen: list[tuple[Any, Any]] = []

    def broken(_before: Any, _after: Any) -> None:
        raise RuntimeError("a listener's own fault")

    plane.watches("Model", broken)
    plane.watches(
        "Model", lambda before, after: seen.append((before and before.get("Note"), after.get("Note")))
    )

    arn = model(plane, "Told-1")["ModelArn"]
    plane.update("Model", arn, Note="seen")

    assert seen == [(None, None), (None, "seen")]
    assert plane.find("Model", arn)["Note"] == "seen"
