"""Whole paths in a real browser: a learner's first visit, and an instructor's course."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sagelab import catalogue
from sagelab.quiz import load_quiz

from . import harness

LESSON = catalogue.find("model_monitor")


@pytest.fixture(scope="module")
def course(server: harness.LabServer) -> str:
    """The learner's folder, written by `sagelab open` for this server's own Jupyter."""
    words = [sys.executable, "-m", "sagelab", "open", "--prepare", str(server.root / "course")]
    subprocess.run(words, check=True, env=server.env, capture_output=True)
    return "course"


@pytest.fixture(scope="module")
def visit(page: Any, server: harness.LabServer, course: str) -> Iterator[Any]:
    """The page after the learner has opened the home notebook, and from there the lesson, and run all of it."""
    harness.open_notebook(page, server.url(f"{course}/00_home.ipynb"))
    yield page
    from sagelab.account import process

    process.stop(server.root / course / ".sagelab" / LESSON.slug)


def both_themes(page: Any, selector: str, name: str) -> None:
    """No axe finding inside `selector`, light and dark, and a picture of each to look at."""
    for theme in (harness.LIGHT, harness.DARK):
        harness.set_theme(page, theme)
        serious = [line for line in harness.axe(page, selector) if re.search(r"\((serious|critical)\)", line)]
        assert serious == []
        page.locator(selector).first.evaluate("element => element.scrollIntoView({ block: 'start' })")
        harness.screenshot(page, f"{name}_{'light' if theme == harness.LIGHT else 'dark'}")
    harness.set_theme(page, harness.LIGHT)


def test_the_home_page_shows_the_lessons_before_anything_is_run(visit: Any) -> None:
    cards = harness.panel(visit).locator(".sagelab-home li")
    cards.first.wait_for()
    assert cards.count() == len(catalogue.entries())
    assert harness.panel(visit).get_by_text("Not started").count() == len(catalogue.entries())
    both_themes(visit, ".sagelab-home", "home")


def test_a_card_opens_its_lesson(visit: Any) -> None:
    harness.panel(visit).get_by_role("link", name=LESSON.title).click()
    visit.wait_for_function(
        "path => window.jupyterapp.shell.currentWidget?.context?.path?.endsWith(path)", arg=LESSON.notebook
    )
    visit.wait_for_selector(f"{harness.PANEL} .jp-Cell")
    harness.wait_idle(visit)
    assert harness.panel(visit).get_by_role("heading", level=1).first.inner_text().startswith(LESSON.title)


def test_run_all_shows_the_drift_explorer_and_stops_at_the_first_exercise(visit: Any) -> None:
    visit.set_default_timeout(180_000)
    harness.run_all(visit)
    panel = harness.panel(visit)
    panel.get_by_text("Not tried yet").first.wait_for()
    assert panel.get_by_text("Traceback (most recent call last)").count() == 0
    panel.locator(".sl-drift").get_by_label("Month").first.focus()
    visit.keyboard.press("End")
    panel.locator(".sl-drift").get_by_text(re.compile(r"^September: PSI 0\.9")).first.wait_for()
    both_themes(visit, ".sl-drift", "drift_explorer_in_lesson")


def test_a_solved_exercise_says_why_it_is_right(visit: Any) -> None:
    from sagelab.source import load_lesson

    exercise = load_lesson(LESSON.folder).exercises[0]
    visit.evaluate(
        """([id, source]) => {
            const cells = window.jupyterapp.shell.currentWidget.content.widgets;
            cells.find(cell => cell.model.id === 'solve-' + id).model.sharedModel.setSource(source);
        }""",
        [exercise.id, exercise.solution],
    )
    for part in ("solve", "check"):
        run_cell(visit, f"{part}-{exercise.id}")
    harness.panel(visit).get_by_text(exercise.right).first.wait_for()


def run_cell(page: Any, cell: str) -> None:
    """Run one cell, found by its id."""
    page.evaluate(
        """id => {
            const notebook = window.jupyterapp.shell.currentWidget.content;
            notebook.activeCellIndex = notebook.widgets.findIndex(cell => cell.model.id === id);
        }""",
        cell,
    )
    harness.command(page, "notebook:run-cell")
    harness.wait_idle(page)


def test_the_quiz_is_answered_by_keyboard_alone(visit: Any, server: harness.LabServer, course: str) -> None:
    cells = harness.cell_count(visit)
    run_cell(visit, "quiz")
    quiz = harness.panel(visit).locator(".sl-quiz").first
    quiz.wait_for()
    quiz.locator("input").first.focus()
    visit.keyboard.press("Space")
    for _ in range(12):
        visit.keyboard.press("Tab")
        if visit.evaluate("() => document.activeElement?.textContent?.trim()") == "Check":
            break
    visit.keyboard.press("Enter")
    quiz.get_by_role("status").get_by_text(re.compile("Right|Not right|Choose")).first.wait_for()
    visit.keyboard.press("x")
    assert harness.cell_count(visit) == cells, "a key pressed in the quiz never reaches the notebook"
    both_themes(visit, ".sl-quiz", "quiz_in_lesson")
    assert load_quiz(LESSON.folder / "quiz.yaml")[0].id in (server.root / course / "answers.json").read_text()


def test_the_home_page_knows_what_was_done(visit: Any, server: harness.LabServer, course: str) -> None:
    harness.open_notebook(visit, server.url(f"{course}/00_home.ipynb"))
    harness.run_all(visit)
    harness.panel(visit).get_by_text(re.compile(r"Exercises 1 of \d")).first.wait_for()


def test_the_console_reports_no_error(visit: Any) -> None:
    assert visit.faults == []


@pytest.mark.slow
def test_an_instructor_sees_the_released_assignments(
    browser: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder: Path = tmp_path_factory.mktemp("teaching") / "course"
    subprocess.run(
        [sys.executable, "-m", "sagelab", "course", "init", str(folder)], check=True, capture_output=True
    )
    with harness.LabServer(folder) as lab:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(60_000)
        page.goto(f"{lab.base}/formgrader?token={lab.token}")
        for entry in catalogue.entries():
            row = page.get_by_role("row").filter(has_text=f"{entry.number:02d}_{entry.slug}")
            row.get_by_text("released").first.wait_for()
        harness.screenshot(page, "formgrader")
        assignments = page.request.get(f"{lab.base}/assignments?course_id=sagelab&token={lab.token}").json()
        assert assignments["success"]
        assert {a["assignment_id"] for a in assignments["value"]} == {
            f"{entry.number:02d}_{entry.slug}" for entry in catalogue.entries()
        }
        page.close()
