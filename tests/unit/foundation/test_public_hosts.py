"""No fetcher asks anything that is not globally routable, whatever spelling an operator or a name server gives it."""

from __future__ import annotations

import asyncio
import ipaddress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chalicelib.bookings.connections.credentials import Credentials
from chalicelib.bookings.connections.feed_fetch import fetch_feed
from chalicelib.bookings.connections.tool_api import Circuit, Interface, Pauses, Session, ToolApi
from chalicelib.bookings.connections.tool_hosts import ToolHosts
from chalicelib.bookings.providers.contract import Parked
from chalicelib.foundation.invalid import Invalid
from chalicelib.foundation.ports import Unavailable
from chalicelib.foundation.public_hosts.check import (
    PUBLIC_ONLY,
    THIS_MACHINE,
    NotPublic,
    UnknownHost,
    address_to_connect,
    is_plainly_private,
    is_public_address,
    parse_allowed_hosts,
    private_hosts_from,
)
from chalicelib.foundation.public_hosts.transport import AsyncPublicHosts
from chalicelib.pages.operator.checks import check_host
from chalicelib.transit.data.feed import BadFeed, parse_feed
from feeds.compile.archive.download import Downloader, NotFetched
from feeds.realtime.fetch import fetch_all
from feeds.realtime.source import Source
from tests.fakes.memory import ManualClock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOON = datetime(2026, 9, 3, 12, 0, tzinfo=UTC)
PUBLIC = "93.184.216.34"

# a name may lead to these: addresses as a resolver gives them
NOT_GLOBAL = [
    "0.0.0.0",  # noqa: S104 - to be refused
    "10.1.2.3",
    "100.64.0.1",  # between a carrier and its customers
    "127.0.0.1",
    "127.8.9.10",
    "169.254.169.254",  # link-local: where clouds keep credentials
    "172.16.0.1",
    "192.0.0.9",  # protocol assignments
    "192.0.2.1",  # documentation
    "192.88.99.1",  # relays of 6to4
    "192.168.1.1",
    "198.18.0.1",  # benchmarks
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.251",  # multicast
    "239.255.255.250",
    "240.0.0.1",  # reserved
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",  # IPv4-compatible
    "::8.8.8.8",
    "::ffff:127.0.0.1",  # IPv4-mapped
    "::ffff:8.8.8.8",
    "::ffff:0:7f00:1",  # IPv4-translated
    "64:ff9b::7f00:1",  # NAT64
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "100::1",  # discard only
    "2001::1",  # Teredo
    "2001:10::1",
    "2001:db8::1",  # documentation
    "2002:7f00:1::",  # 6to4
    "2002:808:808::1",
    "3fff::1",  # documentation
    "5f00::1",  # segments of routes
    "fc00::1",  # unique local
    "fd00::1",
    "fe80::1",  # link-local
    "fe80::1%eth0",
    "fec0::1",  # site-local
    "ff02::fb",  # multicast
    "ff0e::1",
    "2606:4700::1111%1",  # a public address with a scope is none
]
# a person may write these: spellings of IPv4 that resolvers know, names that no public name server knows
ODD = [
    *("2130706433", "0x7f000001", "017700000001", "0x7f.1", "127.1", "127.0.1", "0x7f.0.0.0x1"),
    *("134744072", "8.8", "8.8.8.8.8"),
    *("localhost", "LOCALHOST", "localhost.", "a.localhost", "printer.local", "db.internal", "metadata.internal"),
]
GLOBAL = ["8.8.8.8", PUBLIC, "1.0.0.1", "2606:4700::1111", "2a00:1450:4001:80b::200e"]


def no_answer(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"{request.url} was asked")


def leads_to(address: str) -> Callable[[str, int], list[str]]:
    """A name server that gives a public address, and this one beside it."""
    return lambda _host, _port: [PUBLIC, address]


def behind() -> httpx.MockTransport:
    return httpx.MockTransport(no_answer)


def as_url(host: str, path: str = "/x") -> str:
    return f"https://[{host}]{path}" if ":" in host else f"https://{host}{path}"


