"""Delivery of one event to one target: what each kind of target does with it."""

import json
import sys
import traceback
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .. import functions
from ..control import ControlPlane, Record
from .inputs import input_of


@dataclass(frozen=True)
class Rule:
    """The rule that an event has fitted."""

    name: str
    arn: str


@dataclass(frozen=True)
class Delivery:
    """An event on its way to a target; `depth` counts the buses that it has passed."""

    event: Record
    target: Record
    rule: Rule
    depth: int

    @property
    def arn(self) -> str:
        """The target's ARN."""
        return str(self.target["Arn"])

    @property
    def text(self) -> str:
        """What the target gets."""
        return input_of(self.target, self.event, self.rule.name, self.rule.arn)


class Targets:
    """Everything that this account can send an event to."""

    def __init__(self, plane: ControlPlane, pass_on: Callable[[Delivery, str], None]) -> None:
        self._plane, self._pass_on = plane, pass_on
        self._senders: dict[str, Callable[[Delivery], None]] = {
            "sqs": self._to_queue,
            "sns": self._to_topic,
            "logs": self._to_log_group,
            "lambda": lambda delivery: plane.background(self._to_function, delivery),
            "sagemaker": self._to_pipeline,
            "events": self._to_bus,
        }

    def send(self, delivery: Delivery) -> None:
        """Deliver, or hand over to the target's dead-letter queue; the other targets never notice."""
        try:
            service = delivery.arn.split(":")[2]
            if service not in self._senders:
                raise ValueError(f"the local account delivers no events to {delivery.arn}")
            self._senders[service](delivery)
        except Exception as error:
            self._failed(delivery, error)

    def _to_queue(self, delivery: Delivery) -> None:
        group = delivery.target.get("SqsParameters", {}).get("MessageGroupId")
        more = {"MessageGroupId": group} if group else {}
        self._send_message(delivery.arn, delivery.text, **more)

    def _to_topic(self, delivery: Delivery) -> None:
        self._plane.client("sns").publish(TopicArn=delivery.arn, Message=delivery.text)

    def _to_log_group(self, delivery: Delivery) -> None:
        logs, group = self._plane.client("logs"), delivery.arn.split(":", 6)[6].removesuffix(":*")
        stream = str(uuid.uuid4())
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        event = {"timestamp": int(self._plane.clock.time() * 1000), "message": delivery.text}
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[event])

    def _to_bus(self, delivery: Delivery) -> None:
        bus = delivery.arn.partition(":event-bus/")[2]
        if not bus:
            raise ValueError(f"the local account keeps no archive of events ({delivery.arn})")
        self._pass_on(delivery, bus)

    def _to_function(self, delivery: Delivery) -> None:
        try:
            functions.invoke(self._plane, delivery.arn, delivery.text.encode())
        except (
            Exception
        ) as error:  # a function that cannot be called; what it raises itself is its own affair
            self._failed(delivery, error)

    def _to_pipeline(self, delivery: Delivery) -> None:
        given = delivery.target.get("SageMakerPipelineParameters", {}).get("PipelineParameterList", [])
        parameters = [{"Name": item["Name"], "Value": self._value(item["Value"], delivery)} for item in given]
        request: Record = {"PipelineName": delivery.arn, "ClientRequestToken": uuid.uuid4().hex}
        more = {"PipelineParameters": parameters} if parameters else {}
        self._plane.call("StartPipelineExecution", {**request, **more})

    @staticmethod
    def _value(value: str, delivery: Delivery) -> str:
        """A pipeline's parameter may be a JSON path into the event."""
        if not value.startswith("$."):
            return value
        found = json.loads(input_of({"InputPath": value}, delivery.event, "", ""))
        return found if isinstance(found, str) else json.dumps(found)

    def _send_message(self, queue_arn: str, body: str, **more: Any) -> None:
        sqs = self._plane.client("sqs")
        url = sqs.get_queue_url(QueueName=queue_arn.rpartition(":")[2])["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody=body, **more)

    def _failed(self, delivery: Delivery, error: Exception) -> None:
        print(f"event not delivered to {delivery.arn}: {error}", file=sys.stderr)  # noqa: T201 - the log
        dead_letters = delivery.target.get("DeadLetterConfig", {}).get("Arn")
        if not dead_letters:
            return
        told = {
            "RULE_ARN": delivery.rule.arn,
            "TARGET_ARN": delivery.arn,
            "ERROR_CODE": getattr(error, "code", type(error).__name__),
            "ERROR_MESSAGE": str(error) or type(error).__name__,
        }
        attributes = {name: {"DataType": "String", "StringValue": value} for name, value in told.items()}
        try:
            self._send_message(dead_letters, delivery.text, MessageAttributes=attributes)
        except Exception:
            traceback.print_exc()
