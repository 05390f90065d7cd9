"""The practice exam in JupyterLab, from the start to the review, by keyboard alone."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from sagelab.quiz import load_quiz, solution

from . import harness

QUESTIONS = Path(__file__).with_name("all_kinds.yaml")
BY_ID = {f"model_monitor/{question.id}": question for question in load_quiz(QUESTIONS)}
CELL = f"""
from pathlib import Path
from sagelab.exam import Item
from sagelab.quiz import load_quiz
from sagelab_widgets import Exam
clock = [0.0]
bank = [
    Item(question, "model_monitor", "Watch" if question.case else "Trust", ("model_monitor",))
    for question in load_quiz(Path({str(QUESTIONS)!r}))
]
exam = Exam(bank=bank, seconds=lambda: clock[0])
exam
"""


@pytest.fixture(scope="module")
def folder(server):
    path = server.root / "exam"
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    harness.write_notebook(path / "exam.ipynb", CELL)
    return path


@pytest.fixture
def exam(page, server, folder):
    """The exam's first page, just run, in a folder without sittings."""
    if page.evaluate("() => window.jupyterapp?.shell.currentWidget?.context?.path") != "exam/exam.ipynb":
        harness.open_notebook(page, server.url("exam/exam.ipynb"))
    shutil.rmtree(folder / ".sagelab", ignore_errors=True)
    return run(page)


def run(page):
    harness.run_all(page)
    exam = harness.panel(page).locator(".sl-exam")
    exam.get_by_role("heading", name="Practice exam").wait_for()
    return exam


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def tab_to(page, name):
    """Press Tab until what bears this name has the focus."""
    for _ in range(40):
        press(page, "Tab")
        focused = page.evaluate(
            "(e => e.ariaLabel || e.labels?.[0]?.textContent || e.textContent)(document.activeElement)"
        )
        if focused.startswith(name):
            return
    raise AssertionError(f"no Tab reaches {name}")


def start(page, exam, *, timed=True):
    if not timed:
        exam.get_by_label("With a clock").uncheck()
    exam.get_by_role("button", name="Start").click()
    exam.locator("legend[tabindex]").wait_for()
    return str(harness.run_code(page, "print(*[question['id'] for question in exam.questions])")).split()


def answer_by_keyboard(page, exam, question, right=True):
    """From the question's text, which has the focus, give an answer of its kind."""
    wanted = solution(question)
    if question.kind == "order":
        steps = question.order if right else question.order[::-1]
        for place, step in enumerate(steps):
            rows = exam.locator(".sl-order li")
            at = next(i for i in range(rows.count()) if step in rows.nth(i).inner_text())
            rows.nth(at).get_by_role("button").first.focus()
            press(page, *["ArrowUp"] * (at - place))
    elif question.kind == "match":
        for left, partner in question.match:
            press(page, "Tab")
            expect(exam.get_by_label(left.replace("`", ""))).to_be_focused()
            page.keyboard.type(partner if right else question.match[0][1])
    else:
        boxes = exam.locator(".sl-choice input")
        if question.kind == "one":
            press(page, "Tab", "Space")
            for _ in range(10):
                chosen = exam.locator(".sl-choice input:checked").get_attribute("value")
                if (chosen in wanted) is right:
                    return
                press(page, "ArrowDown")
        for at in range(boxes.count()):
            press(page, "Tab")
            if (boxes.nth(at).get_attribute("value") in wanted) is right:
                press(page, "Space")
                if not right:
                    return


def goes_on(exam, at):
    expect(exam.locator("legend[tabindex]")).to_be_focused()
    expect(exam.locator("legend[tabindex]")).to_contain_text(f"Question {at} of 6")