def tool_api(base_url: str, resolve: Any, **fields: str) -> ToolApi:
    client = httpx.Client(transport=ToolHosts(resolve=resolve, inner=behind))
    session = Session(client, ManualClock(NOON), Pauses(lambda _: None, lambda: 0.0))
    return ToolApi(Interface(base_url, {}, Credentials({"token": "t", **fields})), session, Circuit())


def ask_tool(url: str, resolve: Any, _folder: Path) -> str:
    with pytest.raises(Parked) as caught:
        tool_api(url, resolve).get("bookings")
    return str(caught.value)


def ask_token_service(url: str, resolve: Any, _folder: Path) -> str:
    api = tool_api("https://tool.example.com", resolve, refresh_token="r", token_url=url)
    with pytest.raises(Parked) as caught:
        api.get("bookings")
    return str(caught.value)


def fetch_calendar(url: str, resolve: Any, _folder: Path) -> str:
    client = httpx.Client(transport=ToolHosts(resolve=resolve, inner=behind))
    with pytest.raises(Parked) as caught:
        fetch_feed(client, url, {}, 1000)
    return str(caught.value)


def download_timetable(url: str, resolve: Any, folder: Path) -> str:
    with pytest.raises(NotFetched) as caught:
        Downloader(transport=behind(), resolve=resolve).fetch(url, folder / "f.zip")
    return str(caught.value)


def poll_live_data(url: str, resolve: Any, _folder: Path) -> str:
    """Live conditions and shared bikes alike: `feeds/gbfs` asks through `fetch_all`, too."""
    transport = AsyncPublicHosts(resolve=resolve, inner=behind)
    (answer,) = asyncio.run(fetch_all([Source(url)], transport))
    assert answer.data is None
    return answer.trouble


FETCHERS: dict[Callable[[str, Any, Any], str], str] = {
    ask_tool: "not a public one",
    ask_token_service: "not a public one",
    fetch_calendar: "not a public one",
    download_timetable: "private address",
    poll_live_data: "private address",
}


@pytest.mark.parametrize("address", NOT_GLOBAL)
@pytest.mark.parametrize("fetch", FETCHERS)
def test_no_fetcher_follows_a_name_to_what_is_not_global(
    fetch: Callable[[str, Any, Any], str], address: str, tmp_path: Path
) -> None:
    assert FETCHERS[fetch] in fetch("https://name.example.org/x", leads_to(address), tmp_path)


@pytest.mark.parametrize("host", [*(one for one in NOT_GLOBAL if "%" not in one), *ODD])
@pytest.mark.parametrize("fetch", FETCHERS)
def test_no_fetcher_asks_what_is_written_as_such(
    fetch: Callable[[str, Any, Any], str], host: str, tmp_path: Path
) -> None:
    assert FETCHERS[fetch] in fetch(as_url(host), lambda _host, _port: [PUBLIC], tmp_path)


@pytest.mark.parametrize("host", [*NOT_GLOBAL, *ODD])
def test_it_cannot_even_be_configured(host: str) -> None:
    gtfs = "https://feeds.example.org/gtfs.zip"
    with pytest.raises(Invalid, match="private address"):
        check_host(as_url(host), PUBLIC_ONLY)
    for name in ("gtfs", "realtime", "gbfs", "streets"):
        with pytest.raises(BadFeed, match="private address"):
            parse_feed("city", {"gtfs": gtfs, name: as_url(host)}, allow_paths=True)


@pytest.mark.parametrize(
    "host", [*GLOBAL, "example.org", "example.org.", "1.1.1.1.example.org", "dead.beef.example", "0x7f.example"]
)
def test_public_hosts_pass(host: str) -> None:
    assert not is_plainly_private(host)
    check_host(as_url(host), PUBLIC_ONLY)
    assert parse_feed("city", {"gtfs": as_url(host), "realtime": as_url(host)}, allow_paths=False)


