"""Fetching feeds: conditional, capped, and never from where only we can reach."""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Callable
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from chalicelib.foundation.public_hosts.check import THIS_MACHINE, parse_allowed_hosts
from feeds.compile.archive.download import DOWNLOAD_REDIRECTS_MAX, Download, Downloader, NotFetched

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PUBLIC = "93.184.216.34"
Answering = Callable[[httpx.Request], httpx.Response]


def downloader(answer: Answering, addresses: dict[str, list[str]] | None = None, **more: Any) -> Downloader:
    def resolve(host: str, _port: int) -> list[str]:
        try:
            return [str(ipaddress.ip_address(host))]
        except ValueError:
            return (addresses or {}).get(host, [PUBLIC])

    return Downloader(transport=httpx.MockTransport(answer), resolve=resolve, **more)


def test_a_feed_is_fetched_with_its_tag(tmp_path: Path) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=b"zip", headers={"ETag": '"7"', "Last-Modified": "yesterday"})

    fetched = downloader(answer).fetch("https://feeds.example.org/gtfs.zip?key=1", tmp_path / "f.zip")
    assert fetched == Download(changed=True, tag='"7"')
    assert (tmp_path / "f.zip").read_bytes() == b"zip"
    assert list(tmp_path.iterdir()) == [tmp_path / "f.zip"]
    (request,) = asked
    assert request.url == f"https://{PUBLIC}/gtfs.zip?key=1"  # to the address that was checked
    assert request.headers["host"] == "feeds.example.org"
    assert request.extensions["sni_hostname"] == "feeds.example.org"  # TLS still proves the name


@pytest.mark.parametrize(
    ("tag", "header"), [('"7"', "if-none-match"), ('W/"7"', "if-none-match"), ("Wed, 15 May 2024", "if-modified-since")]
)
def test_what_did_not_change_is_not_sent_again(tmp_path: Path, tag: str, header: str) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(304 if request.headers.get(header) == tag else 200)

    fetched = downloader(answer).fetch("https://example.org/f.zip", tmp_path / "f.zip", tag)
    assert fetched == Download(changed=False, tag=tag)
    assert not (tmp_path / "f.zip").exists()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1", "224.0.0.1",
        "255.255.255.255", "198.18.0.1",
        "::1", "::", "fe80::1", "fd00::1", "ff02::1", "::ffff:127.0.0.1", "2002:7f00:1::",
    ],
)  # a table, read by rows # fmt: skip
def test_a_name_that_leads_to_a_private_address_is_refused(tmp_path: Path, address: str) -> None:
    refusing = downloader(lambda _: httpx.Response(200), {"inside.example.org": [PUBLIC, address]})
    with pytest.raises(NotFetched, match="private address"):
        refusing.fetch("http://inside.example.org/f.zip", tmp_path / "f.zip")


def test_every_redirect_is_checked_again(tmp_path: Path) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"location": "http://127.0.0.1:8000/secret"})

    with pytest.raises(NotFetched, match="private address"):
        downloader(answer).fetch("https://example.org/f.zip", tmp_path / "f.zip")


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("http://127.0.0.1:8000/f.zip", "http://169.254.169.254/latest/meta-data"),
        ("http://localhost:8000/f.zip", "http://10.0.0.5/f.zip"),
        ("http://localhost:8000/f.zip", "/other.zip"),
        ("http://localhost:8000/f.zip", "http://127.0.0.1:8000/f.zip"),
        ("https://example.org/f.zip", "http://127.0.0.1:8000/secret"),
        ("http://inside.example.org/f.zip", ""),
    ],
)
def test_on_one_machine_nothing_private_is_reached_but_the_machine_itself(
    tmp_path: Path, first: str, then: str
) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"location": then})

    inside = {"localhost": ["127.0.0.1"], "inside.example.org": ["127.0.0.1"]}
    with pytest.raises(NotFetched, match="private address"):
        downloader(answer, inside, allowed=parse_allowed_hosts(THIS_MACHINE)).fetch(first, tmp_path / "f.zip")


def test_redirects_are_followed_to_other_hosts_and_paths(tmp_path: Path) -> None:
    hosts: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        hosts.append(request.headers["host"] + request.url.path)
        steps = {"/a": "/b", "/b": "http://two.example.org:8080/c"}
        target = steps.get(request.url.path)
        return httpx.Response(301, headers={"location": target}) if target else httpx.Response(200, content=b"zip")

    assert downloader(answer).fetch("https://one.example.org/a", tmp_path / "f.zip").changed
    assert hosts == ["one.example.org/a", "one.example.org/b", "two.example.org:8080/c"]


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.org/f.zip", "http:///x", "http://[::1"])
def test_a_redirect_out_of_http_is_refused(tmp_path: Path, target: str) -> None:
    with pytest.raises(NotFetched):
        downloader(lambda _: httpx.Response(302, headers={"location": target})).fetch(
            "https://example.org/f.zip", tmp_path / "f.zip"
        )


def test_redirects_without_end_are_given_up(tmp_path: Path) -> None:
    asked: list[int] = []

    def answer(_: httpx.Request) -> httpx.Response:
        asked.append(1)
        return httpx.Response(302, headers={"location": "/again"})

    with pytest.raises(NotFetched, match="redirects more than"):
        downloader(answer).fetch("https://example.org/f.zip", tmp_path / "f.zip")
    assert len(asked) == DOWNLOAD_REDIRECTS_MAX + 1


@pytest.mark.parametrize(
    ("status", "whose"), [(404, "check the URL"), (403, "check the URL"), (503, "has a problem"), (304, "")]
)
def test_other_answers_say_whose_turn_it_is(tmp_path: Path, status: int, whose: str) -> None:
    with pytest.raises(NotFetched, match=f"answers {status}.*{whose}"):
        downloader(lambda _: httpx.Response(status)).fetch("https://example.org/f.zip?key=secret", tmp_path / "f.zip")


def test_keys_in_a_url_are_in_no_message(tmp_path: Path) -> None:
    with pytest.raises(NotFetched) as refusal:
        downloader(lambda _: httpx.Response(404)).fetch("https://example.org/f.zip?key=secret", tmp_path / "f.zip")
    assert "secret" not in str(refusal.value)


def test_more_bytes_than_any_feed_has_are_cut_off(tmp_path: Path) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"0" * (1 << 16)

    with pytest.raises(NotFetched, match="more than 1 MiB"):
        downloader(lambda _: httpx.Response(200, content=endless()), bytes_max=1 << 20).fetch(
            "https://example.org/f.zip", tmp_path / "f.zip"
        )
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_trickles_is_given_up_in_the_end(tmp_path: Path) -> None:
    now = iter(range(0, 10_000, 7))

    def trickle() -> Iterator[bytes]:
        while True:
            yield b"0"

    with pytest.raises(NotFetched, match="longer than 60 s"):
        downloader(lambda _: httpx.Response(200, content=trickle()), total_s=60.0, monotonic=lambda: next(now)).fetch(
            "https://example.org/f.zip", tmp_path / "f.zip"
        )


@pytest.mark.parametrize(
    "failure", [httpx.ReadTimeout("slow"), httpx.ConnectError("refused"), httpx.RemoteProtocolError("?")]
)
def test_a_broken_connection_is_a_clear_sentence(tmp_path: Path, failure: httpx.HTTPError) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        raise failure

    with pytest.raises(NotFetched, match=r"example\.org"):
        downloader(answer).fetch("https://example.org/f.zip", tmp_path / "f.zip")


def test_an_unknown_name_is_a_clear_sentence(tmp_path: Path) -> None:
    def unknown(_host: str, _port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(NotFetched, match="not known to the name service"):
        Downloader(resolve=unknown).fetch("https://nowhere.example.org/f.zip", tmp_path / "f.zip")


@contextmanager
def server(body: bytes) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield f"http://localhost:{serving.server_port}/f.zip"
        serving.shutdown()
        thread.join()


def test_over_a_real_socket_a_private_server_needs_permission(tmp_path: Path) -> None:
    with server(b"zip") as url:
        with pytest.raises(NotFetched, match="private address"):
            Downloader().fetch(url, tmp_path / "f.zip")
        permitted = Downloader(parse_allowed_hosts(THIS_MACHINE), resolve=lambda _host, _port: ["127.0.0.1"])
        assert permitted.fetch(url, tmp_path / "f.zip").changed
    assert (tmp_path / "f.zip").read_bytes() == b"zip"
