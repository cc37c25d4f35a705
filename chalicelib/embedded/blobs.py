"""`Bucket` in files: a blob is there whole or not at all, and stays through a power cut."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from chalicelib.embedded.database import translating
from chalicelib.embedded.machine import sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import BinaryIO

CHUNK_BYTES = 1 << 20
NAME_MAX = 200  # characters of a file's name; Linux takes 255 bytes
KEEP_DAYS: Mapping[str, int] = {  # as the bucket's rules in infra/hub.yaml; a test compares
    "timetables/": 400,
    "gtfs/": 60,
    "conditions/": 8,
    "bikes/": 8,
    "bodies/30/": 30,
    "bodies/90/": 90,
    "inbox/": 90,
    "mail/": 14,
}


class FileBucket:
    """Large blobs by key, a file each. Readers never see half of one: a new file takes the old one's name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _path(self, key: str) -> Path:
        """Whatever a key holds, its file lies in the folder."""
        name = quote(key, safe="", errors="surrogatepass").replace(".", "%2E")
        if len(name) > NAME_MAX:
            name = name[: NAME_MAX // 2] + hashlib.sha256(name.encode()).hexdigest()
        return self._folder / hashlib.sha256(name.encode()).hexdigest()[:2] / name

    def put(self, key: str, data: bytes) -> None:
        """Stores the blob whole. Raises `Unavailable`."""
        with translating():
            replace_safely(self._path(key), lambda file: file.write(data))

    def put_file(self, key: str, path: Path) -> None:
        """Stores a file's content whole. Raises `Unavailable`."""
        with path.open("rb") as source, translating():
            replace_safely(self._path(key), lambda file: shutil.copyfileobj(source, file, CHUNK_BYTES))

    def get(self, key: str) -> bytes | None:
        """The blob, or None. Raises `Unavailable`."""
        with translating():
            try:
                return self._path(key).read_bytes()
            except FileNotFoundError:
                return None

    def fetch(self, key: str, path: Path) -> bool:
        """Writes the blob to `path`, atomically; False if there is none. Raises `Unavailable`."""
        with translating():
            try:
                source = self._path(key).open("rb")
            except FileNotFoundError:
                return False
            with source:
                path.parent.mkdir(parents=True, exist_ok=True)
                replace_safely(path, lambda file: shutil.copyfileobj(source, file, CHUNK_BYTES), durably=False)
            return True

    def delete_old(self, now_s: float) -> int:
        """Deletes blobs that were kept as long as `KEEP_DAYS` says of what their key begins with; how many."""
        keep = {quote(prefix, safe=""): days for prefix, days in KEEP_DAYS.items()}
        old = [
            path
            for path in self._folder.glob("??/*")
            for prefix, days in keep.items()
            if path.name.startswith(prefix) and path.stat().st_mtime < now_s - days * 86_400
        ]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)


def replace_safely(path: Path, write: Callable[[BinaryIO], object], *, durably: bool = True) -> None:
    """Gives the file new content: all of it or none, and on the disk when this returns, its name too."""
    if not path.parent.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        sync_folder(path.parent.parent)
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:NAME_MAX]}.")
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            if durably:
                os.fsync(file.fileno())
        Path(part).replace(path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
    if durably:
        sync_folder(path.parent)
