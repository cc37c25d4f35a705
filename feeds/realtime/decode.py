"""Bytes from anywhere → one GTFS-Realtime message, or a clear rejection.

What comes in is not trusted: it may be gzipped (some servers do so unasked), a gzip bomb, cut short, an HTML page
with status 200, or simply too large. A rejected message never replaces the last good one.
"""

from __future__ import annotations

import zlib
from typing import Any

from google.protobuf.message import DecodeError
from google.transit import gtfs_realtime_pb2

MESSAGE_BYTES_MAX = 32 * 1024 * 1024  # what one answer may cost in memory; unpacked, too
MILLISECONDS_FROM = 10**11  # a number of seconds from this on (the year 5138) is one of milliseconds
LATEST_POSIX_S = 253_370_764_800  # the first of January 9999: later instants are none
GZIP_MAGIC = b"\x1f\x8b"


class Rejected(ValueError):
    """The message as a whole cannot be used. `reason` is one word for counters: too_large, not_protobuf and so on."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


def decode(data: bytes) -> Any:
    """The bytes as a `transit_realtime.FeedMessage`.

    Raises `Rejected`; the sentence says whose fault it is (nearly always the publisher's).
    """
    data = unpack(data)
    message = gtfs_realtime_pb2.FeedMessage()
    try:
        message.ParseFromString(data)
    except DecodeError as reason:
        what = "an HTML page" if data.lstrip()[:1] == b"<" else "something that is no GTFS-Realtime protobuf"
        raise Rejected("not_protobuf", f"the feed sent {what}; check its URL, then ask its publisher") from reason
    return message


def posix_of(stamp: int) -> int:
    """A stamp of a message as POSIX seconds; some feeds write milliseconds."""
    return stamp if stamp < MILLISECONDS_FROM else stamp // 1000


def unpack(data: bytes) -> bytes:
    """The bytes without gzip: not empty, not more than `MESSAGE_BYTES_MAX`. Raises `Rejected`."""
    if data.startswith(GZIP_MAGIC):
        data = _unzip(data)
    if len(data) > MESSAGE_BYTES_MAX:
        raise Rejected("too_large", f"the feed sent more than {MESSAGE_BYTES_MAX} bytes; its publisher must split it")
    if not data:
        raise Rejected("empty", "the feed sent nothing at all; ask its publisher")
    return data


def _unzip(data: bytes) -> bytes:
    """Never holds more than the limit, however small the bomb is."""
    unzipper = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        plain = unzipper.decompress(data, MESSAGE_BYTES_MAX + 1)
    except zlib.error as reason:
        raise Rejected("bad_gzip", "the feed sent broken gzip; ask its publisher") from reason
    if len(plain) <= MESSAGE_BYTES_MAX and not unzipper.eof:
        raise Rejected("bad_gzip", "the feed sent gzip that is cut short; ask its publisher")
    return plain
