"""The home page's traits: what it sends to the browser, and what it does with what comes back."""

import json

import pytest

from sagelab import catalogue
from sagelab.carry import export_bytes
from sagelab.progress import Progress
from sagelab_widgets import Home

ENTRY = catalogue.find("model_monitor")


@pytest.fixture
def home(tmp_path):
    """A home page whose messages to the browser are kept in `home.sent`."""
    folder = tmp_path / "mine"
    folder.mkdir()
    home = Home(folder)
    home.sent = []
    home.send = lambda content, buffers=None: home.sent.append((content, buffers))
    yield home
    home.close()


def asked(home, content, *buffers):
    home._asked(home, content, list(buffers))
    return home


def test_it_shows_the_lessons_and_is_text_where_widgets_are_not(home):
    assert home.state["modules"]
    assert "Model Monitor (45 minutes): Not started" in repr(home)


def test_a_refresh_shows_what_was_done_meanwhile(home):
    Progress(home.overview.folder).checked(ENTRY.slug, ENTRY.exercises[0], passed=True)
    asked(home, {"do": "refresh"})
    assert home.state["next"] == {"slug": ENTRY.slug, "why": "left"}
    assert home.live == 1


def test_saving_sends_the_file_that_the_command_writes(home):
    Progress(home.overview.folder).touched(ENTRY.slug)
    asked(home, {"do": "refresh"})
    asked(home, {"do": "save"})
    ((content, (data,)),) = home.sent
    assert data == export_bytes(home.overview.folder)
    assert content["name"].endswith(".json")
    assert home.said == {"kind": "saved", "name": content["name"], "bytes": len(data)}


def test_saving_nothing_is_a_sentence_and_no_file(home):
    asked(home, {"do": "save"})
    assert "There is no progress" in home.note
    assert (home.sent, home.said, home.live) == ([], {}, 1)


def test_a_restored_file_is_counted_and_shown(home, tmp_path):
    other = tmp_path / "other"
    Progress(other).checked(ENTRY.slug, ENTRY.exercises[0], passed=True)
    asked(home, {"do": "restore"}, memoryview(export_bytes(other)))
    assert home.said == {"kind": "restored", "exercises": 1, "answers": 0, "reviews": 0, "note": ""}
    assert home.state["next"]["slug"] == ENTRY.slug


@pytest.mark.parametrize("data", [b"", b"\0" * 100, b"<img src=x onerror=alert(1)>", b"[" * 100_000, b"{}"])
def test_a_hostile_file_is_one_sentence_and_changes_nothing(home, data):
    before = home.state["modules"]
    asked(home, {"do": "restore"}, data)
    assert home.note.startswith("The file is no saved progress")
    assert home.state["modules"] == before


@pytest.mark.parametrize(
    "content", [None, [], "save", {"do": None}, {"do": ["save"]}, {"do": "delete"}, {"do": "restore"}, {}]
)
def test_whatever_a_browser_sends_is_answered_and_harms_nothing(home, content):
    asked(home, content)
    assert (home.sent, home.said, home.note, home.live) == ([], {}, "", 1)


def test_a_fault_stays_told_until_something_goes_well(home):
    asked(home, {"do": "restore"}, b"{}")
    asked(home, {"do": "refresh"})
    assert home.note
    Progress(home.overview.folder).touched(ENTRY.slug)
    asked(home, {"do": "save"})
    assert home.note == ""


def test_a_second_page_of_the_same_folder_takes_the_place_of_the_first(tmp_path):
    """A notebook that is opened and not run finds the page by its name."""
    first = Home(tmp_path)
    second = Home(tmp_path)
    assert first.comm is None
    assert second.model_id == second.place == first.place
    assert Home(tmp_path / "..", place="0" * 32).model_id == "0" * 32
    second.close()


def test_the_state_is_json(home):
    assert json.loads(json.dumps(home.state)) == home.state
