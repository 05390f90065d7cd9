"""A restart of the account: what was in service comes back, what was running has failed."""

import boto3
import psutil
import pytest
from joblab import Lab, until, variant

from sagelab.account import process

ANSWER = """
def model_fn(model_dir): return None
def input_fn(body, content_type): return body
def predict_fn(data, model): return "still here"
def output_fn(prediction, accept): return prediction
"""
FOREVER = "import signal\nprint('up', flush=True)\nwhile True: signal.pause()"


class Server:
    """An account's process of its own, reached by plain clients; its lab."""

    def __init__(self, home):
        self.home = home
        self.unique = iter(f"n-{number}" for number in range(1000)).__next__
        self.url = process.start(home)
        self.session = self

    def client(self, service):
        keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local", "region_name": "us-east-1"}
        return boto3.Session(**keys).client(service, endpoint_url=self.url)

    def lab(self):
        lab = Lab(self)
        lab.unique = lambda prefix: f"{prefix}-{self.unique()}"
        return lab

    def again(self, kill):
        """Kill the process, or stop it in order, and start it again."""
        if kill:
            server = psutil.Process(process.ask(self.url, "status")["pid"])
            server.kill()
            server.wait(10)
        else:
            process.stop(self.home)
        self.url = process.start(self.home)
        return self.lab()


@pytest.fixture
def server(tmp_path):
    running = Server(tmp_path / "home")
    yield running
    process.stop(running.home)


@pytest.mark.parametrize("kill", [True, False], ids=["killed", "stopped"])
def test_after_a_restart_endpoints_answer_and_running_jobs_have_failed(server, kill):
    lab = server.lab()
    endpoint = lab.endpoint(
        lab.config(variant("blue", lab.model(ANSWER), 2), variant("green", lab.model(ANSWER)))
    )
    lab.sm.update_endpoint_weights_and_capacities(
        EndpointName=endpoint, DesiredWeightsAndCapacities=[{"VariantName": "green", "DesiredWeight": 5}]
    )
    training, processing = lab.train(FOREVER), lab.process(FOREVER)
    until(lambda: running_scripts(server), lambda found: len(found) == 2)
    children = running_scripts(server)

    lab = server.again(kill)

    assert lab.ask(endpoint) == "still here"
    until(lambda: [pid for pid in children if psutil.pid_exists(pid)], lambda left: not left)
    weights = {v["VariantName"]: v["CurrentWeight"] for v in lab.settled(endpoint)["ProductionVariants"]}
    assert weights == {"blue": 2.0, "green": 5.0}
    assert lab.trained(training)["SecondaryStatus"] == "Failed"
    for job, status in (
        (lab.trained(training), "TrainingJobStatus"),
        (lab.processed(processing), "ProcessingJobStatus"),
    ):
        assert job[status] == "Failed"
        assert job["FailureReason"].startswith(
            "InternalServerError: We encountered an internal error. Please try again."
        )
        assert "The local account was stopped" in job["FailureReason"]


def running_scripts(server):
    """The processes of jobs of this server: they work below its home, in a folder like /opt/ml."""
    folders = [(one.pid, one.info["cwd"] or "") for one in psutil.process_iter(["cwd"])]
    return [pid for pid, cwd in folders if cwd.startswith(str(server.home)) and "/opt/ml" in cwd]


def test_an_endpoint_whose_model_is_gone_fails_after_a_restart_and_says_why(server):
    lab = server.lab()
    model = lab.model(ANSWER)
    endpoint = lab.endpoint(lab.config(variant("v", model)))
    url = lab.sm.describe_model(ModelName=model)["PrimaryContainer"]["ModelDataUrl"]
    lab.s3.delete_object(Bucket="jobs", Key=url.removeprefix("s3://jobs/"))

    lab = server.again(kill=False)
    record = until(
        lambda: lab.sm.describe_endpoint(EndpointName=endpoint), lambda e: e["EndpointStatus"] == "Failed"
    )

    assert "Failed to download model data" in record["FailureReason"]
