"""An operator's businesses. JSON in, JSON out."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from chalicelib.foundation.invalid import Invalid
from chalicelib.pages.operator.checks import check_venue, remarks
from chalicelib.pages.page import NotFound
from chalicelib.transit.data.feed import load_feed

if TYPE_CHECKING:
    from chalicelib.bookings.business import Business
    from chalicelib.bookings.config import Config
    from chalicelib.foundation.ports import Clock, Documents


@dataclass(frozen=True, slots=True)
class BusinessEndpoints:
    """/admin/businesses/{business_id}."""

    documents: Documents
    config: Config
    clock: Clock

    def put(self, business_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Configures a business; `remarks` say what was not taken as written. Raises `Invalid`, `Unavailable`."""
        from chalicelib.bookings.forms import BusinessForm  # noqa: PLC0415 - brings pydantic

        feed_id = body.get("feed")
        feed = load_feed(self.documents, feed_id) if isinstance(feed_id, str) else None
        if isinstance(feed_id, str) and feed is None:
            raise Invalid("unknown_feed", f"There is no feed {feed_id}: PUT /admin/feeds/{feed_id} first.")
        if feed is not None:
            check_venue(body.get("location"), feed)
        business = self.config.put_business(business_id, body, self.clock.now())
        return business_json(business) | remarks(BusinessForm, body, business.locale)

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
    return fields | {"location": {"lat": fields.pop("lat"), "lon": fields.pop("lon")}}
