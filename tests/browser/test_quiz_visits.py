"""A quiz over several visits: opened and not run, reloaded, without a kernel, in two tabs, in German."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from sagelab.answers import Answers
from sagelab.lesson_quiz import with_quiz
from sagelab.quiz import load_quiz, solution

from . import harness

QUESTIONS = Path(__file__).with_name("all_kinds.yaml")
SETUP = """
import os
from pathlib import Path
from types import SimpleNamespace
from sagelab.lesson_quiz import lesson_quiz
os.environ["SAGELAB_LANGUAGE"] = {language!r}
entry = SimpleNamespace(slug="monitor", title="Model Monitor", folder=Path({folder!r}))
lab = SimpleNamespace(quiz=lambda graded=False: lesson_quiz(entry.folder, entry, graded=graded))
"""


@pytest.fixture
def folder(server):
    """A learner's folder of its own for each test, and so a place of its own in the browser's memory."""
    path = Path(tempfile.mkdtemp(prefix="visits-", dir=server.root))
    shutil.copy(QUESTIONS, path / "quiz.yaml")
    yield path
    server.stop_kernels()


@pytest.fixture
def answers(folder):
    return folder / "answers.json"


@pytest.fixture
def notebook(server, folder):
    """A lesson's notebook as `sagelab open` writes it: never run, its quiz in place, trusted."""
    path = write(folder, "lesson")
    entry = SimpleNamespace(slug="monitor", title="Model Monitor", folder=folder)
    path.write_bytes(with_quiz(path.read_bytes(), folder, entry))
    trust = [sys.executable, "-m", "jupyter", "trust", str(path)]
    subprocess.run(trust, env=server.env, check=True, capture_output=True)
    return f"{folder.name}/{path.name}"


@pytest.fixture
def answered(answers):
    """The file holds a right answer to each question, as after an earlier visit."""
    for question in load_quiz(QUESTIONS):
        Answers(answers).record("monitor", question.id, solution(question), True)


def write(folder, name, language="en", cell="lab.quiz()"):
    setup = SETUP.format(folder=str(folder), language=language)
    return harness.write_notebook(folder / f"{name}.ipynb", setup, cell)


def open_quiz(page, server, notebook):
    harness.open_notebook(page, server.url(notebook))
    return shown(page)


def shown(page):
    quiz = harness.panel(page).locator(".sl-quiz")
    quiz.wait_for()
    return quiz


def go_to(quiz, number):
    quiz.get_by_role("button", name=f"Question {number}:").click()


def check(quiz):
    quiz.get_by_role("button", name="Check", exact=True).click()


def choose(quiz, question):
    for choice in question.choices:
        if choice.right:
            quiz.get_by_label(choice.say.replace("`", "")).check()


def answer_all(quiz):
    """The right answer to each kind of question."""
    for number, question in enumerate(load_quiz(QUESTIONS), 1):
        go_to(quiz, number)
        choose(quiz, question)
        for place, step in enumerate(question.order):
            rows = quiz.locator(".sl-order .sl-say").all_inner_texts()
            quiz.get_by_role("button", name=f"Move up: {step}").focus()
            for _ in range(rows.index(step) - place):
                quiz.page.keyboard.press("ArrowUp")
        for left, right in question.match:
            quiz.get_by_label(left.replace("`", "")).select_option(right.replace("`", ""))
        if question.number:
            quiz.get_by_role("textbox").fill(str(question.number.value))
        check(quiz)
        expect(quiz.get_by_role("status").first).to_contain_text("✓ Right.")


def saved(answers):
    return json.loads(answers.read_text())["lessons"]["monitor"] if answers.exists() else {}


def test_every_kind_answers_before_a_run_and_stays_through_a_reload_a_run_and_a_restart(
    page, server, notebook, answers
):
    quiz = open_quiz(page, server, notebook)
    answer_all(quiz)
    expect(quiz).to_contain_text("Score so far: 7 right of 7 checked")
    expect(quiz.locator(".sl-kept")).to_contain_text("This browser keeps it; run this cell to save it.")
    assert harness.findings(page, ".sl-quiz", "quiz_not_run") == []
    assert not answers.exists()

    quiz = open_quiz(page, server, notebook)
    expect(quiz).to_contain_text("Score so far: 7 right of 7 checked")

    harness.run_all(page)
    quiz = shown(page)
    expect(quiz).to_contain_text("Score so far: 7 right of 7 checked")
    harness.wait_until(page, lambda: len(saved(answers)) == 7)
    assert all(entry["checked"] for entry in saved(answers).values())
    expect(quiz.locator(".sl-note")).to_be_empty()

    server.stop_kernels()
    quiz = open_quiz(page, server, notebook)
    expect(quiz).to_contain_text("Score so far: 7 right of 7 checked")
    assert page.faults == []


