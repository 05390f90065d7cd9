"""The home page and the quick reference in JupyterLab: before anything is run, live, and with files that travel."""

import json
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from sagelab import catalogue
from sagelab.answers import Answers
from sagelab.carry import export_bytes
from sagelab.progress import Progress
from sagelab.quiz import load_quiz, solution

from . import harness

FIRST, SECOND, *_ = catalogue.entries()


@pytest.fixture(scope="module")
def folder(server):
    """A learner's folder, written by `sagelab open` for this server's own Jupyter."""
    words = [sys.executable, "-m", "sagelab", "open", "--prepare", str(server.root / "home")]
    subprocess.run(words, check=True, env=server.env, capture_output=True)
    return server.root / "home"


def worked(folder):
    """Do a little: one exercise of the second lesson, and a question that is right."""
    folder.mkdir(exist_ok=True)
    Progress(folder).checked(SECOND.slug, SECOND.exercises[0], passed=True)
    question = load_quiz(SECOND.folder / "quiz.yaml")[0]
    Answers(folder / "answers.json").record(SECOND.slug, question.id, solution(question), True)
    return folder


@pytest.fixture(scope="module")
def home(page, server, folder):
    """The home page as a learner opens it: nothing is run."""
    page.set_viewport_size({"width": 1280, "height": 1500})
    harness.open_notebook(page, server.url("home/00_home.ipynb"))
    home = harness.panel(page).locator(".sl-home")
    harness.panel(page).locator(".sl-home[data-live]").wait_for()
    return home


def drop(page, home, name, data):
    """Drop a file on the page, as a hand would."""
    page.evaluate(
        """([root, name, text]) => {
            const files = new DataTransfer();
            files.items.add(new File([text], name, { type: "application/json" }));
            for (const type of ["dragover", "drop"]) {
                root.dispatchEvent(new DragEvent(type, { dataTransfer: files, bubbles: true, cancelable: true }));
            }
        }""",
        [home.element_handle(), name, data.decode()],
    )


def test_every_lesson_is_there_before_anything_is_run(page, home):
    for entry in catalogue.entries():
        assert home.get_by_role("link", name=entry.title, exact=True).count() >= 1
    assert home.get_by_text("Not started").count() == len(catalogue.entries())
    expect(home).to_contain_text("Start here")
    expect(harness.panel(page).locator(".jupyter-widgets-disconnected")).to_have_count(0)
    assert harness.findings(page, ".sl-home", "home_not_run") == []


def test_a_saved_file_brings_the_progress_back(page, home, folder, tmp_path):
    cells = harness.cell_count(page)
    data = export_bytes(worked(tmp_path / "elsewhere"))

    drop(page, home, "my-progress.json", data)

    expect(home.get_by_text("Restored. New here: 1 exercise, 1 quiz answer, 0 card reviews.")).to_be_visible()
    expect(home.get_by_text(f"Exercises 1 of {len(SECOND.exercises)}")).to_be_visible()
    expect(home).to_contain_text("Continue where you left")
    assert harness.findings(page, ".sl-home", "home_restored") == []
    home.get_by_role("link", name=SECOND.title, exact=True).first.press("x")
    assert harness.cell_count(page) == cells


def test_the_file_button_works_by_keyboard(page, home, folder, tmp_path):
    path = tmp_path / "again.json"
    path.write_bytes(export_bytes(worked(tmp_path / "again")))
    home.get_by_role("button", name="Save my progress").focus()
    page.keyboard.press("Tab")
    field = home.locator("input[type=file]")
    expect(field).to_be_focused()  # what Enter does on it is the browser's own
    field.set_input_files(path)

    expect(home.get_by_role("status").filter(has_text="Restored.")).to_be_visible()


