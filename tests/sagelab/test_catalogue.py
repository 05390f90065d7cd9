"""The table of contents names lessons that exist and says what is wrong with one that does not."""

from pathlib import Path

import pytest

from sagelab import catalogue
from sagelab.errors import SagelabError


def test_every_lesson_has_all_its_parts() -> None:
    for entry in catalogue.entries():
        assert {"minutes", "summary", "status", "checked"} <= set(entry.about)
        assert entry.title
        assert len(entry.exercises) >= 3
        for part in ("lesson.py", "exercises.yaml", "quiz.yaml"):
            assert (entry.folder / part).is_file()


def test_numbers_and_slugs_are_unique() -> None:
    entries = catalogue.entries()
    assert len({entry.number for entry in entries}) == len(entries)
    assert len({entry.slug for entry in entries}) == len(entries)


def test_an_unknown_lesson_lists_those_that_exist() -> None:
    with pytest.raises(SagelabError, match=r"There is no lesson named 'nope'; there are .*model_monitor"):
        catalogue.find("nope")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("modules: 3", "cannot be read"),
        ("modules: [{title: T, lessons: [{number: x, slug: y}]}]", "cannot be read"),
        ("- [", "cannot be read"),
        ("modules: [{title: T, lessons: [{number: 1, slug: gone}]}]", "no lesson folder named gone"),
    ],
)
def test_a_broken_catalogue_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "catalogue.yaml").write_text(text)
    with pytest.raises(SagelabError, match=said):
        catalogue.load(tmp_path)


def test_a_lesson_without_its_header_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "x"
    folder.mkdir()
    (folder / "lesson.py").write_text("# %% [markdown]\n# # Title\n")
    with pytest.raises(SagelabError, match=r"x/lesson.py:1: the header needs"):
        _ = catalogue.Entry(1, "x", folder).about
