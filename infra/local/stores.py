"""Where `make run` keeps what it is told: in one folder by itself, or in MiniStack, for work on the AWS side."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from chalicelib.embedded.environment import Embedded
from chalicelib.foundation.instants import clock_from
from chalicelib.foundation.ports import Unavailable
from infra.local.ministack import MiniStack, listen
from infra.local.stack import create

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path

SHOWN_AT_ONCE = 20  # texts and mails that are printed in one look


class Store(Protocol):
    """What the hub's processes keep things in."""

    def start(self) -> dict[str, str]:
        """Makes it ready; the environment of its users. Raises `NotStarted`, `NewerFolder`, `Unavailable`."""
        ...

    def what_was_lost(self) -> str | None:
        """None while it is there; else what a person is told: everything has to start anew."""
        ...

    def news(self) -> list[str]:
        """What went out since the last look, a line each, as far as the store knows."""
        ...

    def stop(self) -> None:
        """Lets go of it."""
        ...


@dataclass
class FolderStore:
    """One folder; durable, no process of its own."""

    folder: Path
    parts: Embedded | None = None
    shown: int = 0

    def start(self) -> dict[str, str]:
        """Opens the folder, brings it up to this version. Raises `NewerFolder`, `Unavailable`."""
        self.parts = Embedded(self.folder, clock_from(os.environ))
        self.shown = self.parts.outbox.last_id()
        return {"HUB_STORE": "embedded", "HUB_LOCAL_DIR": str(self.folder)}

    def what_was_lost(self) -> str | None:
        """Never anything."""
        return None

    def news(self) -> list[str]:
        """Texts and mails, as they would have gone out."""
        try:
            lines = self.parts.outbox.lines(after=self.shown, limit=SHOWN_AT_ONCE) if self.parts else []
        except Unavailable:
            return []
        self.shown = max([self.shown, *(line.id for line in lines)])
        return [
            f"{line.channel} to {line.to}: {f'{line.subject} | ' if line.subject else ''}{' '.join(line.body.split())}"
            for line in lines
        ]

    def stop(self) -> None:
        """Closes the folder."""
        if self.parts:
            self.parts.close()


@dataclass
class MiniStackStore:
    """MiniStack, made from the deployed template. If it is killed, its last seconds are lost, and that is said."""

    folder: Path
    services: socket.socket = field(default_factory=lambda: listen(0))  # stays open when MiniStack dies
    ministack: MiniStack | None = None

    def start(self) -> dict[str, str]:
        """Starts it on what was saved. Raises `NotStarted`."""
        self.ministack = MiniStack.start(self.folder, listening=self.services, keep=True)
        real = not os.environ.get("HUB_CLOCK")  # MiniStack deletes by the real clock
        return create(self.ministack.endpoint_url, expire=real).environment() | {"HUB_STORE": "ministack"}

    def what_was_lost(self) -> str | None:
        """Said when it was ended from outside."""
        if not self.ministack or self.ministack.process.poll() is None:
            return None
        saved = max((file.stat().st_mtime for file in (self.folder / "state").glob("*.json")), default=None)
        until = datetime.fromtimestamp(saved).astimezone().strftime("%H:%M:%S") if saved else None
        what = f"what was stored after {until} is lost" if until else "nothing was saved yet, so all is lost"
        return f"MiniStack was ended from outside; it is started again, and {what}"

    def news(self) -> list[str]:
        """Nothing: texts and mails are shown at its own addresses (`infra/local/stack.py`)."""
        return []

    def stop(self) -> None:
        """Stops it, so that it saves what it has."""
        if self.ministack:
            self.ministack.stop()
        self.services.close()


STORES: dict[str, Callable[[Path], Store]] = {"embedded": FolderStore, "ministack": MiniStackStore}
