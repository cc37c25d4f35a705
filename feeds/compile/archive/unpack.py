"""A GTFS zip is unpacked as if its sender were careless or hostile: capped, flattened, and turned into clean UTF-8.

What the rest of the compiler may rely on: every file is UTF-8 without a byte order mark or NUL bytes.
"""

from __future__ import annotations

import codecs
import hashlib
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING

from feeds.compile.findings import Unusable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from feeds.compile.findings import Findings

GTFS_TABLES = (
    "agency",
    "stops",
    "routes",
    "trips",
    "stop_times",
    "calendar",
    "calendar_dates",
    "frequencies",
    "transfers",
    "pathways",
    "booking_rules",
    "shapes",
)
FEED_TABLES = frozenset({"stops", "routes", "trips", "stop_times"})  # what a folder has that is a feed by itself
FOLDERS_NAMED = 5
PIECE_BYTES = 1 << 20  # read at a time, so that a member of any size fits into memory


@dataclass(frozen=True, slots=True)
class Limits:
    """What an archive may cost us. The largest public feeds (all of Germany, of the Netherlands) stay below these."""

    members_max: int = 1000
    unpacked_max: int = 8 << 30  # bytes of all tables together
    ratio_max: int = 200  # unpacked / packed of one member above `ratio_free`; honest GTFS is below 30
    ratio_free: int = 10 << 20  # bytes


LIMITS = Limits()


def digest(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unpack(path: Path, folder: Path, findings: Findings, limits: Limits = LIMITS) -> None:
    """Writes the GTFS tables of a zip as clean text files into `folder`. Raises `Unusable`."""
    try:
        with zipfile.ZipFile(path) as zipped:
            for name, member in _tables(zipped, findings, limits).items():
                with zipped.open(member) as packed:
                    _clean(packed, folder / f"{name}.txt", member, findings, limits)
    except FileNotFoundError:
        raise Unusable(f"{path}: no such file; check the path") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise Unusable(f"{path.name} is no readable zip archive ({error}); the publisher has to fix it") from error


def _tables(zipped: zipfile.ZipFile, findings: Findings, limits: Limits) -> dict[str, zipfile.ZipInfo]:
    members = zipped.infolist()
    if len(members) > limits.members_max:
        raise Unusable(f"the zip holds {len(members)} files, more than {limits.members_max}: that is no GTFS feed")
    found = _in_one_folder(members, findings)
    if sum(member.file_size for member in found.values()) > limits.unpacked_max:
        raise Unusable(f"the zip unpacks to more than {limits.unpacked_max >> 20} MiB: refused")
    return found


def _in_one_folder(members: Iterable[zipfile.ZipInfo], findings: Findings) -> dict[str, zipfile.ZipInfo]:
    """The tables of that folder which holds most of them (a tie: the outermost).

    Raises `Unusable` for none, and for several feeds: nobody said which is meant.
    """
    folders: dict[PurePosixPath, dict[str, zipfile.ZipInfo]] = {}
    inner = ""
    for member in members:
        at = PurePosixPath(member.filename.replace("\\", "/"))
        if at.suffix.lower() == ".zip":
            inner = member.filename
        if at.suffix.lower() == ".txt" and at.stem.lower() in GTFS_TABLES and "__MACOSX" not in at.parts:
            folders.setdefault(at.parent, {}).setdefault(at.stem.lower(), member)
    if not folders:
        hint = f"it holds another zip ({inner})" if inner else "none of its files is a GTFS table"
        raise Unusable(f"the zip is no GTFS feed: {hint}; check the URL, or the publisher has to fix it")
    feeds = sorted(str(at) for at, tables in folders.items() if tables.keys() >= FEED_TABLES)
    if len(feeds) > 1:
        named = ", ".join("the top" if name == "." else name for name in feeds[:FOLDERS_NAMED])
        raise Unusable(
            f"the zip holds {len(feeds)} feeds ({named}); pack each into a zip of its own and configure both"
        )
    folder = max(folders, key=lambda at: (len(folders[at]), -len(at.parts)))
    if folder.parts:
        findings.add("", 0, f"the tables are inside the folder {folder}", "should be at the top; read all the same")
    return folders[folder]


def _clean(packed: IO[bytes], to: Path, member: zipfile.ZipInfo, findings: Findings, limits: Limits) -> None:
    """Copies one member piece by piece; sizes are counted as they arrive, whatever the directory claims."""
    free = max(limits.ratio_free, limits.ratio_max * max(member.compress_size, 1))
    first = packed.read(PIECE_BYTES)
    is_utf_16 = first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    decoder = codecs.getincrementaldecoder("utf-16" if is_utf_16 else "utf-8-sig")(errors="replace")
    written = 0
    replaced = has_nul = False
    with to.open("w", encoding="utf-8", newline="") as out:
        piece = first
        while piece:
            written += len(piece)
            if written > min(free, limits.unpacked_max):
                raise Unusable(f"{to.name} unpacks to far more than its packed size: refused as a zip bomb")
            text = decoder.decode(piece)
            has_nul = has_nul or "\x00" in text
            text = text.replace("\x00", "")
            replaced = replaced or "\ufffd" in text
            out.write(text)
            piece = packed.read(PIECE_BYTES)
        out.write(decoder.decode(b"", final=True))
    if is_utf_16:
        findings.add(to.name, 0, "is UTF-16", "should be UTF-8; read all the same")
    if has_nul:
        findings.add(to.name, 0, "holds NUL bytes", "read without them")
    if replaced:
        findings.add(to.name, 0, "holds bytes that are not UTF-8", "shown as \ufffd; ids with them still match")
