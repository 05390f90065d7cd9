"""A lesson is played once, with every wrong answer on file and two that the lint writes."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

from sagelab.errors import SagelabError
from sagelab.lint import lint, rehearsal
from sagelab.source import load_lesson


@pytest.fixture(autouse=True)
def scratch(tmp_path, monkeypatch):
    """Keep scratch folders in sight: each test ends without one, and without a process left."""
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    before = set(psutil.Process().children(recursive=True))
    yield tmp_path / "scratch"
    assert list((tmp_path / "scratch").iterdir()) == []
    assert set(psutil.Process().children(recursive=True)) <= before


@pytest.fixture
def play(small):
    """Edit the small lesson, then rehearse it."""

    def play(*edits, seconds=30):
        line = 0
        for name, old, new in edits:
            line = small.edit(name, old, new)
        played = rehearsal.rehearse(load_lesson(small.folder), seconds)
        return played, [str(finding) for finding in played.findings], line

    return play


def running(seconds):
    """The processes that sleep so long."""
    return [p for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == ["sleep", seconds]]


def test_a_sound_lesson_has_no_finding_and_every_wrong_answer_is_caught(play):
    played, found, _ = play()

    assert found == []
    assert (played.killed, played.wrong_total) == (15, 15)


def test_the_whole_lint_reports_findings_of_every_kind_and_the_kill_rate(small):
    small.edit("lesson.py", "Out of scope", "Not here")
    small.edit("quiz.yaml", "level: recall", "level: easy")
    small.edit("exercises.yaml", 'code: "outlier = min(bills)"', 'code: "outlier = 900"')

    report = lint(small.folder)

    assert [finding.file for finding in report.findings] == [
        "small/exercises.yaml",
        "small/lesson.py",
        "small/quiz.yaml",
        "small/quiz.yaml",
    ]
    assert report.kill_rate == 14 / 15


def test_a_lesson_that_cannot_be_read_is_linted_as_far_as_it_goes(small):
    small.edit("lesson.py", "points=4", "points=x")
    small.edit("quiz.yaml", "level: recall", "level: 1")

    report = lint(small.folder)

    assert [str(finding).split(": ")[0] for finding in report.findings] == [
        "small/lesson.py:44",
        "small/quiz.yaml:1",
        "small/quiz.yaml:7",
    ]
    assert (report.killed, report.wrong_total, report.kill_rate) == (0, 0, 0.0)


def test_a_wrong_answer_that_passes_is_told_with_its_mistake(play):
    played, found, line = play(("exercises.yaml", 'code: "outlier = min(bills)"', 'code: "outlier = 900"'))

    assert found == [
        (
            f"small/exercises.yaml:{line - 1}: outlier: the check does not catch this wrong answer "
            "(takes the smallest bill); write an assert that does"
        ),
    ]
    assert (played.killed, played.wrong_total) == (14, 15)


def test_a_wrong_answer_that_crashes_is_caught_but_not_told(play):
    played, found, line = play(
        ("exercises.yaml", 'code: "outlier = min(bills)"', 'code: "outlier = bill[0]"')
    )

    assert found == [
        (
            f"small/exercises.yaml:{line - 1}: outlier: this wrong answer (takes the smallest bill) crashes instead of "
            "being told (NameError: name 'outlier' is not defined); write an assert that names the mistake"
        ),
    ]
    assert played.killed == 15


def test_an_assert_without_words_tells_nothing(play):
    _, found, _ = play(
        ("lesson.py", ', "the outlier is one bill, not a list of bills"', ""),
        ("exercises.yaml", 'code: "outlier = min(bills)"', 'code: "outlier = [900]"'),
    )

    assert "crashes instead of being told (AssertionError)" in found[0]


def test_a_stub_that_passes_is_told(play):
    _, found, _ = play(("lesson.py", "bills = [10", "outlier = 900\nbills = [10"))

    assert "small/lesson.py:56: outlier: the stub passes its check; write a stricter one" in found


def test_a_check_that_none_passes_is_told(play):
    _, found, line = play(
        (
            "lesson.py",
            'assert isinstance(outlier, int), "the outlier is one bill, not a list of bills"\n',
            "",
        ),
        ("lesson.py", "assert outlier == 900", "assert outlier in (900, None)"),
    )

    assert found == [
        (
            f"small/lesson.py:{line}: outlier: an answer that is None passes the check; "
            "write an assert on the type and the value"
        ),
        (
            f"small/lesson.py:{line}: outlier: an answer whose == is always true passes the check; "
            "write an assert on the type and the value"
        ),
    ]


def test_a_wrong_solution_is_told_and_ends_the_rehearsal(play):
    played, found, line = play(("lesson.py", "outlier = max(bills)", "outlier = min(bills)"))

    assert found == [
        (
            f"small/lesson.py:{line + 4}: the solution does not pass its check (AssertionError: the outlier is "
            "the bill farthest from the median); write it so that it runs"
        ),
    ]
    assert played.wrong_total == 10


def test_a_cell_that_fails_is_told_with_its_error(play):
    _, found, line = play(("lesson.py", "bills = [10", "bills = [missing"))

    assert found == [
        (
            f"small/lesson.py:{line - 3}: the cell fails (NameError: name 'missing' is not defined); "
            "write it so that it runs"
        )
    ]


@pytest.mark.parametrize(
    "noise",
    [
        "import sys; print(1, file=sys.stderr)",
        "import warnings; warnings.warn('x')",
        "import os; os.write(2, b'x')",
        "import logging; logging.warning('x')",
        "import subprocess; subprocess.run(['sh', '-c', 'echo x >&2'])",
    ],
)
def test_a_graded_cell_that_writes_to_stderr_is_told(play, noise):
    _, found, line = play(("lesson.py", "assert isinstance(outlier", f"{noise}\nassert isinstance(outlier"))

    assert found == [
        f"small/lesson.py:{line}: a graded cell writes to stderr, for which nbgrader gives no points; write it quieter"
    ]


def test_other_cells_may_print_as_much_as_they_like(play):
    _, found, _ = play(
        ("lesson.py", "bills = [10", "print('x' * 1_000_000)\nimport sys; sys.stderr.write('x')\nbills = [10")
    )

    assert found == []


def test_an_endless_wrong_answer_is_ended_and_told(play):
    played, found, _ = play(
        ("exercises.yaml", 'code: "outlier = min(bills)"', 'code: "while True: pass"'), seconds=2
    )

    assert len(found) == 1
    assert "crashes instead of being told (it runs longer than 2 seconds)" in found[0]
    assert played.killed == 15


def test_an_endless_cell_is_ended_and_told(play, monkeypatch):
    monkeypatch.setattr(rehearsal, "GRACE", 1)
    _, found, line = play(("lesson.py", "bills = [10", "while True: pass\nbills = [10"), seconds=1)

    assert found == [
        f"small/lesson.py:{line - 3}: the cell runs longer than 1 seconds; write less work into it"
    ]


@pytest.mark.parametrize(
    "death", ["import os; os._exit(3)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"]
)
def test_a_cell_or_an_answer_that_ends_the_kernel_is_told(play, small, death):
    _, found, _ = play(("exercises.yaml", 'code: "outlier = min(bills)"', f'code: "{death}"'))
    assert "crashes instead of being told (it ended the kernel)" in found[0]

    _, found, line = play(("lesson.py", "bills = [10", f"{death}\nbills = [10"))
    assert len(found) == 1  # a busy kernel may have warned of something before it died
    assert found[0].startswith(f"small/lesson.py:{line - 3}: the cell ended the kernel (")


def test_what_an_answer_starts_ends_with_it(play, scratch):
    play(
        (
            "exercises.yaml",
            'code: "outlier = min(bills)"',
            "code: \"import subprocess; subprocess.Popen(['sleep', '600'], start_new_session=True)\"",
        )
    )

    assert not running("600")


def test_an_answer_leaves_nothing_for_the_next_one(play):
    """Each answer runs in a child: what it binds or breaks is gone with it."""
    _, found, _ = play(
        ("exercises.yaml", 'code: "outlier = min(bills)"', 'code: "bills.clear(); outlier = 1; max = None"')
    )

    assert found == []


def test_cells_between_a_solution_and_its_check_run_with_every_answer(play):
    _, found, _ = play(
        (
            "lesson.py",
            '# %% tests="outlier"',
            '# %% [markdown]\n# Read it.\n\n# %%\nfound = [outlier]\n\n# %% tests="outlier"',
        ),
        ("lesson.py", "assert outlier == 900", "assert found == [900]"),
    )

    assert found == []


def test_cells_run_in_a_folder_of_their_own_with_one_thread_and_never_on_aws(play, monkeypatch, tmp_path):
    monkeypatch.setenv("SAGELAB_TARGET", "aws")
    seen = tmp_path / "seen.txt"
    look = (
        "import os\nlook = os.getcwd(), os.environ.get('SAGELAB_TARGET'), os.environ['OMP_NUM_THREADS']\n"
        f"open({str(seen)!r}, 'w').write(repr(look))"
    )
    play(("lesson.py", "bills = [10", f"{look}\nbills = [10"))

    folder, target, threads = eval(seen.read_text())
    assert Path(folder).parent == tmp_path / "scratch"
    assert (target, threads) == (None, "1")


def test_an_account_that_the_lesson_started_is_stopped(play, scratch):
    start = (
        "from pathlib import Path\nfrom sagelab.account import connect\n"
        "url = connect(Path('.sagelab/small').absolute()).url\nassert url"
    )
    _, found, _ = play(("lesson.py", "bills = [10", f"{start}\nbills = [10"))

    assert found == []
    commands = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
    assert not [command for command in commands if any(str(scratch) in word for word in command)]


def test_a_system_without_fork_is_told_where_to_go(small, monkeypatch):
    monkeypatch.delattr(os, "fork")

    with pytest.raises(SagelabError, match="runs on Linux and macOS only; use WSL"):
        rehearsal.rehearse(load_lesson(small.folder))


def test_a_sagelab_that_does_not_start_is_no_fault_of_the_lesson(small, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    (tmp_path / "python").write_text("#!/bin/sh\necho 'no module named IPython' >&2\nexit 1\n")
    (tmp_path / "python").chmod(0o755)

    with pytest.raises(SagelabError, match="small cannot be rehearsed: no module named IPython; mend"):
        rehearsal.rehearse(load_lesson(small.folder))


def test_linting_imports_neither_nbgrader_nor_jupytext():
    code = "import sys, sagelab.lint; print(sorted({'nbgrader', 'jupytext', 'nbformat', 'IPython'} & set(sys.modules)))"

    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )
