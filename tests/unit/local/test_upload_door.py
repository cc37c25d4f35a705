"""A file on its way through the real door: to disk as it comes, to the set-up's form, and never from who has no key."""

from __future__ import annotations

import http.client
import socket
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from chalicelib import wiring
from tests.fakes.console import MASTER, browsing, two_salons

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fakes.console import Browser
    from tests.fakes.lindenau import Lindenau


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lindenau:
    monkeypatch.setenv("HUB_ADMIN_KEY", MASTER)
    monkeypatch.setenv("HUB_LOCAL_DIR", str(tmp_path / "state"))
    return two_salons(tmp_path)


@pytest.fixture
def browser(town: Lindenau) -> Iterator[Browser]:
    with browsing(town) as browser:
        browser.enter(MASTER)
        yield browser


@pytest.fixture
def address(browser: Browser) -> Iterator[str]:
    import app  # noqa: PLC0415 - the app is made when it is needed
    from infra.local.http import Server  # noqa: PLC0415 - as above

    assert browser.cookie
    server = Server(app.app, socket.create_server(("127.0.0.1", 0)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.url
    server.shutdown()
    server.server_close()
    thread.join()


def send(address: str, browser: Browser, parts: dict[str, str], file: bytes, **headers: str) -> tuple[int, str]:
    """Sends the form with a file; the status, and where it leads to."""
    pieces = [f'--XX\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode() for k, v in parts.items()]
    head = b'--XX\r\nContent-Disposition: form-data; name="file"; filename="f.zip"\r\n\r\n'
    body = b"".join(pieces) + head + file + b"\r\n--XX--\r\n"
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
    sent = {"Content-Type": "multipart/form-data; boundary=XX", "Cookie": f"hub_session={browser.cookie}", **headers}
    connection.request("POST", "/setup/salon/upload", body, sent)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.headers.get("Location", "")


def csrf(browser: Browser) -> str:
    token: str = browser.ask("GET", "/setup/salon/timetable").all("input", name="csrf")[0]["value"]
    return token


def test_a_zip_becomes_the_businesss_feed(address: str, browser: Browser, town: Lindenau, tmp_path: Path) -> None:
    data = bytes(range(256)) * 10_000
    status, location = send(address, browser, {"csrf": csrf(browser), "business_id": "salon"}, data)
    assert (status, location) == (303, "/setup/salon/timetable")
    (kept,) = (tmp_path / "state" / "uploads").iterdir()
    assert kept.read_bytes() == data
    assert town.hub.operator.feeds.get("salon")["gtfs"] == (str(kept),)
    assert town.hub.operator.businesses.get("salon")["feed"] == "salon"


def test_who_has_no_session_or_no_token_leaves_nothing(
    address: str, browser: Browser, town: Lindenau, tmp_path: Path
) -> None:
    assert send(address, browser, {"business_id": "salon"}, b"x")[0] == 403
    assert (
        send(address, browser, {"csrf": csrf(browser), "business_id": "salon"}, b"x", Cookie="hub_session=x")[0] == 401
    )
    assert town.hub.operator.businesses.get("salon")["feed"] == "town"
    assert tmp_path.exists()


def test_the_path_of_a_file_is_never_taken_from_outside(address: str, browser: Browser, town: Lindenau) -> None:
    secret = {"x-hub-upload": "/etc/passwd"}
    status, location = send(address, browser, {"csrf": csrf(browser), "business_id": "salon"}, b"", **secret)
    assert status == 303
    assert "No+file+was+sent" in location
    assert town.hub.operator.businesses.get("salon")["feed"] == "town"
    assert wiring.hub() is town.hub
