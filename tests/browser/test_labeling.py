"""The labeling desk in JupyterLab on a real account: every kind of task by keyboard, boxes and words by mouse too."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from sagelab.account import process

from . import harness

expect.set_options(timeout=30_000)  # the account writes a job's output in its own time
TESTS = Path(__file__).parents[1]
FOLDER = "labeling"
SETUP = f"""
import sys
sys.path.insert(0, {str(TESTS)!r})
import io
import sagelab
from PIL import Image, ImageDraw
from sagelab_widgets import Labeling
from support.labeling_jobs import make_job, output
lab = sagelab.lab("model_monitor")
def picture(name, size, *shapes):
    image = Image.new("RGB", size, "#dfe7ee")
    for kind, box, color in shapes:
        getattr(ImageDraw.Draw(image), kind)(box, fill=color)
    file = io.BytesIO()
    image.save(file, "PNG")
    return lab.put(name, file.getvalue())
cup, case = ("ellipse", (60, 60, 160, 200), "#5a7d9a"), ("rectangle", (240, 90, 330, 190), "#9a6a5a")
cups = picture("cups.png", (400, 260), cup, case)
tiny = picture("seven.png", (28, 28), ("rectangle", (6, 4, 21, 8), "#222"), ("rectangle", (17, 8, 21, 24), "#222"))
boxes = {{"annotations": [{{"class_id": 0, "left": 60, "top": 60, "width": 100, "height": 140}}]}}
def desk(kind, lines, labels, **more):
    return Labeling(lab, make_job(lab, lab.unique("label"), kind, lines, labels, **more), worker="ana")
"""
TEXTS = """texts = desk("TextMultiClass", [f"Ticket {n}: the kettle <b>arrived</b> broken." for n in range(8)],
    ["glad", "sad", "neither"], instructions={"shortInstruction": "<p>Read the <b>whole</b> ticket.</p>"})
texts"""
DIGITS = 'digits = desk("ImageMultiClass", [tiny, lab.put("bad.svg", "<svg/>")], [str(n) for n in range(10)])\ndigits'
SEVERAL = 'several = desk("TextMultiClassMultiLabel", ["It broke. I am angry."], ["broken", "late", "angry"])\nseveral'
SPANS = """spans = desk("NamedEntityRecognition",
    ["Ada Lovelace, born in London, met Charles Babbage at a party in June 1833; he showed her his engine."],
    ["person", "place", "date"])
spans"""
BOXES = 'boxed = desk("BoundingBox", [cups], ["cup", "box"])\nboxed'
VERIFY = """verify = desk("VerificationMultiClass",
    [{"source-ref": cups, "boxes": boxes, "boxes-metadata": {"class-map": {"0": "cup"}}}], ["good", "bad"])
