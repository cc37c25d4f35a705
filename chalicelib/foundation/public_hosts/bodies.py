"""Bodies of answers, unpacked in small pieces: whoever reads one counts what it becomes, not what was sent.

A few hundred bytes that were packed several times become gigabytes in one step. So plain bytes are asked for, one
packing that comes all the same is undone piece by piece, and several packings, or an unknown one, are refused.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

PLAIN = "identity"
PIECE_BYTES_MAX = 64 * 1024  # of an unpacked piece
_GZIP = frozenset({"gzip", "x-gzip"})  # two names of one packing (RFC 9110 §8.4.1.3)
_GZIP_HEAD = b"\x1f\x8b"
_DEFLATE_METHOD = 8  # in the low half of the first byte of a zlib stream (RFC 1950 §2.2)


class TooManyBytes(Exception):
    """A body is larger than what its reader takes."""


def read_at_most(answer: httpx.Response, bytes_max: int) -> bytes:
    """The body of an answer that streams. Raises `TooManyBytes`, and httpx's errors."""
    body = bytearray()
    for piece in answer.iter_bytes():  # as it comes: gathered pieces of a trickle would take for ever
        body += piece
        if len(body) > bytes_max:
            raise TooManyBytes
    return bytes(body)


def unpacked(answer: httpx.Response) -> httpx.Response:
    """The answer with a plain body. Raises `httpx.DecodingError` where it is packed in a way that is refused."""
    packings = [name.strip().lower() for name in answer.headers.get("content-encoding", "").split(",")]
    packings = [name for name in packings if name not in {"", PLAIN}]
    if not packings:
        return answer
    if len(packings) > 1 or packings[0] not in _GZIP | {"deflate"}:
        raise httpx.DecodingError("the answer is packed in a way that was not asked for")
    of_packed = {"content-encoding", "content-length"}
    return httpx.Response(
        answer.status_code,
        headers=[(name, value) for name, value in answer.headers.multi_items() if name not in of_packed],
        stream=_UnpackedStream(answer, Unpacking(packings[0])),
        extensions=answer.extensions,
    )


class Unpacking:
    """Undoes one packing, gzip or deflate, as the bytes come in."""

    def __init__(self, packing: str) -> None:
        self._is_gzip = packing in _GZIP
        self._stream: zlib._Decompress | None = None

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """What the next bytes become, `PIECE_BYTES_MAX` at a time. Raises `httpx.DecodingError`."""
        more = bool(data)
        while more:
            if self._stream is None or (self._stream.eof and self._is_gzip and data.startswith(_GZIP_HEAD)):
                self._stream = self._begin(data[0])  # gzip may be of several members (RFC 1952 §2.2)
            if self._stream.eof:
                return  # what else follows is padding
            try:
                piece = self._stream.decompress(data, PIECE_BYTES_MAX)
            except zlib.error:
                raise httpx.DecodingError("the answer is not packed as it says") from None
            data = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
            more = bool(data) or (len(piece) == PIECE_BYTES_MAX and not self._stream.eof)
            if piece:
                yield piece

    def check_end(self) -> None:
        """Raises `httpx.DecodingError` where the body broke off."""
        if self._stream is not None and not self._stream.eof:
            raise httpx.DecodingError("the answer breaks off")

    def _begin(self, first: int) -> zlib._Decompress:
        if self._is_gzip:
            return zlib.decompressobj(16 + zlib.MAX_WBITS)
        has_head = first & 0x0F == _DEFLATE_METHOD  # without it: what many servers call deflate
        return zlib.decompressobj(zlib.MAX_WBITS if has_head else -zlib.MAX_WBITS)


class _UnpackedStream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The plain bytes of an answer whose body is packed."""

    def __init__(self, answer: httpx.Response, unpacking: Unpacking) -> None:
        self._stream, self._unpacking = answer.stream, unpacking

    def __iter__(self) -> Iterator[bytes]:
        assert isinstance(self._stream, httpx.SyncByteStream)
        for data in self._stream:
            yield from self._unpacking.pieces(data)
        self._unpacking.check_end()

    def close(self) -> None:
        assert isinstance(self._stream, httpx.SyncByteStream)
        self._stream.close()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        assert isinstance(self._stream, httpx.AsyncByteStream)
        async for data in self._stream:
            for piece in self._unpacking.pieces(data):
                yield piece
        self._unpacking.check_end()

    async def aclose(self) -> None:
        assert isinstance(self._stream, httpx.AsyncByteStream)
        await self._stream.aclose()
