"""lesson.py and exercises.yaml become one frozen lesson, or findings with file, line and remedy."""

import dataclasses

import pytest

from sagelab.findings import BuildError
from sagelab.source import load_lesson, read_lesson


def findings(small):
    lesson, found = read_lesson(small.folder)
    assert (lesson is None) == bool(found)
    return [str(finding) for finding in found]


def test_a_lesson_is_read_whole(small):
    lesson = load_lesson(small.folder)

    assert (lesson.slug, lesson.title) == ("small", "The middle of a bill")
    assert (lesson.about.minutes, lesson.about.status, lesson.about.checked) == (5, "live", "2026-11-22")
    assert [(exercise.id, exercise.points) for exercise in lesson.exercises] == [
        ("median", 4),
        ("outlier", 3),
        ("count", 3),
    ]
    assert len(lesson.exercises[0].hints) == 2
    assert [cell.role for cell in lesson.cells if cell.role != "plain"] == [
        *("solution", "tests") * 3,
        "manual",
        "quiz",
    ]
    with pytest.raises(dataclasses.FrozenInstanceError):
        lesson.title = "Another"


def test_a_cell_knows_where_its_source_stands(small):
    lines = small.text("lesson.py").split("\n")

    for cell in load_lesson(small.folder).cells:
        first = lines[cell.line - 1]
        assert cell.source.split("\n")[0] in {first, first.removeprefix("# ")}


def test_a_solution_is_shown_without_markers(small):
    assert load_lesson(small.folder).exercises[1].solution == "outlier = max(bills)"


def test_a_wrong_answer_takes_the_region_s_place_and_indentation(small):
    median = load_lesson(small.folder).exercises[0]

    assert median.answered("a = 1\n\nreturn a") == (
        'def median(values):\n    """Return the middle of the sorted values."""\n    a = 1\n\n    return a'
    )


def test_a_wrong_function_in_a_region_of_its_own_leaves_what_is_given_around_it(small):
    small.edit("lesson.py", "outlier = max(bills)", "def most(bills):\n    return max(bills)")
    small.edit("lesson.py", "### BEGIN SOLUTION\ndef most", "limit = 2\n### BEGIN SOLUTION\ndef most")
    outlier = load_lesson(small.folder).exercises[1]

    assert outlier.answered("def most(bills):\n    return 1") == "limit = 2\ndef most(bills):\n    return 1"


