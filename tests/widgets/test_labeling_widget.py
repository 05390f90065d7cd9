"""The labeling desk on a real account, with no browser: what the browser asks comes as messages."""

import io
import json
import random

import pytest
from PIL import Image
from support.labeling_jobs import make_job, output

from sagelab import labeling
from sagelab.account import connect
from sagelab_widgets import Labeling

MOODS = ["glad", "sad"]


class Bench:
    """What the desk wants of a lab."""

    bucket, role = "desk", "arn:aws:iam::123456789012:role/SageMakerRole"

    def __init__(self, account, folder):
        self.account, self.folder, self.clock = account, folder, account.clock
        self.clients = {name: account.session.client(name) for name in ("sagemaker", "s3")}

    def client(self, service):
        return self.clients[service]

    def job(self, kind="TextMultiClass", lines=("a", "b", "c"), labels=MOODS, **more):
        return make_job(self, self.account.unique("label"), kind, list(lines), labels, **more)

    def put(self, key, body):
        self.client("s3").put_object(Bucket=self.bucket, Key=key, Body=body)
        return f"s3://{self.bucket}/{key}"


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    connected = connect(tmp_path_factory.mktemp("account"))
    connected.session.client("s3").create_bucket(Bucket="desk")
    yield connected
    connected.stop()


@pytest.fixture
def lab(account, tmp_path):
    return Bench(account, tmp_path)


def tell(desk, **message):
    """What the browser sends."""
    desk._handle_custom_msg(message, [])


def answer(desk, said, task=None):
    tell(desk, do="answer", task=task or desk.desk["task"]["id"], answer=said)


def states(desk):
    return [item["state"] for item in desk.desk["items"]]


def png(width=64, height=48, kind="PNG", **more):
    file = io.BytesIO()
    Image.new("RGB", (width, height), "#88aacc").save(file, kind, **more)
    return file.getvalue()


# -- answers and batches -------------------------------------------------------------------------------------------
def test_a_label_is_answered_and_the_next_task_is_shown(lab):
    desk = Labeling(lab, lab.job(), "ana")
    assert (desk.desk["task"]["kind"], desk.desk["task"]["text"]) == ("one", "a")

    answer(desk, {"label": "glad"})

    assert desk.desk["task"]["text"] == "b"
    assert (desk.desk["waiting"], desk.desk["submitted"], desk.note) == (1, 0, "")


def test_a_full_batch_goes_to_the_account_but_for_the_last_answer(lab):
    name = lab.job(lines=map(str, range(8)))
    desk = Labeling(lab, name, "ana")
    for _ in range(6):
        answer(desk, {"label": "sad"})

    assert (desk.desk["submitted"], desk.desk["waiting"]) == (5, 1)
    assert (
        lab.client("sagemaker").describe_labeling_job(LabelingJobName=name)["LabelCounters"]["HumanLabeled"]
        == 5
    )
    assert desk.desk["task"]["text"] == "6"


def test_at_the_end_what_waits_is_submitted_and_becomes_the_jobs_output(lab):
    name = lab.job()
    desk = Labeling(lab, name, "ana")
    for label in ("sad", "glad", "sad"):
        answer(desk, {"label": label})
    assert desk.desk["task"] == {}

    tell(desk, do="submit")

    assert [line["mood"] for line in output(lab, name)] == [1, 0, 1]
    tell(desk, do="refresh")
    assert (desk.desk["status"], desk.desk["submitted"], desk.desk["waiting"]) == ("Completed", 3, 0)


def test_the_last_answer_is_undone_before_it_is_submitted_and_never_after(lab):
    desk = Labeling(lab, lab.job(lines=map(str, range(9))), "ana")
    for _ in range(6):
        answer(desk, {"label": "sad"})
    tell(desk, do="undo")
    assert (desk.desk["task"]["text"], desk.desk["waiting"], desk.desk["submitted"]) == ("5", 0, 5)

    tell(desk, do="undo")

    assert desk.note == "There is nothing to undo: what is submitted stays submitted."
    assert desk.desk["submitted"] == 5


