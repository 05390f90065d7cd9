"""Nothing reaches real AWS, unless SAGELAB_TARGET=aws says so."""

import ast
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sagelab.account import process

SCRIPT = Path(__file__).with_name("ways_out.py")
CONFIG = """
[default]
region = eu-west-1
endpoint_url = https://sts.eu-west-1.amazonaws.com
[profile work]
region = eu-west-1
"""
CREDENTIALS = """
[default]
aws_access_key_id = AKIAREALREALREALREAL
aws_secret_access_key = real
[work]
aws_access_key_id = AKIAREALREALREALREAL
aws_secret_access_key = real
"""


def ways() -> list[str]:
    """The names of the ways in the script, read without running it."""
    for node in ast.parse(SCRIPT.read_text()).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "WAYS":
            assert isinstance(node.value, ast.Dict)
            return [ast.literal_eval(key) for key in node.value.keys if key is not None]
    raise AssertionError("ways_out.py has no WAYS")


def real_aws_user(folder: Path) -> dict[str, str]:
    """The environment of somebody who has real keys in every place that boto3 looks at."""
    aws = folder / ".aws"
    aws.mkdir()
    (aws / "config").write_text(CONFIG)
    (aws / "credentials").write_text(CREDENTIALS)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAGELAB_"))}
    return {
        **clean,
        "HOME": str(folder),
        "AWS_ACCESS_KEY_ID": "AKIAREALREALREALREAL",
        "AWS_SECRET_ACCESS_KEY": "real",
        "AWS_SESSION_TOKEN": "real",
        "AWS_ENDPOINT_URL_S3": "https://s3.eu-west-1.amazonaws.com",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.2/keys",
    }


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What became of each way; the proxy is a port on which nothing may ever arrive."""
    folder = tmp_path_factory.mktemp("user")
    home = folder / "home"
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.settimeout(0)
        command = [sys.executable, str(SCRIPT), str(home), str(proxy.getsockname()[1])]
        told_by_script = execute(command, real_aws_user(folder), folder)
        result: dict[str, str] = json.loads(told_by_script)
        with pytest.raises(BlockingIOError):
            proxy.accept()
    yield result
    process.stop(home)


@pytest.mark.parametrize("way", ways())
def test_a_way_out_ends_at_the_local_account(told: dict[str, str], way: str) -> None:
    assert told[way] == "local"


def run(code: str, folder: Path, **changes: str) -> str:
    return execute([sys.executable, "-c", code], {**real_aws_user(folder), **changes}, folder)


def execute(command: list[str], environment: dict[str, str], folder: Path) -> str:
    done = subprocess.run(
        command, check=False, env=environment, cwd=folder, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_with_target_aws_nothing_is_touched(tmp_path: Path) -> None:
    code = """
import os, socket, sys
before = dict(os.environ), socket.getaddrinfo, socket.socket.connect
from botocore.httpsession import URLLib3Session
from botocore.waiter import Waiter
exits = URLLib3Session.send, Waiter.wait
from sagelab.account import connect
account = connect("home")
account.stop()
assert (dict(os.environ), socket.getaddrinfo, socket.socket.connect) == before
assert (URLLib3Session.send, Waiter.wait) == exits
assert not any(name.startswith("moto") for name in sys.modules)
assert "sagelab.account.redirect" not in sys.modules
client = account.session.client("sts", region_name="us-east-1", endpoint_url="https://sts.us-east-1.amazonaws.com")
key = client._request_signer._credentials.access_key
print(account.url == "", key, account.unique("train")[:6], os.path.exists("home"))
"""
    assert run(code, tmp_path, SAGELAB_TARGET="aws").split() == [
        "True",
        "AKIAREALREALREALREAL",
        "train-",
        "False",
    ]


def test_turning_to_aws_puts_everything_back(tmp_path: Path) -> None:
    code = """
import os, socket
before = dict(os.environ), socket.getaddrinfo, socket.socket.connect
from botocore.httpsession import URLLib3Session
from botocore.waiter import Waiter
exits = URLLib3Session.send, Waiter.wait
from sagelab.account import connect, process
local = connect("home")
assert URLLib3Session.send is not exits[0]
os.environ["SAGELAB_TARGET"] = "aws"
connect("home")
del os.environ["SAGELAB_TARGET"]
process.stop(local.home)
assert (URLLib3Session.send, Waiter.wait) == exits
assert (dict(os.environ), socket.getaddrinfo, socket.socket.connect) == before
print("back")
"""
    code = code.replace("import connect, process", "import connect\nfrom sagelab.account import process")
    assert run(code, tmp_path).strip() == "back"


def test_the_local_only_parts_say_so_with_target_aws(tmp_path: Path) -> None:
    code = """
from sagelab.account import connect
from sagelab.errors import SagelabError
account = connect("home")
for call in (account.reset, account.clock.now):
    try:
        call()
    except SagelabError as error:
        print(error)
"""
    sentence = "This works in the local account only; SAGELAB_TARGET=aws is set."
    assert run(code, tmp_path, SAGELAB_TARGET="aws").splitlines() == [sentence, sentence]


def test_a_target_that_does_not_exist_is_not_taken_for_one_of_the_two(tmp_path: Path) -> None:
    code = """
from sagelab.account import connect
from sagelab.errors import SagelabError
try:
    connect("home")
except SagelabError as error:
    print(error)
"""
    assert run(code, tmp_path, SAGELAB_TARGET="AWS ").strip() == (
        "SAGELAB_TARGET is 'AWS '; set it to 'local' or 'aws'."
    )


def test_importing_the_account_is_light(tmp_path: Path) -> None:
    code = """
import sys
import sagelab.account
print([name for name in ("boto3", "botocore", "moto", "werkzeug", "psutil", "pandas") if name in sys.modules])
"""
    assert run(code, tmp_path).strip() == "[]"


def test_the_server_itself_has_no_real_keys(tmp_path: Path) -> None:
    code = """
import os, psutil
from sagelab.account import connect
account = connect("home")
server = psutil.Process(account.ask("status")["pid"]).environ()
account.stop()
print(sorted({name: value for name, value in server.items() if name.startswith("AWS_") and "REAL" in value.upper()}))
print(server["AWS_SHARED_CREDENTIALS_FILE"], "AWS_SESSION_TOKEN" in server)
"""
    assert run(code, tmp_path).splitlines() == ["[]", f"{os.devnull} False"]