def test_an_exam_from_start_to_review_by_keyboard_alone(page, exam, folder):
    """Start, answer each kind, flag, skip, look over, come back, hand in, read what was missed."""
    cells = harness.cell_count(page)
    exam.get_by_role("heading", name="Practice exam").focus()
    tab_to(page, "Start")
    press(page, "Enter")
    expect(exam.locator("legend[tabindex]")).to_be_focused()
    asked = harness.run_code(page, "print(*[question['id'] for question in exam.questions])").split()
    skipped, wrong = asked[0], next(name for name in asked[1:] if BY_ID[name].kind == "one")

    for at, name in enumerate(asked, 1):
        goes_on(exam, at)
        if name == skipped:
            tab_to(page, "⚐ Flag to come back to")
            press(page, "Enter")
            expect(exam.get_by_role("button", name="⚑ Flagged")).to_be_focused()
        else:
            answer_by_keyboard(page, exam, BY_ID[name], right=name != wrong)
        press(page, "x", "d", "d", "b")
        tab_to(page, "Next →" if at < 6 else "Look over →")
        press(page, "Enter")

    title = exam.get_by_role("heading", level=2)
    expect(title).to_be_focused()
    expect(title).to_have_text("Look over your answers")
    expect(exam).to_contain_text("5 of 6 questions answered. What has no whole answer counts as wrong.")
    assert not any(word in exam.inner_text() for word in ("✓", "✗", "Right", "Wrong"))
    tab_to(page, "Question 1: not answered, flagged.")
    press(page, "Enter")
    goes_on(exam, 1)
    answer_by_keyboard(page, exam, BY_ID[skipped])
    tab_to(page, "Look over and hand in")
    press(page, "Enter")
    expect(exam).to_contain_text("6 of 6 questions answered. Every question has an answer.")
    tab_to(page, "Hand in")
    press(page, "Enter")

    expect(title).to_be_focused()
    expect(title).to_have_text("5 of 6 right")
    expect(exam).to_contain_text("This predicts no exam of AWS")
    tab_to(page, "✗ Missed")
    press(page, "Enter")
    for choice in BY_ID[wrong].choices:
        expect(exam.get_by_text(choice.why)).to_be_visible()
    expect(exam.get_by_text("✗ Wrong, and you chose it")).to_have_count(1)
    link = exam.get_by_role("link", name="Model Monitor").first
    expect(link).to_have_attribute("href", "11_model_monitor.ipynb")
    assert exam.locator("img, b").count() == 0
    tab_to(page, "Back to the start")
    press(page, "Enter")
    expect(exam.get_by_role("listitem").filter(has_text="5 of 6 right")).to_contain_text("Full length")
    assert harness.cell_count(page) == cells
    assert page.faults == []


def test_no_key_is_in_the_browser_before_the_exam_is_handed_in(page, exam):
    start(page, exam)

    state = harness.run_code(page, "import json; print(json.dumps(exam.get_state(), default=str))")
    told = state.split('"_css"')[0] + state.split('"answers"')[-1]

    shown = "".join(text for q in BY_ID.values() for text in (q.ask, q.case, *(c.say for c in q.choices)))
    for question in BY_ID.values():
        for text in (question.source, question.why, *(choice.why for choice in question.choices)):
            assert not text or text in shown or text not in told
    assert not any(word in told for word in ('"digest"', '"salt"', '"solution"', '"right": tr'))


def test_a_sitting_survives_a_restart_and_a_closed_page(page, server, exam, folder):
    asked = start(page, exam)
    exam.locator("legend[tabindex]").focus()
    answer_by_keyboard(page, exam, BY_ID[asked[0]])
    exam.get_by_role("button", name="⚐ Flag").click()
    expect(exam.get_by_role("button", name="Question 1: answered, flagged")).to_be_visible()
    exam.get_by_role("button", name="Next →").click()
    goes_on(exam, 2)
    harness.run_code(page, "clock[0] += 15")
    expect(exam.get_by_role("timer")).to_have_text("0:11:45 left")
    harness.wait_until(page, lambda: "15.0" in harness.run_code(page, "print(exam.sittings.open().used)"))

    server.stop_kernels()
    harness.open_notebook(page, server.url("exam/exam.ipynb"))
    exam = run(page)

    expect(exam).to_contain_text("An exam waits for you.")
    expect(exam).to_contain_text("Full length: 1 of 6 questions answered, 12 minutes left.")
    exam.get_by_role("button", name="Go on").press("Enter")
    goes_on(exam, 2)
    expect(exam.get_by_role("button", name="Question 1: answered, flagged")).to_be_visible()
    expect(exam.get_by_role("timer")).to_have_text("0:11:45 left")
    exam.get_by_role("button", name="Question 1: answered, flagged").click()
    goes_on(exam, 1)
    expect(exam.locator("input:checked, .sl-order li, option:checked:not([value=''])").first).to_be_attached()


def test_an_exam_that_waits_is_thrown_away_only_after_a_second_question(page, exam):
    start(page, exam)
    exam.get_by_role("button", name="Stop for now").click()
    away = exam.get_by_role("button", name="Throw it away", exact=True)

    away.press("Enter")
    exam.get_by_role("button", name="Keep it").press("Enter")
    expect(away).to_be_focused()
    away.press("Enter")
    expect(exam.get_by_role("button", name="Throw it away for good")).to_be_focused()
    press(page, "Enter")

    expect(exam.get_by_role("heading", name="Practice exam")).to_be_focused()
    expect(exam.get_by_role("button", name="Start")).to_be_visible()


def test_the_clock_is_said_at_its_marks_and_can_be_switched_off(page, exam):
    start(page, exam)
    spoken = exam.locator(".sl-spoken")

    spend(page, 355)
    expect(exam.get_by_role("timer")).to_have_text("0:06:05 left")
    expect(spoken).to_have_text("")
    spend(page, 10)
    expect(spoken).to_have_text("6 minutes left.")
    exam.get_by_role("button", name="Switch the clock off").click()
    expect(exam.get_by_role("timer")).to_have_text("0:06:05 used")
    spend(page, 500)
    expect(exam.locator("legend[tabindex]")).to_be_visible()