def test_an_answer_that_waits_can_be_changed(lab):
    name = lab.job(lines=["a"])
    desk = Labeling(lab, name, "ana")
    answer(desk, {"label": "sad"})
    tell(desk, do="go", by=-1)
    assert desk.desk["task"]["answer"] == {"label": "sad"}
    answer(desk, {"label": "glad"})
    assert desk.desk["waiting"] == 1
    tell(desk, do="submit")

    assert output(lab, name)[0]["mood"] == 0


def test_a_skipped_task_is_free_for_others_and_comes_again_when_asked_for(lab):
    name = lab.job(lines=map(str, range(7)))
    desk = Labeling(lab, name, "ana")
    tell(desk, do="skip", task=f"{name}/0")
    assert [item["id"] for item in desk.desk["items"]] == [f"{name}/{n}" for n in (1, 2, 3, 4, 5)]
    (theirs,) = labeling.tasks(name, "ben", client=lab.client("sagemaker"))
    assert theirs["TaskId"] == f"{name}/0"

    tell(desk, do="again")
    assert f"{name}/0" not in [item["id"] for item in desk.desk["items"]]  # ben has it
    labeling.give_back(name, "ben", [theirs["TaskId"]], lab.client("sagemaker"))
    tell(desk, do="skip", task=f"{name}/1")
    tell(desk, do="again")
    assert (desk.desk["skipped"], f"{name}/1" in [item["id"] for item in desk.desk["items"]]) == (0, True)


def test_the_rate_is_told_from_the_third_answer_on(lab):
    desk = Labeling(lab, lab.job(), "ana")
    for expected in (False, False, True):
        answer(desk, {"label": "sad"})
        assert (desk.desk["rate"] is not None) is expected
    assert desk.desk["rate"] == pytest.approx(120 / (desk.state.times[-1] - desk.state.times[0]))


# -- time limits ---------------------------------------------------------------------------------------------------
def test_the_time_limit_is_the_accounts(lab):
    desk = Labeling(lab, lab.job(), "ana")
    assert desk.desk["task"]["limit"] == 300
    lab.clock.step(seconds=100)
    tell(desk, do="refresh")

    assert 190 < desk.left <= 200


def test_an_answer_is_submitted_before_its_time_is_over(lab):
    desk = Labeling(lab, lab.job(), "ana")
    answer(desk, {"label": "sad"})
    lab.clock.step(seconds=290)
    tell(desk, do="refresh")

    assert (desk.desk["submitted"], desk.desk["waiting"]) == (1, 0)


def test_a_task_whose_time_is_over_begins_anew_or_leaves(lab):
    name = lab.job(lines=["a", "b"])
    desk = Labeling(lab, name, "ana")
    lab.clock.step(seconds=301)
    (theirs,) = labeling.tasks(name, "ben", client=lab.client("sagemaker"))
    tell(desk, do="refresh")

    assert theirs["TaskId"] == f"{name}/0"
    assert [item["id"] for item in desk.desk["items"]] == [f"{name}/1"]
    assert "time limit has passed" in desk.note
    assert desk.left > 290


def test_an_answer_that_came_too_late_is_submitted_if_nobody_else_has_the_task(lab):
    name = lab.job(lines=["a"])
    desk = Labeling(lab, name, "ana")
    answer(desk, {"label": "glad"})
    lab.clock.step(seconds=500)
    tell(desk, do="submit")

    assert output(lab, name)[0]["mood"] == 0


# -- nothing is lost -----------------------------------------------------------------------------------------------
def test_what_the_account_refuses_is_kept_and_said(lab):
    name = lab.job(lines=["a", "b"])
    desk = Labeling(lab, name, "ana")
    answer(desk, {"label": "sad"})
    lab.clock.step(seconds=500)
    (theirs,) = labeling.tasks(name, "ben", client=lab.client("sagemaker"))
    labeling.submit(name, "ben", {theirs["TaskId"]: {"label": "glad"}}, lab.client("sagemaker"))
    tell(desk, do="submit")

    assert "has not accepted" in desk.note
    assert states(desk)[0] == "refused"
    assert (desk.desk["waiting"], desk.desk["refused"]) == (1, 1)
    tell(desk, do="refresh")
    assert "has not accepted" in desk.note  # a look at the account does not wipe it away
    tell(desk, do="drop")
    assert (desk.desk["waiting"], desk.desk["refused"]) == (0, 0)


