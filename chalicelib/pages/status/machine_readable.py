"""The status for programs: JSON as Statuspage's public API v2 has it (`summary.json`), and an Atom feed (RFC 4287)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, SubElement, tostring

from chalicelib.outages.outage import What
from chalicelib.pages.page import Page
from chalicelib.pages.status.status import ended_at
from chalicelib.pages.status.status_page import PUBLIC

if TYPE_CHECKING:
    from chalicelib.outages.outage import Outage
    from chalicelib.pages.customer.wording import Wording
    from chalicelib.pages.status.status import Status

ATOM = "http://www.w3.org/2005/Atom"


def summary_page(status: Status, words: Wording, address: str) -> Page:
    """What works, what is out of service and what will be. Instants are in the business's zone."""
    worst = "critical" if status.closings else "major" if status.tool_failures else "none"
    business = status.business
    said = words.say("status.closed" if status.closings else "status.open", business=business.name)
    summary = {
        "page": {
            "id": business.business_id,
            "name": business.name,
            "url": address,
            "time_zone": business.timezone,
            "updated_at": _instant(status, status.updated_at),
        },
        "status": {
            "indicator": worst,
            "description": words.say("status.tool") if worst == "major" else said,
        },
        "components": [
            {
                "id": name,
                "name": name.replace("_", " "),
                "status": "major_outage" if fails else "operational",
            }
            for name, fails in (("business", status.closings), ("online_booking", status.tool_failures))
        ],
        "incidents": [_incident(status, words, address, one) for one in (*status.closings, *status.tool_failures)],
        "scheduled_maintenances": [_incident(status, words, address, one) for one in status.announced],
    }
    body = json.dumps(summary, ensure_ascii=False).encode("utf-8", "replace")
    headers = {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*", "Vary": "Accept-Language"}
    return Page(200, {**PUBLIC, **headers}, body)


def atom_page(status: Status, words: Wording, address: str) -> Page:
    """Every outage as an entry, one id for its whole life."""
    feed = Element("feed", xmlns=ATOM)
    SubElement(feed, "id").text = address
    SubElement(feed, "title").text = words.say("status.title", business=status.business.name)
    SubElement(feed, "updated").text = _instant(status, status.updated_at)
    SubElement(feed, "link", rel="self", href=f"{address}/feed.atom")
    SubElement(feed, "link", rel="alternate", href=address)
    for one in status.all_outages():
        incident = _incident(status, words, address, one)
        entry = SubElement(feed, "entry")
        SubElement(entry, "id").text = f"{address}#{one.outage_id}"
        SubElement(entry, "title").text = incident["name"]
        SubElement(entry, "updated").text = incident["updated_at"]
        SubElement(entry, "link", rel="alternate", href=address)
        author = SubElement(entry, "author")
        SubElement(author, "name").text = status.business.name
        SubElement(entry, "content", type="text").text = incident["incident_updates"][0]["body"]
    headers = {"Content-Type": "application/atom+xml; charset=utf-8", "Vary": "Accept-Language"}
    return Page(200, {**PUBLIC, **headers}, b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(feed, "utf-8"))


def _incident(status: Status, words: Wording, address: str, outage: Outage) -> dict[str, Any]:
    is_open, is_tool = outage.is_open(status.now), outage.what is What.BOOKING_TOOL
    known = {"since": words.full(outage.since), "business": status.business.name}
    known |= {"back_from": words.full(outage.back_from), "back_until": words.full(outage.back_until)}
    if not is_open:
        body = words.say("status.lasted", since=known["since"], ended=words.full(ended_at(outage)))
    elif outage.since > status.now:
        body = words.say("status.closes", **known)
    else:
        body = words.say("status.tool_range" if is_tool else "status.closed_range", **known)
    changed = outage.ended_at or outage.opened_at or outage.since
    state = "resolved" if not is_open else "scheduled" if outage.since > status.now else "investigating"
    instants = {
        "created_at": outage.opened_at or outage.since,
        "started_at": outage.since,
        "updated_at": changed,
        "resolved_at": None if is_open else ended_at(outage),
        "expected_back_from": outage.back_from if is_open else None,
        "expected_back_until": outage.back_until if is_open else None,
    }
    return {
        "id": outage.outage_id,
        "name": words.say("status.was_tool" if is_tool else "status.was_closed"),
        "status": state,
        "impact": "major" if is_tool else "critical",
        "shortlink": address,
        **{name: _instant(status, instant) if instant else None for name, instant in instants.items()},
        "incident_updates": [{"status": state, "body": body, "created_at": _instant(status, changed)}],
    }


def _instant(status: Status, instant: Any) -> str:
    return str(instant.astimezone(status.now.tzinfo).isoformat(timespec="seconds"))
