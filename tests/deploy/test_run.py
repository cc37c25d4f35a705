"""`make run`, seen from outside: what it says, and that nothing stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from infra.local.ministack import answers, listen, port_of
from infra.local.run import more_workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 60


def eventually(what: Callable[[], bool], told: str) -> None:
    until = time.monotonic() + WITHIN_S
    while not what():
        assert time.monotonic() < until, told
        time.sleep(0.05)


def free_port() -> int:
    with listen(0) as probe:
        return port_of(probe)


def command(port: int, *more: str) -> list[str]:
    return [sys.executable, "-m", "infra.local.run", "--port", str(port), *more]


def settings(folder: Path, **more: str) -> dict[str, str]:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    return bare | {"HUB_LOCAL_DIR": str(folder)} | more


@contextmanager
def running(folder: Path, port: int, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A hub that answers; stopped at the end, if it has not been already."""
    with (folder.parent / f"{folder.name}.out").open("ab") as out:
        hub = subprocess.Popen(command(port), cwd=ROOT, env=settings(folder, **more), stdout=out, stderr=out)
    try:
        eventually(lambda: hub.poll() is None and answers(f"http://127.0.0.1:{port}/health"), "the hub answers")
        yield hub
    finally:
        hub.terminate()
        hub.wait(WITHIN_S)


def said(folder: Path) -> str:
    return (folder.parent / f"{folder.name}.out").read_text()


def children(hub: subprocess.Popen[bytes]) -> dict[int, str]:
    """Process id → command line of the hub's own processes."""
    found = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rsplit(")", 1)[1].split()[1])
            if parent == hub.pid:
                found[int(status.parent.name)] = (status.parent / "cmdline").read_text().replace("\0", " ")
        except OSError:  # it ended while we looked
            continue
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_it_says_how_to_use_it_and_leaves_nothing_behind(tmp_path: Path) -> None:
    folder, port = tmp_path / "state", free_port()
    with running(folder, port) as hub:
        eventually(lambda: "admin key" in said(folder), "how to try it")
        processes = children(hub)
        assert len(processes) == 9 + more_workers()  # the HTTP door, eight pumps, and other cores' workers
        hub.send_signal(signal.SIGINT)
        assert hub.wait(WITHIN_S) == 0
    key = (folder / "admin-key").read_text()
    assert len(key) >= 24
    assert (folder / "admin-key").stat().st_mode & 0o777 == 0o600
    assert [one for one in (folder, *folder.rglob("*")) if one.lstat().st_mode & 0o077] == []
    assert key in said(folder)
    assert f"http://127.0.0.1:{port}/admin/businesses/" in said(folder)
    assert not any(alive(pid) for pid in processes)
    assert not answers(f"http://127.0.0.1:{port}/health")


def test_the_second_start_keeps_the_key_and_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    folder, port = tmp_path / "state", free_port()
    with running(folder, port):
        key = (folder / "admin-key").read_text()
        for other, told in ((folder, "running already"), (tmp_path / "other", f"port {port} is in use")):
            second = subprocess.run(
                command(port), cwd=ROOT, env=settings(other), capture_output=True, text=True, check=False
            )
            assert second.returncode == 2
            assert told in second.stdout
            assert len(second.stdout.splitlines()) == 1
            assert second.stderr == ""
    with running(folder, port):
        assert (folder / "admin-key").read_text() == key


def test_a_port_that_is_none_is_one_line(tmp_path: Path) -> None:
    run = subprocess.run(
        command(80_000), cwd=ROOT, env=settings(tmp_path / "state"), capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout.strip(), run.stderr) == (2, "port 80000 is none: choose one from 1 to 65535", "")


@pytest.mark.parametrize("store", ["embedded", pytest.param("ministack", marks=pytest.mark.aws)])
def test_whoever_is_killed_is_started_again_and_it_is_said(tmp_path: Path, store: str) -> None:
    folder, port = tmp_path / "state", free_port()
    pumps = ["infra.local.http", "infra.local.pump app", "infra.local.pump feeds"]
    with running(folder, port, HUB_ADMIN_KEY="made-up", HUB_STORE=store) as hub:
        for who in [*pumps, *(["ministack_server"] if store == "ministack" else [])]:
            (killed,) = [pid for pid, line in children(hub).items() if who in line]
            os.kill(killed, signal.SIGKILL)
            eventually(lambda: is_back(hub, who, killed), f"{who} is there again")  # noqa: B023 - called at once
        eventually(lambda: answers(f"http://127.0.0.1:{port}/health"), "the hub answers")
        assert said(folder).count("started again") == (4 if store == "ministack" else 3)
        assert ("lost" in said(folder)) == (store == "ministack")


def is_back(hub: subprocess.Popen[bytes], who: str, killed: int) -> bool:
    return any(who in line for pid, line in children(hub).items() if pid != killed)


@pytest.mark.aws
def test_a_supervisor_that_is_killed_takes_all_with_it(tmp_path: Path) -> None:
    folder, port = tmp_path / "state", free_port()
    with running(folder, port, HUB_STORE="ministack") as hub:
        processes = children(hub)
        hub.kill()
        hub.wait()
        eventually(lambda: not any(alive(pid) for pid in processes), "no process stays behind")
    assert list((folder / "state").glob("dynamodb.json")), "MiniStack saved its state on the way out"
