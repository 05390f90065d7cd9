"""Steps without a job: Condition, Fail, Lambda and Callback."""

import json
from typing import Any

from botocore.exceptions import ClientError

from .. import functions
from ..control import ApiError
from .conditions import holds
from .expressions import as_text
from .parameters import Parameter
from .records import new_id
from .task import Outcome, Task

Record = dict[str, Any]
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
LONGEST_VALUE = 1024  # characters of an output parameter


class Conditions:
    """Compares, and says which branch is taken."""

    def begin(self, task: Task) -> Outcome | None:
        """All conditions have to hold."""
        outcome = "True" if all(holds(condition) for condition in task.arguments["Conditions"]) else "False"
        return Outcome(
            "Succeeded", outputs={"Outcome": outcome}, metadata={"Condition": {"Outcome": outcome}}
        )

    def stop(self, task: Task) -> None:
        """It has ended already."""

    def resume(self, task: Task) -> Outcome | None:
        """Compare again."""
        return self.begin(task)


class Fails:
    """Ends the execution on purpose."""

    def begin(self, task: Task) -> Outcome | None:
        """Fail with the step's message."""
        said = as_text(task.arguments["ErrorMessage"])
        return Outcome("Failed", said, metadata={"Fail": {"ErrorMessage": said}})

    def stop(self, task: Task) -> None:
        """It has ended already."""

    def resume(self, task: Task) -> Outcome | None:
        """Fail again."""
        return self.begin(task)


class Lambdas:
    """Calls a function and takes what it returns."""

    def begin(self, task: Task) -> Outcome | None:
        """Call it in the background."""
        task.note(StepStatus="Executing", Metadata={"Lambda": {"Arn": task.body["FunctionArn"]}})
        task.plane.background(self._run, task)
        return None

    def stop(self, task: Task) -> None:
        """A function that runs cannot be stopped, here as on AWS."""

    def resume(self, task: Task) -> Outcome | None:
        """The function's process ended with the account."""
        if task.record["StepStatus"] == "Starting":
            return self.begin(task)
        return Outcome("Failed", "InternalServerError: The local account was stopped while the function ran.")

    def _run(self, task: Task) -> None:
        try:
            task.post(self._call(task))
        except Exception as error:
            task.post(Outcome("Failed", f"InternalServerError: The local account says: {error!r}"))
            raise

    @staticmethod
    def _call(task: Task) -> Outcome:
        arn = str(task.body["FunctionArn"])
        try:
            body, error = functions.invoke(task.plane, arn, json.dumps(task.arguments).encode())
        except ApiError as refused:
            return Outcome("Failed", f"ClientError: Failed to invoke lambda:Invoke. Error Details: {refused}")
        if error:
            said = body.decode("utf-8", "replace")
            return Outcome(
                "Failed", f"ClientError: Lambda function {arn} returned an error ({error}): {said}"
            )
        answer = json.loads(body)
        try:
            given = collect(task, answer if isinstance(answer, dict) else {})
        except ApiError as wrong:
            return Outcome("Failed", f"ClientError: {wrong}")
        shown = {"Lambda": {"Arn": arn, "OutputParameters": as_list(given)}}
        return Outcome("Succeeded", outputs={"OutputParameters": given}, metadata=shown)


class Callbacks:
    """Sends a message with a token to a queue and waits until somebody sends the token back."""

    def begin(self, task: Task) -> Outcome | None:
        """Send the token."""
        token, queue = new_id(10, LETTERS), str(task.body["SqsQueueUrl"])
        shown = {"CallbackToken": token, "SqsQueueUrl": queue}
        task.note(_token=token, StepStatus="Executing", Metadata={"Callback": shown})
        return self._send(task, "Executing")

    def stop(self, task: Task) -> None:
        """Send the token once more, with status Stopping; the step goes on until somebody answers."""
        failed = self._send(task, "Stopping")
        if failed:
            task.post(Outcome("Stopped", failed.reason))

    def resume(self, task: Task) -> Outcome | None:
        """The token is still good, if it was sent."""
        return None if task.record.get("_sent") else self.begin(task)

    @staticmethod
    def _send(task: Task, status: str) -> Outcome | None:
        shown = task.record["Metadata"]["Callback"]
        message = {
            "token": shown["CallbackToken"],
            "pipelineExecutionArn": task.execution["PipelineExecutionArn"],
            "arguments": task.arguments,
            "status": status,
        }
        try:
            task.plane.client("sqs").send_message(
                QueueUrl=shown["SqsQueueUrl"], MessageBody=json.dumps(message)
            )
        except ClientError as error:
            said = error.response["Error"].get("Message", "")
            return Outcome("Failed", f"ClientError: Failed to invoke sqs:SendMessage. Error Details: {said}")
        task.note(_sent=True)
        return None


def collect(task: Task, given: Record) -> Record:
    """The declared output parameters out of what came back, each in its type; ApiError."""
    found = {}
    for declared in task.step.body.get("OutputParameters") or []:
        name, kind = declared["OutputName"], declared.get("OutputType", "String")
        if name not in given:
            raise ApiError(f"Output parameter '{name}' is missing.")
        value = given[name]
        if isinstance(value, dict | list) or value is None:
            raise ApiError(f"Output parameter '{name}' must be a text, a number or a boolean.")
        try:
            found[name] = Parameter(name, kind).read(as_text(value) if kind == "String" else value)
        except ValueError as error:
            raise ApiError(f"Output parameter '{name}' of type {kind}: '{value}' {error}.") from None
    return found


def as_list(outputs: Record) -> list[Record]:
    """Output parameters as the API shows them."""
    return [{"Name": name, "Value": as_text(value)[:LONGEST_VALUE]} for name, value in outputs.items()]