def test_an_address_that_was_checked_is_connected_to_ipv4_first() -> None:
    found = ["2606:4700::1111", "8.8.8.8"]
    assert address_to_connect("x.example.org", 443, PUBLIC_ONLY, lambda _host, _port: found) == "8.8.8.8"
    assert address_to_connect("x.example.org", 443, PUBLIC_ONLY, lambda _host, _port: found[:1]) == found[0]


def test_a_name_without_an_address_may_have_one_later() -> None:
    with pytest.raises(Unavailable) as caught:
        address_to_connect("x.example.org", 443, PUBLIC_ONLY, lambda _host, _port: [])
    assert isinstance(caught.value, UnknownHost)


def test_hosts_that_the_environment_names_pass_as_they_are_written_and_at_their_port() -> None:
    allowed = private_hosts_from({"HUB_PRIVATE_HOSTS": "127.0.0.1:9000, Gateway.local:8080,[::1]:*,localhost:*"})
    for host, port in (
        ("127.0.0.1", 9000),
        ("gateway.local", 8080),
        ("GATEWAY.local.", 8080),
        ("0:0::1", 1),
        ("::1", 2),
    ):
        assert address_to_connect(host, port, allowed, lambda _host, _port: ["10.0.0.5"]) == "10.0.0.5"
    for host, port in (("127.0.0.1", 9001), ("gateway.local", 80), ("127.1", 9000), ("other.example.org", 9000)):
        with pytest.raises(NotPublic):
            address_to_connect(host, port, allowed, lambda _host, _port: ["127.0.0.1"])
    check_host("http://gateway.local:8080/v1", allowed)
    with pytest.raises(Invalid):
        check_host("http://gateway.local/v1", allowed)


def test_nothing_private_passes_where_the_environment_names_nothing() -> None:
    assert private_hosts_from({}) == PUBLIC_ONLY
    assert private_hosts_from({"HUB_PRIVATE_HOSTS": " , "}) == PUBLIC_ONLY


@pytest.mark.parametrize("text", ["localhost", "localhost:", ":80", "a:b", "a:0", "a:70000", "::1:80", "*"])
def test_what_names_no_host_and_port_is_refused_at_the_start(text: str) -> None:
    with pytest.raises(ValueError, match="HUB_PRIVATE_HOSTS lists hosts with ports"):
        parse_allowed_hosts(text)


def test_this_machine_is_the_machine_itself_on_any_port_and_nothing_else() -> None:
    allowed = parse_allowed_hosts(THIS_MACHINE)
    assert all(allowed.allows(host, 8000) for host in ("localhost", "127.0.0.1", "::1"))
    assert not any(allowed.allows(host, 8000) for host in ("10.0.0.5", "0.0.0.0", "2130706433", "a.localhost"))  # noqa: S104 - the same


@given(st.ip_addresses())
@example(ipaddress.ip_address("64:ff9b::7f00:1"))
@example(ipaddress.ip_address("224.0.0.251"))
def test_no_address_passes_that_is_not_global(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if is_public_address(str(address)):
        assert address.is_global
        assert not any([address.is_multicast, address.is_reserved, address.is_private, address.is_link_local])
        if isinstance(address, ipaddress.IPv6Address):
            assert not any([address.ipv4_mapped, address.sixtofour, address.teredo, address.is_site_local])


@given(st.ip_addresses(v=4), st.sampled_from(["::{}", "::ffff:{}", "64:ff9b::{}", "::ffff:0:{}", "64:ff9b:1::{}"]))
def test_no_ipv6_form_of_an_ipv4_address_passes(address: ipaddress.IPv4Address, form: str) -> None:
    assert not is_public_address(form.format(address))
    assert is_plainly_private(form.format(address))


@given(st.ip_addresses(v=4))
def test_no_odd_spelling_of_an_ipv4_address_passes(address: ipaddress.IPv4Address) -> None:
    number, (a, b, c, d) = int(address), address.packed
    spellings = [str(number), hex(number), f"0{number:o}", f"0x{a:x}.{b}.{c}.{d}", f"0{a:o}.{b}.{c}.{d}"]
    assert all(map(is_plainly_private, [*spellings, f"{a}.{(b << 16) + (c << 8) + d}", f"{a}.{b}.{(c << 8) + d}"]))
