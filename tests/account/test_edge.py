"""Edge devices: signed packages reach real agent processes stage by stage, and only good ones are put to use."""

import hashlib
import io
import json
import signal
import subprocess
import sys
import tarfile
import urllib.error
import urllib.request
from datetime import timedelta

import joblib
import numpy as np
import psutil
import pytest
from botocore.exceptions import ClientError
from joblab import BUCKET, ROLE, Lab, until
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from sagelab.account.edge import agent as agent_module
from sagelab.account.edge import signing

ENDED = ("COMPLETED", "FAILED", "STOPPED")
ROWS, TRUTH = load_iris(return_X_y=True)
FIVE = ROWS[:5].tolist()


class Bench(Lab):
    """A bench with compiled models and devices."""

    def __init__(self, account):
        super().__init__(account)
        self.edge = account.session.client("sagemaker-edge")

    # -- packages ----------------------------------------------------------------------------------------------
    def tarball(self, **files):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
            for name, body in files.items():
                info = tarfile.TarInfo(name.replace("_", "."))
                info.size = len(body)
                tar.addfile(info, io.BytesIO(body))
        return self.put(f"edge/{self.unique('model')}.tar.gz", buffer.getvalue())

    def compile(self, uri, framework="SKLEARN", shape='{"input": [1, 4]}', **more):
        name = self.unique("compile")
        self.sm.create_compilation_job(
            CompilationJobName=name,
            RoleArn=ROLE,
            InputConfig={"S3Uri": uri, "DataInputConfig": shape, "Framework": framework},
            OutputConfig={"S3OutputLocation": f"s3://{BUCKET}/compiled", "TargetDevice": "ml_c5"},
            StoppingCondition={"MaxRuntimeInSeconds": 120, **more},
        )
        return name

    def compiled(self, name):
        return until(
            lambda: self.sm.describe_compilation_job(CompilationJobName=name),
            lambda job: job["CompilationJobStatus"] in ENDED,
        )

    def package(self, compiled, version, name="iris-model"):
        job = self.unique("pack")
        self.sm.create_edge_packaging_job(
            EdgePackagingJobName=job,
            CompilationJobName=compiled,
            ModelName=name,
            ModelVersion=version,
            RoleArn=ROLE,
            OutputConfig={"S3OutputLocation": f"s3://{BUCKET}/packages/{job}"},
        )
        return self.packaged(job)

    def packaged(self, job):
        return until(
            lambda: self.sm.describe_edge_packaging_job(EdgePackagingJobName=job),
            lambda found: found["EdgePackagingJobStatus"] in ENDED,
        )

    # -- devices -----------------------------------------------------------------------------------------------
    def fleet(self, *devices):
        name = self.unique("fleet")
        self.sm.create_device_fleet(
            DeviceFleetName=name, RoleArn=ROLE, OutputConfig={"S3OutputLocation": f"s3://{BUCKET}/edge-data"}
        )
        if devices:
            self.sm.register_devices(DeviceFleetName=name, Devices=[{"DeviceName": d} for d in devices])
        return name

    def device(self, fleet, name):
        return self.sm.describe_device(DeviceFleetName=fleet, DeviceName=name)

    def plan(self, fleet, package, policy="ROLLBACK_ON_FAILURE", **stages):
        """A plan whose stages are given as name=selection."""
        name = self.unique("plan")
        self.sm.create_edge_deployment_plan(
            EdgeDeploymentPlanName=name,
            DeviceFleetName=fleet,
            ModelConfigs=[{"ModelHandle": "iris", "EdgePackagingJobName": package["EdgePackagingJobName"]}],
            Stages=[stage(n, chosen, policy) for n, chosen in stages.items()],
        )
        return name

    def state(self, plan, name="all"):
        stages = self.sm.describe_edge_deployment_plan(EdgeDeploymentPlanName=plan)["Stages"]
        return next(s for s in stages if s["StageName"] == name)["DeploymentStatus"]

    def roll_out(self, plan, name="all"):
        """Start a stage and wait for its end; its status."""
        self.sm.start_edge_deployment_stage(EdgeDeploymentPlanName=plan, StageName=name)
        return until(
            lambda: self.state(plan, name)["StageStatus"], lambda s: s in ("DEPLOYED", "FAILED", "STOPPED")
        )

    def messages(self, plan, name="all"):
        found = self.sm.list_stage_devices(EdgeDeploymentPlanName=plan, StageName=name)
        return {
            d["DeviceName"]: d.get("DeviceDeploymentStatusMessage", "")
            for d in found["DeviceDeploymentSummaries"]
        }


