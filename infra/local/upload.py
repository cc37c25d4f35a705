"""A file that a browser sends to the hub on one machine: it goes to disk as it comes, never whole into memory.

On AWS nothing larger than API Gateway's 10 MB arrives, so there a timetable is named by its URL. Here the door takes
the one form that holds a file, puts the file into the hub's folder, and hands on the other fields and the file's path.
"""

from __future__ import annotations

import email.message
import mmap
import os
import re
import secrets
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedIOBase
    from pathlib import Path

UPLOAD = re.compile(r"/setup/([^/?]+)/upload$")
UPLOAD_MAX = 512 << 20  # bytes; the largest countries' feeds have some 300 MB
DRAINED_MAX = 4 << 30  # of what is too large: read and thrown away, so that the browser hears why
CHUNK = 1 << 20
FIELD_MAX = 10_000  # bytes of a field that is no file


class TooLarge(Exception):
    """More than `UPLOAD_MAX`."""


class NotAForm(Exception):
    """It is no multipart/form-data."""


@dataclass(frozen=True, slots=True)
class Received:
    """The form's other fields as a form's body, and where the file is; "" where none was sent."""

    fields: bytes
    path: str


def receive(stream: BufferedIOBase, length: int, content_type: str, folder: Path) -> Received:
    """Reads exactly `length` bytes of a form with one file. Raises `TooLarge`, `NotAForm`, `OSError`."""
    if length > UPLOAD_MAX:
        _drain(stream, min(length, DRAINED_MAX))
        raise TooLarge
    kind = email.message.Message()
    kind["content-type"] = content_type
    boundary = kind.get_param("boundary")
    if kind.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        _drain(stream, length)
        raise NotAForm
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as whole:
        left = length
        while left and (piece := stream.read(min(CHUNK, left))):
            whole.write(piece)
            left -= len(piece)
        whole.flush()
        if left or not length:
            raise NotAForm
        with mmap.mmap(whole.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _take_apart(data, b"--" + boundary.encode(), folder)


def _take_apart(data: mmap.mmap, mark: bytes, folder: Path) -> Received:
    fields: dict[str, str] = {}
    path = ""
    for begin, end in _parts(data, mark):
        head_end = data.find(b"\r\n\r\n", begin, end)
        if head_end < 0:
            continue
        head = email.message.Message()
        for line in data[begin:head_end].decode("utf-8", "replace").splitlines():
            name, _, value = line.partition(":")
            head[name.strip()] = value.strip()
        named, file = head.get_param("name", header="content-disposition"), head.get_filename()
        first = head_end + 4
        if file and end > first:
            path = _keep(data, first, end, folder)
        elif isinstance(named, str) and file is None:
            fields[named] = data[first : min(end, first + FIELD_MAX)].decode("utf-8", "replace")
    return Received(urlencode(fields).encode(), path)


def _parts(data: mmap.mmap, mark: bytes) -> Iterator[tuple[int, int]]:
    """Where each part begins and ends, its header included."""
    at = data.find(mark)
    while at >= 0 and (following := data.find(b"\r\n" + mark, at + len(mark))) >= 0:
        yield at + len(mark) + 2, following
        at = following + 2


def _keep(data: mmap.mmap, first: int, end: int, folder: Path) -> str:
    """Writes a part to a file of its own, whole or not at all."""
    target = folder / f"{secrets.token_hex(8)}.zip"
    part = target.with_suffix(".part")
    try:
        with part.open("wb") as file:
            for at in range(first, end, CHUNK):
                file.write(data[at : min(at + CHUNK, end)])
            file.flush()
            os.fsync(file.fileno())
        part.rename(target)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    return str(target)


def _drain(stream: BufferedIOBase, length: int) -> None:
    while length > 0 and (piece := stream.read(min(CHUNK, length))):
        length -= len(piece)
