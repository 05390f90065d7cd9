"""The learner's start writes notebooks and never loses a learner's work."""

import os
import socket
import stat
from pathlib import Path

import pytest

from sagelab import start
from sagelab.errors import SagelabError

LESSON = "11_model_monitor.ipynb"


@pytest.fixture
def editions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that stands for the notebooks we ship, with one lesson in its first edition."""
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    (shipped / LESSON).write_text('{"edition": 1}')
    monkeypatch.setattr(start, "shipped", lambda: shipped)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    return shipped


def test_the_first_start_writes_every_notebook_and_the_home_page(editions: Path, tmp_path: Path) -> None:
    assert start.write_notebooks(tmp_path / "course") == []
    assert (tmp_path / "course" / LESSON).read_text() == '{"edition": 1}'
    assert (tmp_path / "course" / start.HOME).is_file()


def test_a_new_edition_replaces_a_notebook_that_nobody_touched(editions: Path, tmp_path: Path) -> None:
    start.write_notebooks(tmp_path / "course")
    (editions / LESSON).write_text('{"edition": 2}')
    assert start.write_notebooks(tmp_path / "course") == []
    assert (tmp_path / "course" / LESSON).read_text() == '{"edition": 2}'


def test_a_notebook_with_the_learners_work_is_kept_and_the_new_edition_is_beside_it(
    editions: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "course"
    start.write_notebooks(folder)
    (folder / LESSON).write_text("my work")
    (editions / LESSON).write_text('{"edition": 2}')

    (said,) = start.write_notebooks(folder)

    assert (folder / LESSON).read_text() == "my work"
    (beside,) = folder.glob("11_model_monitor.edition-*.ipynb")
    assert beside.read_text() == '{"edition": 2}'
    assert beside.name in said
    assert start.write_notebooks(folder) == [], "said once, not at every start"


def test_the_learners_work_is_kept_when_the_edition_is_the_same(editions: Path, tmp_path: Path) -> None:
    folder = tmp_path / "course"
    start.write_notebooks(folder)
    (folder / LESSON).write_text("my work")
    assert start.write_notebooks(folder) == []
    assert (folder / LESSON).read_text() == "my work"
    assert not list(folder.glob("*edition*"))


def test_a_lost_record_of_editions_costs_no_work(editions: Path, tmp_path: Path) -> None:
    folder = tmp_path / "course"
    start.write_notebooks(folder)
    (folder / LESSON).write_text("my work")
    (folder / ".sagelab" / "editions.json").write_text("{broken")
    start.write_notebooks(folder)
    assert (folder / LESSON).read_text() == "my work"


def test_a_file_in_place_of_the_folder_is_one_sentence(editions: Path, tmp_path: Path) -> None:
    (tmp_path / "course").write_text("I am a file")
    with pytest.raises(SagelabError, match="is a file; give sagelab open the name of a folder"):
        start.write_notebooks(tmp_path / "course")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_one_sentence(editions: Path, tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir()
    (tmp_path / "locked").chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(SagelabError, match="give sagelab open another folder"):
        start.write_notebooks(tmp_path / "locked" / "course")


def test_a_full_disk_is_one_sentence_and_leaves_no_part_behind(
    editions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    (tmp_path / "course").mkdir()
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(SagelabError, match="make room or choose another folder"):
        start.write_notebooks(tmp_path / "course")
    assert not list((tmp_path / "course").glob("*.part"))


def test_this_server_alone_asks_for_no_news(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """JupyterLab reads what is written for it, and nothing of the learner's own is touched."""
    from jupyterlab_server.config import get_page_config

    started: dict[str, str] = {}

    class Process:
        def __init__(self, command: list[str], cwd: Path, env: dict[str, str]) -> None:
            started.update(env)

        def wait(self) -> int:
            return 0

    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "mine"))
    monkeypatch.setattr(start.subprocess, "Popen", Process)
    start.open_lab(tmp_path / "course", None, browser=False)

    assert not (tmp_path / "mine").exists()
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", started["JUPYTER_CONFIG_PATH"])
    assert "@jupyterlab/apputils-extension:announcements" in get_page_config([])["disabledExtensions"]


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(SagelabError, match="is taken; choose another with --port"):
            start.open_lab(tmp_path, taken.getsockname()[1], browser=False)
