"""`Queues` on SQS."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from chalicelib.aws.calls import reaching
from chalicelib.foundation.ports import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chalicelib.aws.calls import Clients
    from chalicelib.foundation.ports import Document

MESSAGES_MAX = 10  # of one call, by SQS
SQS_BYTES_MAX = 262_144  # of one message and of one call, by SQS
DELAY_MAX_S = 900  # by SQS
SEND_ATTEMPTS = 3  # for messages that SQS did not take out of a batch that it took
FIRST_WAIT_S = 0.05


class SqsQueues:
    """Work to be done soon, at least once."""

    def __init__(self, clients: Clients, urls: Mapping[str, str]) -> None:
        """`urls` maps "inbox", "tickets", "updates", "notices", "feeds" to the URLs of their queues."""
        self._clients = clients
        self._urls = urls

    def send(self, queue: str, *messages: Document, delay_s: int = 0) -> None:
        """Raises `Unavailable`; then some of the messages may have been sent all the same."""
        if not 0 <= delay_s <= DELAY_MAX_S:
            raise ValueError(f"a delay of {delay_s} s; SQS waits {DELAY_MAX_S} s at most, so keep it in a table")
        for batch in batches(messages):
            self._send_batch(queue, batch, delay_s)

    def _send_batch(self, queue: str, bodies: list[str], delay_s: int) -> None:
        client = self._clients.get("sqs")
        left = {str(i): body for i, body in enumerate(bodies)}
        for attempt in range(SEND_ATTEMPTS):
            entries = [{"Id": i, "MessageBody": body, "DelaySeconds": delay_s} for i, body in left.items()]
            with reaching("SQS"):
                answer = client.send_message_batch(QueueUrl=self._urls[queue], Entries=entries)
            left = still_to_send(left, answer.get("Failed", []))
            if not left:
                return
            time.sleep(FIRST_WAIT_S * 2**attempt)
        raise Unavailable(f"SQS did not take {len(left)} of {len(bodies)} messages for {queue!r}")


def still_to_send(sent: Mapping[str, str], failed: list[dict[str, Any]]) -> dict[str, str]:
    """The messages worth another try. Raises `ValueError` where SQS says that the message itself is at fault."""
    ours = [entry for entry in failed if entry.get("SenderFault")]
    if ours:
        raise ValueError(f"SQS refuses the message: {ours[0].get('Code')}")
    return {entry["Id"]: sent[entry["Id"]] for entry in failed}


def batches(messages: tuple[Document, ...]) -> Iterator[list[str]]:
    """Messages as JSON, in batches that SQS takes in one call. Raises `ValueError` for one too large by itself."""
    batch: list[str] = []
    size = 0
    for message in messages:
        body = json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        n_bytes = len(body.encode())
        if n_bytes > SQS_BYTES_MAX:
            raise ValueError(f"a message of {n_bytes} bytes; SQS takes {SQS_BYTES_MAX}, so put it in the bucket")
        if batch and (len(batch) == MESSAGES_MAX or size + n_bytes > SQS_BYTES_MAX):
            yield batch
            batch, size = [], 0
        batch.append(body)
        size += n_bytes
    if batch:
        yield batch
