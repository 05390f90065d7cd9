"""The endpoint console through its traits and messages, on endpoints that really answer."""

import json

import pytest
from browser.endpoint_cell import CELL
from support.live_cells import notebook

from sagelab.errors import SagelabError
from sagelab_widgets import EndpointConsole

SLOW = """
import time
def model_fn(model_dir): return None
def input_fn(body, content_type): return float(body)
def predict_fn(data, model):
    time.sleep(data)
    return "done"
def output_fn(prediction, accept): return prediction
"""


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    with notebook(tmp_path_factory.mktemp("endpoint"), CELL) as found:
        yield found


@pytest.fixture
def console(names):
    made = EndpointConsole(names["lab"], "ab", ["low", b"high"])
    yield made
    made.stop()


def say(console, **message):
    console._hear(console, message, [])
    return console.note


def see(names, console, what):
    """Look again until it is so."""
    names["lab"].wait_for(lambda: (console.refresh(), what())[1], bool)


def invoked(console):
    """The invocations that CloudWatch knows of."""
    return sum(one["Invocations"].get("Sum", 0) for one in console.cloud.values())


def kinds(console):
    return [event["kind"] for event in console.events]


def test_traffic_is_really_sent_and_counted_here_and_by_cloudwatch(names, console):
    say(console, do="start", rate=50)
    see(names, console, lambda: console.traffic["summary"]["answered"] >= 60)
    assert console.traffic["running"]
    say(console, do="stop")
    see(names, console, lambda: len(console.load.calls()) == invoked(console))

    told = console.traffic
    assert not told["running"]
    assert [row["variant"] for row in told["split"]["rows"]] == ["A", "B"]
    assert [row["expected"] for row in told["split"]["rows"]] == [0.9, 0.1]
    assert told["split"]["rows"][0]["answered"] > told["split"]["rows"][1]["answered"] > 0
    latency = told["summary"]["latency"]
    assert 0 < latency["p50"] <= latency["p90"] <= latency["p99"]
    model = console.cloud["A"]["ModelLatency"]
    assert 0 < model["Average"] <= model["Maximum"]
    assert model["Average"] < latency["p99"]
    assert kinds(console)[:1] == ["started"]
    assert "stopped" in kinds(console)
    assert sum(sum(one["variants"].values()) for one in told["timeline"]) == told["summary"]["answered"]
    json.dumps(console.get_state(["traffic", "cloud", "target", "events", "results"]), allow_nan=False)
    assert "calls answered, p50" in repr(console)


def test_new_weights_reach_the_endpoint_and_the_split_is_counted_anew(names, console):
    for _ in range(3):
        console.once()
    say(console, do="weights", weights={"A": 0, "B": 4})
    shown = names["sm"].describe_endpoint(EndpointName="ab")["ProductionVariants"]

    assert {one["VariantName"]: one["CurrentWeight"] for one in shown} == {"A": 0.0, "B": 4.0}
    assert kinds(console) == ["weight", "weight"]
    assert console.traffic["summary"]["calls"] == 0
    for _ in range(4):
        console.once()
    assert [row["answered"] for row in console.traffic["split"]["rows"]] == [0, 4]
    say(console, do="anew")
    assert console.traffic["summary"]["calls"] == 0
    assert len(console.load.calls()) == 7
    console.set_weights({"A": 9, "B": 1})


