"""Network isolation is real: what leaves without it does not leave with it."""

import os
import shutil
import socket
import subprocess
import sys
import threading
from contextlib import suppress

import pytest
from botocore.exceptions import ClientError
from joblab import BUCKET, Lab, channel, s3_input, s3_output

from sagelab.account import connect, images
from sagelab.account.isolation import IsolationError, isolate, networks

TRAINING, PROCESSING = "/aws/sagemaker/TrainingJobs", "/aws/sagemaker/ProcessingJobs"
WAYS = """
import os, pathlib, socket, struct, subprocess, sys, urllib.request

HOST, PORT, ACCOUNT = sys.argv[sys.argv.index("--to") + 1].split("|")
PORT = int(PORT)

def connection():
    with socket.create_connection((HOST, PORT), 5) as out:
        out.sendall(b"connection")

def endpoint():
    urllib.request.urlopen(ACCOUNT + "/_sagelab/status", timeout=5).read()

def dns():
    question = struct.pack(">6H", 7, 256, 1, 0, 0, 0) + b"\\x07secrets\\x03com\\x00" + struct.pack(">2H", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.connect((HOST, PORT))
        out.settimeout(3)
        out.send(question)
        out.recv(100)

def child():
    code = f"import socket; socket.create_connection(({HOST!r}, {PORT}), 5).sendall(b'child')"
    subprocess.run([sys.executable, "-I", "-c", code], check=True, stderr=subprocess.DEVNULL)

for way in (connection, endpoint, dns, child):
    try:
        way()
        print(way.__name__, "left")
    except (OSError, subprocess.SubprocessError) as error:
        print(way.__name__, "stayed:", type(error).__name__)
print(sorted(name for name in os.environ if name.startswith("AWS_")))
print(sorted(path.name for path in pathlib.Path(sys.argv[sys.argv.index("--data") + 1]).iterdir()))
pathlib.Path(sys.argv[sys.argv.index("--out") + 1], "kept.txt").write_text("kept")
"""
ALL = ["connection", "endpoint", "dns", "child"]


class Listener:
    """A port of this test, by TCP and UDP, that remembers what reached it."""

    def __init__(self):
        self.heard = []
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.port = self.tcp.getsockname()[1]
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", self.port))
        for listen in (self.accept, self.receive):
            threading.Thread(target=listen, daemon=True).start()

    def accept(self):
        while True:
            try:
                peer, _ = self.tcp.accept()
            except OSError:
                return
            with peer, suppress(OSError):
                self.heard.append(peer.recv(100))

    def receive(self):
        while True:
            try:
                question, whence = self.udp.recvfrom(100)
            except OSError:
                return
            if whence is None:  # shut down
                return
            self.heard.append(question)
            self.udp.sendto(b"answer", whence)

    def close(self):
        for sock in (self.tcp, self.udp):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()


@pytest.fixture
def listener():
    listening = Listener()
    yield listening
    listening.close()


@pytest.fixture(scope="module")
def lab(account):
    laboratory = Lab(account)
    laboratory.put("isolated/train.csv", "1,2\n")
    return laboratory


def train(lab, listener, **request):
    goes = f"127.0.0.1|{listener.port}|{lab.account.url}"
    words = {"to": goes, "data": "/opt/ml/input/data/train", "out": "/opt/ml/model"}
    name = lab.train(WAYS, words, InputDataConfig=[channel("train", f"s3://{BUCKET}/isolated/")], **request)
    return lab.trained(name)


def process(lab, listener, **request):
    goes = f"127.0.0.1|{listener.port}|{lab.account.url}"
    words = ["--to", goes, "--data", "/opt/ml/processing/in", "--out", "/opt/ml/processing/out"]
    uri = f"s3://{BUCKET}/{lab.unique('isolated-out')}"
    name = lab.process(
        WAYS,
        *words,
        inputs=[s3_input("in", f"s3://{BUCKET}/isolated/", "/opt/ml/processing/in")],
        outputs=[s3_output("out", "/opt/ml/processing/out", uri)],
        **request,
    )
    return lab.processed(name), uri


def left(lines):
    return [line.split()[0] for line in lines if line.endswith(" left")]


def test_without_isolation_all_four_ways_leave(lab, listener):
    job = train(lab, listener)

    assert left(lab.log(TRAINING, job["TrainingJobName"])) == ALL
    assert {b"connection", b"child"} <= set(listener.heard)
    assert any(b"secrets" in message for message in listener.heard)


def test_with_isolation_none_of_four_ways_leaves_and_the_data_is_staged(lab, listener):
    job = train(lab, listener, EnableNetworkIsolation=True)
    lines = lab.log(TRAINING, job["TrainingJobName"])

    assert job["TrainingJobStatus"] == "Completed"
    assert job["EnableNetworkIsolation"] is True
    assert left(lines) == []
    assert listener.heard == []
    assert "['train.csv']" in lines
    assert lab.unpacked(job["ModelArtifacts"]["S3ModelArtifacts"]) == {"kept.txt": b"kept"}


def test_an_isolated_script_finds_no_credentials_and_no_endpoint(lab, listener):
    job = train(lab, listener, EnableNetworkIsolation=True)
    known = next(line for line in lab.log(TRAINING, job["TrainingJobName"]) if "AWS_REGION" in line)

    assert not [
        name for name in ("KEY_ID", "SECRET", "TOKEN", "ENDPOINT") if name in known.replace("SHARED", "")
    ]


