"""A recorded day: snapshots of live data from a folder or a tar, in the order in which they were published."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING, Any, NamedTuple

from feeds.realtime.decode import MESSAGE_BYTES_MAX, Rejected, decode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SNAPSHOTS_MAX = 100_000  # files of one recording: a day of one a second


class NoRecording(ValueError):
    """The folder or tar holds nothing that can be played."""


class Snapshot(NamedTuple):
    """One published message; `at` is its header's time, POSIX s."""

    at: int
    name: str
    data: bytes


def read_snapshots(path: Path) -> list[Snapshot]:
    """All usable snapshots by time. Files that are no message are left out. Raises `NoRecording`, `OSError`."""
    found = []
    for name, data in _files(path):
        try:
            at = int(decode(data).header.timestamp)
        except Rejected:
            continue
        if at:
            found.append(Snapshot(at, name, data))
    if not found:
        raise NoRecording(f"{path.name} holds no GTFS-Realtime message with a time: give a folder or tar of snapshots")
    return sorted(found, key=lambda one: (one.at, one.name))


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        for file in sorted(path.rglob("*"))[:SNAPSHOTS_MAX]:
            if file.is_file() and file.stat().st_size <= MESSAGE_BYTES_MAX:
                yield file.name, file.read_bytes()
        return
    try:
        with tarfile.open(path) as packed:
            yield from _members(packed)
    except tarfile.TarError as reason:
        raise NoRecording(f"{path.name} is neither a folder nor a tar of snapshots") from reason


def _members(packed: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    for number, member in enumerate(packed):
        if number >= SNAPSHOTS_MAX:
            raise NoRecording(f"more than {SNAPSHOTS_MAX} files: play a day at a time")
        file: Any = packed.extractfile(member) if member.isfile() and member.size <= MESSAGE_BYTES_MAX else None
        if file is not None:
            yield member.name.rsplit("/", 1)[-1], file.read()
