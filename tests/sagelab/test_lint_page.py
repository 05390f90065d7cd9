"""What the lint says about a lesson's page and its graded cells, without running them."""

import pytest

from sagelab.lint import graded, page
from sagelab.source import load_lesson


@pytest.fixture
def said(small):
    """Lint the page after an edit: the findings, and the edited line."""

    def said(name, old, new):
        line = small.edit(name, old, new)
        lesson = load_lesson(small.folder)
        return [str(finding) for finding in [*page.check(lesson), *graded.check(lesson)]], line

    return said


def test_the_small_lesson_has_no_finding(small):
    lesson = load_lesson(small.folder)

    assert [*page.check(lesson), *graded.check(lesson)] == []


@pytest.mark.parametrize(
    ("old", "new", "missing"),
    [
        ("After this you can", "You will", "'After this you can ...'"),
        ("5 minutes", "6 minutes", "'5 minutes', as the header does"),
        ("5 minutes", "25 minutes", "'5 minutes', as the header does"),
        (
            "Status: live, checked 2026-11-22",
            "Status: live",
            "a line on the component's status with its date",
        ),
        (
            "On AWS this lab would cost nothing",
            "This lab is there",
            "a line on what the lab would cost on AWS",
        ),
        ("Out of scope", "Not here", "what is out of scope"),
    ],
)
def test_the_first_screen_is_a_contract(said, old, new, missing):
    found, _ = said("lesson.py", old, new)

    assert found == [f"small/lesson.py:11: the first cell does not say it; write {missing}"]


@pytest.mark.parametrize("date", ["30 July 2026", "July 30, 2026", "2026-07-30"])
def test_a_status_s_date_may_be_written_in_words(said, date):
    assert said("lesson.py", "checked 2026-11-22", f"since {date}")[0] == []


def test_a_cell_has_at_most_ten_lines_of_code(said):
    found, line = said(
        "lesson.py", "bills = [10", "\n".join(f"x{n} = {n}" for n in range(8)) + "\nbills = [10"
    )

    assert found == [
        f"small/lesson.py:{line - 3}: 11 lines of code in one cell; write at most 10, or two cells"
    ]


def test_an_exercise_may_have_more(said):
    found, _ = said(
        "lesson.py", "    ordered = sorted(values)", "    ordered = sorted(values)\n" + "    x = 1\n" * 12
    )

    assert found == []


def test_code_never_follows_code(said):
    found, line = said("lesson.py", "bills = [10", "x = 1\n\n# %%\nbills = [10")

    assert found == [f"small/lesson.py:{line + 3}: code follows code; write a sentence before it"]


def test_a_check_stands_right_below_its_solution_or_below_prose(said):
    found, line = said(
        "lesson.py",
        '# %% tests="outlier"',
        '# %% [markdown]\n# Read it.\n\n# %%\noutlier\n\n# %% tests="outlier"',
    )

    assert found == [f"small/lesson.py:{line + 7}: code follows code; write a sentence before it"]


def test_a_lesson_has_three_to_six_exercises_worth_ten_to_twenty_points(said):
    found, _ = said("lesson.py", "points=4", "points=13")

    assert found == ["small/lesson.py:1: the exercises give 21 points together; write 10 to 20"]


def test_too_few_exercises_are_told(said, small):
    text = small.text("lesson.py")
    small.path("lesson.py").write_text(text[: text.index("# ## Name")] + text[text.index("# ## Count") :])
    guides = small.text("exercises.yaml")
    small.path("exercises.yaml").write_text(
        guides[: guides.index("outlier:")] + guides[guides.index("count:") :]
    )
    found, _ = said("lesson.py", '# %% [markdown] manual="report" points=2', "# %% [markdown]")

    assert found == [
        "small/lesson.py:1: 2 graded exercises; write 3 to 6",
        "small/lesson.py:1: the exercises give 7 points together; write 10 to 20",
    ]


def test_one_answer_at_most_is_graded_by_a_person(said):
    found, line = said(
        "lesson.py",
        "# %% [markdown]\n# ## Quiz",
        '# %% [markdown] manual="more" points=1\n# So.\n\n# %% [markdown]\n# ## Quiz',
    )

    assert found == [f"small/lesson.py:{line + 1}: a second answer graded by a person; write at most one"]