def test_processing_is_isolated_too(lab, listener):
    network = {"EnableNetworkIsolation": True, "EnableInterContainerTrafficEncryption": False}
    job, uri = process(lab, listener, NetworkConfig=network)
    lines = lab.log(PROCESSING, job["ProcessingJobName"])

    assert job["ProcessingJobStatus"] == "Completed", job
    assert job["NetworkConfig"] == network
    assert left(lines) == []
    assert listener.heard == []
    assert lab.get(uri + "/kept.txt") == b"kept"


def test_processing_without_isolation_leaves(lab, listener):
    job, _ = process(lab, listener)

    assert left(lab.log(PROCESSING, job["ProcessingJobName"])) == ALL


def test_an_isolated_script_cannot_join_another_network(lab):
    script = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for path in ("/proc/1/ns/net", f"/proc/{os.getppid()}/ns/net"):
    try:
        print(libc.setns(os.open(path, os.O_RDONLY), 0x40000000))
    except OSError as error:
        print("refused", error.errno)
"""
    name = lab.train(script, EnableNetworkIsolation=True)
    lab.trained(name)

    assert all(line == "-1" or line.startswith("refused") for line in lab.log(TRAINING, name))


# -- the guard, and where the kernel refuses ---------------------------------------------------------------------
@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """An account that was started with SAGELAB_ISOLATION=guard."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(networks.CHOICE, "guard")
        account = connect(tmp_path_factory.mktemp("guarded"))
    laboratory = Lab(account)
    laboratory.put("isolated/train.csv", "1,2\n")
    yield laboratory
    account.stop()


def test_the_guard_keeps_four_ways_and_says_that_it_is_no_proof(guarded, listener):
    job = train(guarded, listener, EnableNetworkIsolation=True)
    lines = guarded.log(TRAINING, job["TrainingJobName"])

    assert job["TrainingJobStatus"] == "Completed"
    assert left(lines) == []
    assert listener.heard == []
    assert networks.GUARD_NOTE in lines
    assert "no proof" in networks.GUARD_NOTE


def test_the_guard_runs_python_only(guarded):
    script = 'import pathlib; pathlib.Path("x")'
    name = guarded.process(
        script,
        NetworkConfig={"EnableNetworkIsolation": True},
        AppSpecification={
            "ImageUri": images.uri("scikit-learn"),
            "ContainerEntrypoint": ["/bin/sh", "-c", "true"],
        },
    )

    assert "can hold Python only, not /bin/sh" in guarded.processed(name)["FailureReason"]


def test_an_unknown_choice_fails_the_job_with_the_reason(tmp_path, monkeypatch):
    monkeypatch.setenv(networks.CHOICE, "off")
    account = connect(tmp_path)
    try:
        lab = Lab(account)
        job = lab.trained(lab.train("print(1)", EnableNetworkIsolation=True))
    finally:
        account.stop()

    assert job["TrainingJobStatus"] == "Failed"
    assert (
        job["FailureReason"] == "ClientError: SAGELAB_ISOLATION is 'off'; leave it out, or set it to 'guard'."
    )


@pytest.mark.skipif(not shutil.which("unshare"), reason="util-linux's unshare is not installed")
def test_where_the_kernel_refuses_the_reason_is_its_own():
    """A user namespace in which no more namespaces are allowed stands for a kernel that allows none."""
    code = "import sagelab.account.isolation as i\ntry:\n    i.isolate(print)\nexcept Exception as e:\n    print(e)"
    script = f"echo 0 > /proc/sys/user/max_user_namespaces && exec {sys.executable} -c '{code}'"
    asked = ["unshare", "--user", "--map-root-user", "/bin/sh", "-c", script]
    said = subprocess.run(asked, capture_output=True, text=True, check=False, env=dict(os.environ)).stdout

    assert "the kernel refuses: unshare:" in said
    assert "SAGELAB_ISOLATION=guard" in said


def test_a_launcher_that_cannot_isolate_never_runs_the_command(tmp_path):
    mark = tmp_path / "ran"
    plan = '{"user": 0, "net": 0, "parent": 1}'  # no namespaces at all
    run = subprocess.run(
        [*networks.LAUNCH, plan, "/bin/sh", "-c", f"touch {mark}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )

    assert run.returncode == 126
    assert not mark.exists()


def test_isolation_is_for_linux_only(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(IsolationError, match="needs Linux"):
        isolate(print)


# -- VPC ---------------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def vpc(account):
    ec2 = account.session.client("ec2")
    here = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=here, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="jobs", Description="d", VpcId=here)["GroupId"]
    return {"SecurityGroupIds": [group], "Subnets": [subnet]}


def test_vpc_and_encryption_are_recorded(lab, vpc):
    job = lab.trained(lab.train("print(1)", VpcConfig=vpc, EnableInterContainerTrafficEncryption=True))

    assert job["VpcConfig"] == vpc
    assert job["EnableInterContainerTrafficEncryption"] is True


@pytest.mark.parametrize("member", ["SecurityGroupIds", "Subnets"])
def test_a_vpc_that_ec2_does_not_know_is_refused(lab, vpc, member):
    unknown = {
        **vpc,
        member: ["sg-0123456789abcdef0" if member == "SecurityGroupIds" else "subnet-0123456789abcdef0"],
    }

    with pytest.raises(ClientError, match=r"Invalid VpcConfig: .*does not exist"):
        lab.train("print(1)", VpcConfig=unknown)
    with pytest.raises(ClientError, match=r"Invalid VpcConfig: .*does not exist"):
        lab.process("", NetworkConfig={"VpcConfig": unknown})


def test_a_vpc_in_two_places_is_refused(account, lab, vpc):
    ec2 = account.session.client("ec2")
    other = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="other", Description="d", VpcId=other)["GroupId"]

    with pytest.raises(ClientError, match="one VPC"):
        lab.train("print(1)", VpcConfig={**vpc, "SecurityGroupIds": [group]})