def test_errors_are_counted_by_code_and_never_tried_again(names, console):
    wrong = EndpointConsole(names["lab"], "ab", "bad")
    assert say(wrong, do="once") == "The call was refused: ModelError."
    names["sm"].create_model(
        ModelName="slow",
        ExecutionRoleArn=names["lab"].role,
        PrimaryContainer={
            **names["sm"].describe_model(ModelName="upper")["PrimaryContainer"],
            "Environment": {
                "SAGEMAKER_PROGRAM": "inference.py",
                "SAGEMAKER_SUBMIT_DIRECTORY": names["archive"]("slow.tar.gz", inference=SLOW),
            },
        },
    )
    config = {"MemorySizeInMB": 2048, "MaxConcurrency": 1}
    names["serve"]("narrow", {"VariantName": "AllTraffic", "ModelName": "slow", "ServerlessConfig": config})
    names["sm"].get_waiter("endpoint_in_service").wait(EndpointName="narrow")
    busy = EndpointConsole(names["lab"], "narrow", "1")
    busy.start(20)
    see(names, busy, lambda: "ThrottlingException" in busy.traffic["summary"]["errors"])
    busy.stop()

    assert wrong.traffic["summary"]["errors"] == {"ModelError": 1}
    assert wrong.traffic["summary"]["latency"] == {}


def test_a_cold_start_is_an_event_with_the_time_that_cloudwatch_gives(names):
    cold = EndpointConsole(names["lab"], "cold", "row")
    cold.once()
    see(names, cold, lambda: "cold" in kinds(cold))
    told = next(event for event in cold.events if event["kind"] == "cold")

    assert cold.about["kind"] == "serverless"
    assert cold.target["instances"] == {}
    assert told["count"] == 1
    assert told["milliseconds"] == pytest.approx(cold.cloud["AllTraffic"]["ModelSetupTime"]["Sum"])
    assert cold.load.calls()[0].seconds * 1000 > told["milliseconds"]


def test_scaling_is_told_as_it_happens(names, console):
    names["scaling"].register_scalable_target(**names["asked"], MinCapacity=2, MaxCapacity=2)
    see(names, console, lambda: console.target["instances"]["A"] == [2, 2])

    assert "scaling" in kinds(console)
    assert {"kind": "instances", "variant": "A", "before": 1, "now": 2}.items() <= console.events[-1].items()
    say(console, do="clock")
    assert next(event for event in console.events if event["kind"] == "clock")["seconds"] == 60


def test_an_asynchronous_endpoint_tells_where_the_answer_lies_and_what_it_is(names):
    queue = EndpointConsole(names["lab"], "queue", ["good", "bad"])
    queue.once()
    queue.once()
    see(names, queue, lambda: all(one["state"] != "waiting" for one in queue.results))

    bad, good = queue.results
    assert (good["state"], good["text"], bad["state"]) == ("answered", "GOOD", "failed")
    assert "no such row" in bad["text"]
    assert names["lab"].get(good["output"]) == b"GOOD"
    assert queue.about["kind"] == "asynchronous"


def test_an_endpoint_that_is_not_there_or_goes_away_is_one_sentence(names):
    with pytest.raises(SagelabError, match="at least one sample"):
        EndpointConsole(names["lab"], "ab", [])
    names["serve"]("brief", names["variant"]("Only"))
    names["sm"].get_waiter("endpoint_in_service").wait(EndpointName="brief")
    brief = EndpointConsole(names["lab"], "brief", "row")
    names["sm"].delete_endpoint(EndpointName="brief")
    names["lab"].wait_for(lambda: say(brief, do="refresh"), lambda note: "brief" in note)
    call = brief.load.once()
    assert call.code == "ValidationError"


@pytest.mark.parametrize(
    "message",
    [
        None,
        {"do": "start"},
        {"do": "start", "rate": "9"},
        {"do": "start", "rate": 1e9},
        {"do": "start", "rate": float("nan")},
        {"do": "start", "rate": True},
        {"do": "weights"},
        {"do": "weights", "weights": {"C": 1}},
        {"do": "weights", "weights": {"A": "1"}},
        {"do": "weights", "weights": {"A": -1}},
        {"do": "weights", "weights": {"A": float("inf")}},
        {"do": "weights", "weights": [1]},
        {"do": "weights", "weights": {"A": 0, "B": 0}},
    ],
)
def test_whatever_the_browser_sends_changes_nothing(console, message):
    before = dict(console.target["weights"])
    console._hear(console, message, [])
    console.refresh()

    assert not console.load.running
    assert console.target["weights"] == before