def test_one_refused_answer_does_not_hold_up_the_others(lab):
    name = lab.job(lines=["a", "b", "c"])
    desk = Labeling(lab, name, "ana")
    for _ in range(3):
        answer(desk, {"label": "sad"})
    lab.clock.step(seconds=500)
    labeling.tasks(name, "ben", client=lab.client("sagemaker"))
    tell(desk, do="submit")

    assert (desk.desk["submitted"], desk.desk["refused"]) == (2, 1)


def test_answers_outlive_the_kernel_until_the_account_has_them(lab):
    name = lab.job()
    first = Labeling(lab, name, "ana")
    answer(first, {"label": "sad"})
    answer(first, {"label": "glad"})
    del first

    second = Labeling(lab, name, "ana")

    assert states(second) == ["answered", "answered", "open"]
    assert second.state.items[1].answer == {"label": "glad"}
    tell(second, do="submit")
    assert list(lab.folder.rglob("*.json")) == []


def test_kept_answers_of_another_job_of_the_same_name_or_of_nobody_are_not_taken(lab):
    name = lab.job()
    desk = Labeling(lab, name, "ana")
    answer(desk, {"label": "sad"})
    (file,) = lab.folder.rglob("*.json")
    kept = json.loads(file.read_text())
    for text in (
        json.dumps(kept | {"job": "another"}),
        json.dumps(kept | {"answers": {f"{name}/0": {"label": "<b>"}, f"{name}/1": 3, "x": {}}}),
        "{", "[]", "[" * 50_000, '{"job": 1, "answers": 2}',
    ):  # fmt: skip
        file.write_text(text)
        assert states(Labeling(lab, name, "ana")) == ["open", "open", "open"]


def test_an_account_that_cannot_be_reached_loses_nothing(lab, monkeypatch):
    desk = Labeling(lab, lab.job(), "ana")
    answer(desk, {"label": "sad"})
    monkeypatch.setattr(
        labeling, "submit", lambda *_: (_ for _ in ()).throw(ConnectionRefusedError("refused"))
    )
    tell(desk, do="submit")

    assert "cannot be reached" in desk.note
    assert (desk.desk["waiting"], desk.desk["refused"]) == (1, 1)
    monkeypatch.undo()
    tell(desk, do="submit")
    assert (desk.desk["waiting"], desk.desk["submitted"]) == (0, 1)


def test_a_job_that_has_ended_says_so(lab):
    name = lab.job()
    desk = Labeling(lab, name, "ana")
    lab.client("sagemaker").stop_labeling_job(LabelingJobName=name)
    tell(desk, do="refresh")

    assert desk.desk["status"] in ("Stopping", "Stopped")
    assert "no-such-job" in Labeling(lab, "no-such-job", "ana").note


# -- the kinds -----------------------------------------------------------------------------------------------------
def test_several_labels_or_none(lab):
    name = lab.job("TextMultiClassMultiLabel", ["a", "b"], ["x", "y", "z"])
    desk = Labeling(lab, name, "ana")
    answer(desk, {"labels": ["z", "x", "x"]})
    answer(desk, {"labels": []})
    tell(desk, do="submit")

    assert [line["mood"] for line in output(lab, name)] == [[0, 2], []]


def test_words_are_counted_in_characters_as_the_account_counts_them(lab):
    text = "\U0001f600 Ada's dog-cart: London!"
    name = lab.job("NamedEntityRecognition", [text], ["person", "place"])
    desk = Labeling(lab, name, "ana")
    words = [text[start:end] for start, end in desk.desk["task"]["words"]]
    assert words == ["\U0001f600", "Ada's", "dog-cart", ":", "London", "!"]

    start, end = desk.desk["task"]["words"][4]
    answer(desk, {"entities": [{"label": "place", "startOffset": start, "endOffset": end}]})
    tell(desk, do="submit")

    (entity,) = output(lab, name)[0]["mood"]["annotations"]["entities"]
    assert text[entity["startOffset"] : entity["endOffset"]] == "London"


