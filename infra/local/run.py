"""`make run`: the hub for real use on one machine. The HTTP door, the pumps and the feeds' pumps, as processes.

State lives in `.local/` (or HUB_LOCAL_DIR), in one folder that needs no other service; `--store ministack` keeps it in
MiniStack instead, as AWS would have it. A process that dies is started again.
"""

from __future__ import annotations

import argparse
import errno
import fcntl
import os
import secrets
import socket
import stat
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chalicelib.embedded.shape import NewerFolder
from chalicelib.foundation.ports import Unavailable
from chalicelib.foundation.public_hosts.check import PRIVATE_HOSTS, THIS_MACHINE
from infra.local.child import stop_event
from infra.local.family import Child
from infra.local.ministack import ADDRESS, NotStarted, answers, listen, port_of
from infra.local.stores import STORES

if TYPE_CHECKING:
    import threading

    from infra.local.stores import Store

ROOT = Path(__file__).resolve().parents[2]
WATCH_EVERY_S = 0.25
ANSWERS_WITHIN_S = 60
CANNOT_START = 2
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - what is said to listen on all addresses
MORE_WORKERS_MAX = 2
UPDATES_WORKERS = 2  # while one waits for what is stored, the other one searches


class CannotStart(Exception):
    """Why, and what to do, in one line."""


@dataclass
class Hub:
    """All processes of one machine. `folder` keeps their state; `listening` is the public port's socket."""

    folder: Path
    store: Store
    listening: socket.socket
    admin_key: str
    public_url: str
    children: list[Child] = field(default_factory=list)

    def start(self) -> None:
        """Starts everything, in order. Raises `NotStarted`, `NewerFolder`, `Unavailable`."""
        environment = self.store.start() | self.settings()
        public = str(self.listening.fileno())
        self.children = [
            Child("http", [], environment | {"HUB_LOCAL_FD": public}, self.folder, (self.listening.fileno(),)),
            Child("pump", ["app"], environment, self.folder),
            *(Child("pump", ["updates", str(n)], environment, self.folder) for n in range(UPDATES_WORKERS)),
            *(Child("pump", [which], environment, self.folder) for which in ("notices", "clock", "tools")),
            *(Child("pump", ["work", str(n)], environment, self.folder) for n in range(more_workers())),
            Child("pump", ["feeds"], environment, self.folder),
            Child("pump", ["live"], environment, self.folder),
        ]
        for child in self.children:
            child.start()

    def settings(self) -> dict[str, str]:
        """What the hub's own processes are told besides where the store is."""
        return {
            "HUB_ADMIN_KEY": self.admin_key,
            "HUB_PUBLIC_URL": self.public_url,
            "HUB_MAIL_FROM": os.environ.get("HUB_MAIL_FROM", "hub@example.org"),
            "HUB_LOCAL": "1",
            PRIVATE_HOSTS: os.environ.get(PRIVATE_HOSTS, THIS_MACHINE),
            "HUB_LOCAL_DIR": str(self.folder),
        }

    def look_after(self) -> None:
        """Starts again what has died, and prints what went out. Raises `NotStarted`."""
        if lost := self.store.what_was_lost():
            say(lost)
            self.stop_children()
            self.start()
        for line in self.store.news():
            say(line)
        for child in self.children:
            if child.died():
                if child.rests_until is None:
                    say(f"{child.title} ended with {child.code}; it is started again (see {child.log})")
                child.restart()

    def stop_children(self) -> None:
        """Stops the hub's own processes; what they have begun they finish."""
        for child in self.children:
            child.tell_to_stop()
        for child in self.children:
            child.stop()
        self.children = []

    def stop(self) -> None:
        """Stops everything; the store last, so that it keeps what the others did."""
        self.stop_children()
        self.store.stop()


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


