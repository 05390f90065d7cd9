"""Several answers become one: against cases done by hand, and against people whose error rates are known."""

import json
import math
import random
import subprocess
import sys

import numpy as np
import pytest

from sagelab.account.consolidation import boxes, spans
from sagelab.account.consolidation.__main__ import consolidate
from sagelab.account.consolidation.votes import TRUST, WEIGHT, dawid_skene, one_class, several_classes


# -- an oracle without numpy: Dawid and Skene's formulas (2.3) to (2.5), loop by loop -----------------------------
def by_the_book(votes, objects, workers, classes, rounds):
    """The classes' probabilities after so many rounds, with the same belief in workers before their first vote."""
    off = (1 - TRUST) / (classes - 1)
    t = [[sum(o == i and s == k for o, _, s in votes) for k in range(classes)] for i in range(objects)]
    t = [[count / sum(row) for count in row] for row in t]
    for _ in range(rounds):
        share = [(sum(row[k] for row in t) + 1) / (objects + classes) for k in range(classes)]
        rate = {}
        for w in range(workers):
            for j in range(classes):
                row = [
                    WEIGHT * (TRUST if j == k else off)
                    + sum(t[o][j] for o, v, s in votes if (v, s) == (w, k))
                    for k in range(classes)
                ]
                for k in range(classes):
                    rate[w, j, k] = row[k] / sum(row)
        new = []
        for i in range(objects):
            likely = [
                share[j] * math.prod(rate[w, j, s] for o, w, s in votes if o == i) for j in range(classes)
            ]
            new.append([value / sum(likely) for value in likely])
        t = new
    return t


def crowd(seed, confusions, objects, each):
    """Votes of workers with these confusion matrices, `each` of them on an object; and the truth."""
    dice = random.Random(seed)
    classes = len(confusions[0])
    truth = [dice.randrange(classes) for _ in range(objects)]
    votes = [
        (number, worker, dice.choices(range(classes), confusions[worker][true])[0])
        for number, true in enumerate(truth)
        for worker in dice.sample(range(len(confusions)), each)
    ]
    return votes, truth


def worker(right, classes=3):
    return [
        [right if j == k else (1 - right) / (classes - 1) for k in range(classes)] for j in range(classes)
    ]


def test_the_probabilities_are_dawid_and_skenes():
    votes, _ = crowd(3, [worker(0.9), worker(0.7), worker(0.5), worker(0.4)], objects=12, each=3)
    found = dawid_skene(votes, 12, 4, 3)

    np.testing.assert_allclose(found.probabilities, by_the_book(votes, 12, 4, 3, 1000), atol=1e-4)


def test_known_error_rates_are_recovered():
    confusions = [worker(0.95), worker(0.8), worker(0.6), [[0.9, 0.1, 0.0], [0.5, 0.5, 0.0], [0.0, 0.1, 0.9]]]
    votes, _ = crowd(1, confusions, objects=3000, each=4)
    found = dawid_skene(votes, 3000, 4, 3)

    np.testing.assert_allclose(found.confusion, confusions, atol=0.05)
    np.testing.assert_allclose(found.shares, 1 / 3, atol=0.03)


def test_a_few_good_workers_outweigh_many_who_guess():
    confusions = [worker(0.95)] * 2 + [worker(1 / 3)] * 5
    votes, truth = crowd(7, confusions, objects=600, each=7)
    found = dawid_skene(votes, 600, 7, 3).probabilities.argmax(axis=1)
    counts = np.zeros((600, 3))
    for number, _, said in votes:
        counts[number, said] += 1

    assert np.mean(found == truth) > 0.93
    assert np.mean(counts.argmax(axis=1) == truth) < 0.85


def test_confidence_grows_with_agreement_and_is_zero_for_one_worker():
    answers = [{"a": 0, "b": 0, "c": 0}, {"a": 1, "b": 1, "c": 0}, {"a": 1, "b": 1, "c": 1}]
    labels, confusion = one_class(answers, 2)

    assert [label for label, _ in labels] == [0, 1, 1]
    assert labels[0][1] > labels[1][1] > 0.5
    assert set(confusion) == {"a", "b", "c"}
    assert one_class([{"a": 1}, {"b": 0}], 2)[0] == [(1, 0.0), (0, 0.0)]


