"""The end of the queues that workers read: in one folder, or SQS as MiniStack plays it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chalicelib.embedded.queues import SqliteQueues

SQS_BATCH_MAX = 10


@dataclass(frozen=True, slots=True)
class Message:
    """A message that is ours for a while. `receipt` is what the queue knows it by."""

    message_id: str
    body: str
    receives: int
    sent_at: float
    receipt: Any


class QueueEnds(Protocol):
    """What a worker does with queues."""

    def take(self, queue: str, at_most: int, lease_s: int, wait_s: int) -> list[Message]:
        """Messages that are nobody's, hidden from others for the lease."""
        ...

    def hide(self, queue: str, messages: Sequence[Message], seconds: int) -> None:
        """They stay hidden for so long from now on."""
        ...

    def put_off(self, queue: str, messages: Sequence[Message]) -> None:
        """They failed: they come back after the queue's own pause."""
        ...

    def delete(self, queue: str, messages: Sequence[Message]) -> None:
        """They are done."""
        ...


class FolderEnds:
    """Queues in one folder."""

    def __init__(self, queues: SqliteQueues) -> None:
        self._queues = queues

    def take(self, queue: str, at_most: int, lease_s: int, wait_s: int) -> list[Message]:
        """Messages that are nobody's, hidden from others for the lease."""
        found = self._queues.receive(queue, at_most, lease_s, wait_s)
        return [Message(str(one.message_id), one.body, one.receives, one.sent_at, one) for one in found]

    def hide(self, queue: str, messages: Sequence[Message], seconds: int) -> None:  # noqa: ARG002 - its id is enough
        """They stay hidden for so long from now on."""
        self._queues.hide([one.receipt for one in messages], seconds)

    def put_off(self, queue: str, messages: Sequence[Message]) -> None:
        """They failed: they come back after the queue's own pause."""
        self._queues.put_off(queue, [one.receipt for one in messages])

    def delete(self, queue: str, messages: Sequence[Message]) -> None:  # noqa: ARG002 - its id is enough
        """They are done."""
        self._queues.delete([one.receipt for one in messages])


class SqsEnds:
    """Queues of SQS. `urls`: queue → URL; `sqs`: a boto3 client."""

    def __init__(self, urls: Mapping[str, str], sqs: Any) -> None:
        self._urls = urls
        self._sqs = sqs
        self._pause_s = cache(self._read_pause)

    def take(self, queue: str, at_most: int, lease_s: int, wait_s: int) -> list[Message]:
        """Messages that are nobody's, hidden from others for the lease."""
        found = self._sqs.receive_message(
            QueueUrl=self._urls[queue],
            MaxNumberOfMessages=min(at_most, SQS_BATCH_MAX),
            WaitTimeSeconds=wait_s,
            VisibilityTimeout=lease_s,
            AttributeNames=["All"],
        ).get("Messages", [])
        return [_message_of(one) for one in found]

    def hide(self, queue: str, messages: Sequence[Message], seconds: int) -> None:
        """They stay hidden for so long from now on."""
        entries = [
            {"Id": str(i), "ReceiptHandle": message.receipt, "VisibilityTimeout": seconds}
            for i, message in enumerate(messages)
        ]
        self._sqs.change_message_visibility_batch(QueueUrl=self._urls[queue], Entries=entries)

    def put_off(self, queue: str, messages: Sequence[Message]) -> None:
        """They failed: they come back after the queue's own pause."""
        self.hide(queue, messages, self._pause_s(queue))

    def delete(self, queue: str, messages: Sequence[Message]) -> None:
        """They are done."""
        entries = [{"Id": str(i), "ReceiptHandle": message.receipt} for i, message in enumerate(messages)]
        self._sqs.delete_message_batch(QueueUrl=self._urls[queue], Entries=entries)

    def _read_pause(self, queue: str) -> int:
        found = self._sqs.get_queue_attributes(QueueUrl=self._urls[queue], AttributeNames=["VisibilityTimeout"])
        return int(found["Attributes"]["VisibilityTimeout"])


def _message_of(found: Mapping[str, Any]) -> Message:
    attributes = found.get("Attributes", {})
    receives, sent_ms = attributes.get("ApproximateReceiveCount", 1), attributes.get("SentTimestamp", 0)
    return Message(found["MessageId"], found["Body"], int(receives), int(sent_ms) / 1000, found["ReceiptHandle"])


def sqs_ends(environment: Mapping[str, str], queues: Sequence[str]) -> SqsEnds:
    """The ends of queues in the MiniStack that the hub's environment variables name."""
    from infra.local.stack import client  # noqa: PLC0415 - boto3 takes a quarter of a second to import

    urls = {queue: environment[f"HUB_QUEUE_{queue.upper()}"] for queue in queues}
    return SqsEnds(urls, client("sqs", environment["AWS_ENDPOINT_URL"]))
