"""The quick reference's traits."""

from sagelab import catalogue
from sagelab.reference import load_reference
from sagelab_widgets import Reference


def test_it_holds_every_component_and_is_text_where_widgets_are_not(tmp_path):
    reference = Reference(tmp_path)
    assert [row["name"] for row in reference.rows] == [one.name for one in load_reference()]
    assert len(repr(reference).splitlines()) == len(reference.rows)


def test_lessons_are_linked_where_their_notebooks_are(tmp_path):
    entry = catalogue.find("clarify")
    assert not any(row["notebook"] for row in Reference(tmp_path).rows)
    (tmp_path / entry.notebook).write_text("{}")
    assert [row["notebook"] for row in Reference(tmp_path).rows if row["notebook"]] == [entry.notebook]


def test_it_opens_on_a_search(tmp_path):
    assert Reference(tmp_path, query="drift").query == "drift"