def test_every_label_that_somebody_chose_is_shown_the_surest_first():
    answers = [{"a": [0, 2], "b": [2], "c": [2]}, {"a": [], "b": [], "c": [1]}]
    (first, second) = several_classes(answers, 3)

    assert [label for label, _ in first] == [2, 0]
    assert first[0][1] > 0.5 > first[1][1]
    assert [label for label, _ in second] == [1]


# -- boxes -------------------------------------------------------------------------------------------------------
def box(left, top, width, height, label="cup"):
    return {"label": label, "left": left, "top": top, "width": width, "height": height}


def test_the_overlap_of_boxes_is_intersection_over_union():
    assert boxes.overlap(box(0, 0, 10, 10), box(0, 0, 10, 10)) == 1
    assert boxes.overlap(box(0, 0, 10, 10), box(5, 0, 10, 10)) == 50 / 150
    assert boxes.overlap(box(0, 0, 10, 10), box(20, 20, 5, 5)) == 0
    assert boxes.overlap(box(0, 0, 0, 0), box(0, 0, 0, 0)) == 0


def test_boxes_that_most_people_drew_are_averaged_and_the_rest_is_dropped():
    found = boxes.consolidate(
        {
            "a": [box(0, 0, 10, 10), box(50, 50, 10, 10)],
            "b": [box(2, 0, 10, 10), box(52, 50, 10, 10, "bowl"), box(90, 0, 5, 5)],
            "c": [box(50, 50, 10, 10, "bowl"), box(1, 0, 10, 10)],
        }
    )

    assert [{k: v for k, v in b.items() if k != "confidence"} for b in found] == [
        box(1, 0, 10, 10),
        box(51, 50, 10, 10, "bowl"),
    ]
    assert found[0]["confidence"] == round((1 + 2 * 90 / 110) / 3, 2)


def test_two_boxes_of_one_worker_are_two_things():
    found = boxes.consolidate({"a": [box(0, 0, 10, 10), box(1, 0, 10, 10)], "b": [box(0, 0, 10, 10)]})

    assert [(b["left"], b["confidence"]) for b in found] == [(0, 1.0)]
    assert len(boxes.consolidate({"a": [box(0, 0, 10, 10), box(1, 0, 10, 10)]})) == 2


# -- spans -------------------------------------------------------------------------------------------------------
def span(start, end, label="person"):
    return {"label": label, "startOffset": start, "endOffset": end}


def test_spans_take_the_most_frequent_boundaries_or_the_median():
    (found,) = spans.consolidate({"a": [span(0, 12)], "b": [span(0, 12)], "c": [span(4, 12, "place")]})
    assert found == {**span(0, 12), "confidence": round((1 + 1 + 8 / 12) / 3, 2)}

    (found,) = spans.consolidate({"a": [span(0, 10)], "b": [span(1, 12)], "c": [span(2, 11)]})
    assert (found["startOffset"], found["endOffset"]) == (1, 11)


def test_a_span_that_one_of_three_saw_is_dropped():
    assert spans.consolidate({"a": [span(0, 3)], "b": [], "c": []}) == []
    assert spans.consolidate({"a": [span(5, 9), span(0, 3)]}) == [
        {**span(0, 3), "confidence": 0.0},
        {**span(5, 9), "confidence": 0.0},
    ]


# -- the process -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("answer", "given", "found"),
    [
        ("label", [{"a": 1, "b": 1}], 1),
        ("labels", [{"a": [0], "b": [0]}], [0]),
        ("entities", [{"a": [span(0, 3)], "b": [span(0, 3)]}], [span(0, 3)]),
    ],
)
def test_the_process_reads_a_request_and_writes_a_response(tmp_path, answer, given, found):
    request = {"answer": answer, "classes": 2, "objects": [{"answers": answers} for answers in given]}
    (tmp_path / "in.json").write_text(json.dumps(request))
    subprocess.run(
        [sys.executable, "-m", "sagelab.account.consolidation", "in.json", "out.json"],
        cwd=tmp_path,
        check=True,
    )
    (response,) = json.loads((tmp_path / "out.json").read_text())["objects"]

    assert response == json.loads(json.dumps(consolidate(request)["objects"][0]))
    if answer == "label":
        assert response[0] == found
    elif answer == "labels":
        assert [label for label, _ in response] == found
    else:
        assert response == [{**found[0], "confidence": 1.0}]