def test_saving_gives_a_file_that_can_be_imported(page, home, folder):
    with page.expect_download() as download:
        home.get_by_role("button", name="Save my progress").press("Enter")

    assert download.value.suggested_filename.startswith("sagelab-progress-")
    assert json.loads(download.value.path().read_bytes())["kind"] == "sagelab progress"
    expect(home.get_by_text("Saved as sagelab-progress-")).to_be_visible()
    assert page.faults == []


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            b"<img src=x onerror=alert(1)>",
            "The file is no saved progress, or only a part of one; save it again.",
        ),
        (b" " * 5_000_001, "holiday.json is larger than 5 MB, as no saved progress is."),
    ],
    ids=["html", "large"],
)
def test_a_file_that_is_none_of_ours_is_one_sentence(page, home, data, said):
    drop(page, home, "holiday.json", data)

    expect(home.get_by_text(said)).to_be_visible()
    assert page.faults == []


def test_a_damaged_record_is_told_and_stays_told(page, home, folder):
    record = folder / ".sagelab" / "progress.db"
    record.write_bytes(b"damage" * 1000)

    drop(page, home, "no.json", b"{}")

    expect(home.get_by_role("alert")).to_contain_text("progress.db was damaged")
    drop(page, home, "no.json", b"{}")
    expect(home.get_by_role("alert")).to_contain_text("it is now progress.damaged-1.db")
    assert harness.findings(page, ".sl-home", "home_damaged") == []


def test_without_a_kernel_the_page_says_what_it_cannot_do(page, home):
    page.evaluate("async () => { await window.jupyterapp.shell.currentWidget.sessionContext.shutdown(); }")

    home.get_by_role("button", name="Save my progress").press("Enter")

    expect(home.get_by_text("Nothing was done: no kernel answers.")).to_be_visible()
    expect(home.get_by_text("Lessons open all the same.")).to_be_visible()
    assert harness.findings(page, ".sl-home", "home_asleep") == []
    assert page.faults == []


def test_a_restarted_kernel_makes_the_page_live_again(page, home):
    page.evaluate("async () => { await window.jupyterapp.shell.currentWidget.sessionContext.startKernel(); }")
    harness.wait_idle(page)

    with page.expect_download():
        home.get_by_role("button", name="Save my progress").press("Enter")

    expect(home.get_by_text("Lessons open all the same.")).to_have_count(0)


def test_a_card_opens_its_lesson_in_a_tab(page, home):
    home.get_by_role("link", name=FIRST.title, exact=True).first.press("Enter")

    page.wait_for_function(
        "path => window.jupyterapp.shell.currentWidget?.context?.path === path", arg=f"home/{FIRST.notebook}"
    )
    assert page.faults == []


def test_the_reference_is_searched_as_you_type_without_a_run(page, server, folder):
    harness.open_notebook(page, server.url("home/00_reference.ipynb"))
    reference = harness.panel(page).locator(".sl-reference")
    search = reference.get_by_label("Search all components")
    cells = harness.cell_count(page)
    search.wait_for()
    assert harness.findings(page, ".sl-reference", "reference_all") == []

    search.focus()
    page.keyboard.type("Drift baseline", delay=5)
    expect(reference.get_by_role("status")).to_have_text("1 of 27 entries")
    expect(reference.get_by_role("link", name="Lesson: Model Monitor")).to_be_visible()
    assert harness.findings(page, ".sl-reference", "reference_found") == []
    page.keyboard.type("x")
    expect(reference.get_by_role("status")).to_have_text("Nothing fits. Fewer words find more.")
    assert harness.findings(page, ".sl-reference", "reference_nothing") == []
    page.keyboard.press("Escape")

    expect(reference.get_by_role("status")).to_have_text("27 of 27 entries")
    assert harness.cell_count(page) == cells
    assert page.faults == []


def test_the_reference_prints_on_few_pages(page):
    reference = harness.panel(page).locator(".sl-reference")
    with page.expect_popup() as popup:
        reference.get_by_role("button", name="Print what is shown").press("Enter")
    paper = popup.value

    expect(paper.get_by_role("rowheader", name="Network isolation")).to_be_attached()
    pdf = paper.pdf(path=harness.ARTIFACTS / "reference.pdf", prefer_css_page_size=True)
    assert 1 <= pdf.count(b"/Type /Page\n") <= 4
    paper.close()
