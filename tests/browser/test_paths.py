"""A learner's first visit in a real browser: by keyboard alone, from `sagelab open` to a graded exercise and a quiz."""

import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from sagelab import catalogue
from sagelab.quiz import load_quiz
from sagelab.source import load_lesson

from . import harness

LESSON = catalogue.find("model_monitor")
EXERCISE = load_lesson(LESSON.folder).exercises[0]
ACTIVE_CELL = "() => window.jupyterapp.shell.currentWidget.content.activeCell.model.id"
FOCUSED = "() => document.activeElement?.textContent?.trim()"


@pytest.fixture
def course(server: harness.LabServer) -> Iterator[str]:
    """The learner's folder, written by `sagelab open` for this server's own Jupyter."""
    words = [sys.executable, "-m", "sagelab", "open", "--prepare", str(server.root / "course")]
    subprocess.run(words, check=True, env=server.env, capture_output=True)
    yield "course"
    from sagelab.account import process

    process.stop(server.root / "course" / ".sagelab" / LESSON.slug)


def tab_to(page: Any, words: str, most: int = 60) -> None:
    """Press Tab until what has the focus says `words`."""
    for _ in range(most):
        if page.evaluate(FOCUSED) == words:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{words!r} was not reached by {most} presses of Tab")


def both_themes(page: Any, part: Any, name: str) -> None:
    """No axe finding of any impact inside a part of the page, light and dark, and a picture of each to look at."""
    part.evaluate(
        """element => {
            document.querySelector("#looked-at")?.removeAttribute("id");
            element.id = "looked-at";
            element.scrollIntoView({ block: "center" });
        }"""
    )
    for theme in (harness.DARK, harness.LIGHT):
        harness.set_theme(page, theme)
        assert harness.axe(page, "#looked-at") == []
        harness.screenshot(page, f"{name}_{'light' if theme == harness.LIGHT else 'dark'}")


def go_to_cell(page: Any, cell: str) -> None:
    """Walk to a cell by the arrow keys of the notebook's command mode."""
    page.keyboard.press("Escape")
    for _ in range(harness.cell_count(page)):
        if page.evaluate(ACTIVE_CELL) == cell:
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"there is no cell {cell!r} below")


def run_down_to(page: Any, cell: str) -> None:
    """Press Shift+Enter cell by cell until `cell` is the active one, then wait for what was run."""
    for _ in range(harness.cell_count(page)):
        if page.evaluate(ACTIVE_CELL) == cell:
            break
        page.keyboard.press("Shift+Enter")
    assert page.evaluate(ACTIVE_CELL) == cell
    harness.wait_idle(page)


@pytest.mark.slow
def test_a_first_visit_by_keyboard_ends_with_a_graded_exercise_and_a_quiz(
    page: Any, server: harness.LabServer, course: str
) -> None:
    page.set_default_timeout(180_000)

    # The home page shows every lesson; nothing was run.
    harness.open_notebook(page, server.url(f"{course}/00_home.ipynb"))
    home = harness.panel(page).locator(".sl-home")
    expect(home.locator(".sl-card[data-stage=new]")).to_have_count(len(catalogue.entries()))
    harness.panel(page).locator(".sl-home[data-live]").wait_for()
    both_themes(page, home, "visit_1_home")

    # A card opens its lesson.
    tab_to(page, LESSON.title)
    page.keyboard.press("Enter")
    page.wait_for_function(
        "path => window.jupyterapp.shell.currentWidget?.context?.path === path",
        arg=f"{course}/{LESSON.notebook}",
    )
    page.wait_for_selector(f"{harness.PANEL} .jp-Cell")
    harness.wait_idle(page)
    expect(harness.panel(page).get_by_role("heading", level=1).first).to_contain_text(LESSON.title)
    harness.screenshot(page, "visit_2_lesson")

    # Shift+Enter leads to the first exercise; on the way a chart answers the arrow keys.
    run_down_to(page, f"solve-{EXERCISE.id}")
    explorer = harness.panel(page).locator(".sl-drift")
    explorer.get_by_label("Month").first.press("End")
    expect(explorer.get_by_text(re.compile(r"^September: PSI 0\.9")).first).to_be_visible()
    both_themes(page, explorer, "visit_3_explorer")

    # The check of an untouched exercise says so; a solution is told why it is right.
    go_to_cell(page, f"solve-{EXERCISE.id}")
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Control+Enter")
    expect(harness.panel(page).get_by_text("Not tried yet").first).to_be_visible()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(EXERCISE.solution)
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Control+Enter")
    expect(harness.panel(page).get_by_text(EXERCISE.right).first).to_be_visible()
    assert harness.panel(page).get_by_text("Traceback (most recent call last)").count() == 0
    told = harness.panel(page).locator(".jp-OutputArea-output", has_text=EXERCISE.right)
    both_themes(page, told, "visit_4_right")

    # The quiz is answered by keyboard, and kept.
    go_to_cell(page, "quiz")
    page.keyboard.press("Control+Enter")
    harness.wait_idle(page)
    quiz = harness.panel(page).locator(".sl-quiz").first
    quiz.locator("input").first.focus()
    page.keyboard.press("Space")
    tab_to(page, "Check", 12)
    page.keyboard.press("Enter")
    expect(quiz.get_by_role("status").get_by_text(re.compile("Right|Not right|Choose")).first).to_be_visible()
    both_themes(page, quiz, "visit_5_quiz")
    answers = server.root / course / "answers.json"
    harness.wait_until(page, answers.exists)
    assert load_quiz(LESSON.folder / "quiz.yaml")[0].id in answers.read_text()

    # The home page knows, without a run.
    harness.open_notebook(page, server.url(f"{course}/00_home.ipynb"))
    expect(home.get_by_text(re.compile(r"^Exercises 1 of \d"))).to_be_visible()
    expect(home.get_by_text("Continue where you left")).to_be_visible()
    both_themes(page, home, "visit_6_home")
    assert page.faults == []
