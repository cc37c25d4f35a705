"""What the operator's forms do: each takes the form, does one thing by the endpoints, and says where to go on."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.access.caller import KeyKind
from chalicelib.foundation.invalid import Invalid
from chalicelib.pages.operator.businesses import known_business
from chalicelib.pages.operator.console.console import with_words
from chalicelib.pages.operator.console.layout import Words, render

if TYPE_CHECKING:
    from chalicelib.bookings.business import Business
    from chalicelib.bookings.config import Config
    from chalicelib.foundation.ports import QueueCare
    from chalicelib.pages.operator.console.asked import Asked
    from chalicelib.pages.operator.operator_endpoints import OperatorEndpoints
    from chalicelib.pages.page import Page


@dataclass(frozen=True, slots=True)
class Acts:
    """Each method is one form. The answer is the address (below the hub's) to go on with, or a page."""

    config: Config
    endpoints: OperatorEndpoints
    queues: QueueCare | None

    def replay(self, asked: Asked) -> str:
        """Has a parked event (or, without one, all of the business) processed again."""
        business_id, event_id = asked.form.get("business_id", ""), asked.form.get("event_id", "")
        if event_id:
            self.endpoints.parked.replay(business_id, event_id)
            said = Words(asked.language)("It is processed again; what comes of it stands here in a moment.")
        else:
            count = self.endpoints.parked.replay_all(business_id, asked.form.get("connection_id") or None)["replayed"]
            said = Words(asked.language)("{n} events are processed again.", n=count)
        return with_words(f"/operator/businesses/{business_id}", "done", said)

    def reconcile(self, asked: Asked) -> str:
        """Has all coming bookings of a connection read back."""
        business_id = asked.form.get("business_id", "")
        self.endpoints.connections.reconcile(business_id, asked.form.get("connection_id", ""))
        said = Words(asked.language)("The coming bookings are read from the tool now.")
        return with_words(f"/operator/businesses/{business_id}", "done", said)

    def pause(self, asked: Asked) -> str:
        """Pauses all messages of a business, or resumes them."""
        business = known_business(self.config, asked.form.get("business_id", ""))
        is_paused = asked.form.get("paused") == "yes"
        self.endpoints.businesses.put(business.business_id, form_of(business) | {"paused": is_paused})
        words = Words(asked.language)
        said = words("All messages are paused.") if is_paused else words("Messages go out again within five minutes.")
        return with_words(f"/operator/businesses/{business.business_id}", "done", said)

    def revive(self, asked: Asked) -> str:
        """Has messages that failed too often tried again."""
        ids = [int(one) for one in asked.form.get("ids", "").split(",") if one.isascii() and one.isdecimal()]
        count = self.queues.revive(ids) if self.queues and ids else 0
        return with_words("/operator", "done", Words(asked.language)("{n} messages are tried again.", n=count))

    def new_key(self, asked: Asked) -> Page:
        """Makes a key or staff link and shows it, this once."""
        kind = _kind_of(asked)
        business_id = asked.form.get("business_id") or None
        made = self.endpoints.keys.put(
            kind, business_id, asked.form.get("key_id", ""), {"label": asked.form.get("label", "")}
        )
        back = f"/operator/businesses/{business_id}" if business_id else "/operator/keys"
        return render("key.html", asked, made=made, back=back)

    def revoke(self, asked: Asked) -> str:
        """Nobody gets in with a key any more."""
        business_id = asked.form.get("business_id") or None
        self.endpoints.keys.delete(_kind_of(asked), business_id, asked.form.get("key_id", ""))
        back = f"/operator/businesses/{business_id}" if business_id else "/operator/keys"
        return with_words(back, "done", Words(asked.language)("It opens nothing any more."))

    def delete(self, asked: Asked) -> str:
        """Deletes a connection, or a business, after the page that says what it does."""
        business_id, connection_id = asked.form.get("business_id", ""), asked.form.get("connection_id", "")
        if connection_id:
            self.endpoints.connections.delete(business_id, connection_id, only_say=False)
            where = f"/operator/businesses/{business_id}"
        else:
            self.endpoints.businesses.delete(business_id, only_say=False)
            where = "/operator"
        return with_words(where, "done", Words(asked.language)("It is deleted."))

    def delete_feed(self, asked: Asked) -> str:
        """Deletes a feed that no business plans with."""
        self.endpoints.feeds.delete(asked.form.get("feed_id", ""), only_say=False)
        return with_words("/operator", "done", Words(asked.language)("It is deleted."))

    def compile_feed(self, asked: Asked) -> str:
        """Has a feed fetched and compiled now."""
        feed_id = asked.form.get("feed_id", "")
        self.endpoints.feeds.compile_now(feed_id)
        said = Words(asked.language)("It is fetched and compiled now.")
        return with_words(f"/operator/feeds/{feed_id}", "done", said)


def form_of(business: Business) -> dict[str, Any]:
    """A business as the form that would make it again: what is changed of it is put beside."""
    kept = {one.name: getattr(business, one.name) for one in fields(business)}
    for name in ("business_id", "version", "outages", "feed_lost", "lat", "lon"):
        del kept[name]
    address = business.address
    street = {one.name: getattr(address, one.name) for one in fields(address)} if address else None
    hours = {day: list(spans) for day, spans in business.hours.items()}
    place = {"location": {"lat": business.lat, "lon": business.lon}, "feed": business.feed or None}
    return kept | place | {"address": street, "hours": hours}


def _kind_of(asked: Asked) -> KeyKind:
    """Which kind of key a form is about: operators make operators' keys, everybody else only their business's."""
    wanted = asked.form.get("kind", "")
    if asked.form.get("business_id"):
        if wanted not in {KeyKind.BUSINESS, KeyKind.STAFF}:
            raise Invalid("invalid_key", "A business has keys and staff links.")
        return KeyKind(wanted)
    return KeyKind.OPERATOR
