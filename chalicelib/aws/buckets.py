"""`Bucket` on S3."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.aws.calls import reaching

if TYPE_CHECKING:
    from chalicelib.aws.calls import Clients

BLOB_READ_TIMEOUT_S = 20
CHUNK_BYTES = 1 << 20


class S3Bucket:
    """Large blobs by key. The role needs s3:ListBucket too, or S3 answers 403 instead of 404 for a missing key."""

    def __init__(self, clients: Clients, name: str) -> None:
        """`name` is the bucket's."""
        self._clients = clients
        self._name = name

    @property
    def _s3(self) -> Any:
        return self._clients.get("s3", read_timeout_s=BLOB_READ_TIMEOUT_S)

    def put(self, key: str, data: bytes) -> None:
        """Stores the blob whole. Raises `Unavailable`."""
        client = self._s3
        with reaching("S3"):
            client.put_object(Bucket=self._name, Key=key, Body=data)

    def put_file(self, key: str, path: Path) -> None:
        """Stores a file's content whole (5 GB at most, by S3). Raises `Unavailable`."""
        client = self._s3
        with path.open("rb") as body, reaching("S3"):
            client.put_object(Bucket=self._name, Key=key, Body=body)

    def _open(self, key: str) -> Any:
        client = self._s3
        try:
            with reaching("S3"):
                return client.get_object(Bucket=self._name, Key=key)["Body"]
        except client.exceptions.NoSuchKey:
            return None

    def get(self, key: str) -> bytes | None:
        """The blob, or None. Raises `Unavailable`."""
        body = self._open(key)
        if body is None:
            return None
        with body, reaching("S3"):
            data: bytes = body.read()
            return data

    def fetch(self, key: str, path: Path) -> bool:
        """Writes the blob to `path`, atomically; False if there is none. Raises `Unavailable`."""
        body = self._open(key)
        if body is None:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file, body, reaching("S3"):
                shutil.copyfileobj(body, file, CHUNK_BYTES)
            Path(part).replace(path)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise
        return True
