"""A lesson's quiz in a notebook that nobody has run, its shuffle, and its explanation after grading."""

import json

import nbformat
import pytest

from sagelab import catalogue, lesson_quiz
from sagelab.answers import Answers
from sagelab.build import build_student
from sagelab.quiz import explained, load_quiz, solution
from sagelab.source import load_lesson

ENTRY = catalogue.find("clarify")
STATE = "application/vnd.jupyter.widget-state+json"


@pytest.fixture(scope="module")
def shipped():
    return build_student(load_lesson(ENTRY.folder)).encode()


def shown(notebook):
    """The quiz's state in a notebook: the model that its output names."""
    read = nbformat.reads(notebook.decode(), as_version=4)
    nbformat.validate(read)
    (view,) = [
        output.data[lesson_quiz.VIEW] for c in read.cells if c.cell_type == "code" for output in c.outputs
    ]
    return read.metadata.widgets[STATE]["state"][view["model_id"]]["state"]


def test_a_notebook_that_nobody_has_run_holds_the_quiz_with_the_answers_so_far(shipped, tmp_path):
    first = load_quiz(ENTRY.folder / "quiz.yaml")[0]
    Answers(tmp_path / "answers.json").record(ENTRY.slug, first.id, solution(first), True)

    state = shown(lesson_quiz.with_quiz(shipped, tmp_path, ENTRY))

    assert len(state["questions"]) == len(load_quiz(ENTRY.folder / "quiz.yaml"))
    assert state["answers"][first.id]["answer"] == solution(first)
    assert state["mode"] == "practice"
    assert "export default" in state["_esm"]


def test_what_was_put_in_comes_out_to_the_last_sign(shipped, tmp_path):
    assert lesson_quiz.without_quiz(lesson_quiz.with_quiz(shipped, tmp_path, ENTRY)) == shipped


def test_a_quiz_that_was_run_counts_as_work(shipped, tmp_path):
    content = json.loads(lesson_quiz.with_quiz(shipped, tmp_path, ENTRY))
    next(cell for cell in content["cells"] if cell["id"] == "quiz")["execution_count"] = 3
    worked = json.dumps(content).encode()

    assert lesson_quiz.without_quiz(worked) == worked


@pytest.mark.parametrize("text", [b"", b"\xff", b"[]", b"{}", b'{"cells": [1, {}]}', b'{"cells": []}'])
def test_what_is_no_notebook_with_a_quiz_stays_as_it_is(text, tmp_path):
    assert lesson_quiz.without_quiz(text) == text
    if text.startswith(b"{"):
        assert lesson_quiz.with_quiz(text, tmp_path, ENTRY) == text


def test_a_learner_s_shuffle_is_the_same_on_every_visit_and_another_learner_s_is_not(shipped, tmp_path):
    visits = [shown(lesson_quiz.with_quiz(shipped, tmp_path / name, ENTRY)) for name in ("a", "a", "b")]
    orders = [[[c["id"] for c in q.get("choices", [])] for q in state["questions"]] for state in visits]

    assert orders[0] == orders[1]
    assert orders[0] != orders[2]
    assert visits[0]["place"] == visits[1]["place"] != visits[2]["place"]


def test_the_quiz_of_a_kernel_has_the_name_that_the_notebook_holds(shipped, tmp_path):
    state = lesson_quiz.with_quiz(shipped, tmp_path, ENTRY)
    first, again = (lesson_quiz.lesson_quiz(tmp_path, ENTRY, graded=False) for _ in range(2))

    assert again.model_id in state.decode()
    assert first.comm is None, (
        "the earlier one is closed, or it would close this one too when it is forgotten"
    )


def test_a_graded_quiz_has_another_name_and_no_key(tmp_path):
    practice = lesson_quiz.lesson_quiz(tmp_path, ENTRY, graded=False)
    graded = lesson_quiz.lesson_quiz(tmp_path, ENTRY, graded=True)

    assert graded.model_id != practice.model_id
    assert not any(word in str(graded.get_state()) for word in ("'digest'", "'solution'", "'why'"))


def test_the_explanation_says_for_every_choice_why(tmp_path):
    questions = load_quiz(ENTRY.folder / "quiz.yaml")
    chosen = next(question for question in questions if question.kind == "one")
    wrong = next(choice for choice in chosen.choices if not choice.right)
    Answers(tmp_path / "answers.json").record(ENTRY.slug, chosen.id, [wrong.id], False)

    marked = lesson_quiz.marked(tmp_path, ENTRY)

    assert (marked.score.right, marked.score.total) == (0, len(questions))
    assert f"- {wrong.say} (wrong, your choice): {wrong.why}" in marked.explanation
    for question in questions:
        assert question.ask in marked.explanation
        assert all(choice.why in marked.explanation for choice in question.choices)


def test_every_kind_is_explained_in_its_own_way():
    for question in load_quiz(ENTRY.folder / "quiz.yaml"):
        told = explained(question, solution(question), 7)

        assert told.startswith(f"7. {question.ask}\n   ✓ Right")
        assert all(
            text in told for text in (*question.order, *(side for pair in question.match for side in pair))
        )
        assert explained(question, None, 1).splitlines()[1].strip() in ("✗ Not answered", "✗ Not right")


def test_the_explanation_is_printed_only_while_nbgrader_grades(tmp_path, monkeypatch, capsys):
    from sagelab.workbench import Lab

    lab = Lab.__new__(Lab)
    lab.folder, lab.entry = tmp_path, ENTRY
    for phase, told in (("", False), ("validate", False), ("autograde", True)):
        monkeypatch.setenv("NBGRADER_EXECUTION", phase)
        assert lab.quiz_points(10) == 0
        assert ("✗ Not answered" in capsys.readouterr().out) == told
