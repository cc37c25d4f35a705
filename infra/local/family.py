"""The hub's own processes as their supervisor sees them: started, watched, started again, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from infra.local.child import PARENT_FD

ROOT = Path(__file__).resolve().parents[2]
STOPPED_WITHIN_S = 20
RECENT_S = 60
FIRST_REST_S = 0.1  # before it is started again; doubles with every recent death
REST_MAX_S = 10


@dataclass
class Child:
    """A process `python -m infra.local.NAME ARGS…` whose standard error goes to a file in `folder`/log."""

    name: str
    arguments: list[str]
    environment: dict[str, str]
    folder: Path
    sockets: tuple[int, ...] = ()
    deaths: list[float] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None
    rests_until: float | None = None
    alive: int | None = None  # our end of the pipe by which the child sees that we are there

    @property
    def title(self) -> str:
        """What a person calls it."""
        return " ".join([self.name, *self.arguments])

    @property
    def log(self) -> Path:
        """Where its standard error goes."""
        return self.folder / "log" / f"{'-'.join([self.name, *self.arguments])}.log"

    @property
    def code(self) -> int | None:
        """Its exit code; negative: the signal that ended it."""
        return self.process.returncode if self.process else None

    def start(self) -> None:
        """Starts it; it ends by itself when this process is gone."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        theirs, self.alive = os.pipe()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", f"infra.local.{self.name}", *self.arguments],
                cwd=ROOT,
                env=os.environ | self.environment | {PARENT_FD: str(theirs)},
                pass_fds=(theirs, *self.sockets),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,  # Ctrl-C reaches the supervisor only
            )
        os.close(theirs)

    def died(self) -> bool:
        """Whether it ended without being told to."""
        return self.process is not None and self.process.poll() is not None

    def restart(self) -> None:
        """Starts it again, the later the more often it died of late; returns at once while it rests."""
        now = time.monotonic()
        if self.rests_until is None:
            self.deaths = [at for at in self.deaths if now - at < RECENT_S] + [now]
            self.rests_until = now + min(FIRST_REST_S * 2 ** len(self.deaths), REST_MAX_S)
        elif now >= self.rests_until:
            self.rests_until = None
            self.let_go()
            self.start()

    def let_go(self) -> None:
        """Closes our end of the pipe."""
        if self.alive is not None:
            os.close(self.alive)
            self.alive = None

    def tell_to_stop(self) -> None:
        """Asks it to stop, and does not wait."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        """Tells it to stop and waits; kills it when it does not stop in time."""
        self.tell_to_stop()
        if self.process:
            try:
                self.process.wait(STOPPED_WITHIN_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.let_go()
