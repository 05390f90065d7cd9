"""A session of flashcards in JupyterLab, by keyboard alone."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from sagelab.quiz import load_quiz

from . import harness

QUESTIONS = Path(__file__).with_name("all_kinds.yaml")
ASKED = load_quiz(QUESTIONS)
CELL = f"""
from datetime import datetime, timedelta
from pathlib import Path
from sagelab.quiz import load_quiz
from sagelab_widgets import Flashcards
clock = [datetime(2026, 11, 23, 12).astimezone()]
cards = Flashcards(questions={{"model_monitor": load_quiz(Path({str(QUESTIONS)!r}))}}, now=lambda: clock[0])
cards
"""


@pytest.fixture(scope="module")
def folder(server):
    path = server.root / "flashcards"
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    harness.write_notebook(path / "flashcards.ipynb", CELL)
    return path


@pytest.fixture(scope="module")
def notebook(page, server, folder):
    harness.open_notebook(page, server.url("flashcards/flashcards.ipynb"))


@pytest.fixture
def cards(page, notebook, folder):
    """Seven new cards, just run, in a folder without reviews."""
    shutil.rmtree(folder / ".sagelab", ignore_errors=True)
    return run(page)


def run(page):
    harness.run_all(page)
    cards = harness.panel(page).locator(".sl-flashcards")
    cards.locator(".sl-ask").wait_for()
    return cards


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def plain(text):
    return " ".join(text.replace("`", "").split())


def turn(page, cards):
    """From the question, which has the focus, to its answer."""
    press(page, "Tab")
    expect(cards.get_by_role("button", name="Show the answer")).to_be_focused()
    press(page, "Enter")
    expect(cards.get_by_role("group", name="Answer")).to_be_focused()


def test_a_session_by_keyboard_alone(page, cards, folder):
    """Think, turn, grade with 1 to 4; the next intervals are on the buttons; a grade is taken back."""
    cells, ask, said = harness.cell_count(page), cards.locator(".sl-ask"), cards.locator(".sl-spoken")
    first = ASKED[0]
    expect(ask).to_have_text(plain(first.ask))
    expect(cards).to_contain_text("0 due, 7 new · 0 graded today")
    expect(cards.get_by_role("group", name="Answer")).to_have_count(0)
    for choice in first.choices:
        expect(cards.get_by_text(plain(choice.say))).to_be_visible()
        expect(cards.get_by_text(choice.why)).to_have_count(0)

    ask.focus()
    press(page, "3", "x", "d", "d")
    expect(ask).to_have_text(plain(first.ask))
    turn(page, cards)
    for choice in first.choices:
        expect(cards.get_by_text(choice.why)).to_be_visible()
    names = [button.inner_text().split("\n") for button in cards.locator(".sl-grade").all()]
    assert [(name[0], name[-1]) for name in names] == [
        ("Again (1)", "in 1 minute"),
        ("Hard (2)", "in 6 minutes"),
        ("Good (3)", "in 10 minutes"),
        ("Easy (4)", "in 8 days"),
    ]
    press(page, "3")

    expect(said).to_have_text("Good: this card comes back in 10 minutes.")
    expect(ask).to_have_text(plain(ASKED[1].ask))
    expect(ask).to_be_focused()
    expect(cards).to_contain_text("0 due, 6 new · 1 graded today")
    press(page, "u")
    expect(ask).to_have_text(plain(first.ask))
    expect(cards).to_contain_text("0 due, 7 new · 0 graded today")
    for question in ASKED:
        expect(ask).to_have_text(plain(question.ask))
        turn(page, cards)
        press(page, "4" if question is not first else "1")

    expect(ask).to_have_text("Done for now.")
    expect(ask).to_be_focused()
    expect(cards).to_contain_text("The next card comes back in 1 minute.")
    harness.run_code(page, "clock[0] += timedelta(minutes=1)")
    expect(ask).to_have_text(plain(first.ask))
    expect(ask).to_be_focused()
    assert harness.cell_count(page) == cells
    assert page.faults == []


def test_what_was_graded_is_there_after_a_restart(page, server, cards):
    cards.get_by_role("button", name="Show the answer").click()
    cards.get_by_role("button", name="Easy (4)").click()
    expect(cards).to_contain_text("0 due, 6 new · 1 graded today")

    server.stop_kernels()
    harness.open_notebook(page, server.url("flashcards/flashcards.ipynb"))
    cards = run(page)

    expect(cards).to_contain_text("0 due, 6 new · 1 graded today")
    expect(cards.locator(".sl-ask")).to_have_text(plain(ASKED[1].ask))
    expect(cards.get_by_role("button", name="Undo")).to_have_attribute("aria-disabled", "true")


def test_every_state_is_sound_in_both_themes_and_at_200_percent(page, cards):
    seen = set()
    for question in ASKED:
        expect(cards.locator(".sl-ask")).to_have_text(plain(question.ask))
        new = question.kind not in seen
        if new and question.kind in ("one", "match"):
            assert harness.findings(page, ".sl-flashcards", f"flashcards_{question.kind}_front") == []
        cards.get_by_role("button", name="Show the answer").click()
        if new:
            assert harness.findings(page, ".sl-flashcards", f"flashcards_{question.kind}_back") == []
        if question.case:
            harness.screenshot(cards, "flashcards_case_back")
            assert cards.locator("img, b").count() == 0
        seen.add(question.kind)
        cards.get_by_role("button", name="Easy (4)").click()
    expect(cards.locator(".sl-ask")).to_have_text("Done for now.")
    expect(cards).to_contain_text("The next card comes back in 8 days.")
    assert harness.findings(page, ".sl-flashcards", "flashcards_done") == []
    assert page.faults == []


def test_without_a_kernel_it_says_so(page, server, cards, folder):
    server.stop_kernels()
    cards.get_by_role("button", name="Show the answer").click()
    cards.get_by_role("button", name="Good (3)").click()

    expect(cards).to_contain_text("The kernel does not answer", timeout=15_000)
    harness.open_notebook(page, server.url("flashcards/flashcards.ipynb"))
