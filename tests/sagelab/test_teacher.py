"""What a learner reads when a cell of theirs fails or passes, in a real kernel."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

START = """
from IPython import get_ipython
from sagelab import teacher
from sagelab.errors import SagelabError
checked = []
teacher.listen(get_ipython(), lambda name, passed: checked.append((name, passed)))
"""


class Kernel:
    def __init__(self, client: Any) -> None:
        self.client = client

    def run(self, code: str, cell: str = "cell-01") -> list[dict[str, Any]]:
        """The outputs of a cell that JupyterLab would send with this id."""
        session = self.client.session
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "stop_on_error": False,
        }
        message = session.msg("execute_request", {**content, "allow_stdin": False}, metadata={"cellId": cell})
        self.client.shell_channel.send(message)
        outputs = []
        while True:
            got = self.client.get_iopub_msg(timeout=60)
            if got["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            if got["msg_type"] == "status" and got["content"]["execution_state"] == "idle":
                return outputs
            if got["msg_type"] in ("error", "stream", "execute_result"):
                outputs.append({"type": got["msg_type"], **got["content"]})


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    manager, client = start_new_kernel(cwd=str(tmp_path_factory.mktemp("kernel")))
    try:
        kernel = Kernel(client)
        assert kernel.run(START) == []
        yield kernel
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def shown(outputs: list[dict[str, Any]]) -> str:
    (error,) = (output for output in outputs if output["type"] == "error")
    return "\n".join(error["traceback"])


def test_a_failing_check_says_one_sentence_and_stays_an_error(kernel: Kernel) -> None:
    assert shown(kernel.run("assert 1 == 2, 'one is not two'")) == "Not right yet: one is not two"


def test_a_stub_is_named_as_not_tried_yet(kernel: Kernel) -> None:
    kernel.run("def psi():\n    raise NotImplementedError()")
    assert shown(kernel.run("psi()")).startswith("Not tried yet: `psi` still holds its stub.")
    assert shown(kernel.run("raise NotImplementedError()")).startswith("Not tried yet: this cell")


def test_our_own_errors_are_one_sentence(kernel: Kernel) -> None:
    assert shown(kernel.run("raise SagelabError('Choose another folder.')")) == "Choose another folder."


def test_an_aws_error_is_one_sentence(kernel: Kernel) -> None:
    fault = "{'Error': {'Code': 'X', 'Message': 'no'}}"
    code = f"import botocore.exceptions as b\nraise b.ClientError({fault}, 'CreateModel')"
    assert (
        shown(kernel.run(code))
        == "ClientError: An error occurred (X) when calling the CreateModel operation: no"
    )


def test_an_error_in_the_learners_code_keeps_its_traceback(kernel: Kernel) -> None:
    assert "NameError" in shown(kernel.run("nobody"))
    assert "line" in shown(kernel.run("1 / 0"))


def test_an_assert_inside_a_library_keeps_its_traceback(kernel: Kernel, tmp_path: Path) -> None:
    (tmp_path / "somelibrary.py").write_text("def f():\n    assert False, 'deep'\n")
    assert "somelibrary" in shown(
        kernel.run(f"import sys; sys.path.insert(0, {str(tmp_path)!r})\nimport somelibrary\nsomelibrary.f()")
    )


def test_a_check_cell_reports_whether_it_passed(kernel: Kernel) -> None:
    kernel.run("checked.clear()")
    kernel.run("assert False, 'no'", "check-psi")
    kernel.run("assert True", "check-psi")
    kernel.run("assert True", "cell-07")
    (result,) = kernel.run("checked")
    assert result["data"]["text/plain"] == "[('psi', False), ('psi', True)]"


def test_listening_twice_reports_once(kernel: Kernel) -> None:
    kernel.run(START)
    kernel.run("assert True", "check-psi")
    (result,) = kernel.run("checked")
    assert result["data"]["text/plain"] == "[('psi', True)]"
