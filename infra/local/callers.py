"""Who calls, and by which address: what the connection says, or what a proxy before the hub says, only when told. Pure.

A header like X-Forwarded-For may be written by anybody. It is believed only with HUB_BEHIND_PROXY=1, and then only its
last entry, which the nearest proxy added; else it is taken out, so that nothing behind this can believe it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

BEHIND_PROXY = "HUB_BEHIND_PROXY"
OF_PROXIES = ("forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port", "x-real-ip")


def is_behind_proxy(environment: Mapping[str, str]) -> bool:
    """Whether somebody said that a proxy stands before the hub, and that nobody reaches it but through that."""
    return environment.get(BEHIND_PROXY, "0").casefold() not in {"", "0", "no", "false"}


def caller_of(peer: str, headers: Mapping[str, str], *, behind_proxy: bool) -> tuple[str, dict[str, str]]:
    """The address of who calls, and the headers as the app may believe them; names are in lower case."""
    if not behind_proxy:
        return peer, {name: value for name, value in headers.items() if name not in OF_PROXIES}
    last = {name: headers[name].rsplit(",", 1)[-1].strip() for name in OF_PROXIES if headers.get(name)}
    believed = dict(headers)
    if last.get("x-forwarded-proto", "").lower() in {"http", "https"}:
        believed["x-forwarded-proto"] = last["x-forwarded-proto"].lower()
    else:
        believed.pop("x-forwarded-proto", None)
    if host := last.get("x-forwarded-host"):
        believed["host"] = host
    return last.get("x-forwarded-for") or peer, believed