def test_a_wrong_answer_that_defines_the_function_takes_the_whole_cell_s_place(small):
    median = load_lesson(small.folder).exercises[0]
    code = "def median(values):\n    return None"

    assert median.answered(code) == code
    assert median.answered("def helper():\n    return 1").count("def ") == 2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'solution="median"',
            'solutoin="median"',
            "a cell has no option 'solutoin'; write solution, tests, manual",
        ),
        (
            'solution="median"',
            'solution="median" points=3',
            "a solution cell has no option 'points'; write solution",
        ),
        (
            'solution="median"',
            'solution="Median"',
            "the name of a solution cell is in snake_case; write solution=",
        ),
        ('solution="median"', "solution=3", "the name of a solution cell is in snake_case"),
        ('solution="median"', f'solution="{"m" * 51}"', "the name of a solution cell is in snake_case"),
        (
            'solution="median"',
            'solution="quiz"',
            "the name 'quiz' is kept for nbgrader's ids; write another one",
        ),
        (
            'solution="outlier"',
            'solution="median"',
            "the solution of 'median' stands twice; write another name",
        ),
        ('tests="outlier"', 'tests="median"', "the tests of 'median' stands twice; write another name"),
        (
            'tests="median" points=4',
            'tests="median"',
            "points are a whole number from 1 to 100; write points=3",
        ),
        ("points=4", "points=3.5", "points are a whole number from 1 to 100; write points=3"),
        ("points=4", 'points="4"', "points are a whole number from 1 to 100; write points=3"),
        ("points=4", "points=0", "points are a whole number from 1 to 100; write points=3"),
        ("points=4", "points=true", "points are a whole number from 1 to 100; write points=3"),
        ("points=4", "points=101", "points are a whole number from 1 to 100; write points=3"),
        (
            'manual="report"',
            'manual="median"',
            "the name 'median' is taken by an exercise; write another one",
        ),
        (
            '[markdown] manual="report"',
            '[markdown] tests="report"',
            "a tests cell holds code; write '# %%' without",
        ),
        (
            "lab.quiz()\n",
            "lab.quiz(graded=True)\n",
            "a quiz cell reads '# %% quiz=true points=10' and 'lab.quiz()'",
        ),
        ("quiz=true", 'quiz="yes"', "a quiz cell reads '# %% quiz=true points=10' and 'lab.quiz()'"),
        (
            "    ### BEGIN SOLUTION\n",
            "",
            "a region ends that has not begun; write '### BEGIN SOLUTION' before it",
        ),
        ("    ### END SOLUTION\n", "", "a region has no end; write '### END SOLUTION' after it"),
        (
            "### END SOLUTION",
            "### BEGIN SOLUTION",
            "a region begins in a region; write '### END SOLUTION' before it",
        ),
        (
            "    ### BEGIN SOLUTION",
            "    # BEGIN SOLUTION",
            "a region's marker has a line of its own; write '###",
        ),
        ("### BEGIN HIDDEN TESTS\n", "", "a region ends that has not begun; write '### BEGIN HIDDEN TESTS'"),
        (
            "bills = [",
            "### BEGIN SOLUTION\n### END SOLUTION\nbills = [",
            "solution cannot be marked here; write one",
        ),
        (
            "bills = [",
            "### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS\nbills = [",
            "hidden tests cannot be marked here",
        ),
        (
            "bills = [",
            "### BEGIN MARK SCHEME\n### END MARK SCHEME\nbills = [",
            "mark scheme cannot be marked here",
        ),
        ("bills = [10", "bills = [[10", "this is not Python ('[' was never closed"),
        (
            "bills = [",
            "%matplotlib inline\nbills = [",
            "this is not Python (invalid syntax); write plain Python",
        ),
        ("bills = [", "bills = " + "-" * 20_000 + "1\nx = [", "this is not Python"),
        (
            "# # The middle of a bill",
            "# ## The middle of a bill",
            "the first cell is prose with one title; write",
        ),
        ("# ## Say which to report", "", "this cell is empty; write into it, or delete it"),
        ("minutes: 5", "minutes: five", "minutes must be a number; write it without quotes"),
        ("minutes: 5", "minutes: 2.5", "minutes must be a whole number from 1 on; write 35"),
        ("minutes: 5", "minutes: 0", "minutes must be a whole number from 1 on; write 35"),
        (
            'checked: "2026-11-22"',
            "checked: 2026-11-22",
            "checked: 2026-11-22 without quotes is read as a date",
        ),
        ('#     status: "live"\n', "", "sagelab has no 'status'; write 'status: ...'"),
        ("#   sagelab:", "#   saglab:", "the header has no 'sagelab'; write jupyter: sagelab: minutes"),
    ],
)
def test_a_broken_lesson_names_the_line_and_what_to_write(small, old, new, said):
    line = small.edit("lesson.py", old, new)

    told = findings(small)

    match = [text for text in told if said in text]
    assert match, told
    assert all(text.startswith("small/lesson.py:") for text in match)
    assert min(abs(int(text.split(":")[1]) - line) for text in match) <= 12


def test_the_line_of_a_syntax_error_is_its_own(small):
    line = small.edit("lesson.py", "    ordered = sorted(values)", "    ordered = sorted(values")

    assert findings(small)[0].startswith(f"small/lesson.py:{line}: this is not Python")


def test_tests_without_a_solution_and_a_solution_without_tests_are_told(small):
    line = small.edit("lesson.py", 'tests="outlier"', 'tests="outliers"')

    assert findings(small) == [
        f'small/lesson.py:{line - 4}: a solution without tests; write a cell tests="outlier" points=3 after it',
        f'small/lesson.py:{line + 1}: tests without a solution; write a cell solution="outliers" before them',
    ]


