"""What several kinds of tests share: one MiniStack for the whole run, with the stack of the project's own template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from chalicelib.foundation.keys import TABLES
from infra.local.ministack import MiniStack
from infra.local.stack import client, create

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.stack import Stack


settings.register_profile("hub", deadline=None)  # a busy machine is no fault of an example
settings.load_profile("hub")
pytest.register_assert_rewrite("tests.fakes")  # what fakes assert is explained as in tests


@pytest.fixture(scope="session")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniStack]:
    """A MiniStack on a free loopback port; it starts at the first test that asks, and is empty."""
    with MiniStack.start(tmp_path_factory.mktemp("ministack")) as running:
        yield running


@pytest.fixture(scope="session")
def whole_stack(ministack: MiniStack) -> Stack:
    """The hub's stack, as it is deployed, without expiry by the real clock (tests have clocks of their own)."""
    return create(ministack.endpoint_url, expire=False)


@pytest.fixture
def stack(whole_stack: Stack) -> Stack:
    """The hub's stack with empty tables and queues."""
    empty_tables(whole_stack)
    empty_queues(whole_stack)
    return whole_stack


def empty_tables(stack: Stack) -> None:
    dynamodb = client("dynamodb", stack.endpoint_url)
    for table, shape in TABLES.items():
        name = stack.variables[f"HUB_TABLE_{table.upper()}"]
        for item in dynamodb.scan(TableName=name, ConsistentRead=True)["Items"]:
            dynamodb.delete_item(TableName=name, Key={shape.key: item[shape.key]})


def empty_queues(stack: Stack) -> None:
    sqs = client("sqs", stack.endpoint_url)
    for url in queue_urls(sqs):
        sqs.purge_queue(QueueUrl=url)


def queue_urls(sqs: Any) -> list[str]:
    urls: list[str] = sqs.list_queues().get("QueueUrls", [])
    return urls