EVERYBODY = {"DeviceSubsetType": "PERCENTAGE", "Percentage": 100}


def stage(name, chosen=None, policy="ROLLBACK_ON_FAILURE"):
    return {
        "StageName": name,
        "DeviceSelectionConfig": chosen or EVERYBODY,
        "DeploymentConfig": {"FailureHandlingPolicy": policy},
    }


def bytes_of(model):
    buffer = io.BytesIO()
    joblib.dump(model, buffer)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def lab(account):
    return Bench(account)


@pytest.fixture(scope="module")
def regression(lab):
    return lab.compile(lab.tarball(model_joblib=bytes_of(LogisticRegression(max_iter=500).fit(ROWS, TRUTH))))


@pytest.fixture(scope="module")
def first(lab, regression):
    """Version 1 of the model, as a package."""
    assert lab.compiled(regression)["CompilationJobStatus"] == "COMPLETED"
    return lab.package(regression, "1.0")


@pytest.fixture(scope="module")
def second(lab):
    """Version 2: a tree in place of the regression."""
    tree = DecisionTreeClassifier(max_depth=2, random_state=0).fit(ROWS, TRUTH)
    job = lab.compile(lab.tarball(model_joblib=bytes_of(tree)))
    assert lab.compiled(job)["CompilationJobStatus"] == "COMPLETED"
    return lab.package(job, "2.0")


@pytest.fixture(scope="module")
def broken(lab):
    """Version 3: rightly signed, but no model."""
    job = lab.compile(lab.tarball(model_onnx=b"no model at all"), "ONNX")
    assert lab.compiled(job)["CompilationJobStatus"] == "COMPLETED"
    return lab.package(job, "3.0")


@pytest.fixture(scope="module")
def packages(first, broken):
    return first, broken


@pytest.fixture
def agents(lab, tmp_path):
    """Start agents; those that still run are ended."""
    started = {}

    def start(fleet, *devices):
        for device in devices:
            command = [sys.executable, "-m", "sagelab.account.edge.agent", "--every", "0.2"]
            started[device] = subprocess.Popen([*command, fleet, device, str(tmp_path / device)])
        for device in devices:
            note = tmp_path / device / "agent.json"
            until(lambda note=note: lab.account.clock.now() and note.exists(), bool)
        return started

    yield start
    for process in started.values():
        process.kill()
        process.wait()


def predict(folder, rows=FIVE, model="iris"):
    url = json.loads((folder / "agent.json").read_text())["url"]
    body = json.dumps({"model": model, "rows": rows}).encode()
    with urllib.request.urlopen(urllib.request.Request(url, body, method="POST")) as answer:
        return json.loads(answer.read())["predictions"]


def refused(code, call, **params):
    with pytest.raises(ClientError) as caught:
        call(**params)
    assert caught.value.response["Error"]["Code"] == code
    return caught.value.response["Error"]["Message"]


