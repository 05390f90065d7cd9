"""An instructor's whole path in formgrader, by keyboard: collect, autograde, grade by hand, give feedback."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.students import submit

from sagelab import catalogue
from sagelab_grader.course import assignment, init

from . import harness

LESSON = catalogue.find("clarify")
NAME = assignment(LESSON)
BY_HAND = 4  # points of the answer that a person grades


@pytest.fixture(scope="module")
def teaching(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course with one released lesson, for which one learner has solved everything and handed it in."""
    folder = tmp_path_factory.mktemp("teaching") / "course"
    list(init(folder, "sagelab", [LESSON.slug]))
    words = "I would raise the threshold, because the sexes then differ less."
    submit(folder, LESSON, "ada", solved=set(LESSON.exercises), right=lambda position: True, written=words)
    return folder


@pytest.fixture(scope="module")
def formgrader(browser: Any, teaching: Path) -> Iterator[Any]:
    with harness.LabServer(teaching) as lab:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(400_000)  # autograding runs the whole lesson
        page.base = lab.base
        page.goto(f"{lab.base}/formgrader?token={lab.token}")
        yield page
        page.close()


def press(page: Any, row: str, column: str) -> None:
    """Press Enter on the link in a row's column, as somebody without a mouse does."""
    link = page.get_by_role("row").filter(has_text=row).locator(f".{column} a")
    link.wait_for()
    link.focus()
    page.keyboard.press("Enter")


def told(page: Any, words: str) -> None:
    """Wait for the dialog that says how it went, and close it."""
    dialog = page.get_by_role("dialog").filter(has_text=words)
    dialog.wait_for()
    assert "Error" not in dialog.locator(".modal-title").inner_text(), dialog.inner_text()
    dialog.get_by_role("button", name="Close").last.focus()
    page.keyboard.press("Enter")
    dialog.wait_for(state="detached")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_from_collecting_to_feedback(formgrader: Any, teaching: Path) -> None:
    page = formgrader
    row = page.get_by_role("row").filter(has_text=NAME)
    row.get_by_text("released").wait_for()
    press(page, NAME, "collect")
    told(page, "Successfully collected")
    press(page, NAME, "num-submissions")
    page.get_by_text("needs autograding").wait_for()
    press(page, "ada", "autograde")
    told(page, "Successfully autograded")
    page.get_by_text("needs manual grading").wait_for()
    harness.screenshot(page, "formgrader_submissions")

    page.goto(f"{page.base}/formgrader/gradebook/{NAME}/{LESSON.notebook.removesuffix('.ipynb')}")
    page.get_by_role("row").filter(has_text="Submission #1").get_by_role("link").first.focus()
    page.keyboard.press("Enter")
    score = page.locator("input.score#answer")  # the id of the cell that a person grades
    score.wait_for()
    score.focus()
    page.keyboard.type(str(BY_HAND))
    with page.expect_response(lambda answer: "/api/grade/" in answer.url):
        page.keyboard.press("Tab")
    harness.screenshot(page, "formgrader_by_hand")

    page.goto(f"{page.base}/formgrader/manage_submissions/{NAME}")
    graded = page.get_by_role("row").filter(has_text="ada")
    graded.get_by_text("graded", exact=True).wait_for()
    reached, most = graded.locator(".score").inner_text().split(" / ")
    assert float(reached) == float(most)
    page.goto(f"{page.base}/formgrader/manage_assignments")
    press(page, NAME, "generate-feedback")
    told(page, "feedback")
    press(page, NAME, "release-feedback")
    told(page, "feedback")
    harness.screenshot(page, "formgrader_done")

    home = teaching / "homes" / "ada"
    fetch = [sys.executable, "-m", "nbgrader", "fetch_feedback", NAME, "--course", "sagelab"]
    done = subprocess.run(fetch, cwd=home, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (html,) = home.glob(f"{NAME}/feedback/*/*.html")
    page.goto(html.as_uri())
    page.get_by_text(f"(Score: {float(reached)} / {float(most)})").first.wait_for()
    harness.screenshot(page, "feedback")
