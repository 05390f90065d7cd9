"""Warm pools: the next matching job starts in a process that has its libraries already."""

import os
import signal

import pytest
from botocore.exceptions import ClientError
from joblab import Lab, until

GROUP = "/aws/sagemaker/TrainingJobs"
WHERE = """
import os, sys
warm = "colorsys" in sys.modules
import colorsys
cache = os.environ.get("SAGEMAKER_MANAGED_WARMPOOL_CACHE_DIRECTORY")
print("warm" if warm else "cold", os.getpid(), sys.argv, __name__, os.environ["TRAINING_JOB_NAME"])
if cache:
    note = os.path.join(cache, "note.txt")
    print("cached", open(note).read() if os.path.exists(note) else None)
    open(note, "w").write(os.environ["TRAINING_JOB_NAME"])
"""


@pytest.fixture(scope="module")
def lab(account):
    return Lab(account)


def keep(seconds=600, **more):
    return {
        "InstanceType": "ml.m5.large",
        "InstanceCount": 1,
        "VolumeSizeInGB": 5,
        "KeepAlivePeriodInSeconds": seconds,
        **more,
    }


def pool(lab, name):
    return lab.sm.describe_training_job(TrainingJobName=name)["WarmPoolStatus"]


def kept(lab, script=WHERE, hyperparameters=None, **request):
    """A job that has ended and keeps its machine; its name."""
    name = lab.train(script, hyperparameters, **{"ResourceConfig": keep(), **request})
    assert lab.trained(name)["TrainingJobStatus"] == "Completed"
    return name


@pytest.fixture
def role(lab):
    """A role of one test's own, so that no other test's pool matches."""
    return {"RoleArn": f"arn:aws:iam::123456789012:role/{lab.unique('Warm')}"}


def test_the_next_matching_job_starts_with_its_libraries_imported(lab, role):
    first = kept(lab, **role)
    assert pool(lab, first)["Status"] == "Available"
    second = kept(lab, hyperparameters={"rate": "0.5"}, **role)

    assert lab.log(GROUP, first)[0].startswith("cold")
    state, _, *rest = lab.log(GROUP, second)[0].split(" ", 2)
    assert state == "warm"
    assert rest == [f"['train.py', '--rate', '0.5'] __main__ {second}"]
    assert pool(lab, first) == {
        "Status": "Reused",
        "ReusedByJob": second,
        "ResourceRetainedBillableTimeInSeconds": pool(lab, first)["ResourceRetainedBillableTimeInSeconds"],
    }
    assert pool(lab, second)["Status"] == "Available"


def test_the_cache_folder_goes_to_the_next_job(lab, role):
    first = kept(lab, **role)
    second = kept(lab, **role)

    assert lab.log(GROUP, second)[1] == f"cached {first}"


@pytest.mark.parametrize("change", [{"VolumeSizeInGB": 6}, {"InstanceType": "ml.m5.xlarge"}])
def test_a_job_that_does_not_match_starts_cold(lab, role, change):
    first = kept(lab, **role)
    second = kept(lab, ResourceConfig=keep(**change), **role)

    assert lab.log(GROUP, second)[0].startswith("cold")
    assert pool(lab, first)["Status"] == "Available"


def test_a_pool_ends_when_its_period_is_over(account, lab, role):
    first = kept(lab, ResourceConfig=keep(900), **role)
    account.clock.step(seconds=901)
    ended = pool(lab, first)

    assert ended == {"Status": "Terminated", "ResourceRetainedBillableTimeInSeconds": 900}
    assert lab.log(GROUP, kept(lab, **role))[0].startswith("cold")


def test_the_learner_ends_a_pool_by_a_period_of_zero(lab, role):
    first = kept(lab, **role)
    lab.sm.update_training_job(TrainingJobName=first, ResourceConfig={"KeepAlivePeriodInSeconds": 0})

    job = lab.sm.describe_training_job(TrainingJobName=first)
    assert job["WarmPoolStatus"]["Status"] == "Terminated"
    assert job["ResourceConfig"]["KeepAlivePeriodInSeconds"] == 0
    assert job["ResourceConfig"]["InstanceType"] == "ml.m5.large"
    with pytest.raises(ClientError, match="no warm pool that is InUse or Available"):
        lab.sm.update_training_job(TrainingJobName=first, ResourceConfig={"KeepAlivePeriodInSeconds": 9})


