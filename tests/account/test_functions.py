"""Lambda: a function's Python handler really runs, in a process of its own, with the account in its environment."""

import base64
import io
import json
import time
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError
from joblab import until


class Functions:
    """A small bench for functions on one account."""

    def __init__(self, account: Any) -> None:
        self.account, self.unique = account, account.unique
        self.client, self.logs = account.session.client("lambda"), account.session.client("logs")
        iam = account.session.client("iam")
        self.role = iam.create_role(RoleName=account.unique("lambda"), AssumeRolePolicyDocument="{}")["Role"][
            "Arn"
        ]

    def make(self, code: str, **request: Any) -> str:
        name = self.unique("function")
        self.client.create_function(
            **{
                "FunctionName": name,
                "Runtime": "python3.12",
                "Role": self.role,
                "Handler": "index.handler",
                "Code": {"ZipFile": zipped(code)},
                **request,
            }
        )
        return name

    def invoke(self, name: str, event: Any = None, **request: Any) -> dict[str, Any]:
        return self.client.invoke(FunctionName=name, Payload=json.dumps(event).encode(), **request)

    def ask(self, code: str, event: Any = None, **request: Any) -> Any:
        """What a function with this code answers."""
        return json.loads(self.invoke(self.make(code, **request), event)["Payload"].read())

    def logged(self, name: str) -> str:
        group = f"/aws/lambda/{name}"
        try:
            streams = self.logs.describe_log_streams(logGroupName=group)["logStreams"]
        except ClientError:
            return ""
        found = [
            self.logs.get_log_events(logGroupName=group, logStreamName=s["logStreamName"]) for s in streams
        ]
        return "\n".join(event["message"] for answer in found for event in answer["events"])


