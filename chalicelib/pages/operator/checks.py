"""What is checked of an operator's configuration beside its form, and remarks on what was not taken as written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chalicelib.foundation.distance import distance_outside_m
from chalicelib.foundation.invalid import Invalid
from chalicelib.foundation.locales import LANGUAGES, language_of
from chalicelib.foundation.public_hosts.check import is_refused_as_written
from chalicelib.transit.data.feed_health import VENUE_TO_FEED_MAX_M

if TYPE_CHECKING:
    from chalicelib.foundation.forms import Form
    from chalicelib.foundation.public_hosts.check import AllowedHosts
    from chalicelib.transit.data.feed import Feed

IGNORED_MAX = 20  # names repeated in an answer, each cut to
SHOWN_NAME_MAX = 80  # characters


def remarks(form: type[Form], body: dict[str, Any], locale: str = "") -> dict[str, Any]:
    """What an answer says beside what was stored: {} where everything was taken as written.

    {"ignored": names of fields that mean nothing to the form, "notes": [one sentence each]}. A name that is ignored is
    most often a slip of the pen; it is no error, since clients may send what only a newer hub knows.
    """
    from chalicelib.foundation.forms import unknown_fields  # noqa: PLC0415 - brings pydantic

    names = [name[:SHOWN_NAME_MAX] for name in unknown_fields(form, body)]
    remarks: dict[str, Any] = {"ignored": names[:IGNORED_MAX]} if names else {}
    spoken = locale.replace("_", "-").split("-")[0].lower()
    if spoken and spoken not in LANGUAGES:
        there_are = ", ".join(sorted(LANGUAGES))
        note = f"There are no texts in {locale!r}: {language_of(locale)!r} is used. There are: {there_are}."
        remarks["notes"] = [note]
    return remarks


def check_host(url: Any, allowed: AllowedHosts) -> None:
    """Raises `Invalid` for an `api_url` that is plainly private; `allowed` pass.

    Names are not resolved here: each call of the tool checks where its name leads. What is no URL passes here.
    """
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        if parts is None or not is_refused_as_written(parts, allowed):
            return
    except ValueError:
        return
    host = str(parts.hostname)[:SHOWN_NAME_MAX]
    raise Invalid("private_address", f"api_url: {host} is a private address; tools are public hosts.")


def check_venue(location: Any, feed: Feed) -> None:
    """Raises `Invalid` for a venue that no stop of the feed is anywhere near. What is no location passes here."""
    if feed.bounds is None or not isinstance(location, dict):
        return
    lat, lon = location.get("lat"), location.get("lon")
    if not isinstance(lat, int | float) or not isinstance(lon, int | float):
        return
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):  # noqa: PLR2004 - the earth's; the form says what is wrong
        return
    if distance_outside_m(lat, lon, feed.bounds) > VENUE_TO_FEED_MAX_M:
        south, west, north, east = feed.bounds
        box = f"{south:.3f},{west:.3f} to {north:.3f},{east:.3f}"
        raise Invalid("venue_outside_feed", f"{lat},{lon} is outside the feed's area ({box}): check lat and lon.")
