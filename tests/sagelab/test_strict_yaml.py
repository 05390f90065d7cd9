"""YAML that an author may get wrong: each fault says where it is and what to write."""

from pathlib import Path

import pytest

from sagelab.strict_yaml import Spot, StrictYamlError, parse_yaml, read_yaml


def parsed(text: str) -> Spot:
    return parse_yaml(text, "lesson/quiz.yaml")


def fault(text: str) -> str:
    with pytest.raises(StrictYamlError) as caught:
        parsed(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("No", "a truth value"),
        ("on", "a truth value"),
        ("12:30", "a number"),
        ("0.5", "a number"),
        ("0x1F", "a number"),
        ("2026-11-22", "a date"),
        ("~", "nothing"),
        ("null", "nothing"),
    ],
)
def test_what_yaml_would_read_as_another_type_is_refused_with_the_quoted_form(written, read_as):
    spot = parsed(f"- fine\n- {written}\n").items("list")[1]

    with pytest.raises(StrictYamlError) as caught:
        spot.text("say")

    said = f'lesson/quiz.yaml:2: say: {written} without quotes is read as {read_as}; write "{written}"'
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ('"No"', "No"),
        ("'12:30'", "12:30"),
        ("a plain sentence", "a plain sentence"),
        ("|\n a\n b\n", "a\nb\n"),
    ],
)
def test_quoted_and_plain_text_is_text(written, text):
    assert parsed(written).text("say") == text


@pytest.mark.parametrize(
    ("written", "value"), [("12", 12.0), ("-0.25", -0.25), ("1e3", 1000.0), ("1.5e-3", 0.0015)]
)
def test_a_plain_number_is_a_number(written, value):
    assert parsed(written).number("value") == value


@pytest.mark.parametrize(
    "written", ['"12"', "12:30", "010", "1_000", "0x1F", ".inf", ".nan", "1e999", "[1]", "yes", "1.", "٣"]
)
def test_what_is_no_plain_number_is_refused(written):
    with pytest.raises(StrictYamlError, match=r"quiz\.yaml:1: value .*; write"):
        parsed(written).number("value")


@pytest.mark.parametrize("written", ['"true"', "yes", "1", "True", "[true]"])
def test_a_truth_value_is_true_or_false_without_quotes(written):
    with pytest.raises(StrictYamlError, match="write true or false without quotes"):
        parsed(written).flag("right")


@pytest.mark.parametrize("written", ['""', '"  "', ""])
def test_an_empty_text_is_refused(written):
    spot = parsed(f"say: {written}\n").pairs("a choice")["say"]

    with pytest.raises(StrictYamlError, match=r"quiz\.yaml:1: say is empty; write a text"):
        spot.text("say")


@pytest.mark.parametrize("written", [r'"\0"', r'"a\x1bb"', r'"\uD800"', r'"a\x85"'])
def test_a_text_holds_no_invisible_characters(written):
    with pytest.raises(StrictYamlError, match="invisible control character; write it without"):
        parsed(written).text("say")


def test_an_unknown_field_is_refused_with_those_that_exist():
    with pytest.raises(StrictYamlError) as caught:
        parsed("say: a\nwhat: b\n").fields("a choice", ["say", "why"])

    assert str(caught.value) == "lesson/quiz.yaml:2: a choice has no field 'what'; write one of say, why"


def test_a_missing_field_is_named():
    with pytest.raises(StrictYamlError, match=r":1: a choice has no 'why'; write 'why: \.\.\.'"):
        parsed("say: a\n").fields("a choice", ["say", "why"])


def test_a_field_that_stands_twice_is_refused_not_overwritten():
    with pytest.raises(StrictYamlError, match=":2: 'say' stands twice in a choice; write it once"):
        parsed("say: a\nsay: b\n").pairs("a choice")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: b: c\n", ":1: a text that holds ': '; write it in quotes"),
        ("a:\n\t- b\n", ":2: a tab; write spaces"),
        ("a: [b\n", ":2: this is not YAML"),
        ("a: &x 1\nb: *x\n", r":1: references \(& and \*\) are not allowed; write the text out"),
        ("", ":1: there is nothing here; write the first entry"),
        ("# only a comment\n", ":1: there is nothing here"),
        ("a: \x00\n", ":1: a character that YAML does not know"),
        ("a: b\n\nc: \x07\n", ":3: a character that YAML does not know"),
        ("a: b\n---\nc: d\n", ":2: this is not YAML"),
        ('a: "\\UFFFFFFFF"\n', "; write"),
        ("a: !!python/object:os.system x\nb: @\n", ":2: this is not YAML"),
        ("%TAG\n", ":1: this is not YAML"),
    ],
)
def test_what_is_not_yaml_is_told_with_its_line(text, said):
    with pytest.raises(StrictYamlError, match=said):
        parsed(text)


def test_a_python_tag_makes_no_object():
    spot = parsed("a: !!python/object/apply:os.getcwd []\n").pairs("top")["a"]

    with pytest.raises(StrictYamlError, match="must be one text"):
        spot.text("a")


def test_references_cannot_blow_a_file_up():
    bomb = "a: &a [x, x]\n" + "".join(
        f"{n}: &{n} [*{m}, *{m}]\n" for m, n in zip("abcdefgh", "bcdefghi", strict=True)
    )

    assert "references" in fault(bomb)


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_a_deep_nesting_is_refused_at_once(opening):
    assert "nested more than 12 deep; write it flatter" in fault(opening * 50_000)


def test_a_long_file_is_not_a_deep_one():
    assert len(parsed("- {a: [b, {c: d}]}\n" * 100).items("list")) == 100


def read(path: Path, content: bytes) -> Spot:
    path.write_bytes(content)
    return read_yaml(path)


def test_byte_order_mark_and_windows_line_ends_change_nothing(tmp_path):
    found = read(tmp_path / "quiz.yaml", b'\xef\xbb\xbfa: "1"\r\nb: |\r\n  x\r\n  y\r\n').pairs("top")

    assert {name: spot.text(name) for name, spot in found.items()} == {"a": "1", "b": "x\ny\n"}
    assert found["b"].line == 2


def test_a_file_that_is_not_utf_8_is_told_with_its_line(tmp_path):
    with pytest.raises(
        StrictYamlError, match=r"quiz\.yaml:2: this is not UTF-8 text; save the file as UTF-8"
    ):
        read(tmp_path / "quiz.yaml", b"a: b\nc: \xff\n")


def test_a_huge_file_is_refused_unread(tmp_path):
    with pytest.raises(
        StrictYamlError, match=r"quiz\.yaml:1: the file is larger than 1 MB; write a shorter one"
    ):
        read(tmp_path / "quiz.yaml", b"- a\n" * 300_000)


def test_a_missing_file_and_a_folder_are_no_files(tmp_path):
    for path in (tmp_path / "missing.yaml", tmp_path):
        with pytest.raises(StrictYamlError, match="there is no such file; write it"):
            read_yaml(path)