def test_the_cell_may_be_run_again_and_again(page, server, notebook, answers, answered):
    open_quiz(page, server, notebook)
    for _ in range(3):
        harness.run_all(page)
        quiz = shown(page)
    go_to(quiz, 1)
    quiz.get_by_role("button", name="Try again").click()
    wrong = next(choice for choice in load_quiz(QUESTIONS)[0].choices if not choice.right)
    quiz.get_by_label(wrong.say.replace("`", "")).check()
    check(quiz)

    expect(quiz.get_by_role("status").first).to_contain_text("✗ Not right.")
    harness.wait_until(page, lambda: saved(answers)["idle-endpoint"]["answer"] == [wrong.id])
    assert page.faults == []


def test_two_tabs_see_each_other_s_answers(page, server, notebook, answers, answered):
    quiz = open_quiz(page, server, notebook)
    harness.run_all(page)
    quiz = shown(page)
    other = page.context.new_page()
    other.set_default_timeout(30_000)
    try:
        second = open_quiz(other, server, notebook)
        for number, tab in ((1, quiz), (5, second)):
            go_to(tab, number)
            tab.get_by_role("button", name="Try again").click()
        quiz.get_by_role("radio").nth(0).check()
        second.get_by_role("textbox").fill("0.9")
        second.get_by_role("button", name="Check", exact=True).click()
        expect(second.get_by_role("button", name="Question 1: answered")).to_be_visible()
        expect(quiz.get_by_role("button", name="Question 5: wrong")).to_be_visible()

        go_to(second, 1)
        expect(second.get_by_role("radio").nth(0)).to_be_checked()
        second.get_by_role("radio").nth(2).check()
        expect(quiz.get_by_role("radio").nth(2)).to_be_checked()

        server.stop_kernels()
        go_to(quiz, 2)
        quiz.get_by_role("button", name="Try again").click()
        expect(second.get_by_role("button", name="Question 2: unanswered")).to_be_visible()
    finally:
        other.close()


def test_a_file_that_is_damaged_while_the_quiz_is_open_is_mended_and_said(
    page, server, notebook, answers, answered
):
    open_quiz(page, server, notebook)
    harness.run_all(page)
    quiz = shown(page)
    answers.write_text("{")
    go_to(quiz, 1)
    wrong = next(choice for choice in load_quiz(QUESTIONS)[0].choices if not choice.right)
    quiz.get_by_label(wrong.say.replace("`", "")).check()

    note = quiz.get_by_role("alert")
    expect(note).to_contain_text(
        "answers.json was damaged (it is not JSON); it is now answers.damaged-1.json"
    )
    expect(note).to_contain_text("answers.json had lost answers of this quiz; they are in it again.")
    assert len(saved(answers)) == 7
    assert harness.findings(page, ".sl-quiz", "quiz_damaged") == []


@pytest.mark.parametrize("mode", ["practice", "graded"])
def test_the_quiz_speaks_german(page, server, folder, mode):
    write(folder, "german", "de", "lab.quiz(graded=True)" if mode == "graded" else "lab.quiz()")
    harness.open_notebook(page, server.url(f"{folder.name}/german.ipynb"))
    page.faults.clear()  # another test may have ended its kernel
    harness.run_all(page)
    quiz = shown(page)
    quiz.get_by_role("button", name="Frage 2:").click()
    expect(quiz.locator("legend")).to_contain_text("Frage 2 von 7")
    expect(quiz).to_contain_text("Zu wählen: zwei." if mode == "practice" else "Benotet")
    quiz.get_by_role(
        "button", name="Prüfen" if mode == "practice" else "Antwort speichern", exact=True
    ).click()
    english = ("Question", "Check", "Save", "Choose", "Next", "Try", "Show", "Score", "Answered", "Practice")
    words = quiz.inner_text().replace(load_quiz(QUESTIONS)[1].ask, "")
    assert [word for word in english if f"{word} " in words or f"{word}\n" in words] == []
    assert harness.findings(page, ".sl-quiz", f"quiz_german_{mode}") == []
    assert page.faults == []