# -- compilation and packages ----------------------------------------------------------------------------------
def test_a_compiled_model_answers_as_the_original(lab, first, regression, tmp_path):
    import onnxruntime

    job = lab.compiled(regression)
    model = lab.unpacked(job["ModelArtifacts"]["S3ModelArtifacts"])["model.onnx"]

    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    answered = session.run(None, {"input": ROWS.astype(np.float32)})[0]
    expected = LogisticRegression(max_iter=500).fit(ROWS, TRUTH).predict(ROWS)
    assert (answered == expected).mean() > 0.99
    assert hashlib.sha256(model).hexdigest() == job["ModelDigests"]["ArtifactDigest"]


@pytest.mark.parametrize(
    ("body", "shape", "why"),
    [
        (LogisticRegression(max_iter=500).fit(ROWS, TRUTH), '{"input": [1, 7]}', "says 7 columns"),
        ({"no": "model"}, '{"input": [1, 4]}', "no fitted scikit-learn model"),
    ],
)
def test_a_compilation_that_cannot_work_fails_and_says_why(lab, body, shape, why):
    job = lab.compiled(lab.compile(lab.tarball(model_joblib=bytes_of(body)), shape=shape))

    assert job["CompilationJobStatus"] == "FAILED"
    assert why in job["FailureReason"]


def test_a_compilation_of_what_is_not_there_fails(lab):
    job = lab.compiled(lab.compile(f"s3://{BUCKET}/no/such.tar.gz"))

    assert "Could not download" in job["FailureReason"]


def test_what_cannot_be_compiled_is_refused(lab):
    assert "SKLEARN or ONNX" in refused(
        "ValidationException", lab.compile, uri="s3://a/b", framework="PYTORCH"
    )
    assert "DataInputConfig" in refused("ValidationException", lab.compile, uri="s3://a/b", shape="[1, 4]")


def test_a_compilation_can_be_stopped_and_deleted(lab):
    name = lab.compile(lab.tarball(model_joblib=bytes_of({})))

    lab.sm.stop_compilation_job(CompilationJobName=name)

    assert lab.compiled(name)["CompilationJobStatus"] == "STOPPED"
    found = lab.sm.list_compilation_jobs(StatusEquals="STOPPED")["CompilationJobSummaries"]
    assert name in [job["CompilationJobName"] for job in found]
    refused("ValidationException", lab.sm.stop_compilation_job, CompilationJobName=name)
    lab.sm.delete_compilation_job(CompilationJobName=name)
    refused("ResourceNotFound", lab.sm.describe_compilation_job, CompilationJobName=name)


def test_a_package_is_signed_and_says_that_aws_ended_this(lab, first, tmp_path):
    assert first["EdgePackagingJobStatus"] == "COMPLETED"
    assert "26 April 2024" in first["EdgePackagingJobStatusMessage"]
    found = lab.sm.list_edge_packaging_jobs(ModelNameContains="iris", StatusEquals="COMPLETED")
    listed = [job["EdgePackagingJobName"] for job in found["EdgePackagingJobSummaries"]]
    assert first["EdgePackagingJobName"] in listed
    fleet = lab.fleet("d1")
    registration = lab.edge.get_device_registration(DeviceFleetName=fleet, DeviceName="d1")
    public = json.loads(registration["DeviceRegistration"])["publicKey"]
    for name, body in lab.unpacked(first["ModelArtifact"]).items():
        (tmp_path / name).write_bytes(body)

    manifest = signing.verify(tmp_path, public)

    assert (manifest["name"], manifest["version"]) == ("iris-model", "1.0")
    assert (tmp_path / "manifest.sig").read_text() == first["ModelSignature"]


def test_a_package_of_a_job_that_is_not_there_or_not_done_is_refused(lab, first):
    with pytest.raises(ClientError, match="Could not find compilation job"):
        lab.package("nobody", "1.0")
    failed = lab.compile(f"s3://{BUCKET}/no/such.tar.gz")
    lab.compiled(failed)
    with pytest.raises(ClientError, match="FAILED, not COMPLETED"):
        lab.package(failed, "1.0")
    done = {"EdgePackagingJobName": first["EdgePackagingJobName"]}
    refused("ValidationException", lab.sm.stop_edge_packaging_job, **done)


