"""An operator's businesses. JSON in, JSON out."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.booking import Status
from chalicelib.bookings.limits import HORIZON
from chalicelib.foundation.invalid import Invalid
from chalicelib.pages.operator.checks import IGNORED_MAX, check_venue, remarks
from chalicelib.pages.page import NotFound, StillUsed
from chalicelib.transit.data.feed import load_feed
from chalicelib.transit.data.feed_health import LOST, state_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.bookings.business import Business
    from chalicelib.bookings.config import Config
    from chalicelib.bookings.store import Bookings
    from chalicelib.foundation.ports import Clock, Documents


FEED_NOTES = {
    "ended": "The calendar of feed {feed} ended on {ends}: customers are not told when to leave until it is renewed.",
    "failed": "Feed {feed} cannot be used ({why}): customers are not told when to leave until it can.",
    "ending": "The calendar of feed {feed} ends on {ends}: from then on customers are not told when to leave.",
    "stale": "Feed {feed} could not be compiled anew ({why}); what was compiled before is in use.",
}


@dataclass(frozen=True, slots=True)
class BusinessEndpoints:
    """/admin/businesses/{business_id}."""

    documents: Documents
    config: Config
    clock: Clock
    bookings: Bookings
    revoke_keys: Callable[[str], object]  # of a business that is gone

    def put(self, business_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Configures a business; `remarks` say what was not taken as written. Raises `Invalid`, `Unavailable`."""
        from chalicelib.bookings.forms import BusinessForm  # noqa: PLC0415 - brings pydantic

        feed_id = body.get("feed")
        feed = load_feed(self.documents, feed_id) if isinstance(feed_id, str) else None
        if isinstance(feed_id, str) and feed is None:
            raise Invalid("unknown_feed", f"There is no feed {feed_id}: PUT /admin/feeds/{feed_id} first.")
        if feed is not None:
            check_venue(body.get("location"), feed)
        now = self.clock.now()
        business = self.config.put_business(business_id, body, now)
        state = state_of(feed, business.feed, (business.lat, business.lon), now)
        self.config.note_feed(business_id, state.kind if state.kind in LOST else "")
        said = remarks(BusinessForm, body, business.locale)
        if note := FEED_NOTES.get(state.kind):
            said["notes"] = [
                *said.get("notes", []),
                note.format(feed=business.feed, ends=state.ends, why=state.message),
            ]
        return business_json(known_business(self.config, business_id)) | said

    def delete(self, business_id: str, *, only_say: bool) -> dict[str, Any]:
        """Removes a business without connections and coming visits, or (`only_say`) says what that would do.

        Raises `NotFound`, `StillUsed`, `Unavailable`.
        """
        known_business(self.config, business_id)
        now = self.clock.now()
        connections = [one.connection_id for one in self.config.connections(business_id)]
        coming = self.bookings.of_business(business_id, now, now + HORIZON)
        expected = [one for one in coming if one.status in {Status.BOOKED, Status.REQUESTED}]
        if connections:
            ids = ", ".join(connections[:IGNORED_MAX])
            raise StillUsed(f"Business {business_id} has connections ({ids}): DELETE them first. Nothing was deleted.")
        if expected:
            raise StillUsed(
                f"Business {business_id} has {len(expected)} coming bookings, whose tickets would be left without it: "
                "cancel them in the booking tool, or wait until they are over. Nothing was deleted."
            )
        if not only_say:
            self.revoke_keys(business_id)
            self.config.remove_business(business_id)
        says = (
            "No customer is expected, so no ticket changes and nobody gets a message. Links of past visits say that "
            "there is no such ticket; what is stored of those visits expires within 30 days of them. Its keys and "
            "staff links stop."
        )
        return {"id": business_id, "deleted": not only_say, "coming_bookings": 0, "says": says}

    def get(self, business_id: str) -> dict[str, Any]:
        """A business. Raises `NotFound`, `Unavailable`."""
        return business_json(known_business(self.config, business_id))


def known_business(config: Config, business_id: str) -> Business:
    """The business with this id. Raises `NotFound`, `Unavailable`."""
    business = config.business(business_id)
    if business is None:
        raise NotFound(f"There is no business {business_id}: PUT it first.")
    return business


def business_json(business: Business) -> dict[str, Any]:
    """A business as its operator wrote it; `outages` are the ids of those that are open or to come."""
    fields = asdict(replace(business, outages=())) | {"outages": [one.outage_id for one in business.outages]}
    fields["hours"] = {day: list(spans) for day, spans in business.hours.items()}
    return fields | {"location": {"lat": fields.pop("lat"), "lon": fields.pop("lon")}, "feed": business.feed or None}
