"""The real parts behind the ports on one machine: one folder, no other service.

| variable | what |
|---|---|
| HUB_STORE | `embedded`: the folder holds everything; else the hub's parts are those of `aws/environment.py` |
| HUB_LOCAL_DIR | the folder |
| HUB_ADMIN_KEY | the key of admin calls |
| HUB_SECRETS_KEY_FILE | where the key of the secrets lies; without it in the user's folder of settings |

| in the folder | what |
|---|---|
| `hub.db`, `hub.db-wal`, `hub.db-shm` | documents, queues, outbox, schedules (SQLite) |
| `blobs/` | the bucket |
| `secrets.json` | credentials, encrypted |
| `turn`, `secrets-turn` | locks; empty |
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.embedded.blobs import FileBucket
from chalicelib.embedded.database import Database
from chalicelib.embedded.documents import SqliteDocuments
from chalicelib.embedded.outbox import OutboxMail, OutboxTexts, OutboxTopic, StoredOutbox
from chalicelib.embedded.queues import SqliteQueues
from chalicelib.embedded.schedules import StoredSchedules
from chalicelib.embedded.secrets import EncryptedSecrets, key_file_of
from chalicelib.embedded.shape import bring_up

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.foundation.ports import Clock

FOLDER = "HUB_LOCAL_DIR"
EXPIRED_FOR_S = 2 * 3600  # before an expired document is deleted: a clock that jumped ahead may come back
DELETED_AT_ONCE = 2000


class Embedded:
    """The doors of `ports`, in one folder. Several processes may have it open."""

    def __init__(self, folder: Path, clock: Clock, environment: Mapping[str, str] | None = None) -> None:
        """Opens the folder, makes what is missing in it. Raises `Unavailable`, `shape.NewerFolder`."""
        given = os.environ if environment is None else environment
        self._clock = clock
        self.database = Database(folder / "hub.db")
        self.database.prepare(bring_up)
        self.documents = SqliteDocuments(self.database, clock)
        self.queues = self.queue_care = SqliteQueues(self.database)
        self.bucket = FileBucket(folder / "blobs")
        self.outbox = self.shown_outbox = StoredOutbox(self.database, clock)
        self.texts = OutboxTexts(self.outbox)
        self.text_line = ("outbox", 0.0)
        self.mail = OutboxMail(self.outbox)
        self.topic = OutboxTopic(self.outbox)
        self.secrets = EncryptedSecrets(folder / "secrets.json", key_file_of(given))
        self.schedules = StoredSchedules(self.database)
        self.admin_key: Callable[[], str] = lambda: given.get("HUB_ADMIN_KEY", "")

    @classmethod
    def from_environment(cls, clock: Clock) -> Embedded:
        """As this process's environment says. Raises `KeyError`, `Unavailable`, `shape.NewerFolder`."""
        return cls(Path(os.environ[FOLDER]), clock)

    def tidy(self) -> None:
        """Deletes what has expired everywhere; to be called now and then. Raises `Unavailable`."""
        now_s = int(self._clock.now().timestamp())
        while self.documents.delete_expired(now_s - EXPIRED_FOR_S, DELETED_AT_ONCE) >= DELETED_AT_ONCE:
            pass
        self.queues.tidy()
        self.outbox.delete_old()
        self.bucket.delete_old(now_s)

    def close(self) -> None:
        """Lets go of the folder."""
        self.database.close()
