"""A disk with faults for processes that a test starts: slow, full, or one whose power is cut (`disk.c` says how)."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("disk.c")


def build(folder: Path) -> dict[str, str]:
    """Compiles the library there; the environment in which it is loaded. Needs a C compiler."""
    library = folder / "disk.so"
    if not library.exists():
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE), "-ldl"], check=True)
    return {"LD_PRELOAD": str(library)}


def slow(folder: Path, fsync_ms: float) -> dict[str, str]:
    """The environment of a process each of whose fsyncs takes so much longer."""
    return build(folder) | {"DISK_FSYNC_MS": str(fsync_ms)}


def may_be_full(folder: Path, below: Path) -> tuple[dict[str, str], Path]:
    """The environment of a process that cannot write below a folder while a file exists, and that file."""
    flag = folder / "full"
    return build(folder) | {"DISK_FOLDER": str(below), "DISK_FULL": str(flag)}, flag


def recorded(folder: Path, below: Path) -> tuple[dict[str, str], Path]:
    """The environment of a process whose fsyncs below a folder are recorded, and the record, for `after_the_cut`.

    What lies in the folder already counts as synced.
    """
    shadow = folder / "shadow"
    shadow.mkdir(exist_ok=True)
    take_as_synced(shadow, below)
    return build(folder) | {"DISK_FOLDER": str(below), "DISK_SHADOW": str(shadow)}, shadow


def take_as_synced(shadow: Path, below: Path) -> None:
    """The record begins with what lies in the folder."""
    for one in [below, *below.rglob("*")]:
        inode = one.stat().st_ino
        if one.is_dir():
            names = [f"{child.stat().st_ino} {child.name}\n" for child in one.iterdir()]
            (shadow / f"folder-{inode}").write_text(f"{one}\n{''.join(names)}")
        else:
            shutil.copyfile(one, shadow / f"file-{inode}")


def after_the_cut(shadow: Path, below: Path) -> list[Path]:
    """Makes the folder what a power cut leaves of it: what was synced, under names that were; those files."""
    left: dict[Path, bytes] = {}
    for listing in shadow.glob("folder-*"):
        if listing.suffix == ".part":
            continue
        path, *names = listing.read_text().splitlines()
        for line in names:
            inode, name = line.split(" ", 1)
            content = shadow / f"file-{inode}"
            if content.exists():
                left[Path(path) / name] = content.read_bytes()
    shutil.rmtree(below)
    below.mkdir(mode=0o700)
    for file, data in left.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    for record in shadow.iterdir():
        record.unlink()
    take_as_synced(shadow, below)
    return sorted(left)
