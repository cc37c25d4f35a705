"""The one check of every address that an operator wrote: the hub fetches from the public internet only.

Whoever may write an address must not be able to make the hub ask its own network (server-side request forgery).

Rules
- A name is resolved once, every address that it has is checked, and the connection goes to an address that was checked:
  a name server that answers differently a moment later gains nothing.
- What is not globally routable is refused, and so is every address that holds another one (mapped, translated or
  tunnelled IPv4), every address with a scope, and every spelling of an IPv4 address beside the usual one.
- The exceptions are host and port pairs that the environment of the process names (`HUB_PRIVATE_HOSTS`). They hold for
  the host as it is written, never for where a redirect leads, and nothing that arrives over HTTP can add one.

`transport` holds this check for HTTP clients.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.foundation.ports import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from urllib.parse import SplitResult

    Resolve = Callable[[str, int], list[str]]

PRIVATE_HOSTS = "HUB_PRIVATE_HOSTS"
THIS_MACHINE = "localhost:*,127.0.0.1:*,[::1]:*"  # the value of the variable that lets the hub ask its own machine
PORT_MAX = 65_535

# Beside what Python's `is_global` knows, which differs between its versions. Source: IANA's registries of special
# purpose addresses for IPv4 and IPv6 (RFC 6890).
REFUSED_IPV4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network (RFC 791)
        "100.64.0.0/10",  # between a carrier and its customers (RFC 6598)
        "192.0.0.0/24",  # protocol assignments (RFC 6890)
        "192.88.99.0/24",  # relays of 6to4 (RFC 7526)
        "198.18.0.0/15",  # benchmarks (RFC 2544)
        "224.0.0.0/4",  # multicast (RFC 5771)
        "240.0.0.0/4",  # reserved (RFC 1112)
    )
)
PUBLIC_IPV6 = ipaddress.IPv6Network("2000::/3")  # all that is assigned as global unicast; NAT64 and mapped are outside
REFUSED_IPV6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, Teredo among them (RFC 2928, RFC 4380)
        "2001:db8::/32",  # documentation (RFC 3849)
        "2002::/16",  # 6to4 holds an IPv4 address (RFC 3056)
        "3fff::/20",  # documentation (RFC 9637)
    )
)
LOCAL_NAME_ENDS = ("localhost", ".local", ".internal")  # ends of names that no public name server knows
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")


class NotPublic(Exception):
    """The host is, or leads to, something that is not of the public internet; the sentence names the host."""


class UnknownHost(Unavailable):
    """The name has no address now."""


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """Hosts, each with a port (None: any), that may be asked although they are not public."""

    pairs: frozenset[tuple[str, int | None]] = frozenset()

    def allows(self, host: str, port: int) -> bool:
        """Whether this host, as it is written, may be asked at this port wherever it leads."""
        name = _one_spelling(host)
        return bool(self.pairs & {(name, port), (name, None)})


PUBLIC_ONLY = AllowedHosts()


def parse_allowed_hosts(text: str) -> AllowedHosts:
    """Reads "127.0.0.1:9000,gateway.local:8080,[::1]:*". Raises `ValueError` that says what is wrong."""
    pairs = set()
    for entry in filter(None, (part.strip() for part in text.split(","))):
        host, _, port = entry.rpartition(":")
        host = host.removeprefix("[").removesuffix("]") if entry.startswith("[") else host
        is_port = port == "*" or (port.isascii() and port.isdigit() and 0 < int(port) <= PORT_MAX)
        if not host or not is_port or (":" in host and not entry.startswith("[")):
            raise ValueError(
                f"{PRIVATE_HOSTS} lists hosts with ports, like 127.0.0.1:9000,gateway.local:*; not {entry!r}"
            )
        pairs.add((_one_spelling(host), None if port == "*" else int(port)))
    return AllowedHosts(frozenset(pairs))


def private_hosts_from(environment: Mapping[str, str]) -> AllowedHosts:
    """What `HUB_PRIVATE_HOSTS` names; nothing where it is not set. Raises `ValueError`."""
    return parse_allowed_hosts(environment.get(PRIVATE_HOSTS, ""))


def default_port(scheme: str) -> int:
    """The port of a URL that names none."""
    return 443 if scheme == "https" else 80


def is_public_address(address: str) -> bool:
    """Whether a literal address is one of the public internet; False for whatever is no plain address."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return False
    if not known.is_global or known.is_multicast:
        return False
    if isinstance(known, ipaddress.IPv4Address):
        return not any(known in network for network in REFUSED_IPV4)
    return not known.scope_id and known in PUBLIC_IPV6 and not any(known in network for network in REFUSED_IPV6)


def is_plainly_private(host: str) -> bool:
    """Whether a host is not public by its spelling alone: an address that is none of the public internet, a local name.

    Where any other name leads to is known only when it is resolved: `address_to_connect` checks that.
    """
    name = _one_spelling(host)
    if ":" in name or _NUMBER.fullmatch(name.rpartition(".")[2]):  # no top-level domain is a number: an address
        return not is_public_address(name)
    return name.endswith(LOCAL_NAME_ENDS)


def is_refused_as_written(url: SplitResult, allowed: AllowedHosts) -> bool:
    """Whether a URL can be refused when it is configured, before any name is resolved. Raises `ValueError` for a port.

    What has no host is not refused here.
    """
    port = url.port or default_port(url.scheme)
    return url.hostname is not None and is_plainly_private(url.hostname) and not allowed.allows(url.hostname, port)


def addresses_of(host: str, port: int) -> list[str]:
    """All addresses of a name, as the system's resolver knows them. Raises `OSError`, `UnicodeError`."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def address_to_connect(
    host: str, port: int, allowed: AllowedHosts = PUBLIC_ONLY, resolve: Resolve = addresses_of
) -> str:
    """The address of a host to connect to: all addresses that it has are public, or the pair is an allowed one.

    Raises `NotPublic`, `UnknownHost`.
    """
    exempt = allowed.allows(host, port)
    if is_plainly_private(host) and not exempt:
        raise NotPublic(f"{host} is a private address: refused; only public hosts are asked")
    try:
        found = resolve(host, port)
    except (OSError, UnicodeError):
        found = []
    if not found:
        raise UnknownHost(f"{host} is not known to the name service")
    if not exempt and not all(map(is_public_address, found)):
        raise NotPublic(f"{host} leads to a private address: refused; only public hosts are asked")
    return min(found, key=lambda address: ":" in address)  # IPv4 where there is one: it is routed everywhere


def _one_spelling(host: str) -> str:
    """Names without case and without the root's dot; addresses in their canonical form."""
    name = host.lower().removesuffix(".")
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name
