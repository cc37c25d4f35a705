"""`Secrets` in one encrypted file; its key lies elsewhere, so that a copy of the folder opens nothing.

Fernet (AES-128-CBC with HMAC-SHA256, authenticated), each secret for itself. The key is made at the first secret. It is
no part of a backup: without it what is encrypted is lost, and the credentials have to be entered anew in the tools'
connections; nothing else of the hub depends on it.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.embedded.blobs import replace_safely
from chalicelib.embedded.database import translating
from chalicelib.foundation.ports import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cryptography.fernet import Fernet

KEY_FILE = "HUB_SECRETS_KEY_FILE"
OWNER_ONLY = 0o600


class EncryptedSecrets:
    """Credentials for tools' own interfaces, by name."""

    def __init__(self, file: Path, key_file: Path) -> None:
        """Neither need be there yet."""
        self._file = file
        self._key_file = key_file

    def read(self, name: str) -> Mapping[str, str]:
        """The named secret's fields. Raises `Unavailable`, `Refused` (there is none, or the key is not there)."""
        sealed = self._sealed()
        if name not in sealed:
            raise Refused(f"there is no secret {name}: enter it (`make secret NAME={name}`), or correct the connection")
        return self._unsealed(name, sealed[name])

    def write(self, name: str, fields: Mapping[str, str]) -> None:
        """Keeps the fields under the name. Raises `Unavailable`, `Refused` where the key of the others is lost."""
        with self._alone():
            sealed = self._sealed()
            cipher = self._cipher(may_make=not sealed)
            sealed[name] = cipher.encrypt(json.dumps(dict(fields)).encode()).decode()
            self._replace(sealed)

    def delete(self, name: str) -> None:
        """Afterwards there is no such secret. Raises `Unavailable`."""
        with self._alone():
            sealed = self._sealed()
            if sealed.pop(name, None) is not None:
                self._replace(sealed)

    def names(self) -> list[str]:
        """What secrets there are. Raises `Unavailable`."""
        return sorted(self._sealed())

    def _sealed(self) -> dict[str, str]:
        with translating():
            try:
                found: dict[str, str] = json.loads(self._file.read_text())
            except FileNotFoundError:
                return {}
            except ValueError:
                raise Refused(f"{self._file} is damaged: restore a backup, or delete it and enter all anew") from None
            return found

    def _unsealed(self, name: str, token: str) -> Mapping[str, str]:
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - 30 ms, and only who reads a secret pays

        try:
            fields: dict[str, str] = json.loads(self._cipher(may_make=False).decrypt(token.encode()))
        except InvalidToken:
            raise Refused(
                f"the key in {self._key_file} does not open the secret {name}: put back the one it was made with, or "
                f"enter the secret anew with `make secret NAME={name}`"
            ) from None
        return fields

    def _cipher(self, *, may_make: bool) -> Fernet:
        from cryptography.fernet import Fernet  # noqa: PLC0415 - 30 ms, and only who reads a secret pays

        with translating():
            if not self._key_file.exists():
                if not may_make:
                    raise Refused(
                        f"the key of the secrets is not at {self._key_file}: put it back (no backup has it), or "
                        f"delete {self._file} and enter the tools' credentials anew"
                    )
                key = Fernet.generate_key()
                replace_safely(self._key_file, lambda file: file.write(key))
                self._key_file.chmod(OWNER_ONLY)
            try:
                return Fernet(self._key_file.read_bytes().strip())
            except ValueError:
                raise Refused(
                    f"{self._key_file} holds no key: put the one back that these secrets were made with"
                ) from None

    def _replace(self, sealed: Mapping[str, str]) -> None:
        data = json.dumps(dict(sealed), indent=1).encode()
        with translating():
            replace_safely(self._file, lambda file: file.write(data))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other process changes the file meanwhile."""
        with translating():
            lock = os.open(self._file.with_name("secrets-turn"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, OWNER_ONLY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
            finally:
                os.close(lock)


def key_file_of(environment: Mapping[str, str]) -> Path:
    """Where the key lies: what the variable says, else the user's own folder of settings."""
    if given := environment.get(KEY_FILE):
        return Path(given)
    settings = environment.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(settings) / "live-ticket-hub" / "secrets-key"
