"""`make run`: the hub for real use on one machine. MiniStack, the HTTP door, the pump and the feeds pump, as processes.

State lives in `.local/` (or HUB_LOCAL_DIR) and is there again at the next start. A process that dies is started again;
if MiniStack is killed, what it stored in its last seconds is lost, and that is said.
"""

from __future__ import annotations

import argparse
import errno
import fcntl
import os
import secrets
import stat
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.foundation.public_hosts.check import PRIVATE_HOSTS, THIS_MACHINE
from infra.local.child import stop_event
from infra.local.family import Child
from infra.local.ministack import ADDRESS, MiniStack, NotStarted, answers, listen, port_of
from infra.local.stack import create

if TYPE_CHECKING:
    import socket
    import threading

ROOT = Path(__file__).resolve().parents[2]
WATCH_EVERY_S = 0.25
ANSWERS_WITHIN_S = 60
CANNOT_START = 2
MORE_WORKERS_MAX = 2
UPDATES_WORKERS = 2  # while one waits for what is stored, the other one searches


class CannotStart(Exception):
    """Why, and what to do, in one line."""


@dataclass
class Hub:
    """All processes of one machine. `folder` keeps their state; `listening` is the public port's socket."""

    folder: Path
    listening: socket.socket
    admin_key: str
    public_url: str
    services: socket.socket = field(default_factory=lambda: listen(0))  # MiniStack's; stays open when it dies
    ministack: MiniStack | None = None
    children: list[Child] = field(default_factory=list)

    def start(self) -> None:
        """Starts everything, in order. Raises `NotStarted`."""
        self.ministack = MiniStack.start(self.folder, listening=self.services, keep=True)
        real = not os.environ.get("HUB_CLOCK")  # MiniStack deletes by the real clock
        environment = create(self.ministack.endpoint_url, expire=real).environment() | self.settings()
        public = str(self.listening.fileno())
        self.children = [
            Child("http", [], environment | {"HUB_LOCAL_FD": public}, self.folder, (self.listening.fileno(),)),
            Child("pump", ["app"], environment, self.folder),
            *(Child("pump", ["updates", str(n)], environment, self.folder) for n in range(UPDATES_WORKERS)),
            Child("pump", ["notices"], environment, self.folder),
            *(Child("pump", ["work", str(n)], environment, self.folder) for n in range(more_workers())),
            Child("pump", ["feeds"], environment, self.folder),
            Child("pump", ["live"], environment, self.folder),
        ]
        for child in self.children:
            child.start()

    def settings(self) -> dict[str, str]:
        """What the hub's own processes are told besides where AWS is."""
        return {
            "HUB_ADMIN_KEY": self.admin_key,
            "HUB_PUBLIC_URL": self.public_url,
            "HUB_MAIL_FROM": os.environ.get("HUB_MAIL_FROM", "hub@example.org"),
            "HUB_LOCAL": "1",
            PRIVATE_HOSTS: os.environ.get(PRIVATE_HOSTS, THIS_MACHINE),
            "HUB_LOCAL_DIR": str(self.folder),
        }

    def look_after(self) -> None:
        """Starts again what has died. Raises `NotStarted`."""
        if self.ministack and self.ministack.process.poll() is not None:
            self.start_anew()
        for child in self.children:
            if child.died():
                if child.rests_until is None:
                    say(f"{child.title} ended with {child.code}; it is started again (see {child.log})")
                child.restart()

    def start_anew(self) -> None:
        """After MiniStack died: everything starts again on what it last saved."""
        saved = max((file.stat().st_mtime for file in (self.folder / "state").glob("*.json")), default=None)
        until = datetime.fromtimestamp(saved).astimezone().strftime("%H:%M:%S") if saved else None
        what = f"what was stored after {until} is lost" if until else "nothing was saved yet, so all is lost"
        say(f"MiniStack was ended from outside; it is started again, and {what}")
        self.stop_children()
        self.start()

    def stop_children(self) -> None:
        """Stops the hub's own processes; what they have begun they finish."""
        for child in self.children:
            child.tell_to_stop()
        for child in self.children:
            child.stop()
        self.children = []

    def stop(self) -> None:
        """Stops everything; MiniStack last, so that it saves what the others did."""
        self.stop_children()
        if self.ministack:
            self.ministack.stop()
        self.services.close()


def more_workers() -> int:
    """Processes that work off all queues beside those of their own: one for each further core, two at most."""
    return max(0, min(len(os.sched_getaffinity(0)) - 2, MORE_WORKERS_MAX))


