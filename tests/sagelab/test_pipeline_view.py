"""A pipeline's graph: layers, places, branches, arrow keys and states, against hand cases and brute force."""

import itertools
import json
import random

import pytest

from sagelab.errors import SagelabError
from sagelab.pipeline_view import crossings, read_graph, step_states


def step(name, *used, kind="Training", after=(), **more):
    given = {str(i): {"Get": f"Steps.{other}.ModelArtifacts"} for i, other in enumerate(used)}
    return {"Name": name, "Type": kind, "Arguments": given, "DependsOn": list(after), **more}


def gate(name, *used, then=(), otherwise=()):
    read = [{"Type": "Equals", "LeftValue": {"Get": f"Steps.{o}.X"}, "RightValue": 1} for o in used]
    given = {"Conditions": read, "IfSteps": list(then), "ElseSteps": list(otherwise)}
    return {"Name": name, "Type": "Condition", "Arguments": given}


def graph(*steps, **more):
    return read_graph(json.dumps({"Version": "2020-12-01", "Steps": steps, **more}))


RETRAIN = (
    step("Prep", kind="Processing"),
    step("Train", "Prep"),
    step("Eval", "Prep", "Train", kind="Processing"),
    gate(
        "Gate",
        "Eval",
        then=[step("Register", "Train"), step("Tell", after=["Register"])],
        otherwise=[step("Weak")],
    ),
)


def edges(found):
    return {(edge.source, edge.target): edge.kind for edge in found.edges}


def test_references_dependencies_and_branches_are_edges_each_of_its_kind():
    assert edges(graph(*RETRAIN)) == {
        ("Prep", "Train"): "data",
        ("Prep", "Eval"): "data",
        ("Train", "Eval"): "data",
        ("Eval", "Gate"): "data",
        ("Gate", "Register"): "then",
        ("Train", "Register"): "data",
        ("Register", "Tell"): "order",
        ("Gate", "Weak"): "else",
    }