@pytest.mark.parametrize("change", ["model", "manifest", "extra", "unsigned", "foreign"])
def test_a_package_that_was_tampered_with_is_no_package(tmp_path, change):
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "model.onnx").write_bytes(b"weights")
    key = signing.private_key(tmp_path / "key")
    signing.sign(folder, key, name="m", version="1")
    public = signing.public_text(key)
    assert signing.verify(folder, public)["version"] == "1"
    if change == "model":
        (folder / "model.onnx").write_bytes(b"Weights")
    elif change == "manifest":
        manifest = (folder / "manifest.json").read_text()
        (folder / "manifest.json").write_text(manifest.replace('"1"', '"2"'))
    elif change == "extra":
        (folder / "more.py").write_text("")
    elif change == "unsigned":
        (folder / "manifest.sig").unlink()
    else:
        public = signing.public_text(signing.private_key(tmp_path / "another"))

    with pytest.raises(signing.BadPackage):
        signing.verify(folder, public)


# -- fleets and devices ----------------------------------------------------------------------------------------
def test_a_fleet_is_described_listed_changed_and_deleted_once_it_is_empty(lab):
    fleet = lab.fleet("d1", "d2")
    where = {"DeviceFleetName": fleet}
    output = {"S3OutputLocation": f"s3://{BUCKET}/other"}

    lab.sm.update_device_fleet(**where, Description="Trucks", OutputConfig=output)
    lab.sm.update_devices(**where, Devices=[{"DeviceName": "d1", "Description": "a truck"}])

    assert lab.sm.describe_device_fleet(**where)["OutputConfig"] == output
    assert lab.device(fleet, "d1")["Description"] == "a truck"
    listed = lab.sm.list_device_fleets(NameContains=fleet)["DeviceFleetSummaries"]
    assert [f["DeviceFleetName"] for f in listed] == [fleet]
    assert len(lab.sm.list_devices(**where)["DeviceSummaries"]) == 2
    assert len(lab.sm.list_devices(**where, MaxResults=1)["DeviceSummaries"]) == 1
    refused("ResourceInUse", lab.sm.delete_device_fleet, **where)
    refused("ResourceInUse", lab.sm.register_devices, **where, Devices=[{"DeviceName": "d1"}])
    lab.sm.deregister_devices(**where, DeviceNames=["d1", "d2"])
    refused("ResourceNotFound", lab.sm.describe_device, **where, DeviceName="d1")
    lab.sm.delete_device_fleet(**where)
    refused("ResourceNotFound", lab.sm.describe_device_fleet, **where)


def test_a_heartbeat_is_kept_by_the_accounts_clock_and_ages_with_it(lab):
    fleet = lab.fleet("d1", "d2")
    lab.account.clock.step(timedelta(days=40))
    model = {"ModelName": "iris-model", "ModelVersion": "1.0"}

    lab.edge.send_heartbeat(DeviceFleetName=fleet, DeviceName="d1", AgentVersion="1.2", Models=[model])

    now = lab.account.clock.now()
    assert abs(lab.device(fleet, "d1")["LatestHeartbeat"] - now) < timedelta(seconds=30)
    report = lab.sm.get_device_fleet_report(DeviceFleetName=fleet)
    assert report["DeviceStats"] == {"ConnectedDeviceCount": 1, "RegisteredDeviceCount": 2}
    assert report["AgentVersions"] == [{"Version": "1.2", "AgentCount": 1}]
    lab.account.clock.step(timedelta(minutes=6))
    report = lab.sm.get_device_fleet_report(DeviceFleetName=fleet)
    assert report["DeviceStats"]["ConnectedDeviceCount"] == 0
    assert report["ModelStats"][0]["OfflineDeviceCount"] == 1
    since = lab.account.clock.now() - timedelta(minutes=10)
    found = lab.sm.list_devices(DeviceFleetName=fleet, LatestHeartbeatAfter=since, ModelName="iris-model")
    assert [device["DeviceName"] for device in found["DeviceSummaries"]] == ["d1"]