def test_a_longer_period_keeps_the_pool(account, lab, role):
    first = kept(lab, ResourceConfig=keep(300), **role)
    lab.sm.update_training_job(TrainingJobName=first, ResourceConfig={"KeepAlivePeriodInSeconds": 3000})
    account.clock.step(seconds=1000)

    assert pool(lab, first)["Status"] == "Available"


def test_a_running_job_has_its_pool_in_use_and_a_job_without_a_period_has_none(lab, role):
    name = lab.train("import signal; signal.pause()", ResourceConfig=keep(), **role)
    assert pool(lab, name)["Status"] == "InUse"
    lab.sm.stop_training_job(TrainingJobName=name)
    lab.trained(name)

    assert pool(lab, name)["Status"] == "Available"
    plain = lab.train("print(1)", **role)
    assert "WarmPoolStatus" not in lab.trained(plain)
    assert pool(lab, name)["Status"] == "Reused"


def test_a_failed_script_leaves_its_pool_too(lab, role):
    name = lab.train("raise ValueError", ResourceConfig=keep(), **role)

    assert lab.trained(name)["TrainingJobStatus"] == "Failed"
    assert pool(lab, name)["Status"] == "Available"


def test_a_warm_process_that_was_killed_is_replaced_by_a_cold_start(lab, role):
    import psutil

    first = kept(lab, **role)
    waiting = [p for p in psutil.process_iter(["cmdline"]) if f"warm/{first}" in str(cwd(p))]
    assert waiting
    for process in waiting:
        os.kill(process.pid, signal.SIGKILL)
        until(process.status, lambda status: status == psutil.STATUS_ZOMBIE)

    assert lab.log(GROUP, kept(lab, **role))[0].startswith("cold")


def cwd(process):
    import psutil

    try:
        return process.cwd()
    except (psutil.Error, OSError):
        return ""


def test_jobs_are_listed_by_the_status_of_their_pool(lab, role):
    first = kept(lab, **role)
    found = lab.sm.list_training_jobs(WarmPoolStatusEquals="Available", NameContains=first)

    assert [job["TrainingJobName"] for job in found["TrainingJobSummaries"]] == [first]
    assert found["TrainingJobSummaries"][0]["WarmPoolStatus"]["Status"] == "Available"
    none = lab.sm.list_training_jobs(WarmPoolStatusEquals="Terminated", NameContains=first)
    assert none["TrainingJobSummaries"] == []


@pytest.mark.parametrize(
    "request_part",
    [
        {
            "EnableManagedSpotTraining": True,
            "StoppingCondition": {"MaxRuntimeInSeconds": 9, "MaxWaitTimeInSeconds": 9},
        },
        {
            "ResourceConfig": {
                "KeepAlivePeriodInSeconds": 60,
                "InstanceGroups": [
                    {"InstanceGroupName": "a", "InstanceType": "ml.m5.large", "InstanceCount": 1}
                ],
            }
        },
    ],
)
def test_warm_pools_do_not_go_with_spot_nor_with_instance_groups(lab, request_part):
    with pytest.raises(ClientError, match="KeepAlivePeriodInSeconds is not supported with"):
        lab.train("print(1)", **{"ResourceConfig": keep(), **request_part})


def test_an_isolated_pool_stays_isolated_and_several_machines_stay_warm(lab, role):
    script = WHERE + "import boto3\nprint(sorted(n for n in os.environ if n.startswith('AWS_')))"
    request = {"ResourceConfig": keep(InstanceCount=2), "EnableNetworkIsolation": True, **role}
    kept(lab, script, **request)
    second = kept(lab, script, **request)

    lines = lab.log(GROUP, second)
    assert sum(line.startswith("warm") for line in lines) == 2
    assert not [line for line in lines if "AWS_ACCESS_KEY_ID" in line or "AWS_ENDPOINT_URL" in line]


def test_a_job_that_keeps_its_machine_cannot_be_deleted_until_it_lets_go(lab, role):
    name = kept(lab, **role)
    with pytest.raises(ClientError, match="retains an Available managed warm pool"):
        lab.sm.delete_training_job(TrainingJobName=name)
    lab.sm.update_training_job(TrainingJobName=name, ResourceConfig={"KeepAlivePeriodInSeconds": 0})
    lab.sm.delete_training_job(TrainingJobName=name)

    with pytest.raises(ClientError, match="not found"):
        lab.sm.describe_training_job(TrainingJobName=name)
    assert lab.log(GROUP, kept(lab, **role))[0].startswith("cold")
