"""The folder of `make run`, from the command line: `python -m infra.local.folder backup | restore | secret`.

    make backup TO=FILE.tar     while the hub runs or not; one file, readable by its owner only
    make restore FROM=FILE.tar  into a folder that holds nothing yet (HUB_LOCAL_DIR, or .local)
    make secret NAME=square     asks for `field=value` lines, as a tool's page in the documentation names them

A backup holds documents, queues, outbox, blobs and the encrypted secrets. It does not hold the key of the secrets nor
the operator's key: keep the first elsewhere (the command says where it lies); the second is made anew.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import sqlite3
import sys
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path

from chalicelib.embedded.machine import sync_folder
from chalicelib.embedded.secrets import EncryptedSecrets, key_file_of
from chalicelib.embedded.shape import SHAPE
from chalicelib.foundation.ports import Refused, Unavailable

ROOT = Path(__file__).resolve().parents[2]
UNUSABLE = 2
DATABASE, BLOBS, SECRETS = "hub.db", "blobs", "secrets.json"


class CannotDo(Exception):
    """Why, and what to do, in one line."""


def default_folder() -> Path:
    """Where `make run` keeps its state."""
    return Path(os.environ.get("HUB_LOCAL_DIR") or ROOT / ".local")


def back_up(folder: Path, to: Path) -> int:
    """Writes the backup, whole or not at all; its size in bytes. Raises `CannotDo`."""
    if not (folder / DATABASE).exists():
        raise CannotDo(f"there is nothing to back up in {folder}: set HUB_LOCAL_DIR to the folder of the hub")
    if to.exists():
        raise CannotDo(f"{to} is there already: choose another name, or remove it")
    try:
        with tempfile.TemporaryDirectory(dir=to.resolve().parent, prefix=".backup-") as name:
            part = Path(name)
            with closing(sqlite3.connect(folder / DATABASE)) as connection:
                connection.execute("VACUUM INTO ?", [str(part / DATABASE)])  # as of one instant; nobody waits for it
            with (part / "all.tar").open("xb") as file:
                (part / "all.tar").chmod(0o600)
                with tarfile.open(fileobj=file, mode="w") as tar:
                    tar.add(part / DATABASE, DATABASE)
                    _add_what_is_there(tar, folder)
                file.flush()
                os.fsync(file.fileno())
            (part / "all.tar").replace(to)
        sync_folder(to.resolve().parent)
    except sqlite3.Error as error:
        raise CannotDo(f"{folder / DATABASE} cannot be read: {error}") from error
    except OSError as error:
        raise CannotDo(f"{to} cannot be written: {error.strerror}") from error
    return to.stat().st_size


def _add_what_is_there(tar: tarfile.TarFile, folder: Path) -> None:
    """Blobs, which are replaced whole, and secrets; what is deleted meanwhile is left out, for nothing names it."""
    for file in [folder / SECRETS, *sorted((folder / BLOBS).glob("??/*"))]:
        if not file.name.startswith("."):
            try:
                tar.add(file, str(file.relative_to(folder)), recursive=False)
            except FileNotFoundError:
                continue


def restore(source: Path, folder: Path) -> None:
    """Makes the folder what it was at the backup. Raises `CannotDo`; then the folder is as it was."""
    if (folder / DATABASE).exists():
        raise CannotDo(f"{folder} holds a hub already: move it away first, or set HUB_LOCAL_DIR to another folder")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotDo(f"the hub is running on {folder}: stop it first") from None
        part = Path(tempfile.mkdtemp(dir=folder, prefix=".restore-"))
        try:
            _unpack(source, part)
            check(part / DATABASE, source)
            for name in (BLOBS, SECRETS, DATABASE):  # the database last: with it the folder holds a hub
                if (part / name).exists():
                    (part / name).replace(folder / name)
            sync_folder(folder)
        except OSError as error:
            raise CannotDo(f"{source} cannot be restored: {error.strerror}") from error
        finally:
            shutil.rmtree(part, ignore_errors=True)


def _unpack(source: Path, part: Path) -> None:
    try:
        with tarfile.open(source) as tar:
            known = [one for one in tar if one.isfile() and one.name.split("/")[0] in {DATABASE, BLOBS, SECRETS}]
            tar.extractall(part, known, filter="data")
    except FileNotFoundError:
        raise CannotDo(f"there is no file {source}") from None
    except tarfile.TarError as error:
        raise CannotDo(f"{source} is no whole backup: {error}") from error


def check(database: Path, source: Path) -> None:
    """Raises `CannotDo` where a backup's database is not there, not whole, or of a newer version."""
    if not database.exists():
        raise CannotDo(f"{source} is no backup of a hub: it has no {DATABASE}")
    try:
        with closing(sqlite3.connect(database)) as connection:
            found = connection.execute("PRAGMA integrity_check").fetchone()[0]
            shape = connection.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.Error as error:
        raise CannotDo(f"{source} is damaged: {error}") from error
    if found != "ok":
        raise CannotDo(f"{source} is damaged: {found}")
    if shape > SHAPE:
        raise CannotDo(
            f"{source} was made by a newer version of the hub ({shape}, this one knows {SHAPE}): run that one"
        )


def enter_secret(name: str, lines: list[str], folder: Path) -> str:
    """Keeps a tool's credentials, `field=value` a line; where their key lies. Raises `CannotDo`."""
    fields = {field.strip(): value.strip() for field, equals, value in (one.partition("=") for one in lines) if equals}
    if not fields:
        raise CannotDo("nothing was entered: write lines like token=…")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key_file = key_file_of(os.environ)
    try:
        EncryptedSecrets(folder / SECRETS, key_file).write(name, fields)
    except (Refused, Unavailable) as error:
        raise CannotDo(str(error)) from error
    return str(key_file)


def main() -> int:
    """Does what was asked; 2 with one line where it cannot be done."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.folder", description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("backup").add_argument("to", type=Path)
    commands.add_parser("restore").add_argument("source", type=Path)
    commands.add_parser("secret").add_argument("name")
    given = parser.parse_args()
    folder = default_folder()
    os.umask(0o077)
    try:
        if given.command == "backup":
            size = back_up(folder, given.to)
            print(f"{given.to}: {size / 1e6:.1f} MB. The key of the secrets is not in it: {key_file_of(os.environ)}")
        elif given.command == "restore":
            restore(given.source, folder)
            print(f"restored into {folder}; secrets open with the key in {key_file_of(os.environ)}; now: make run")
        else:
            print("field=value, one a line; end with Ctrl-D", file=sys.stderr)
            key_file = enter_secret(given.name, sys.stdin.readlines(), folder)
            print(f"kept, encrypted; its key lies in {key_file}: back that up elsewhere than the folder")
    except CannotDo as error:
        print(error, file=sys.stderr)
        return UNUSABLE
    return 0


if __name__ == "__main__":
    sys.exit(main())
