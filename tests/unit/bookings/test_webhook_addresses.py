"""The address a tool is given works as it is, and a tool's own address leads to public hosts only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from chalicelib.bookings.connections.tool_hosts import ToolHosts
from chalicelib.bookings.connections.webhook_addresses import webhook_url
from chalicelib.bookings.inbox.accept import BadSignature
from chalicelib.bookings.providers.contract import Parked, Raw
from chalicelib.foundation.public_hosts.check import THIS_MACHINE, parse_allowed_hosts
from tests.fakes.hub import BookingsRoom
from tests.fakes.tools_http import Reply, running_tool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fakes.tools_http import ToolServer

BASE = "https://hub.example.com"
AWKWARD = "s&cret=ü+ %26#?/"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def tool() -> Iterator[ToolServer]:
    yield from running_tool()


@pytest.mark.parametrize("provider", ["json", "simplybook", "itip"])
def test_the_address_of_a_tool_that_cannot_sign_is_accepted_as_it_is(provider: str) -> None:
    room = BookingsRoom()
    room.connect("x", provider, secret="an-old-one")
    room.connect("x", provider, secret=AWKWARD)
    connection = room.config.connection("x")
    assert connection is not None
    url = urlsplit(webhook_url(BASE, connection))
    assert url.path == "/hooks/x"
    assert room.inbox.accept("x", Raw(b"{}", {}, dict(parse_qsl(url.query)), url.geturl()), NOW).duplicate is False
    with pytest.raises(BadSignature):
        room.inbox.accept("x", Raw(b"{}", {}, {}, url.geturl()), NOW)


@pytest.mark.parametrize(
    ("provider", "settings"),
    [("calcom", {}), ("mindbody", {}), ("json", {"signature": {"scheme": "hex", "header": "X-Signature"}})],
)
def test_the_address_of_a_tool_that_signs_holds_no_secret(provider: str, settings: dict[str, Any]) -> None:
    room = BookingsRoom()
    room.connect("x", provider, **settings)
    connection = room.config.connection("x")
    assert connection is not None
    assert webhook_url(BASE, connection) == f"{BASE}/hooks/x"


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.8", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1"])
def test_a_name_that_leads_inside_is_not_asked(tool: ToolServer, address: str) -> None:
    port = urlsplit(tool.url).port
    inside = ToolHosts(resolve=lambda _host, _port: ["93.184.216.34", address])
    with httpx.Client(transport=inside) as client, pytest.raises(Parked, match="not a public one"):
        client.get(f"http://tool.example.com:{port}/")
    assert tool.asked == []


def test_a_host_that_the_environment_names_may_be_asked_and_no_other(tool: ToolServer) -> None:
    tool.answers["/now"] = Reply({"ok": True})
    port = urlsplit(tool.url).port
    allowed = parse_allowed_hosts(f"tool.example.com:{port},localhost:*")
    named = ToolHosts(allowed, resolve=lambda _host, _port: ["127.0.0.1"])
    with httpx.Client(transport=named) as client:
        assert client.get(f"http://tool.example.com:{port}/now").json() == {"ok": True}
        with pytest.raises(Parked):
            client.get("http://tool.example.com:9/now")
        with pytest.raises(Parked):
            client.get(f"http://other.example.com:{port}/now")
    assert [asked.headers["host"] for asked in tool.asked] == [f"tool.example.com:{port}"]
    other = ToolHosts(parse_allowed_hosts(THIS_MACHINE), resolve=lambda _host, _port: ["127.0.0.1", "192.168.1.1"])
    with httpx.Client(transport=other) as client, pytest.raises(Parked):
        client.get(f"http://tool.example.com:{port}/now")
