"""The resource explorer through its traits: a made-up account of one endpoint, with no browser."""

from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber

from sagelab import kinds, resources
from sagelab_widgets import ResourceExplorer

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MADE = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Desk:
    """A lab of which SageMaker is stubbed: one endpoint with two instances, nothing else."""

    def __init__(self, folder):
        self.folder: Path = folder
        session = boto3.Session("test", "test", region_name="us-east-1")
        self.clients = {name: session.client(name) for name in ("sagemaker", "cloudwatch")}
        self.stubs = {name: Stubber(client) for name, client in self.clients.items()}
        for stub in self.stubs.values():
            stub.activate()

    clock = type("Clock", (), {"now": staticmethod(lambda: NOW)})

    def client(self, service):
        return self.clients[service]

    def list(self, *names):
        found = [{"EndpointName": name, "EndpointArn": f"arn:aws:sagemaker:us-east-1:123456789012:endpoint/{name}",
                  "CreationTime": MADE, "LastModifiedTime": MADE,
                  "EndpointStatus": "InService"} for name in names]  # fmt: skip
        self.stubs["sagemaker"].add_response("list_endpoints", {"Endpoints": found})
        variant = {"VariantName": "v", "CurrentInstanceCount": 2}
        config = {"VariantName": "v", "ModelName": "m", "InstanceType": "ml.m5.large"}
        arn = "arn:aws:sagemaker:us-east-1:123456789012:endpoint-config/c"
        for one in found:
            self.stubs["sagemaker"].add_response("describe_endpoint", {
                **one, "EndpointConfigName": "c", "ProductionVariants": [variant]})  # fmt: skip
            self.stubs["sagemaker"].add_response("describe_endpoint_config", {
                "EndpointConfigName": "c", "EndpointConfigArn": arn, "CreationTime": MADE,
                "ProductionVariants": [config]})  # fmt: skip
            self.stubs["cloudwatch"].add_response("get_metric_statistics", {"Datapoints": []})


@pytest.fixture
def desk(tmp_path, monkeypatch):
    monkeypatch.setattr(
        resources, "all_kinds",
        lambda client: [kind for kind in kinds.all_kinds(client) if kind.noun == "Endpoint"],
    )  # fmt: skip
    return Desk(tmp_path)


@pytest.fixture
def explorer(desk):
    desk.list("idle")
    return ResourceExplorer(desk)


def ask(explorer, **message):
    explorer._hear(explorer, message, [])


def test_a_row_says_what_it_costs_and_why_it_is_idle(explorer):
    (row,) = explorer.rows

    assert (row["name"], row["basis"], row["hourly"], row["idle"]) == ("idle", "hours", "", True)
    assert row["lines"] == [{"key": "Hosting: ml.m5.large", "unit": "instance hour", "count": "2"}]
    assert row["age"] == {"text": "{count} days", "values": {"count": "2"}}
    assert explorer.sums["idle"] == 1


def test_a_typed_price_moves_row_and_sums_and_is_kept(explorer, desk):
    ask(explorer, do="price", key="Hosting: ml.m5.large", price="0.115")

    assert (explorer.rows[0]["hourly"], explorer.sums["hourly"], explorer.sums["monthly"]) == (
        "0.23",
        "0.23",
        "167.90",
    )
    assert explorer.note == "The price of Hosting: ml.m5.large is kept in prices.json."
    assert (desk.folder / "prices.json").is_file()
    ask(explorer, do="price", key="Hosting: ml.m5.large", price="")
    assert (explorer.rows[0]["hourly"], explorer.sums["unpriced"]) == ("", ["Hosting: ml.m5.large"])


def test_nothing_is_deleted_that_was_not_confirmed(explorer):
    key = explorer.rows[0]["key"]

    ask(explorer, do="remove", keys=[key])

    assert (explorer.results, explorer.confirm) == ([], [])
    ask(explorer, do="ask_idle")
    assert [one["call"] for one in explorer.confirm] == ["DeleteEndpoint(EndpointName=idle)"]
    ask(explorer, do="cancel")
    ask(explorer, do="remove", keys=[key])
    assert explorer.results == []


def test_what_is_confirmed_goes(explorer, desk):
    ask(explorer, do="ask", key=explorer.rows[0]["key"])
    desk.stubs["sagemaker"].add_response("delete_endpoint", {}, {"EndpointName": "idle"})
    desk.list()
    ask(explorer, do="remove", keys=[explorer.confirm[0]["key"], "other"])

    assert explorer.results == [
        {"name": "idle", "call": "DeleteEndpoint(EndpointName=idle)", "ok": True, "said": ""}
    ]
    assert explorer.rows == []


def test_a_refusal_is_in_awss_own_words(explorer, desk):
    ask(explorer, do="ask", key=explorer.rows[0]["key"])
    desk.stubs["sagemaker"].add_client_error("delete_endpoint", "AccessDenied", "You {may} not.")
    desk.list("idle")
    ask(explorer, do="remove", keys=[explorer.confirm[0]["key"]])

    assert explorer.results[0]["said"] == "AccessDenied: You {may} not."
    assert [row["name"] for row in explorer.rows] == ["idle"]


@pytest.mark.parametrize(
    "message",
    [
        {"do": "price", "key": "gold", "price": "1"}, {"do": "price", "key": "Hosting: ml.m5.large", "price": "x"},
        {"do": "price", "key": 3, "price": "1"}, {"do": "ask", "key": "nobody"}, {"do": "ask"},
        {"do": "remove", "keys": "all"}, {"do": "remove", "keys": [1]},
        {"do": "view", "show": "none", "search": "", "hours": 1},
        {"do": "view", "show": "all", "search": "", "hours": 2},
        {"do": "view", "show": "all", "search": 1, "hours": 1},
        {"do": "view", "show": "all", "search": "", "hours": True},
    ],
)  # fmt: skip
def test_whatever_the_browser_sends_becomes_a_sentence(explorer, message):
    before = (explorer.rows, explorer.sums, explorer.confirm)

    ask(explorer, **message)

    assert explorer.note
    assert (explorer.rows, explorer.sums, explorer.confirm) == before


def test_an_account_that_refuses_its_lists_is_told(desk):
    desk.stubs["sagemaker"].add_client_error("list_endpoints", "ExpiredToken", "Log in again.")

    explorer = ResourceExplorer(desk)

    assert explorer.unread == {"Endpoints": "ExpiredToken: Log in again."}