verify"""


@pytest.fixture(scope="module")
def notebook(page, server):
    folder = server.root / FOLDER
    folder.mkdir()
    harness.write_notebook(folder / "desk.ipynb", SETUP, TEXTS, DIGITS, SEVERAL, SPANS, BOXES, VERIFY)
    harness.open_notebook(page, server.url(f"{FOLDER}/desk.ipynb"))
    page.set_default_timeout(60_000)
    harness.run_all(page)
    expect(harness.panel(page).locator(".sl-labeling")).to_have_count(6)
    yield
    process.stop(folder / ".sagelab" / "model_monitor")


def desk(page, place):
    root = harness.panel(page).locator(".sl-labeling").nth(place)
    root.locator(".sl-task").wait_for()
    return root


@pytest.fixture
def texts(page, notebook):
    return desk(page, 0)


def start(root):
    """Put the focus on the task, as a click on its title does."""
    root.locator(".sl-task").focus()


def test_texts_are_labeled_by_digits_and_the_last_answer_is_undone(page, texts):
    cells = harness.cell_count(page)
    start(texts)
    expect(texts.locator(".sl-text")).to_have_text("Ticket 0: the kettle <b>arrived</b> broken.")
    page.keyboard.press("2")
    expect(texts.locator(".sl-text")).to_contain_text("Ticket 1")
    page.keyboard.press("x")
    page.keyboard.press("1")
    expect(texts.locator(".sl-counts")).to_contain_text("2 waiting")
    expect(texts.locator(".sl-text")).to_contain_text("Ticket 2")
    page.keyboard.press("u")
    expect(texts.locator(".sl-text")).to_contain_text("Ticket 1")
    expect(texts.locator(".sl-counts")).to_contain_text("1 waiting")
    page.keyboard.press("d")
    page.keyboard.press("d")

    assert harness.cell_count(page) == cells
    assert harness.run_code(page, "print(texts.state.items[0].answer)") == "{'label': 'sad'}"
    assert page.faults == []


def test_tasks_are_walked_and_skipped_and_come_again(page, texts):
    start(texts)
    page.keyboard.press("PageDown")
    expect(texts.locator(".sl-text")).to_contain_text("Ticket 2")
    page.keyboard.press("s")
    expect(texts.locator(".sl-counts")).to_contain_text("1 skipped")
    page.keyboard.press("PageUp")
    page.keyboard.press("PageUp")
    expect(texts.locator(".sl-text")).to_contain_text("Ticket 0")
    expect(texts.get_by_role("button", name="sad")).to_have_attribute("aria-pressed", "true")
    texts.get_by_role("button", name="Show skipped tasks again").press("Enter")
    expect(texts.locator(".sl-counts")).not_to_contain_text("skipped")


def test_a_full_batch_is_submitted_and_the_rest_at_the_end_by_keyboard_alone(page, texts):
    start(texts)
    title = texts.locator(".sl-task")
    while "answered all" not in (before := title.inner_text() + texts.locator(".sl-object").inner_text()):
        page.keyboard.press("PageDown" if "not submitted yet" in before else "3")
        page.wait_for_function(
            "([root, before]) => root.querySelector('.sl-task').innerText"
            " + root.querySelector('.sl-object').innerText !== before",
            arg=[texts.element_handle(), before],
        )
    expect(texts.locator(".sl-counts")).to_contain_text("5 answers submitted")
    page.keyboard.press("Enter")
    expect(texts.locator(".sl-job")).to_contain_text("Completed")
    expect(texts.locator(".sl-counts")).to_contain_text("8 answers submitted")
    expect(texts.get_by_text("8 of 8 objects are labeled")).to_be_visible()

    assert harness.run_code(page, "print(output(lab, texts.state.job)[0]['mood'])") == "1"


def test_a_picture_is_shown_from_its_bytes_and_one_that_is_none_is_not(page, notebook):
    digits = desk(page, 1)
    image = digits.get_by_role("img", name="The picture to label")
    expect(image).to_be_visible()
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 28
    assert image.get_attribute("src").startswith("blob:")
    start(digits)
    page.keyboard.press("7")
    expect(digits.locator(".sl-fault")).to_contain_text("bad.svg is no PNG, JPEG or GIF")
    page.keyboard.press("1")  # nobody labels what they do not see
    expect(digits.get_by_role("button", name="1", exact=True)).to_have_count(0)

    assert harness.run_code(page, "print([i.answer for i in digits.state.items])") == "[{'label': '7'}, None]"


def test_several_labels_are_switched_and_then_done(page, notebook):
    several = desk(page, 2)
    start(several)
    expect(several.get_by_role("button", name="None of them, next")).to_be_visible()
    for key in "132":
        page.keyboard.press(key)
    page.keyboard.press("2")
    expect(several.get_by_role("button", name="Done with 2 labels, next")).to_be_visible()
    page.keyboard.press("Enter")
    expect(several.locator(".sl-counts")).to_contain_text("1 waiting")
    page.keyboard.press("Enter")
    expect(several.locator(".sl-job")).to_contain_text("Completed")

    assert harness.run_code(page, "print(output(lab, several.state.job)[0]['mood'])") == "[0, 2]"


def test_words_are_marked_by_keyboard_and_by_mouse(page, notebook):
    spans = desk(page, 3)
    words = spans.get_by_role("listbox")
    words.focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("1")
    expect(spans.locator(".sl-said")).to_have_text("Ada Lovelace: person.")
    page.keyboard.press("x")
    first, last = words.get_by_text("June", exact=True), words.get_by_text("1833", exact=True)
    first.hover()
    page.mouse.down()
    last.hover()
    page.mouse.up()
    spans.get_by_role("button", name="date").click()
    expect(spans.get_by_role("list", name="Marked entities")).to_contain_text("June 1833")
    words.get_by_text("London", exact=True).click()
    page.keyboard.press("2")
    page.keyboard.press("Delete")
    expect(spans.locator(".sl-said")).to_have_text("Removed: London.")
    expect(spans.get_by_role("button", name="Done with 2 entities, next")).to_be_visible()
    page.keyboard.press("Enter")
    expect(spans.locator(".sl-counts")).to_contain_text("1 waiting")

    code = "print([(e['startOffset'], e['endOffset'], e['label']) for e in spans.state.items[0].answer['entities']])"
    assert harness.run_code(page, code) == "[(0, 12, 'person'), (64, 73, 'date')]"


def test_boxes_are_made_by_keys_by_mouse_and_by_numbers(page, notebook):
    boxed = desk(page, 4)
    stage = boxed.get_by_role("application")
    stage.focus()
    page.keyboard.press("n")
    expect(boxed.locator(".sl-said")).to_have_text("Box 1: cup at 120, 78, 160 by 104")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Alt+ArrowUp")
    page.keyboard.press("Shift+ArrowDown")
    expect(boxed.locator(".sl-said")).to_have_text("cup at 116, 77, 160 by 108")
    page.keyboard.press("2")
    expect(boxed.locator(".sl-said")).to_have_text("box at 116, 77, 160 by 108")
    frame = boxed.locator(".sl-over").bounding_box()
    scale = frame["width"] / 400
    page.mouse.move(frame["x"] + 20 * scale, frame["y"] + 20 * scale)
    page.mouse.down()
    page.mouse.move(frame["x"] + 60 * scale, frame["y"] + 40 * scale, steps=4)
    page.mouse.up()
    expect(boxed.get_by_role("list", name="Boxes").get_by_role("listitem")).to_have_count(2)
    left = boxed.get_by_label("Left of box 2")
    left.fill("380")
    left.press("Tab")
    expect(left).to_have_value("360")
    stage.focus()
    page.keyboard.press(" ")
    page.keyboard.press("Delete")
    expect(boxed.locator(".sl-said")).to_have_text("Box 1 is removed.")
    page.keyboard.press("Enter")
    expect(boxed.locator(".sl-counts")).to_contain_text("1 waiting")

    (box,) = eval(harness.run_code(page, "print(boxed.state.items[0].answer['boundingBoxes'])"))
    assert (box["left"], box["label"]) == (360, "box")
    assert box["width"] == pytest.approx(40, abs=2)


def test_earlier_labels_are_verified_with_a_remark(page, notebook):
    verify = desk(page, 5)
    expect(verify.get_by_text("Box 1: cup at 60, 60, 100 by 140")).to_be_visible()
    start(verify)
    page.keyboard.press("2")
    verify.get_by_label("Remark, if you have one").fill("Too 1 wide")
    verify.get_by_role("button", name="Done, next").press("Enter")
    expect(verify.locator(".sl-counts")).to_contain_text("1 waiting")

    answer = harness.run_code(page, "print(verify.state.items[0].answer)")
    assert answer == "{'label': 'bad', 'comment': 'Too 1 wide'}"


KINDS = ("texts", "digits", "several", "spans", "boxed", "verify")


def findings(page, names, state):
    """As harness.findings, for all desks at once: two changes of theme instead of two a desk."""
    roots = {name: desk(page, KINDS.index(name)) for name in names}
    found = []
    for theme in (harness.DARK, harness.LIGHT):
        harness.set_theme(page, theme)
        found += harness.axe(page, ".sl-labeling")
        for name, root in roots.items():
            harness.screenshot(root, f"labeling_{name}{state}_{theme.split()[1].lower()}")
    page.set_viewport_size({"width": 640, "height": 1600})
    for name, root in roots.items():
        harness.screenshot(root, f"labeling_{name}{state}_zoom_200")
        found += [f"{name}{state} cut off at 200 % zoom: {words}" for words in harness.cut_off(root)]
    page.set_viewport_size({"width": 1280, "height": 1600})
    return found


def test_nothing_is_found_by_axe_and_nothing_is_cut_off_in_any_state(page, notebook):
    """What the tests above left (an ended job, a picture refused, all answered), then fresh desks of every kind."""
    page.set_viewport_size({"width": 1280, "height": 1600})
    found = findings(page, ("texts", "digits", "spans"), "_end")
    harness.run_all(page)
    for name in ("texts", "several", "verify"):
        start(desk(page, KINDS.index(name)))
        page.keyboard.press("1")
    harness.run_code(page, "texts.note = 'ana has not accepted task x, or its time limit has passed.'")
    desk(page, KINDS.index("boxed")).get_by_role("application").focus()
    for key in ("n", "Shift+ArrowRight", "n", "ArrowDown"):
        page.keyboard.press(key)
    desk(page, KINDS.index("spans")).get_by_role("listbox").focus()
    for key in ("Shift+ArrowRight", "1", "ArrowRight", "Shift+ArrowRight"):
        page.keyboard.press(key)
    found += findings(page, KINDS, "")
    page.set_viewport_size({"width": 1280, "height": 1000})

    assert found == []
    assert page.faults == []


def test_without_a_kernel_it_says_so_and_keeps_what_is_marked(page, server, notebook):
    spans = desk(page, 3)
    marks = spans.get_by_role("list", name="Marked entities")
    server.stop_kernels()
    spans.get_by_role("listbox").focus()
    page.keyboard.press("2")
    page.keyboard.press("Enter")

    expect(spans.locator(".sl-note")).to_contain_text("No kernel has answered yet.", timeout=30_000)
    expect(marks.get_by_role("listitem")).not_to_have_count(0)