def spend(page, seconds):
    """Let the time go on without a closed laptop in between."""
    for gap in [20] * (seconds // 20) + [seconds % 20]:
        harness.run_code(page, f"clock[0] += {gap}; exam._hear(None, {{'do': 'refresh'}}, None)")


def test_when_the_time_is_up_one_may_hand_in_or_go_on_without_the_clock(page, exam):
    start(page, exam)
    exam.locator("legend[tabindex]").focus()
    spend(page, 720)

    title = exam.get_by_role("heading", level=2)
    expect(title).to_have_text("The time is up")
    expect(title).to_be_focused()
    assert harness.findings(page, ".sl-exam", "exam_time_up") == []
    exam.get_by_role("button", name="Go on without the clock").press("Enter")
    expect(title).to_have_text("Look over your answers")
    exam.get_by_role("button", name="Back to question 1").click()
    goes_on(exam, 1)


def test_every_state_is_sound_in_both_themes_and_at_200_percent(page, exam):
    assert harness.findings(page, ".sl-exam", "exam_start") == []
    exam.get_by_label("Modules").check()
    for box in exam.locator(".sl-among input").all():
        box.uncheck()
    exam.get_by_role("button", name="Start").click()
    expect(exam.get_by_role("alert")).to_have_text("No module is chosen; choose one or more.")
    assert harness.findings(page, ".sl-exam", "exam_modules") == []

    exam.get_by_label("Full length").check()
    asked = start(page, exam, timed=False)
    seen = {"one"}
    for at, name in enumerate(asked, 1):
        question = BY_ID[name]
        expect(exam.locator("legend[tabindex]")).to_contain_text(f"Question {at} of 6")
        if at in (2, 5):
            exam.get_by_role("button", name="⚐ Flag").click()
        exam.locator("legend[tabindex]").focus()
        if at != 3:
            answer_by_keyboard(page, exam, question, right=at > 4)
        if question.kind not in seen or name.endswith("storm.first"):
            assert harness.findings(page, ".sl-exam", f"exam_{question.kind}") == []
        seen.add(question.kind)
        exam.get_by_role("button", name="Next →" if at < 6 else "Look over →").click()
    exam.get_by_text("more, answered").click()
    assert harness.findings(page, ".sl-exam", "exam_review") == []
    exam.get_by_role("button", name="Hand in").click()
    expect(exam.get_by_role("heading", level=2)).to_contain_text("of 6 right")
    for summary in exam.locator("summary").all():
        summary.click()
    assert harness.findings(page, ".sl-exam", "exam_result") == []
    exam.get_by_role("button", name="Back to the start").click()
    start(page, exam)
    exam.get_by_role("button", name="Stop for now").click()
    exam.get_by_role("button", name="Throw it away", exact=True).click()
    assert harness.findings(page, ".sl-exam", "exam_waiting") == []
    assert page.faults == []


def test_the_exam_s_page_is_live_before_anything_is_run(page, server):
    """`sagelab open` writes it; its view asks the notebook's kernel for the exam of this folder."""
    words = [sys.executable, "-m", "sagelab", "open", "--prepare", str(server.root / "exam_page")]
    subprocess.run(words, check=True, env=server.env, capture_output=True)
    harness.open_notebook(page, server.url("exam_page/00_exam.ipynb"))
    exam = harness.panel(page).locator(".sl-exam")
    harness.panel(page).locator("[data-live] .sl-exam").wait_for()
    exam.get_by_label("Modules").check()
    exam.get_by_label("Questions, at most").select_option("10")
    exam.get_by_role("button", name="Start").click()

    expect(exam.locator("legend[tabindex]")).to_contain_text("Question 1 of 10")
    exam.get_by_role("button", name="Stop for now").click()
    harness.command(page, "notebook:run-all-cells")
    harness.wait_idle(page)
    expect(exam).to_contain_text("An exam waits for you.")
    exam.get_by_role("button", name="Go on").click()
    expect(exam.locator("legend[tabindex]")).to_contain_text("Question 1 of 10")
    assert page.faults == []


def test_a_restarted_kernel_takes_the_exam_up_in_the_same_page(page, exam):
    asked = start(page, exam)
    exam.locator("legend[tabindex]").focus()
    answer_by_keyboard(page, exam, BY_ID[asked[0]])
    expect(exam.get_by_role("button", name="Question 1: answered")).to_be_visible()

    page.evaluate(f"async () => {{ await {harness.KERNEL}.restart(); }}")
    harness.wait_idle(page)
    exam = run(page)

    expect(exam).to_contain_text("1 of 6 questions answered")
    exam.get_by_role("button", name="Go on").click()
    goes_on(exam, 1)
    assert page.faults == []
