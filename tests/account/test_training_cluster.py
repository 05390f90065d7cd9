"""Several instances: processes that know one another, share the data, and fail together."""

import json

import pytest
from joblab import BUCKET, Lab, channel

GROUP = "/aws/sagemaker/TrainingJobs"
MEET = """
import json, os, pathlib, socket
config = json.loads(pathlib.Path(os.environ["SM_INPUT_CONFIG_DIR"], "resourceconfig.json").read_text())
hosts, me = config["hosts"], config["current_host"]
assert hosts == json.loads(os.environ["SM_HOSTS"]) and me == os.environ["SM_CURRENT_HOST"]
address = (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
rank = hosts.index(me)
assert rank == int(os.environ["SM_CURRENT_HOST_RANK"])
data = pathlib.Path(os.environ["SM_CHANNEL_TRAIN"])
part = sum(int(path.read_text()) for path in data.iterdir())
if rank == 0:
    with socket.create_server(address) as server:
        parts = [part]
        for _ in hosts[1:]:
            peer, _ = server.accept()
            parts.append(int(peer.recv(99)))
    pathlib.Path(os.environ["SM_MODEL_DIR"], "sum.json").write_text(json.dumps(sorted(parts)))
else:
    for attempt in range(200):
        try:
            with socket.create_connection(address) as server:
                server.sendall(str(part).encode())
            break
        except OSError:
            import time
            time.sleep(0.05)
pathlib.Path(os.environ["SM_MODEL_DIR"], f"rank-{rank}.txt").write_text(me)
print(me, config["current_group_name"], config["current_instance_type"], sorted(p.name for p in data.iterdir()))
"""


@pytest.fixture(scope="module")
def lab(account):
    return Lab(account)


def machines(count, **more):
    return {"InstanceType": "ml.m5.large", "InstanceCount": count, "VolumeSizeInGB": 5, **more}


def sharded(name, uri, **more):
    where = {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "ShardedByS3Key", **more}
    return {"ChannelName": name, "DataSource": {"S3DataSource": where}}


@pytest.fixture(scope="module")
def data(lab):
    for number in range(1, 6):
        lab.put(f"numbers/{number}.txt", str(number))
    return f"s3://{BUCKET}/numbers/"


@pytest.fixture(scope="module", params=[False, True], ids=["open", "isolated"])
def met(request, lab, data):
    """Three machines that added their parts up over a socket."""
    name = lab.train(
        MEET,
        ResourceConfig=machines(3),
        InputDataConfig=[sharded("train", data)],
        EnableNetworkIsolation=request.param,
    )
    return lab.trained(name)


def test_the_machines_meet_at_the_masters_address(lab, met):
    assert met["TrainingJobStatus"] == "Completed", met.get("FailureReason")
    model = lab.unpacked(met["ModelArtifacts"]["S3ModelArtifacts"])

    assert json.loads(model["sum.json"]) == [3, 5, 7]


def test_what_all_machines_left_is_in_one_archive(lab, met):
    model = lab.unpacked(met["ModelArtifacts"]["S3ModelArtifacts"])

    assert sorted(model) == ["rank-0.txt", "rank-1.txt", "rank-2.txt", "sum.json"]


def test_a_sharded_channel_gives_each_machine_its_own_keys(lab, met):
    lines = sorted(lab.log(GROUP, met["TrainingJobName"]))

    assert [line.partition("[")[2] for line in lines] == [
        "'1.txt', '4.txt']",
        "'2.txt', '5.txt']",
        "'3.txt']",
    ]


def test_every_machine_has_a_log_stream(lab, met):
    name = met["TrainingJobName"]
    streams = lab.logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix=name)["logStreams"]

    assert [stream["logStreamName"].split("/")[1].rpartition("-")[0] for stream in streams] == [
        "algo-1",
        "algo-2",
        "algo-3",
    ]


def test_a_replicated_channel_is_whole_on_every_machine(lab, data):
    script = 'import os; print(len(os.listdir(os.environ["SM_CHANNEL_TRAIN"])))'
    name = lab.train(script, ResourceConfig=machines(2), InputDataConfig=[channel("train", data)])
    lab.trained(name)

    assert lab.log(GROUP, name) == ["5", "5"]


def test_one_machine_that_fails_fails_the_job_and_ends_the_others(lab):
    script = """
import os, signal
if os.environ["SM_CURRENT_HOST_RANK"] == "1":
    raise ValueError("no data on this machine")
signal.pause()
"""
    job = lab.trained(lab.train(script, ResourceConfig=machines(3)))

    assert job["TrainingJobStatus"] == "Failed"
    assert "ValueError: no data on this machine" in job["FailureReason"]


def test_stop_and_the_time_limit_reach_every_machine(lab):
    name = lab.train(
        "import signal; signal.pause()",
        ResourceConfig=machines(2),
        StoppingCondition={"MaxRuntimeInSeconds": 1},
    )
    job = lab.trained(name)

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")


def test_instance_groups_have_their_own_types_and_channels(lab, data):
    script = """
import json, os
groups = json.loads(os.environ["SM_INSTANCE_GROUPS_DICT"])
print(os.environ["SM_CURRENT_INSTANCE_GROUP"], os.environ["SM_CURRENT_INSTANCE_TYPE"], os.environ["SM_CHANNELS"])
assert len(groups["fit"]["hosts"]) == 2 and os.environ["SM_IS_HETERO"] == "true"
"""
    groups = [
        {"InstanceGroupName": "fit", "InstanceType": "ml.m5.large", "InstanceCount": 2},
        {"InstanceGroupName": "feed", "InstanceType": "ml.c5.xlarge", "InstanceCount": 1},
    ]
    name = lab.train(
        script,
        ResourceConfig={"InstanceGroups": groups, "VolumeSizeInGB": 5},
        InputDataConfig=[sharded("train", data, InstanceGroupNames=["feed"])],
    )
    job = lab.trained(name)

    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    assert sorted(lab.log(GROUP, name)) == [
        'feed ml.c5.xlarge ["train"]',
        "fit ml.m5.large []",
        "fit ml.m5.large []",
    ]