def test_boxes_are_whole_pixels_with_the_size_of_the_image(lab):
    name = lab.job("BoundingBox", [lab.put("cup.png", png())], ["cup"])
    desk = Labeling(lab, name, "ana")
    assert (desk.picture["type"], desk.picture["width"], desk.picture["height"]) == ("image/png", 64, 48)
    box = {"label": "cup", "left": 9.6, "top": 10, "width": 20.2, "height": 20}
    answer(desk, {"boundingBoxes": [box], "inputImageProperties": {"width": 64, "height": 48}})
    tell(desk, do="submit")

    (line,) = output(lab, name)
    assert line["mood"]["annotations"] == [{"class_id": 0, "left": 10, "top": 10, "width": 20, "height": 20}]


def test_a_verification_shows_the_earlier_labels_and_takes_a_remark(lab):
    line = {
        "source-ref": lab.put("cup2.png", png()),
        "boxes": {
            "annotations": [{"class_id": 0, "left": 1, "top": 2, "width": 3, "height": 4}, "x", {"left": 1}]
        },
        "boxes-metadata": {"class-map": {"0": "cup"}},
        "kind": 1,
        "kind-metadata": {"class-name": "crockery"},
    }
    name = lab.job("VerificationMultiClass", [line], ["good", "bad"])
    desk = Labeling(lab, name, "ana")
    assert desk.desk["task"]["earlier"] == {
        "lines": ["kind: crockery"],
        "boxes": [{"left": 1, "top": 2, "width": 3, "height": 4, "label": "cup"}],
    }

    answer(desk, {"label": "bad", "comment": " Too wide. "})

    assert desk.state.items[0].answer == {"label": "bad", "comment": "Too wide."}


def test_a_text_in_s3_is_read(lab):
    name = lab.job("TextMultiClass", [{"source-ref": lab.put("note.txt", "Grüße".encode())}])

    assert Labeling(lab, name, "ana").desk["task"]["text"] == "Grüße"


def test_instructions_are_plain_text(lab):
    page = "<script>alert(1)</script><p>Look <b>well</b> &amp; long.</p><ul><li>One</li><li>Two</li></ul>"
    desk = Labeling(lab, lab.job(instructions={"shortInstruction": page, "fullInstruction": 3}), "ana")

    assert desk.desk["task"]["instructions"] == ["Look well & long.", "One", "Two"]


# -- pictures that somebody else made ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "is no PNG, JPEG or GIF"),
        (b"<html><script>1</script>", "is no PNG, JPEG or GIF"),
        (b"", "is no PNG, JPEG or GIF"),
        (b"RIFF0000WEBPVP8 ", "is no PNG, JPEG or GIF"),
        (png()[:40], "is damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 99, "is damaged"),
        (b"\xff\xd8\xff" + png(), "is damaged"),
        (png() + b"0" * 5_000_000, "is larger than"),
        (png(6000, 5000), "more than 25 megapixels"),
    ],
)
def test_a_picture_that_is_none_or_too_large_is_not_shown(lab, body, sentence):
    name = lab.job("ImageMultiClass", [lab.put("bad", body)])
    desk = Labeling(lab, name, "ana")

    assert sentence in desk.desk["task"]["fault"]
    assert desk.picture == {}
    tell(desk, do="skip", task=desk.desk["task"]["id"])  # one can go on


def test_jpeg_and_gif_are_shown_and_an_animation_stands_still(lab):
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    moving = io.BytesIO()
    frames[0].save(moving, "GIF", save_all=True, append_images=frames[1:])
    bodies = {"a.jpg": png(kind="JPEG"), "b.gif": png(kind="GIF"), "c.gif": moving.getvalue()}
    name = lab.job("ImageMultiClass", [lab.put(key, body) for key, body in bodies.items()])
    desk = Labeling(lab, name, "ana")
    types = []
    for _ in bodies:
        types.append(desk.picture["type"])
        answer(desk, {"label": "sad"})

    assert types == ["image/jpeg", "image/gif", "image/png"]


def test_a_picture_that_is_not_there_is_named(lab):
    name = lab.job("ImageMultiClass", [f"s3://{lab.bucket}/none.png", {"source-ref": "not an address"}])
    desk = Labeling(lab, name, "ana")

    assert "NoSuchKey" in desk.desk["task"]["fault"]
    tell(desk, do="go", by=1)
    assert desk.desk["task"]["fault"]