def zipped(code: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.py", code)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def functions(account: Any) -> Functions:
    return Functions(account)


def test_a_handler_runs_on_its_event_with_its_variables_and_context(functions: Functions) -> None:
    name = functions.make(
        "import os\n"
        "def handler(event, context):\n"
        "    left = context.get_remaining_time_in_millis()\n"
        "    return {'sum': sum(event['values']), 'who': os.environ['WHO'], 'name': context.function_name,\n"
        "            'left': 0 < left <= 5000, 'memory': context.memory_limit_in_mb}\n",
        Environment={"Variables": {"WHO": "lender"}},
        Timeout=5,
        MemorySize=256,
    )

    answer = functions.invoke(name, {"values": [1, 2, 4]})

    assert answer["StatusCode"] == 200
    assert "FunctionError" not in answer
    assert answer["ExecutedVersion"] == "$LATEST"
    told = json.loads(answer["Payload"].read())
    assert told == {"sum": 7, "who": "lender", "name": name, "left": True, "memory": "256"}


def test_a_handler_uses_the_account_through_boto3(functions: Functions) -> None:
    code = (
        "import boto3\n"
        "def handler(event, context):\n"
        "    return boto3.client('sagemaker').create_model_package_group(ModelPackageGroupName=event)\n"
    )
    group = functions.unique("group")

    arn = functions.ask(code, group, Timeout=60)["ModelPackageGroupArn"]

    sagemaker = functions.account.session.client("sagemaker")
    assert sagemaker.describe_model_package_group(ModelPackageGroupName=group)["ModelPackageGroupArn"] == arn


def test_the_log_ends_up_in_cloudwatch_and_its_tail_in_the_answer(functions: Functions) -> None:
    name = functions.make("def handler(event, context):\n    print('hello', event)\n")

    answer = functions.invoke(name, 3, LogType="Tail")

    tail = base64.b64decode(answer["LogResult"]).decode()
    assert "hello 3" in tail
    assert [line.split()[0] for line in tail.splitlines()] == ["START", "hello", "END", "REPORT"]
    assert "hello 3" in functions.logged(name)


def test_an_error_is_unhandled_with_type_message_and_trace(functions: Functions) -> None:
    name = functions.make("def handler(event, context):\n    raise ValueError('no such loan')\n")

    answer = functions.invoke(name)

    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    told = json.loads(answer["Payload"].read())
    assert (told["errorType"], told["errorMessage"]) == ("ValueError", "no such loan")
    assert "index.py" in told["stackTrace"][0]
    assert len(told["stackTrace"]) == 1
    assert "[ERROR] ValueError: no such loan" in functions.logged(name)


def test_a_function_that_runs_too_long_is_ended(functions: Functions) -> None:
    code = "import time\ndef handler(event, context):\n    time.sleep(60)\n"
    began = time.monotonic()

    told = functions.ask(code, Timeout=1)

    assert time.monotonic() - began < 10
    assert told["errorType"] == "Sandbox.Timedout"
    assert told["errorMessage"].endswith("Task timed out after 1.00 seconds")


@pytest.mark.parametrize(
    ("code", "handler", "kind", "said"),
    [
        (
            "import nothing_here",
            "index.handler",
            "Runtime.ImportModuleError",
            "No module named 'nothing_here'",
        ),
        ("x = 1", "index.handler", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'index'"),
        ("x = (", "index.handler", "Runtime.UserCodeSyntaxError", "Syntax error in module 'index'"),
        ("x = 1", "index", "Runtime.MalformedHandlerName", "Bad handler 'index'"),
        (
            "def handler(e, c): return {1, 2}",
            "index.handler",
            "Runtime.MarshalError",
            "Unable to marshal response",
        ),
        ("import os\ndef handler(e, c): os._exit(3)", "index.handler", "Runtime.ExitError", "exit status 3"),
    ],
)
def test_what_cannot_be_called_says_why(
    functions: Functions, code: str, handler: str, kind: str, said: str
) -> None:
    told = functions.ask(code, Handler=handler)

    assert told["errorType"] == kind
    assert said in told["errorMessage"]


def test_new_code_takes_effect(functions: Functions) -> None:
    name = functions.make("def handler(event, context): return 1")
    functions.client.update_function_code(FunctionName=name, ZipFile=zipped("def handler(e, c): return 2"))

    assert json.loads(functions.invoke(name)["Payload"].read()) == 2


def test_an_event_is_taken_and_runs_behind_the_answer(functions: Functions) -> None:
    name = functions.make("def handler(event, context):\n    print('worked on', event)\n")

    answer = functions.invoke(name, 8, InvocationType="Event")

    assert answer["StatusCode"] == 202
    assert "worked on 8" in until(lambda: functions.logged(name), lambda log: "worked on 8" in log)


def test_a_dry_run_runs_nothing(functions: Functions) -> None:
    name = functions.make("def handler(event, context):\n    print('ran')\n")

    assert functions.invoke(name, InvocationType="DryRun")["StatusCode"] == 204
    assert functions.logged(name) == ""


def test_a_function_answers_to_its_arn_and_not_after_it_is_deleted(functions: Functions) -> None:
    name = functions.make("def handler(event, context): return event")
    arn = functions.client.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    assert json.loads(functions.invoke(arn, "x")["Payload"].read()) == "x"

    functions.client.delete_function(FunctionName=name)

    with pytest.raises(ClientError, match=f"Function not found: .*{name}") as caught:
        functions.invoke(name)
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_other_languages_and_bodies_that_are_no_json_are_refused(functions: Functions) -> None:
    name = functions.make("exports.handler = 1", Runtime="nodejs22.x")
    with pytest.raises(ClientError, match="runs functions of Python"):
        functions.invoke(name)

    name = functions.make("def handler(event, context): return event")
    with pytest.raises(ClientError, match="Could not parse request body into json") as caught:
        functions.client.invoke(FunctionName=name, Payload=b"{")
    assert caught.value.response["Error"]["Code"] == "InvalidRequestContentException"
