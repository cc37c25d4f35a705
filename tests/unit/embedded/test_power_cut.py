"""A process dies and the power is cut: nothing that was acknowledged is lost. `tests/fakes/disk.c` plays the disk."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chalicelib.embedded.environment import Embedded
from tests.fakes import disk

if TYPE_CHECKING:
    from tests.fakes.memory import ManualClock

ROOT = Path(__file__).resolve().parents[3]
ACKNOWLEDGED = 400
WRITER = r"""
import os, sys, threading
from pathlib import Path
from chalicelib.embedded import database
from chalicelib.embedded.environment import Embedded
from chalicelib.foundation.instants import RealClock
from chalicelib.foundation.ports import Write

database.COMMITS_BETWEEN_CHECKPOINTS = 50
parts = Embedded(Path(sys.argv[1]), RealClock())
if sys.argv[2] == "careless":
    parts.database._sync = lambda _file: None

def write(writer):
    n = 0
    while True:
        name = f"{sys.argv[3]}-{writer}-{n}"
        parts.documents.write(Write("inbox", {"event_id": name, "version": 1, "body": "x" * 1500}, None))
        if n % 10 == 0:
            parts.bucket.put(f"inbox/{name}", b"a blob")
        os.write(1, f"{name}\n".encode())
        n += 1

for writer in range(4):
    threading.Thread(target=write, args=[writer]).start()
"""


def lost_by_cuts(tmp_path: Path, folder: Path, clock: ManualClock, how: str, cuts: int) -> list[str]:
    """What was acknowledged before processes were killed and the power cut, and is not there."""
    folder.mkdir()
    environment, shadow = disk.recorded(tmp_path, folder)
    acknowledged: list[str] = []
    for cut in range(cuts):
        acknowledged += acknowledged_until_killed(folder, environment, how, cut)
        assert disk.after_the_cut(shadow, folder)
    parts = Embedded(folder, clock)
    there = {one["event_id"] for one in parts.documents.get_many("inbox", acknowledged)}
    blobs = [name for name in acknowledged if name.endswith("0") and not parts.bucket.get(f"inbox/{name}")]
    parts.close()
    return sorted(set(acknowledged) - there) + blobs


def acknowledged_until_killed(folder: Path, environment: dict[str, str], how: str, cut: int) -> list[str]:
    """What a process says is stored, until it is killed in the middle of more."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), how, str(cut)],
        env=os.environ | environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    assert process.stdout
    lines = [process.stdout.readline() for _ in range(ACKNOWLEDGED)]
    process.kill()
    process.wait()
    lines += [line for line in process.stdout if line.endswith(b"\n")]
    process.stdout.close()
    return [line.decode().strip() for line in lines]


def test_nothing_that_was_acknowledged_is_lost(tmp_path: Path, folder: Path, clock: ManualClock) -> None:
    assert lost_by_cuts(tmp_path, folder, clock, "careful", cuts=3) == []


def test_a_store_that_does_not_wait_for_the_disk_would_be_found_out(
    tmp_path: Path, folder: Path, clock: ManualClock
) -> None:
    assert lost_by_cuts(tmp_path, folder, clock, "careless", cuts=1) != []


@pytest.mark.parametrize("where", ["folder", "file"])
def test_a_full_disk_is_unavailable_and_recovers(tmp_path: Path, folder: Path, where: str) -> None:
    program = f"""
import sys, pathlib
from chalicelib.embedded.environment import Embedded
from chalicelib.foundation.instants import RealClock
from chalicelib.foundation.ports import Unavailable, Write

parts, full = Embedded(pathlib.Path(sys.argv[1]), RealClock()), pathlib.Path(sys.argv[2])
def put(name):
    if {where!r} == "file":
        parts.documents.write(Write("inbox", {{"event_id": name, "version": 1, "body": "x" * 9000}}, None))
    else:
        parts.bucket.put(name, b"x" * 9000)
def there(name):
    return (parts.documents.get("inbox", name) if {where!r} == "file" else parts.bucket.get(name)) is not None
put("before")
full.touch()
for _ in range(3):
    try:
        put("during")
        print("stored")
    except Unavailable as error:
        print(error)
full.unlink()
put("after")
print([there(name) for name in ("before", "during", "after")])
"""
    folder.mkdir()
    environment, flag = disk.may_be_full(tmp_path, folder)
    told = subprocess.run(
        [sys.executable, "-c", program, str(folder), str(flag)],
        env=os.environ | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert all("full" in line or "No space" in line or "I/O" in line for line in told[:3]), told
    assert told[3] == "[True, False, True]"
    assert not list(folder.rglob(".*")), "no half of a file stays"
