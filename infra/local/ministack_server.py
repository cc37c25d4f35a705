"""MiniStack as a child process: serves on the socket it is given, saves its state often, ends when its parent does.

`python -m infra.local.ministack_server FD`, started by `infra/local/ministack.py` with MiniStack's variables set. By
itself MiniStack saves only on a clean stop; here it also saves every few seconds, so that `kill -9` costs seconds and
not the day. A forked child does it: it has everything as it is between two requests (another thread would save half of
a change), and nobody waits for it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from typing import Any, NoReturn

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack.app import _build_persistence_save_dict, app
from ministack.core.persistence import PERSIST_STATE, save_all

from infra.local.ministack_guard import Guard

SAVE_EVERY_S = 5
LOG_FD, FDS_MAX = 2, 65_536
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

        async def told() -> Any:
            message = await receive()
            if message["type"] == "lifespan.shutdown" and self._task:  # MiniStack saves by itself now
                self._task.cancel()
                await asyncio.wait([self._task])
            return message

        if scope["type"] == "lifespan":
            await app(scope, told, heard)
        else:
            await app(scope, receive, send)


async def save_often() -> None:
    """Saves the state again and again."""
    while True:
        started = time.monotonic()
        child = os.fork()  # on the event loop's thread, so that no request is half done
        if child == 0:
            save_and_end()
        await ended(child)
        await asyncio.sleep(max(SAVE_EVERY_S, (time.monotonic() - started) / SAVING_AT_MOST))


async def ended(child: int) -> None:
    """Returns when the child has ended; ends it where nobody waits for it any more."""
    over, watching = asyncio.Event(), os.pidfd_open(child)
    asyncio.get_running_loop().add_reader(watching, over.set)
    try:
        await over.wait()
    finally:
        asyncio.get_running_loop().remove_reader(watching)
        os.close(watching)
        end(child)


def end(child: int) -> None:
    """Ends the child, if it lives, and lets the system forget it."""
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def save_and_end() -> NoReturn:
    """What the child does: it writes files, touches nothing that it shares with its parent, and never returns."""
    try:
        os.closerange(LOG_FD + 1, FDS_MAX)
        os.nice(10)
        save_all(_build_persistence_save_dict())
    finally:
        os._exit(0)


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
    guard = Guard(
        Saving(),
        os.environ["AWS_SECRET_ACCESS_KEY"],
        int(os.environ["GATEWAY_PORT"]),
        has_public_api="SERVICES" not in os.environ,
    )
    config = Config()
    config.bind = [f"fd://{listening}"]
    config.keep_alive_timeout = 75
    config.loglevel = "WARNING"
    await serve(guard, config, shutdown_trigger=told_to_stop)


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1])))
