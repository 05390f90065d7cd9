"""One process of a job: its lines, its end, what it may know, and that nothing is left of it."""

import os
import signal
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from joblab import until

from sagelab.account.execute import Execution, child_environment, localize, python_first

PLANE = SimpleNamespace(url="http://127.0.0.1:1", region="us-east-1")


def run(execution, script, on_line=None, env=None):
    lines = []
    outcome = execution.run(
        [sys.executable, "-u", "-c", script], Path.cwd(), env or dict(os.environ), on_line or lines.append
    )
    return outcome, lines


def test_lines_come_in_order_with_stderr_among_them():
    outcome, lines = run(
        Execution(60), "import sys; print('a'); print('b', file=sys.stderr); print('c', end='')"
    )

    assert (outcome.exit_code, outcome.ending, lines) == (0, "exited", ["a", "b", "c"])


def test_bytes_that_are_no_text_and_endless_lines_do_no_harm():
    script = "import sys; sys.stdout.buffer.write(b'\\xff\\n' + b'x' * 200_000)"
    _, lines = run(Execution(60), script)

    assert lines[0] == "\ufffd"
    assert max(map(len, lines)) <= 65_536
    assert sum(map(len, lines[1:])) == 200_000


@pytest.mark.parametrize(
    ("script", "code"), [("raise SystemExit(3)", 3), ("import os; os.kill(os.getpid(), 9)", 137)]
)
def test_the_exit_code_is_a_shells(script, code):
    assert run(Execution(60), script)[0].exit_code == code


def test_a_command_that_does_not_exist_is_127():
    lines = []
    outcome = Execution(60).run(["no-such-command"], Path.cwd(), {}, lines.append)

    assert (outcome.exit_code, outcome.ending) == (127, "exited")
    assert "no-such-command" in lines[0]


def test_the_time_limit_ends_a_process():
    assert run(Execution(0.2), "import signal; signal.pause()")[0].ending == "timed out"


def test_a_process_that_ignores_sigterm_is_killed_after_the_grace():
    execution = Execution(60, grace=0.2)
    script = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up')\nwhile True: signal.pause()"

    outcome, _ = run(execution, script, on_line=lambda line: execution.stop())

    assert (outcome.exit_code, outcome.ending) == (128 + signal.SIGKILL, "stopped")


def test_a_process_may_end_well_on_sigterm():
    execution = Execution(60, grace=60)
    script = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: (print("saved"), sys.exit(0)))
print("up")
while True: signal.pause()
"""
    lines = []

    def on_line(line):
        lines.append(line)
        execution.stop()

    outcome, _ = run(execution, script, on_line)

    assert (outcome.exit_code, outcome.ending, lines) == (0, "stopped", ["up", "saved"])


def test_a_process_that_is_stopped_before_it_starts_never_starts():
    execution = Execution(60)
    execution.stop()

    outcome, lines = run(execution, "print('ran')")

    assert (outcome.ending, lines) == ("stopped", [])


def test_what_a_process_started_ends_with_it():
    script = """
import subprocess, sys
print(subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"]).pid)
"""
    _, lines = run(Execution(60), script)

    until(lambda: running(int(lines[0])), lambda alive: not alive, seconds=10)


def running(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_timers_do_not_outlive_the_process():
    before = threading.active_count()

    run(Execution(3600), "pass")

    assert threading.active_count() <= before + 1  # the spawner's own thread


def test_the_environment_holds_what_is_asked_for_and_nothing_of_the_server(monkeypatch):
    monkeypatch.setenv("SAGELAB_SECRET", "x")
    monkeypatch.setenv("AWS_PROFILE", "real")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")

    environment = child_environment(PLANE, {"STAGE": "lab", "AWS_ENDPOINT_URL": "https://aws.amazon.com"})

    assert environment["STAGE"] == "lab"
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert environment["OMP_NUM_THREADS"] == "1"
    assert not {"SAGELAB_SECRET", "AWS_PROFILE", "PYTHONPATH"} & set(environment)


@pytest.mark.parametrize(
    ("text", "localized"),
    [
        ("/opt/ml/processing/in", "/home/ml/processing/in"),
        ("--path=/opt/ml/model", "--path=/home/ml/model"),
        ("/opt/ml", "/home/ml"),
        ("a:/opt/ml/x:/opt/ml/y", "a:/home/ml/x:/home/ml/y"),
        ("/opt/mlflow", "/opt/mlflow"),
        ("s3://bucket/opt/ml/x", "s3://bucket/opt/ml/x"),
        ('{"dir": "/opt/ml/model"}', '{"dir": "/home/ml/model"}'),
    ],
)
def test_paths_below_opt_ml_lead_to_the_jobs_folder(text, localized):
    assert localize(text, Path("/home/ml")) == localized


def test_python_means_the_courses_interpreter():
    assert python_first(["python3", "a.py"]) == [sys.executable, "a.py"]
    assert python_first(["bash", "python"]) == ["bash", "python"]