def test_a_device_that_is_not_registered_is_refused(lab):
    fleet = lab.fleet()

    for ask in (lab.edge.get_deployments, lab.edge.get_device_registration):
        refused("ResourceNotFound", ask, DeviceFleetName=fleet, DeviceName="nobody")
    refused(
        "ResourceNotFound",
        lab.edge.send_heartbeat,
        DeviceFleetName=fleet,
        DeviceName="nobody",
        AgentVersion="1",
    )


# -- plans without agents --------------------------------------------------------------------------------------
def test_stages_select_devices_and_wait_for_their_word(lab, first):
    fleet = lab.fleet("a1", "a2", "b1", "b2")
    plan = lab.plan(
        fleet,
        first,
        quarter={"DeviceSubsetType": "PERCENTAGE", "Percentage": 25},
        named={"DeviceSubsetType": "SELECTION", "DeviceNames": ["a2"]},
        b={"DeviceSubsetType": "NAMECONTAINS", "DeviceNameContains": "b"},
    )
    assert [set(lab.messages(plan, s)) for s in ("quarter", "named", "b")] == [{"a1"}, {"a2"}, {"b1", "b2"}]
    where = {"EdgeDeploymentPlanName": plan}

    lab.sm.start_edge_deployment_stage(**where, StageName="quarter")

    refused("ValidationException", lab.sm.start_edge_deployment_stage, **where, StageName="quarter")
    refused("ResourceInUse", lab.sm.delete_edge_deployment_plan, **where)
    assert lab.edge.get_deployments(DeviceFleetName=fleet, DeviceName="a2")["Deployments"] == []
    (waiting,) = lab.edge.get_deployments(DeviceFleetName=fleet, DeviceName="a1")["Deployments"]
    assert waiting["Definitions"][0]["S3Url"] == first["ModelArtifact"]
    said = {"DeploymentName": plan, "DeploymentStatus": "SUCCESS"}
    lab.edge.send_heartbeat(DeviceFleetName=fleet, DeviceName="a1", AgentVersion="1.0", DeploymentResult=said)
    assert lab.state(plan, "quarter")["StageStatus"] == "DEPLOYED"
    listed = lab.sm.list_edge_deployment_plans(DeviceFleetNameContains=fleet)["EdgeDeploymentPlanSummaries"]
    assert [(p["EdgeDeploymentSuccess"], p["EdgeDeploymentPending"]) for p in listed] == [(1, 0)]

    lab.sm.start_edge_deployment_stage(**where, StageName="b")
    lab.sm.stop_edge_deployment_stage(**where, StageName="b")
    assert lab.state(plan, "b")["StageStatus"] == "STOPPED"
    lab.sm.create_edge_deployment_stage(**where, Stages=[stage("late")])
    lab.sm.delete_edge_deployment_stage(**where, StageName="named")
    stages = lab.sm.describe_edge_deployment_plan(**where)["Stages"]
    assert [s["StageName"] for s in stages] == ["quarter", "b", "late"]
    others = lab.sm.list_stage_devices(**where, StageName="late", ExcludeDevicesDeployedInOtherStage=True)
    assert {d["DeviceName"] for d in others["DeviceDeploymentSummaries"]} == {"a2", "b1", "b2"}
    refused("ResourceInUse", lab.sm.delete_device_fleet, DeviceFleetName=fleet)
    lab.sm.delete_edge_deployment_plan(**where)
    refused("ResourceNotFound", lab.sm.describe_edge_deployment_plan, **where)


# -- agents ----------------------------------------------------------------------------------------------------
def test_an_update_over_the_air_reaches_devices_stage_by_stage_and_back(lab, agents, first, second, tmp_path):
    fleet = lab.fleet("d1", "d2")
    agents(fleet, "d1", "d2")
    assert lab.roll_out(lab.plan(fleet, first, all=EVERYBODY)) == "DEPLOYED"
    regression = LogisticRegression(max_iter=500).fit(ROWS, TRUTH).predict(ROWS[:5]).tolist()
    assert predict(tmp_path / "d1") == regression

    plan = lab.plan(fleet, second, half={"DeviceSubsetType": "PERCENTAGE", "Percentage": 50}, all=EVERYBODY)
    assert lab.roll_out(plan, "half") == "DEPLOYED"

    def versions():
        return {d: [m["ModelVersion"] for m in lab.device(fleet, d)["Models"]] for d in ("d1", "d2")}

    assert until(versions, lambda v: v == {"d1": ["2.0"], "d2": ["1.0"]})
    back = lab.plan(fleet, first, all=EVERYBODY)
    assert lab.roll_out(back) == "DEPLOYED"
    assert until(versions, lambda v: v == {"d1": ["1.0"], "d2": ["1.0"]})


def test_a_package_that_is_changed_in_s3_is_refused_and_the_former_version_goes_on(
    lab, agents, first, second, tmp_path
):
    fleet = lab.fleet("d1")
    agents(fleet, "d1")
    assert lab.roll_out(lab.plan(fleet, first, all=EVERYBODY)) == "DEPLOYED"
    key = second["ModelArtifact"].removeprefix(f"s3://{BUCKET}/")
    good = lab.get(second["ModelArtifact"])
    lab.s3.put_object(Bucket=BUCKET, Key=key, Body=good[:-20] + bytes(20))
    plan = lab.plan(fleet, second, all=EVERYBODY)
    try:
        assert lab.roll_out(plan) == "FAILED"
    finally:
        lab.s3.put_object(Bucket=BUCKET, Key=key, Body=good)

    assert "checksum" in lab.messages(plan)["d1"]
    assert [m["ModelVersion"] for m in lab.device(fleet, "d1")["Models"]] == ["1.0"]
    assert len(predict(tmp_path / "d1")) == 5


def test_an_agent_refuses_a_package_whose_maker_is_not_its_account(tmp_path):
    """Whoever can change both the package and its checksum still lacks the key."""
    key, foreign = (signing.private_key(tmp_path / name) for name in ("key", "foreign"))
    package = tmp_path / "package"
    package.mkdir()
    (package / "model.onnx").write_bytes(b"weights")
    signing.sign(package, foreign, name="iris-model", version="9")
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for path in package.iterdir():
            tar.add(path, path.name)

    class Account:
        def ask(self, operation):
            known = {"publicKey": signing.public_text(key), "output": "s3://b/c"}
            return {"DeviceRegistration": json.dumps(known)}

        def get(self, uri):
            return buffer.getvalue()

    agent = agent_module.Agent(Account(), tmp_path / "device", "fleet", "d1")
    checksum = {"Type": "SHA1", "Sum": hashlib.sha1(buffer.getvalue(), usedforsecurity=False).hexdigest()}
    definition = {"ModelHandle": "iris", "S3Url": "s3://b/p", "Checksum": checksum, "State": "DEPLOY"}
    policy = "ROLLBACK_ON_FAILURE"
    waiting = {"DeploymentName": "p", "FailureHandlingPolicy": policy, "Definitions": [definition]}

    result = agent.deploy(waiting)

    assert result["DeploymentStatus"] == "FAIL"
    assert "signature" in result["DeploymentStatusMessage"]
    assert agent.models.manifests() == {}
    assert list((tmp_path / "device" / "incoming").iterdir()) == []