def test_references_inside_functions_and_property_files_count_too():
    read = {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.Eval.PropertyFiles.Report"}, "Path": "a"}}
    joined = {
        "Std:Join": {"On": "/", "Values": [{"Get": "Steps.Prep.ProcessingOutputConfig.Outputs['x']"}, read]}
    }
    found = graph(
        step("Prep"), step("Eval"), {"Name": "Last", "Type": "Fail", "Arguments": {"ErrorMessage": joined}}
    )

    assert edges(found) == {("Prep", "Last"): "data", ("Eval", "Last"): "data"}


def random_steps(seed):
    chance = random.Random(seed)
    names = [f"s{number}" for number in range(chance.randint(1, 9))]
    return [step(name, *[n for n in names[:i] if chance.random() < 0.4]) for i, name in enumerate(names)]


def longest_path(pairs, name):
    return max((1 + longest_path(pairs, a) for a, b in pairs if b == name), default=0)


@pytest.mark.parametrize("seed", range(12))
def test_a_layer_is_the_longest_path_and_no_two_things_share_a_place(seed):
    found = graph(*random_steps(seed))
    pairs = list(edges(found))

    assert {name: place[0] for name, place in found.places.items()} == {
        name: longest_path(pairs, name) for name in found.nodes
    }
    taken = [*found.places.values(), *(place for edge in found.edges for place in edge.through)]
    assert len(set(taken)) == len(taken)
    assert all(0 <= x <= found.width - 1 for _, x in taken)
    for edge in found.edges:
        layers = [found.places[edge.source][0], *(p[0] for p in edge.through), found.places[edge.target][0]]
        assert layers == list(range(layers[0], layers[-1] + 1))


def segments(found):
    """Every edge cut into pieces between neighboring layers, as ((layer, x), (layer, x))."""
    for edge in found.edges:
        yield from itertools.pairwise([found.places[edge.source], *edge.through, found.places[edge.target]])


def test_two_pairs_that_could_cross_do_not():
    found = graph(step("A"), step("B"), step("C", "B"), step("D", "A"))

    for (a, b), (c, d) in itertools.combinations(segments(found), 2):
        assert (a[1] - c[1]) * (b[1] - d[1]) > 0


def test_crossings_are_counted_as_by_hand():
    assert crossings([["a", "b"], ["c", "d"]], [("a", "d"), ("b", "c")]) == 1
    assert crossings([["a", "b"], ["c", "d"]], [("a", "c"), ("b", "d"), ("a", "d")]) == 0
    assert crossings([["a", "b"], ["c"], ["d", "e"]], [("a", "c"), ("c", "d"), ("b", "c"), ("c", "e")]) == 0


@pytest.mark.parametrize("seed", range(8))
def test_arrow_keys_reach_every_step_and_go_along_edges(seed):
    found = graph(*random_steps(seed))
    moves, pairs = found.moves(), set(edges(found))
    seen = {next(iter(found.nodes))}
    while fresh := {to for name in seen for to in moves[name].values()} - seen:
        seen |= fresh

    assert seen == set(found.nodes)
    for name, keys in moves.items():
        assert "ArrowDown" not in keys or (name, keys["ArrowDown"]) in pairs
        assert "ArrowUp" not in keys or (keys["ArrowUp"], name) in pairs
        assert "ArrowRight" not in keys or moves[keys["ArrowRight"]]["ArrowLeft"] == name


def begun(**statuses):
    return {name: {"StepStatus": status} for name, status in statuses.items()}


def taken(outcome):
    return {"Gate": {"StepStatus": "Succeeded", "Metadata": {"Condition": {"Outcome": outcome}}}}


@pytest.mark.parametrize(
    ("steps", "execution", "states"),
    [
        ({}, "Executing", "Waiting Waiting Waiting Waiting Waiting Waiting Waiting"),
        (begun(Prep="Executing"), "Executing", "Executing Waiting Waiting Waiting Waiting Waiting Waiting"),
        (
            begun(Prep="Succeeded", Train="Failed"),
            "Executing",
            "Succeeded Failed *Will-not-run *Will-not-run *Will-not-run *Will-not-run *Will-not-run",
        ),
        (begun(Prep="Failed"), "Failed", "Failed" + " Did-not-run" * 6),
        (
            {**begun(Prep="Succeeded", Train="Succeeded", Eval="Succeeded"), **taken("False")},
            "Executing",
            "Succeeded Succeeded Succeeded Succeeded Not-taken Not-taken Waiting",
        ),
        (
            {
                **begun(Prep="Succeeded", Train="Succeeded", Eval="Succeeded", Register="Executing"),
                **taken("True"),
            },
            "Executing",
            "Succeeded Succeeded Succeeded Succeeded Executing Waiting Not-taken",
        ),
    ],
)
def test_where_each_step_stands(steps, execution, states):
    found = step_states(graph(*RETRAIN), steps, execution)

    assert list(found) == ["Prep", "Train", "Eval", "Gate", "Register", "Tell", "Weak"]
    assert [state.replace(" ", "-") for state in found.values()] == states.replace("*", "").split()


def test_the_payload_is_plain_json():
    payload = graph(*RETRAIN, Parameters=[{"Name": "P", "Type": "Float", "DefaultValue": 0.8}]).payload()

    assert json.loads(json.dumps(payload)) == payload
    assert payload["parameters"] == [{"Name": "P", "Type": "Float", "DefaultValue": 0.8}]
    assert payload["height"] == 6


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"Steps": 3}',
        '{"Steps": [1]}',
        '{"Steps": [{"Name": "a"}]}',
        "[" * 5000,
        '{"Steps": [{"Name": "a", "Type": "Condition", "Arguments": {"IfSteps": 7}}]}',
    ],
)
def test_what_is_no_definition_is_refused_in_a_sentence(text):
    with pytest.raises(SagelabError, match="not one that can be drawn"):
        read_graph(text)


def test_a_circle_is_named():
    with pytest.raises(SagelabError, match=r"in a circle: .*A.*B"):
        graph(step("A", "B"), step("B", "A"))
