"""The percent format is read as jupytext reads it, and strictly."""

import jupytext
import pytest
from conftest import SMALL

from sagelab.percent import PercentReader

HEADER = "# ---\n# jupyter:\n#   sagelab: {}\n# ---\n"


def read(text):
    return PercentReader(text, "lesson/lesson.py")


def found(text):
    return [str(finding) for finding in read(HEADER + text).findings]


@pytest.mark.parametrize(
    "body",
    [
        SMALL.joinpath("lesson.py").read_text().partition("# ---\n\n")[2],
        "# %%\nx = 1\n",
        "# %%\n\n\nx = 1\n\n\ny = 2\n\n\n",
        "# %% [markdown]\n# # T\n#\n# - a\n#   - b\n#\n#     code\n",
        "# %% [markdown]\n# ```python\n# x = 1\n# ```\n# %%\nx\n",
        '# %%\n"""A text\n\nof three lines."""\n',
        "# %%\n# a comment\n# %% [markdown]\n# prose  \n# with a line break\n",
        "# %%\nfor x in y:\n    pass   \n\n# %%\nz",
        "# %% [markdown]\n# $\\alpha$ and | tables | \n#\n#\n# end\n",
    ],
)
def test_cells_are_those_that_jupytext_reads(body):
    theirs = [(cell.cell_type, cell.source) for cell in jupytext.reads(HEADER + body, fmt="py:percent").cells]

    assert [(cell.kind, cell.source) for cell in read(HEADER + body).cells] == theirs
    assert found(body) == []


def test_a_cell_knows_the_line_of_its_marker_and_of_its_source():
    (cell,) = read(HEADER + "\n# %%\n\nx = 1\n").cells

    assert (cell.marker, cell.line) == (6, 7)


def test_options_are_texts_whole_numbers_and_truth_values():
    (cell,) = read(HEADER + '# %% tests="psi" points=3 quiz=true\nx\n').cells

    assert cell.options == {"tests": "psi", "points": 3, "quiz": True}


@pytest.mark.parametrize("written", ["3.5", "three", '"three', "-3", "9" * 5000, "\uff13", "True", '"'])
def test_other_values_are_kept_as_no_value_that_a_cell_takes(written):
    (cell,) = read(HEADER + f"# %% points={written}\nx\n").cells

    assert not isinstance(cell.options["points"], int)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("#%%\nx\n", ":5: this cell marker cannot be read; write '# %%'"),
        ("  # %%\nx\n", ":5: this cell marker cannot be read"),
        ("# %% A title\nx\n", ":5: this cell marker cannot be read"),
        ("# %% [raw]\nx\n", ":5: this cell marker cannot be read"),
        ("# %%%% \nx\n", ":5: this cell marker cannot be read"),
        ("# %%\tpoints=3\nx\n", ":5: this cell marker cannot be read"),
        ("# %% points = 3\nx\n", ":5: this cell marker cannot be read"),
        ("# %% points=3 points=4\nx\n", ":5: the cell option 'points' stands twice; write it once"),
        ("x = 1\n# %%\nx\n", ":5: this stands before the first cell; write '# %%' above it"),
        ("# %% [markdown]\nprose\n", ":6: this line of prose is not a comment; write '# ' before it"),
        ("# %% [markdown]\n#prose\n", ":6: this line of prose is not a comment"),
        ('# %% [markdown]\n"""\nprose\n"""\n', ":6: this line of prose is not a comment"),
        ("# %%\nx = '\x00'\n", ":6: an invisible control character; write the line without it"),
        ("# %%\nx = '\u2028'\n", ":6: an invisible control character"),
        ("# %%\n\x0cx = 1\n", ":6: an invisible control character"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text, said):
    assert found(text)[0].startswith(f"lesson/lesson.py{said}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x = 1\n",
        "# ---\n# %%\nx\n",
        "# ---\njupyter\n# ---\n",
        "\n# ---\n# a: b\n# ---\n",
        "# %%\nx = 1\n",
    ],
)
def test_a_file_without_a_header_is_told_what_to_write(text):
    assert str(read(text).findings[0]).startswith("lesson/lesson.py:1: there is no header; write '# ---'")


def test_every_fault_is_found_not_just_the_first():
    assert len(found("#%%\nx\n# %% [markdown]\nprose\n# %% oops\ny\n")) == 3


def test_the_header_keeps_its_lines():
    assert read("# ---\n# a: 1\n#\n# b: 2\n# ---\n# %%\nx\n").header.split("\n") == ["", "a: 1", "", "b: 2"]
