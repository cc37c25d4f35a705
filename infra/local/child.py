"""What the processes of one machine share: they end in order when told to, and never outlive their supervisor."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

from chalicelib.foundation.logs import install_logs

PARENT_FD = "HUB_LOCAL_PARENT_FD"


def stop_event() -> threading.Event:
    """Set on SIGTERM and SIGINT, and when the supervisor is gone (its end of HUB_LOCAL_PARENT_FD closes)."""
    stop = threading.Event()

    def told(*_: Any) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)
    if PARENT_FD in os.environ:
        threading.Thread(target=_watch, args=(int(os.environ[PARENT_FD]), stop), daemon=True).start()
    return stop


def _watch(parent: int, stop: threading.Event) -> None:
    os.read(parent, 1)  # nothing is ever written: returns when the other end closes
    stop.set()


def log_to_standard_error() -> None:
    """Lines for a person, or JSON with HUB_LOG=json; the supervisor points standard error at a file."""
    os.environ.setdefault("HUB_LOG", "lines")
    install_logs()