def test_tests_before_their_solution_are_told(small):
    text = small.text("lesson.py")
    start, end = text.index('# %% tests="outlier"'), text.index("# %% [markdown]\n# ## Count")
    moved = text[start:end]
    small.path("lesson.py").write_text(
        text.replace(moved, "").replace('# %% solution="outlier"', moved + '# %% solution="outlier"')
    )

    assert "tests of 'outlier' stand before its solution; write them after it" in findings(small)[0]


def test_a_solution_in_the_middle_of_a_statement_leaves_no_stub(small):
    small.edit(
        "lesson.py",
        "### BEGIN SOLUTION\noutlier = max(bills)\n### END SOLUTION",
        "outlier = max(\n### BEGIN SOLUTION\nbills\n### END SOLUTION\n)",
    )

    assert (
        "without its solution this cell is not Python; write whole statements into the region"
        in findings(small)[0]
    )


def test_an_exercise_that_stands_in_one_file_only_is_told_in_that_file(small):
    line = small.edit("exercises.yaml", "outlier:\n", "outliers:\n")

    told = findings(small)

    assert (
        f"small/exercises.yaml:{line}: lesson.py has no exercise 'outliers'; write its cells, or mend the name"
        in told
    )
    assert any(
        "exercises.yaml has no 'outlier'; write its right, hints and wrong there" in text for text in told
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  right: ", "  rigth: ", "median has no field 'rigth'; write one of right, hints, wrong"),
        ('code: "outlier = min(bills)"', "code: 3", 'code: 3 without quotes is read as a number; write "3"'),
        (
            'why: "takes the mean"',
            'because: "takes the mean"',
            "a wrong answer has no field 'because'; write one of",
        ),
        (
            'hints: ["Look at the largest bill.", "max(bills)"]',
            "hints: []",
            "there is no hint; write at least two",
        ),
        (
            'hints: ["Look at the largest bill.", "max(bills)"]',
            'hints: "max"',
            "hints must be a list; write one '- '",
        ),
        ("outlier:\n", "median:\n", "'median' stands twice in exercises.yaml; write it once"),
        ("outlier:\n", "\toutlier:\n", "a tab; write spaces"),
    ],
)
def test_a_broken_exercises_file_names_its_line_and_nothing_else(small, old, new, said):
    line = small.edit("exercises.yaml", old, new)

    (told,) = findings(small)

    assert told.startswith(f"small/exercises.yaml:{line}: {said}")


def test_all_findings_are_collected(small):
    small.edit("lesson.py", "points=4", "points=x")
    small.edit("lesson.py", "outlier = max(bills)", "outlier = max(bills")
    small.edit("lesson.py", "minutes: 5", "minutes: no")
    small.edit("exercises.yaml", "why: ", "wy: ")

    with pytest.raises(BuildError) as caught:
        load_lesson(small.folder)

    assert len(caught.value.findings) == 4
    assert str(caught.value).count("\n") == 3


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 100,
        b"\xff\xfe\x00",
        b"# ---",
        b"x" * 2_000_000,
        b"# %%\n" * 1000,
        b"# ---\n# - [\n# ---\n",
        b"\r\r\r",
    ],
    ids=lambda content: repr(content[:12]),
)
def test_a_hostile_lesson_is_findings_not_a_traceback(small, content):
    small.path("lesson.py").write_bytes(content)

    assert findings(small)


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(small):
    before = load_lesson(small.folder)
    for name in ("lesson.py", "exercises.yaml"):
        text = small.path(name).read_bytes().replace(b"\n", b"\r\n")
        small.path(name).write_bytes(b"\xef\xbb\xbf" + text)

    assert load_lesson(small.folder) == before


@pytest.mark.parametrize("name", ["lesson.py", "exercises.yaml"])
def test_a_missing_file_is_one_finding(small, name):
    small.path(name).unlink()

    assert findings(small) == [f"small/{name}:1: there is no such file; write it"]
