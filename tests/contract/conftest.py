"""The ports three times: in memory, in one folder, and on AWS played by MiniStack. No test knows which it got."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest

from chalicelib.aws.environment import Aws
from chalicelib.embedded.environment import Embedded
from infra.local.stack import client
from tests.fakes.memory import (
    ManualClock,
    MemoryBucket,
    MemoryDocuments,
    MemoryQueues,
    MemoryTopic,
    SentMail,
    SentTexts,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chalicelib.embedded.queues import SqliteQueues
    from chalicelib.foundation.ports import Bucket, Document, Documents, Mail, Queues, Texts, Topic
    from infra.local.stack import Stack

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@dataclass
class Doors:
    """One set of ports, and how a test sees what came out of them."""

    clock: ManualClock
    documents: Documents
    queues: Queues
    bucket: Bucket
    texts: Texts
    mail: Mail
    topic: Topic
    taken: Callable[[str], list[Document]]
    texted: Callable[[], list[tuple[str, str]]]
    mailed: Callable[[], list[tuple[str, str, str]]]
    published: Callable[[], list[tuple[Document, dict[str, str]]]]


def in_memory() -> Doors:
    clock = ManualClock(START)
    queues, texts, mail, topic = MemoryQueues(), SentTexts(), SentMail(), MemoryTopic()
    return Doors(
        clock,
        MemoryDocuments(clock),
        queues,
        MemoryBucket(),
        texts,
        mail,
        topic,
        queues.take,
        lambda: texts.sent,
        lambda: mail.sent,
        lambda: topic.published,
    )


def in_ministack(stack: Stack) -> Doors:
    clock = ManualClock(START)
    aws = Aws(stack.environment() | {"HUB_MAIL_FROM": "hub@example.org"}, clock)
    client("sesv2", stack.endpoint_url).create_email_identity(EmailIdentity="hub@example.org")
    before = {one["id"] for one in [*stack.texts(), *stack.mails()]}
    stack.hear()
    return Doors(
        clock,
        aws.documents,
        aws.queues,
        aws.bucket,
        aws.texts,
        aws.mail,
        aws.topic,
        lambda queue: take(stack, queue),
        lambda: [(one["to"], one["text"]) for one in stack.texts() if one["id"] not in before],
        lambda: [(one["to"], one["subject"], one["text"]) for one in stack.mails() if one["id"] not in before],
        lambda: [(one["message"], one["attributes"]) for one in stack.hear()],
    )


def in_a_folder(folder: Path) -> Doors:
    clock = ManualClock(START)
    parts = Embedded(folder, clock, {"HUB_SECRETS_KEY_FILE": str(folder.parent / "key")})
    return Doors(
        clock,
        parts.documents,
        parts.queues,
        parts.bucket,
        parts.texts,
        parts.mail,
        parts.topic,
        lambda queue: take_all(parts.queues, queue),
        lambda: [(line.to, line.body) for line in parts.outbox.lines(channels=["text"])],
        lambda: [(line.to, line.subject, line.body) for line in parts.outbox.lines(channels=["mail"])],
        lambda: [(json.loads(line.body), dict(line.attributes)) for line in parts.outbox.lines(channels=["topic"])],
    )


def take_all(queues: SqliteQueues, queue: str) -> list[Document]:
    found: list[Document] = []
    while got := queues.receive(queue, 10, lease_s=30):
        found += [json.loads(message.body) for message in got]
        queues.delete(got)
    return found


def take(stack: Stack, queue: str) -> list[Document]:
    sqs = client("sqs", stack.endpoint_url)
    url = stack.variables[f"HUB_QUEUE_{queue.upper()}"]
    found: list[Document] = []
    while got := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0).get("Messages"):
        found += [json.loads(message["Body"]) for message in got]
    return found


@pytest.fixture(params=["memory", "embedded", pytest.param("ministack", marks=pytest.mark.aws)])
def doors(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: Any) -> Doors:
    if request.param == "memory":
        return in_memory()
    if request.param == "embedded":
        return in_a_folder(tmp_path_factory.mktemp("hub") / "state")
    stack = cast("Stack", request.getfixturevalue("stack"))
    for name, value in stack.environment().items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    return in_ministack(stack)


@pytest.fixture
def documents(doors: Doors) -> Documents:
    return doors.documents


@pytest.fixture
def clock(doors: Doors) -> ManualClock:
    return doors.clock


def document(key: str, version: int = 1, **more: Any) -> Document:
    """An inbox document."""
    return {"event_id": key, "version": version, **more}
