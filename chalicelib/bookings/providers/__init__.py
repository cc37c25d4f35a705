"""One module per booking tool, all of one shape (`contract.py`); loaded only when a connection needs it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.bookings.providers.contract import Provider

MODULES = {
    "acuity": "acuity",
    "calcom": "calcom",
    "calendly": "calendly",
    "cronofy": "cronofy",
    "google": "google",
    "graph": "graph",
    "hubspot": "hubspot",
    "ical": "ical",
    "ics": "ical",
    "itip": "itip",
    "json": "anyjson",
    "mindbody": "mindbody",
    "msgraph": "graph",
    "nylas": "nylas",
    "savvycal": "savvycal",
    "simplybook": "simplybook",
    "square": "square",
    "standard": "standard",
    "standardwebhooks": "standard",
}
"""What an operator writes as `provider` → the module beside this file; some tools are known by two names."""


def provider(name: str) -> Provider:
    """The provider of that name. Raises `KeyError`."""
    found: Provider = importlib.import_module(f"{__name__}.{MODULES[name]}").PROVIDER
    return found
