"""The zips that a feed names, on this disk: fetched when they changed, else from our own copy in the bucket."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from feeds.compile.archive.download import NotFetched

if TYPE_CHECKING:
    from chalicelib.foundation.ports import Bucket
    from chalicelib.transit.data.feed import Feed
    from feeds.compile.archive.download import Download


class Fetch(Protocol):
    """How a URL becomes a file; see `download.Downloader.fetch`."""

    def __call__(self, url: str, path: Path, tag: str = "") -> Download:
        """Raises `NotFetched`."""
        ...


@dataclass(frozen=True, slots=True)
class FeedSources:
    """All zips of a feed, its street extract, and the tags by which the next conditional request can name them."""

    paths: tuple[Path, ...]
    extract: Path | None
    tags: dict[str, str]


def gather(feed: Feed, folder: Path, bucket: Bucket, fetch: Fetch, *, allow_paths: bool) -> FeedSources:
    """Fetches a feed's sources into `folder`. Raises `NotFetched`, `Unavailable`."""
    tags: dict[str, str] = {}

    def local(source: str, name: str) -> Path:
        if source.startswith(("http://", "https://")):
            tags[source] = _fetch_source(source, folder / name, feed.etag.get(source, ""), bucket, fetch)
            return folder / name
        if allow_paths and Path(source).is_file():
            return Path(source)
        raise NotFetched(f"{source!r} is no file that this machine may read; correct the feed's configuration")

    paths = [local(source, f"{n}-{_stem(source)}.zip") for n, source in enumerate(feed.gtfs, start=1)]
    extract = local(feed.streets, f"streets{_ending(feed.streets)}") if feed.streets else None
    return FeedSources(tuple(paths), extract, {source: tag for source, tag in tags.items() if tag})


def _fetch_source(url: str, path: Path, tag: str, bucket: Bucket, fetch: Fetch) -> str:
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


def _ending(source: str) -> str:
    """The ending by which the format of an extract is known."""
    path = source.partition("?")[0].lower()
    return next(
        (ending for ending in (".osm.pbf", ".pbf", ".osm.bz2", ".osm.gz", ".osm", ".opl") if path.endswith(ending)),
        ".pbf",
    )
