"""MiniStack as a child process: serves on the socket it is given, saves its state often, ends when its parent does.

`python -m infra.local.ministack_server FD`, started by `infra/local/ministack.py` with MiniStack's variables set. By
itself MiniStack saves only on a clean stop; here it also saves every few seconds, on its own event loop (from another
thread it would save half of a change), so that `kill -9` costs seconds and not the day.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack.app import _build_persistence_save_dict, app
from ministack.core.persistence import PERSIST_STATE, save_all

SAVE_EVERY_S = 5
SAVING_AT_MOST = 0.05  # of the time: a large state is saved less often


class Saving:
    """MiniStack as an ASGI application that starts saving once it has loaded what was saved before."""

    def __init__(self) -> None:
        """Nothing is saved until MiniStack says that its start is complete."""
        self._task: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Passes everything on, and listens for the end of the start."""

        async def heard(message: Any) -> None:
            if message["type"] == "lifespan.startup.complete" and PERSIST_STATE:
                self._task = asyncio.create_task(save_often())
            await send(message)

        await app(scope, receive, heard if scope["type"] == "lifespan" else send)


async def save_often() -> None:
    """Saves the state again and again."""
    while True:
        started = time.monotonic()
        save_all(_build_persistence_save_dict())
        await asyncio.sleep(max(SAVE_EVERY_S, (time.monotonic() - started) / SAVING_AT_MOST))


async def told_to_stop() -> None:
    """Returns on SIGTERM, or when the parent is gone (its end of our standard input closes)."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGINT, stop.set)
    loop.add_reader(sys.stdin.fileno(), stop.set)  # nothing is ever written to it, so readable means closed
    await stop.wait()


async def run(listening: int) -> None:
    """Serves until told to stop; MiniStack saves its state once more when it stops."""
    config = Config()
    config.bind = [f"fd://{listening}"]
    config.keep_alive_timeout = 75
    config.loglevel = "WARNING"
    await serve(Saving(), config, shutdown_trigger=told_to_stop)


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1])))