@pytest.mark.parametrize("policy", ["ROLLBACK_ON_FAILURE", "DO_NOTHING"])
def test_a_model_that_does_not_run_is_rolled_back_unless_the_stage_does_nothing(
    lab, agents, packages, tmp_path, policy
):
    first, broken = packages
    fleet = lab.fleet("d1")
    agents(fleet, "d1")
    assert lab.roll_out(lab.plan(fleet, first, all=EVERYBODY)) == "DEPLOYED"

    plan = lab.plan(fleet, broken, policy, all=EVERYBODY)

    assert lab.roll_out(plan) == "FAILED"
    assert "does not run on this device" in lab.messages(plan)["d1"]
    left = [m["ModelVersion"] for m in lab.device(fleet, "d1")["Models"]]
    if policy == "DO_NOTHING":
        assert left == []
        with pytest.raises(urllib.error.HTTPError):
            predict(tmp_path / "d1")
    else:
        assert left == ["1.0"]
        assert len(predict(tmp_path / "d1")) == 5


def test_predictions_on_a_device_are_captured_in_s3_by_the_accounts_time(lab, agents, first, tmp_path):
    fleet = lab.fleet("d1")
    agents(fleet, "d1")
    lab.roll_out(lab.plan(fleet, first, all=EVERYBODY))

    answered = predict(tmp_path / "d1", ROWS[:2].tolist())

    prefix = f"edge-data/{fleet}/d1/iris/{lab.account.clock.now():%Y/}"
    (key,) = until(lambda: lab.keys(prefix), bool)
    line = json.loads(lab.get(f"s3://{BUCKET}/{key}"))
    assert json.loads(line["captureData"]["endpointInput"]["data"]) == ROWS[:2].tolist()
    assert json.loads(line["captureData"]["endpointOutput"]["data"]) == {"predictions": answered}
    model = until(lambda: lab.device(fleet, "d1")["Models"][0], lambda m: "LatestInference" in m)
    assert abs(model["LatestInference"] - lab.account.clock.now()) < timedelta(minutes=1)


def test_twenty_devices_fit_and_a_killed_one_goes_missing(lab, agents, first):
    names = [f"d{number:02}" for number in range(20)]
    fleet = lab.fleet(*names)
    started = agents(fleet, *names)

    assert lab.roll_out(lab.plan(fleet, first, all=EVERYBODY)) == "DEPLOYED"

    report = lab.sm.get_device_fleet_report(DeviceFleetName=fleet)
    assert report["DeviceStats"]["ConnectedDeviceCount"] == 20
    assert report["ModelStats"][0]["ConnectedDeviceCount"] == 20
    memory = [psutil.Process(process.pid).memory_info().rss / 1e6 for process in started.values()]
    assert max(memory) < 60, memory
    started["d00"].send_signal(signal.SIGKILL)
    started["d00"].wait()
    lab.account.clock.step(timedelta(minutes=10))
    until(
        lambda: lab.sm.get_device_fleet_report(DeviceFleetName=fleet)["DeviceStats"],
        lambda stats: stats["ConnectedDeviceCount"] == 19,
    )


def test_an_agent_ends_when_its_device_is_deregistered_and_with_its_starter(lab, agents, tmp_path):
    fleet = lab.fleet("d1", "d2")
    process = agents(fleet, "d1")["d1"]
    lab.sm.deregister_devices(DeviceFleetName=fleet, DeviceNames=["d1"])
    assert process.wait(30) == 0

    words = [
        sys.executable,
        "-m",
        "sagelab.account.edge.agent",
        "--every",
        "0.2",
        fleet,
        "d2",
        str(tmp_path / "x"),
    ]
    starter = "import subprocess, sys, time; subprocess.Popen(sys.argv[1:]); time.sleep(60)"
    parent = subprocess.Popen([sys.executable, "-c", starter, *words])
    note = tmp_path / "x" / "agent.json"
    until(lambda: lab.account.clock.now() and note.exists(), bool)
    child = psutil.Process(json.loads(note.read_text())["pid"])
    parent.kill()
    parent.wait()
    child.wait(30)
