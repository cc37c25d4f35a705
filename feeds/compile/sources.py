"""The zips that a feed names, on this disk: fetched when they changed, else from our own copy in the bucket."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from feeds.compile.download import NotFetched

if TYPE_CHECKING:
    from chalicelib.ports import Bucket
    from chalicelib.transit.feed import Feed
    from feeds.compile.download import Fetched


class Fetch(Protocol):
    """How a URL becomes a file; see `download.Downloader.fetch`."""

    def __call__(self, url: str, path: Path, tag: str = "") -> Fetched:
        """Raises `NotFetched`."""
        ...


@dataclass(frozen=True, slots=True)
class Gathered:
    """All zips of a feed, and the tags by which the next conditional request can name them."""

    paths: tuple[Path, ...]
    tags: dict[str, str]


def gather(feed: Feed, folder: Path, bucket: Bucket, fetch: Fetch, *, allow_paths: bool) -> Gathered:
    """Fetches a feed's sources into `folder`. Raises `NotFetched`, `Unavailable`."""
    paths, tags = [], {}
    for number, source in enumerate(feed.gtfs, start=1):
        path = folder / f"{number}-{_stem(source)}.zip"
        if source.startswith(("http://", "https://")):
            tags[source] = _fetched(source, path, feed.etag.get(source, ""), bucket, fetch)
            paths.append(path)
        elif allow_paths and Path(source).is_file():
            paths.append(Path(source))
        else:
            raise NotFetched(f"{source!r} is no file that this machine may read; correct the feed's configuration")
    return Gathered(tuple(paths), {source: tag for source, tag in tags.items() if tag})


def _fetched(url: str, path: Path, tag: str, bucket: Bucket, fetch: Fetch) -> str:
    answer = fetch(url, path, tag)
    if answer.changed:
        if answer.tag:
            bucket.put_file(_copy_key(url, answer.tag), path)
        return answer.tag
    if bucket.fetch(_copy_key(url, tag), path):
        return tag
    return fetch(url, path).tag  # our copy is gone: the whole feed, please


def _copy_key(url: str, tag: str) -> str:
    return f"gtfs/{hashlib.sha256(f'{url} {tag}'.encode()).hexdigest()[:32]}.zip"


def _stem(source: str) -> str:
    """The file name of a source as a short name for its feed."""
    stem = Path(source.partition("?")[0].rstrip("/")).stem
    return "".join(letter for letter in stem if letter.isalnum() or letter in "-_")[:40] or "feed"
