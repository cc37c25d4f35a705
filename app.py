"""Every door of the hub: HTTP endpoints, queue and schedule handlers; one line each into chalicelib."""

from __future__ import annotations

from chalice.app import Chalice

app = Chalice(app_name="live-ticket-hub")
