"""The quick reference is complete, sourced, and read strictly."""

from datetime import date
from pathlib import Path

import pytest

from sagelab import catalogue
from sagelab.exam import COMPONENTS
from sagelab.reference import REFERENCE, load_reference, table
from sagelab.strict_yaml import StrictYamlError

ONE = """- id: a
  name: "A"
  purpose: "It does."
  words: ["w"]
  near:
    - {to: b, tell: "Other."}
  status: {word: "live", say: "Fine.", source: "https://docs.aws.amazon.com/x.html", checked: "2026-11-22"}
"""
TWO = ONE.replace("id: a", "id: b").replace("to: b", "to: a")


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "reference.yaml"
    path.write_text(text, "utf-8")
    return path


def test_it_has_all_22_components_and_the_parts_that_exams_tell_apart() -> None:
    components = load_reference()
    assert sum(not one.part_of for one in components) == 22
    ids = {one.id for one in components}
    assert [name for name in COMPONENTS if not any(name == i or name.startswith(f"{i}_") for i in ids)] == []


def test_what_has_closed_or_ended_is_said() -> None:
    """As of the day in the data; the outline shows all of these as live."""
    words = {one.id: one.status.word for one in load_reference()}
    closed = {"ground_truth", "clarify", "model_monitor", "debugger", "role_manager"}
    assert {name for name, word in words.items() if word == "closed"} == closed
    assert {name for name, word in words.items() if word == "ended"} == {"edge_manager", "ground_truth_plus"}


def test_each_status_has_a_page_of_aws_and_a_day() -> None:
    for one in load_reference():
        assert one.status.source.startswith("https://docs.aws.amazon.com/sagemaker/latest/dg/")
        assert date.fromisoformat(one.status.checked) <= date.today()


def test_every_lesson_is_linked_from_the_component_that_it_teaches(tmp_path: Path) -> None:
    for entry in catalogue.entries():
        (tmp_path / entry.notebook).write_text("{}")
    linked = {row["notebook"] for row in table(tmp_path)}
    assert linked - {""} == {entry.notebook for entry in catalogue.entries()}
    assert all(row["notebook"] == "" for row in table(tmp_path / "elsewhere"))


def test_a_part_is_taught_by_the_lesson_of_the_whole(tmp_path: Path) -> None:
    lessons = tmp_path / "lessons"
    (lessons / "inference").mkdir(parents=True)
    (lessons / "inference" / "lesson.py").write_text("# # Inference\n", "utf-8")
    (lessons / "catalogue.yaml").write_text(
        "modules: [{title: M, lessons: [{number: 1, slug: inference}]}]", "utf-8"
    )
    found = {row["id"]: row["lesson"] for row in table(tmp_path, lessons)}
    assert found["inference_async"] == found["inference"] == "Inference"
    assert found["canvas"] == ""


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (ONE + ONE, 8, "the id 'a' is taken"),
        (ONE, 1, "there is no neighbor 'b'"),
        (ONE.replace("to: b", "to: a"), 1, "there is no neighbor 'a'"),
        (ONE + TWO.replace("  name:", "  part_of: c\n  name:"), 8, "part_of 'c' stands nowhere above"),
        (ONE.replace("id: a", 'id: "A b"') + TWO, 1, "holds other signs"),
        (
            ONE.replace("live", "alive") + TWO,
            7,
            "'alive' is no status; write one of live, moved, closed, ended",
        ),
        (ONE.replace("docs.aws.amazon.com", "example.com") + TWO, 7, "is no page of docs.aws.amazon.com"),
        (ONE.replace("https", "javascript:https") + TWO, 7, "is no page of docs.aws.amazon.com"),
        (ONE.replace("2026-11-22", "2026-13-22") + TWO, 7, "checked is no day"),
        (ONE.replace("2026-11-22", "20261122") + TWO, 7, "checked is no day"),
        (ONE.replace('["w"]', "[]") + TWO, 1, "at least one key word and one neighbor"),
        (ONE.replace('["w"]', "[No]") + TWO, 4, "is read as a truth value"),
        (ONE.replace("  purpose", "  purposes") + TWO, 3, "has no field 'purposes'"),
        (ONE.replace('  name: "A"\n', "") + TWO, 1, "has no 'name'"),
        ("a: b", 1, "must be a list"),
        ("", 1, "there is nothing here"),
    ],
)
def test_a_fault_in_the_data_is_one_sentence_with_its_line(tmp_path: Path, text, line, said) -> None:
    with pytest.raises(StrictYamlError, match=said) as fault:
        load_reference(written(tmp_path, text))
    assert fault.value.finding.line == line


def test_the_shipped_data_stands_beside_its_reader() -> None:
    assert REFERENCE.is_file()