def test_a_lesson_has_a_quiz(said):
    found, _ = said("lesson.py", "# %% quiz=true points=10\nlab.quiz()\n", "")

    assert found == ["small/lesson.py:1: no quiz; write a cell '# %% quiz=true points=10' with 'lab.quiz()'"]


def test_each_exercise_has_two_hints_and_three_wrong_answers(said, small):
    found, line = said("exercises.yaml", '"Look at the largest bill.", ', "")
    assert found == [
        f"small/exercises.yaml:{line - 2}: outlier has one hint; write at least two, from nudge to nearly there"
    ]

    found, line = said(
        "exercises.yaml",
        '    - why: "keeps a list"\n      code: "outlier = [bill for bill in bills if bill > 100]"\n',
        "",
    )
    assert f"small/exercises.yaml:{line - 6}: outlier has 2 wrong answers; write at least three" in found


NO_MESSAGE = "an assert without a message; write which mistake it catches"
NO_ASSERT = "the cell does not end in an assert; write one, and no value, on the last line"
UNSEEN = (
    "what the learner sees of the cell does not end in an assert; write one, and no value, on the last line"
)
NETWORK = "a graded cell uses the network; write it with the local account only"
CLOCK = "a graded cell reads the clock; write a fixed date, or lab.clock.now()"
CHANCE = "a graded cell draws without a seed; write default_rng(0) or random_state=0"
LAST = 'assert outlier == 900, "the outlier is the bill farthest from the median"\n'


@pytest.mark.parametrize(
    ("new", "texts"),
    [
        ("assert outlier == 900\n", [NO_MESSAGE]),
        ('assert outlier == 900, ""\n', [NO_MESSAGE]),
        (LAST + "outlier\n", [NO_ASSERT, UNSEEN]),
        (LAST + "3\n", [NO_ASSERT, UNSEEN]),
        ("for x in bills:\n    assert x, 'a bill is a number'\n", []),
        ("with lab:\n    x = 1\n", [NO_ASSERT, UNSEEN]),
        ("import requests\n" + LAST, [NETWORK]),
        ("from urllib.request import urlopen\n" + LAST, [NETWORK]),
        ("from sagelab import drift\n" + LAST, []),
        ("x = datetime.now()\n" + LAST, [CLOCK]),
        ("x = pd.Timestamp.today()\n" + LAST, [CLOCK]),
        ("x = time.time()\n" + LAST, [CLOCK]),
        ("x = lab.clock.now()\n" + LAST, []),
        ("x = random.random()\n" + LAST, [CHANCE]),
        ("random.seed(1)\nx = random.random()\n" + LAST, []),
        ("x = np.random.normal(3)\n" + LAST, [CHANCE]),
        ("x = np.random.default_rng()\n" + LAST, [CHANCE]),
        ("x = np.random.default_rng(0).normal(3)\n" + LAST, []),
        ("x = default_rng()\n" + LAST, [CHANCE]),
        ("x = frame.sample(3)\n" + LAST, [CHANCE]),
        ("x = frame.sample(3, random_state=0)\n" + LAST, []),
        ("### BEGIN HIDDEN TESTS\n" + LAST + "### END HIDDEN TESTS\n", []),
    ],
)
def test_a_check_is_told_in_words_and_repeats(said, new, texts):
    found, _ = said("lesson.py", LAST, new)

    assert [text.partition(": ")[2] for text in found] == texts
    assert all(text.startswith("small/lesson.py:") for text in found)


def test_a_check_whose_visible_part_is_empty_tells_the_learner_nothing(said, small):
    text = small.text("lesson.py")
    start = text.index("assert isinstance(outlier")
    end = text.index(LAST) + len(LAST)
    found, _ = said("lesson.py", text[start:end], f"### BEGIN HIDDEN TESTS\n{LAST}### END HIDDEN TESTS\n")

    assert [text.partition(": ")[2] for text in found] == [UNSEEN]


def test_a_solution_repeats_too(said):
    found, line = said("lesson.py", "outlier = max(bills)", "outlier = random.choice(bills)")

    assert found == [f"small/lesson.py:{line}: {CHANCE}"]


def test_a_wrong_answer_is_python(said):
    found, line = said("exercises.yaml", 'code: "outlier = min(bills)"', 'code: "outlier = min(bills"')

    assert len(found) == 1
    assert found[0].startswith(
        f"small/exercises.yaml:{line - 1}: outlier: this wrong answer is not Python ('(' was never"
    )
