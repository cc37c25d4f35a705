"""What a function gets from Lambda besides the event, and the events of queues and schedules as Lambda sends them."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from infra.local.queue_ends import Message

Event = dict[str, Any]


@dataclass
class Context:
    """The second argument of a Lambda function."""

    function_name: str
    timeout_s: float = 30
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    memory_limit_in_mb: int = 1024
    started: float = field(default_factory=time.monotonic)

    def get_remaining_time_in_millis(self) -> int:
        """What is left of the timeout; nothing on one machine enforces it."""
        return max(0, int((self.started + self.timeout_s - time.monotonic()) * 1000))


def queue_event(queue: str, messages: Sequence[Message]) -> Event:
    """Messages of a queue → the event of an SQS event source."""
    return {
        "Records": [
            {
                "messageId": message.message_id,
                "receiptHandle": message.message_id,
                "body": message.body,
                "attributes": {
                    "ApproximateReceiveCount": str(message.receives),
                    "SentTimestamp": str(int(message.sent_at * 1000)),
                },
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:local:000000000000:{queue}",
                "awsRegion": "local",
            }
            for message in messages
        ]
    }


def schedule_event(name: str, at: datetime) -> Event:
    """The event of an EventBridge schedule that fires at an instant (UTC)."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": "local",
        "resources": [f"arn:aws:events:local:000000000000:rule/{name}"],
        "detail": {},
    }


def failed_ids(answer: Any) -> set[str]:
    """The messages that a queue handler reports as failed (`batchItemFailures`); none: all went well."""
    failures = answer.get("batchItemFailures", []) if isinstance(answer, dict) else []
    return {failure["itemIdentifier"] for failure in failures}
