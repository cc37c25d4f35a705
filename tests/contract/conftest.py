"""The ports four times: in memory, in one folder, and on AWS as moto and as MiniStack play it. No test knows which.

moto is asked for documents, queues and blobs. What it is not asked, and why:
- texts and mails: what it took is only seen inside its own process; topics: it passes attributes on otherwise than AWS;
- many documents written anew in one call (`BatchExecuteStatement`): it carries out statements whose condition fails.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest

from chalicelib.aws.environment import QUEUES, Aws, queue_variables, table_variables
from chalicelib.embedded.environment import Embedded
from chalicelib.foundation.keys import TABLES
from infra.local.ministack import REGION
from infra.local.stack import Stack, client
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
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from chalicelib.embedded.queues import SqliteQueues
    from chalicelib.foundation.keys import TableShape
    from chalicelib.foundation.ports import Bucket, Document, Documents, Mail, Queues, Texts, Topic

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
TEST_CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"}


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


def in_moto(url: str) -> Doors:
    """AWS played by moto: new tables, queues and a bucket."""
    clock = ManualClock(START)
    run = uuid.uuid4().hex[:8]
    tables, queues = client("dynamodb", url), client("sqs", url)
    for table, shape in TABLES.items():
        tables.create_table(**described(f"{table}-{run}", shape))
    urls = {queue: queues.create_queue(QueueName=f"{queue}-{run}")["QueueUrl"] for queue in QUEUES}
    client("s3", url).create_bucket(Bucket=run, CreateBucketConfiguration={"LocationConstraint": REGION})
    variables = {variable: f"{table}-{run}" for table, variable in table_variables().items()}
    variables |= {variable: urls[queue] for queue, variable in queue_variables().items()}
    where = {"AWS_ENDPOINT_URL": url, "AWS_REGION": REGION, "HUB_BUCKET": run, "HUB_TOPIC": "arn:aws:sns:::none"}
    aws, memory = Aws(variables | where, clock), in_memory()
    stack = Stack(url, variables)
    return Doors(
        clock,
        aws.documents,
        aws.queues,
        aws.bucket,
        memory.texts,
        memory.mail,
        memory.topic,
        lambda queue: take(stack, queue),
        memory.texted,
        memory.mailed,
        memory.published,
    )


def described(name: str, shape: TableShape) -> dict[str, Any]:
    """A table as DynamoDB wants it described."""
    indexes = [
        {
            "IndexName": index,
            "KeySchema": [
                {"AttributeName": part, "KeyType": "HASH"},
                {"AttributeName": sort, "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY" if index in shape.keys_only else "ALL"},
        }
        for index, (part, sort) in shape.indexes.items()
    ]
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": one, "AttributeType": "S"} for one in shape.attributes],
        "KeySchema": [{"AttributeName": shape.key, "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": indexes,
    }


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


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    """A moto that answers over HTTP; it starts at the first test that asks."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - takes seconds to import

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["memory", "embedded", "moto", pytest.param("ministack", marks=pytest.mark.aws)])
def doors(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: Any) -> Doors:
    if request.param == "memory":
        return in_memory()
    if request.param == "embedded":
        return in_a_folder(tmp_path_factory.mktemp("hub") / "state")
    if request.param == "moto":
        for name, value in TEST_CREDENTIALS.items():
            monkeypatch.setenv(name, value)
        return in_moto(request.getfixturevalue("moto_url"))
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