def public_socket(host: str, port: int) -> socket.socket:
    """The listening socket of the HTTP door. Raises `CannotStart` when it cannot listen there."""
    try:
        return listen(port, host)
    except OverflowError:
        raise CannotStart(f"port {port} is none: choose one from 1 to 65535") from None
    except socket.gaierror:
        raise CannotStart(f"{host} is no address of a machine: HOST=127.0.0.1, or HOST=0.0.0.0 for all") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotStart(f"port {port} is in use; choose another: make run PORT={port + 1}") from error
        raise CannotStart(f"port {port} of {host} cannot be used: {error.strerror}") from error


def how_to_try(url: str, key: str, folder: Path) -> str:
    """What a person reads when the hub is up."""
    day = (datetime.now(UTC) + timedelta(days=1)).date()
    put = f"curl -sX PUT -H 'Authorization: Bearer {key}' -d"
    return f"""
The hub answers on {url}    admin key: {key}    logs: {folder}/log/    stop: Ctrl-C

In a browser: open {url}/setup and enter that key. Or by the API:

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


def address_of(listening: socket.socket) -> str:
    """Where this machine reaches a socket that listens."""
    host = str(listening.getsockname()[0])
    host = ADDRESS if host == "0.0.0.0" else "::1" if host == "::" else host  # noqa: S104 - a socket on all addresses
    return f"http://{f'[{host}]' if ':' in host else host}:{port_of(listening)}"


def supervise(hub: Hub, stop: threading.Event) -> None:
    """Starts the hub, says how to use it once it answers, and keeps it running. Raises `NotStarted`."""
    hub.start()
    until, answered = time.monotonic() + ANSWERS_WITHIN_S, False
    while not stop.wait(WATCH_EVERY_S):
        hub.look_after()
        if not answered and answers(f"{address_of(hub.listening)}/health"):
            answered = True
            say(how_to_try(hub.public_url, hub.admin_key, hub.folder))
        if not answered and time.monotonic() > until:
            raise NotStarted(f"the HTTP door does not answer; see {hub.folder}/log/http.log")


def public_address(given: str | None, host: str, port: int) -> str:
    """What stands before the paths in links and webhook addresses. Raises `CannotStart` where it is no address."""
    if given:
        address = given.rstrip("/")
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise CannotStart(f"HUB_PUBLIC_URL={given} is no address: write it as https://hub.example.org")
        return address
    if host in EVERYWHERE:
        say(f"links will name http://{ADDRESS}:{port}, which only this machine opens: set HUB_PUBLIC_URL=https://…")
        return f"http://{ADDRESS}:{port}"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def main() -> int:
    """Runs until Ctrl-C or SIGTERM; 2 when it cannot start, 1 when it could not go on."""
    arguments = argparse.ArgumentParser(prog="make run", description="The hub for real use on one machine.")
    arguments.add_argument("--host", default=ADDRESS, help="where it listens; 0.0.0.0: on every address")
    arguments.add_argument("--port", type=int, default=8000)
    arguments.add_argument("--store", choices=sorted(STORES), default=os.environ.get("HUB_STORE", "embedded"))
    given = arguments.parse_args()
    folder = Path(os.environ.get("HUB_LOCAL_DIR") or ROOT / ".local")
    try:
        keep_private(folder)
        lock = only_one(folder)
        listening = public_socket(given.host, given.port)
        url = public_address(os.environ.get("HUB_PUBLIC_URL"), given.host, port_of(listening))
    except CannotStart as error:
        say(str(error))
        return CANNOT_START
    hub = Hub(folder, STORES[given.store](folder), listening, admin_key(folder), url)
    stop = stop_event()
    try:
        supervise(hub, stop)
    except NewerFolder as error:
        say(str(error))
        return CANNOT_START
    except (NotStarted, Unavailable) as error:
        say(str(error))
        return 1
    finally:
        hub.stop()
        os.close(lock)
    say("stopped; everything is saved")
    return 0


if __name__ == "__main__":
    sys.exit(main())
