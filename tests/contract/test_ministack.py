"""MiniStack as we run it: on loopback only, keeping what it was told to keep, never outliving its parent."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from infra.local.ministack import MiniStack, NotStarted, answers, listen
from infra.local.stack import client, create

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.aws
ROOT = Path(__file__).resolve().parents[2]
LOOPBACK = "0100007F"  # 127.0.0.1, as /proc writes it
LISTENS = "0A"


def eventually(what: Callable[[], bool]) -> bool:
    until = time.monotonic() + 30
    while not what() and time.monotonic() < until:
        time.sleep(0.05)
    return what()


def listening_addresses(pid: int) -> set[str]:
    """Addresses on which a process listens, from /proc."""
    sockets = {str(one.readlink()) for one in Path(f"/proc/{pid}/fd").iterdir() if one.is_symlink()}
    rows = [
        row.split()
        for table in ("tcp", "tcp6")
        for row in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
    ]
    return {row[1].split(":")[0] for row in rows if row[3] == LISTENS and f"socket:[{row[9]}]" in sockets}


def test_it_listens_on_loopback_only(ministack: MiniStack) -> None:
    assert listening_addresses(ministack.process.pid) == {LOOPBACK}


def test_what_is_stored_is_there_after_a_clean_stop_on_another_port(tmp_path: Path) -> None:
    with MiniStack.start(tmp_path, keep=True) as first:
        before = create(first.endpoint_url)
        client("s3", first.endpoint_url).put_object(Bucket=before.variables["HUB_BUCKET"], Key="k", Body=b"blob")
        url = before.variables["HUB_QUEUE_INBOX"]
        client("sqs", first.endpoint_url).send_message(QueueUrl=url, MessageBody="work")
    assert not answers(f"{first.endpoint_url}/_ministack/health")
    with MiniStack.start(tmp_path, keep=True) as second:
        after = create(second.endpoint_url)
        assert after.variables["HUB_TABLE_INBOX"] == before.variables["HUB_TABLE_INBOX"]
        blob = client("s3", second.endpoint_url).get_object(Bucket=after.variables["HUB_BUCKET"], Key="k")
        assert blob["Body"].read() == b"blob"
        assert after.variables["HUB_QUEUE_INBOX"].startswith(second.endpoint_url)
        queue = client("sqs", second.endpoint_url)
        (message,) = queue.receive_message(QueueUrl=after.variables["HUB_QUEUE_INBOX"])["Messages"]
        assert message["Body"] == "work"


def test_a_kill_costs_no_more_than_what_was_not_saved_yet(tmp_path: Path) -> None:
    with MiniStack.start(tmp_path, keep=True) as first:
        table = create(first.endpoint_url).variables["HUB_TABLE_CONFIG"]
        client("dynamodb", first.endpoint_url).put_item(TableName=table, Item={"config_id": {"S": "kept"}})
        saved = tmp_path / "state" / "dynamodb.json"
        assert eventually(lambda: saved.exists() and "kept" in saved.read_text())
        first.process.send_signal(signal.SIGKILL)
        first.process.wait()
    with MiniStack.start(tmp_path, keep=True) as second:
        found = client("dynamodb", second.endpoint_url).get_item(TableName=table, Key={"config_id": {"S": "kept"}})
        assert "Item" in found


def test_without_being_told_to_keep_anything_it_starts_empty(tmp_path: Path) -> None:
    for _ in range(2):
        with MiniStack.start(tmp_path) as running:
            dynamodb = client("dynamodb", running.endpoint_url)
            assert dynamodb.list_tables()["TableNames"] == []
            create(running.endpoint_url)


def test_it_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from infra.local.ministack import MiniStack;"
        "print(MiniStack.start(Path(sys.argv[1])).endpoint_url, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )  # a table, read by rows # fmt: skip
    assert parent.stdout
    url = parent.stdout.readline().strip()
    assert answers(f"{url}/_ministack/health")
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert eventually(lambda: not answers(f"{url}/_ministack/health"))


def test_a_start_that_fails_says_where_to_look(tmp_path: Path) -> None:
    closed = listen(0)
    closed.close()
    with pytest.raises((NotStarted, OSError, ValueError)):
        MiniStack.start(tmp_path, listening=closed)