def say(line: str) -> None:
    """One line for the person at the terminal."""
    print(line, flush=True)


def admin_key(folder: Path) -> str:
    """HUB_ADMIN_KEY, else the key that was made at the first start and is kept beside the state."""
    given = os.environ.get("HUB_ADMIN_KEY")
    kept = folder / "admin-key"
    if given:
        return given
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(24))
    return kept.read_text().strip()


def only_one(folder: Path) -> int:
    """Holds the folder for this process, until it ends. Raises `CannotStart` when another one holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise CannotStart(f"the hub is running already on {folder}; stop it, or set HUB_LOCAL_DIR") from error
    return lock


def keep_private(folder: Path) -> None:
    """Nobody else on the machine may read the state: phones, links and secrets are in it.

    From now on this process and its children make files that only their owner may read; older ones are mended.
    """
    os.umask(0o077)
    folder.mkdir(parents=True, exist_ok=True)
    for one in (folder, *folder.rglob("*")):
        found = one.lstat()
        if found.st_uid == os.getuid() and not stat.S_ISLNK(found.st_mode) and found.st_mode & 0o077:
            one.chmod(stat.S_IMODE(found.st_mode) & 0o700)


def public_socket(port: int) -> socket.socket:
    """The listening socket of the HTTP door. Raises `CannotStart` when the port is in use."""
    try:
        return listen(port)
    except OverflowError:
        raise CannotStart(f"port {port} is none: choose one from 1 to 65535") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotStart(f"port {port} is in use; choose another: make run PORT={port + 1}") from error
        raise CannotStart(f"port {port} cannot be used: {error.strerror}") from error


def how_to_try(url: str, key: str, folder: Path) -> str:
    """What a person reads when the hub is up."""
    day = (datetime.now(UTC) + timedelta(days=1)).date()
    put = f"curl -sX PUT -H 'Authorization: Bearer {key}' -d"
    return f"""
The hub answers on {url}    admin key: {key}    logs: {folder}/log/    stop: Ctrl-C

1. a network     {put} '{{"gtfs": "/path/to/gtfs.zip"}}' {url}/admin/feeds/city
2. a business    {put} '{{"name": "Salon", "timezone": "Europe/Berlin", "location": {{"lat": 52.52, "lon": 13.40}},
                 "feed": "city"}}' {url}/admin/businesses/salon
3. its booking tool
                 {put} '{{"provider": "calcom", "secret": "choose-one"}}' {url}/admin/businesses/salon/connections/cal
4. a booking     .venv/bin/python -m infra.local.booking_tool {url}/hooks/cal --secret choose-one \\
                 --phone +12025550123 --start {day}T09:00+00:00
5. what came of it
                 curl -sH 'Authorization: Bearer {key}' '{url}/admin/businesses/salon/tickets?date={day}'
"""


def supervise(hub: Hub, stop: threading.Event) -> None:
    """Starts the hub, says how to use it once it answers, and keeps it running. Raises `NotStarted`."""
    hub.start()
    until, answered = time.monotonic() + ANSWERS_WITHIN_S, False
    while not stop.wait(WATCH_EVERY_S):
        hub.look_after()
        if not answered and answers(f"http://{ADDRESS}:{port_of(hub.listening)}/health"):
            answered = True
            say(how_to_try(hub.public_url, hub.admin_key, hub.folder))
        if not answered and time.monotonic() > until:
            raise NotStarted(f"the HTTP door does not answer; see {hub.folder}/log/http.log")


def main() -> int:
    """Runs until Ctrl-C or SIGTERM; 2 when it cannot start, 1 when it could not go on."""
    arguments = argparse.ArgumentParser(prog="make run", description="The hub for real use on one machine.")
    arguments.add_argument("--port", type=int, default=8000)
    port = arguments.parse_args().port
    folder = Path(os.environ.get("HUB_LOCAL_DIR") or ROOT / ".local")
    try:
        keep_private(folder)
        lock = only_one(folder)
        listening = public_socket(port)
    except CannotStart as error:
        say(str(error))
        return CANNOT_START
    url = os.environ.get("HUB_PUBLIC_URL") or f"http://{ADDRESS}:{port_of(listening)}"
    hub = Hub(folder, listening, admin_key(folder), url)
    stop = stop_event()
    try:
        supervise(hub, stop)
    except NotStarted as error:
        say(str(error))
        return 1
    finally:
        hub.stop()
        os.close(lock)
    say("stopped; everything is saved")
    return 0


if __name__ == "__main__":
    sys.exit(main())