# -- what comes from a browser may be anything -----------------------------------------------------------------------
def test_nonsense_changes_nothing_and_is_answered_in_a_sentence(lab):
    name = lab.job("BoundingBox", [lab.put("cup3.png", png())], ["cup"])
    desk = Labeling(lab, name, "ana")
    task = desk.desk["task"]["id"]
    bad = [None, 3, [], {}, {"boundingBoxes": None}, {"boundingBoxes": [3]}, {"boundingBoxes": [{}] * 501}]
    box = {"label": "cup", "left": 1, "top": 1, "width": 5, "height": 5}
    bad += [{"boundingBoxes": [box | change]} for change in (
        {"left": -1}, {"left": "1"}, {"width": 0}, {"width": True}, {"top": float("nan")}, {"label": ["cup"]},
        {"label": "x"}, {"height": float("inf")}, {"height": None},
    )]  # fmt: skip
    for said in bad:
        answer(desk, said)
        assert desk.note, said
        assert states(desk) == ["open"], said
    answer(desk, {"boundingBoxes": []}, task="another/0")
    assert "no longer on your desk" in desk.note
    for message in (
        None,
        [],
        "x",
        {},
        {"do": []},
        {"do": "go", "by": "x"},
        {"do": "_show"},
        {"do": "skip", "task": {}},
    ):
        desk._handle_custom_msg(message, [])
    assert states(desk) == ["open"]
    assert desk.desk["task"]["id"] == task


@pytest.mark.parametrize("spans", [[(0, 4)], [(2, 2)], [(-1, 2)], [(0, 2), (1, 3)], [(3, 1)], [("0", 2)]])
def test_entities_lie_in_their_text_and_none_over_another(lab, spans):
    desk = Labeling(lab, lab.job("NamedEntityRecognition", ["Ada"], ["person"]), "ana")
    answer(desk, {"entities": [{"label": "person", "startOffset": a, "endOffset": b} for a, b in spans]})

    assert desk.note
    assert states(desk) == ["open"]


def test_a_custom_job_names_the_other_way(lab):
    client = lab.client("sagemaker")
    name = lab.job()
    request = client.describe_labeling_job(LabelingJobName=name)
    desk = Labeling(lab, name, "ana")
    desk.state.items[0].task["TaskType"] = "groundtruth/custom"
    tell(desk, do="refresh")

    assert request["LabelingJobName"] == name
    assert "sagelab.labeling.submit" in desk.note


def test_random_use_never_loses_an_answer(lab):
    """Whatever is pressed in whatever order: each object ends with the last answer that was given to it."""
    dice, name = random.Random(4), lab.job(lines=map(str, range(12)))
    desk, said = Labeling(lab, name, "ana"), {}
    for _ in range(120):
        task = desk.desk["task"].get("id")
        what = dice.choice(
            ["answer", "answer", "answer", "undo", "go", "skip", "submit", "again", "refresh", "kernel"]
        )
        if what == "kernel":
            desk = Labeling(lab, name, "ana")
        elif what == "answer" and task:
            label = dice.choice(MOODS)
            answer(desk, {"label": label})
            said[task] = label
        elif what == "undo":
            last = desk.state.order[-1] if desk.state.order else None
            tell(desk, do="undo")
            said.pop(last, None)
        else:
            tell(desk, do=what, task=task, by=dice.choice([1, -1]))
        if desk.desk["status"] != "InProgress":
            break
    while desk.desk["status"] == "InProgress":
        tell(desk, do="again")
        tell(desk, do="go", by=1)
        while task := desk.desk["task"].get("id"):
            if desk.desk["task"]["answer"] is None:
                said[task] = "glad"
                answer(desk, {"label": "glad"})
            else:
                tell(desk, do="go", by=1)
        if all(item["state"] != "open" for item in desk.desk["items"]):
            tell(desk, do="submit")
        else:
            tell(desk, do="go", by=-1)

    assert [MOODS[line["mood"]] for line in output(lab, name)] == [said[f"{name}/{n}"] for n in range(12)]


def test_a_notebook_without_the_widget_still_reads_what_it_was(lab):
    name = lab.job()

    assert repr(Labeling(lab, name, "ana")) == f"Labeling {name} as ana: 0 submitted, 0 wait"
