"""FailureReason in AWS's words, never longer than AWS allows."""

import pytest

from sagelab.account.failures import Tail, processing_failure, read_message, script_failure

CHAINED = """\
Traceback (most recent call last):
  File "train.py", line 2, in <module>
    float("x")
ValueError: could not convert string to float: 'x'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "train.py", line 4, in <module>
    raise my.DataError("column PAY_1:\\n  not a number")
my.DataError: column PAY_1:
  not a number"""


def tail_of(text):
    tail = Tail()
    for line in text.splitlines():
        tail.add(line)
    return tail.error


def test_the_error_is_what_the_last_traceback_ends_in():
    assert tail_of(CHAINED) == "my.DataError: column PAY_1:\n  not a number"


def test_without_a_traceback_the_last_line_is_the_error():
    assert tail_of("loading\nusage: train.py\nerror: unrecognized arguments: --x\n\n").endswith("--x")
    assert tail_of("") == ""


def test_the_toolkits_text_stands_where_the_container_left_none(tmp_path):
    reason = script_failure(1, "ValueError: x", ["python", "train.py", "--name", "a b"], tmp_path / "failure")

    assert reason == (
        'AlgorithmError: ExecuteUserScriptError:\nExitCode 1\nErrorMessage "ValueError: x"\n'
        "Command \"python train.py --name 'a b'\", exit code: 1"
    )


def test_a_killed_script_is_told_as_out_of_memory(tmp_path):
    reason = script_failure(137, "", ["python", "train.py"], tmp_path / "failure")

    assert 'ExtraInfo "OutOfMemory: Process killed by SIGKILL (signal 9)"' in reason


@pytest.mark.parametrize("error", ["x" * 5000, "{braces} and %s"])
def test_a_reason_has_at_most_1024_characters_and_keeps_the_end_of_the_error(tmp_path, error):
    reason = script_failure(1, error, ["python", "train.py", "--big", "y" * 300], tmp_path / "failure")

    assert len(reason) <= 1024
    assert error[-10:] in reason
    assert reason.endswith("exit code: 1")


def test_what_a_processing_container_says_is_the_reason():
    assert processing_failure(2, "ClientError: no label") == "ClientError: no label, exit code: 2"
    assert processing_failure(2, "no label") == "AlgorithmError: no label, exit code: 2"
    assert processing_failure(2, "") == "AlgorithmError: See job logs for more information"
    assert len(processing_failure(255, "z" * 1024)) <= 1024


def test_a_message_is_read_up_to_1024_characters(tmp_path):
    (tmp_path / "message").write_bytes(b" \xff" + b"m" * 3000)

    assert len(read_message(tmp_path / "message")) == 1023
    assert read_message(tmp_path / "none") == ""
