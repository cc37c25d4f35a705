"""What is asked of the hub as a whole: businesses, feeds, the outbox, what failed for good; and a first booking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.store import booking_id_of
from chalicelib.foundation.invalid import Invalid
from chalicelib.pages.operator.businesses import business_json, known_business
from chalicelib.pages.operator.feeds import feed_json
from chalicelib.pages.page import NotFound
from chalicelib.transit.data.feed import all_feeds
from chalicelib.transit.data.feed_health import state_of
from chalicelib.workflows.trying.first_booking import Trial, book_trial, trial_connection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.bookings.config import Config
    from chalicelib.bookings.inbox.accept import Inbox
    from chalicelib.foundation.ports import Clock, Documents, QueueCare, ShownOutbox

ID_MAX_OF_STORE = 2**63 - 1  # of a dead message
OUTBOX_SHOWN_MAX = 100  # of the outbox, and dead ones


@dataclass(frozen=True, slots=True)
class OverviewEndpoints:
    """/admin/businesses, /admin/feeds, /admin/outbox, /admin/dead_letters, /admin/businesses/{business_id}/trial."""

    documents: Documents
    config: Config
    clock: Clock
    inbox: Inbox
    queues: QueueCare | None
    shown_outbox: ShownOutbox | None

    def businesses(self) -> dict[str, Any]:
        """All businesses, by id, each with how it stands with its feed. Raises `Unavailable`."""
        feeds, now = {feed.feed_id: feed for feed in all_feeds(self.documents)}, self.clock.now()
        rows = []
        for one in self.config.businesses():
            state = state_of(feeds.get(one.feed), one.feed, (one.lat, one.lon), now)
            ends = state.ends.isoformat() if state.ends else None
            rows.append(business_json(one) | {"feed_state": state.kind, "feed_ends": ends})
        return {"businesses": rows}

    def feeds(self) -> dict[str, Any]:
        """All feeds, by id. Raises `Unavailable`."""
        return {"feeds": [feed_json(feed) for feed in all_feeds(self.documents)]}

    def outbox(self) -> dict[str, Any]:
        """Texts and mails that stayed on this machine, the newest first. Raises `NotFound`, `Unavailable`."""
        if self.shown_outbox is None:
            raise NotFound("Texts and mails of this hub leave it; each business's notices list them.")
        names = ("id", "at", "channel", "to", "subject", "body")
        lines = self.shown_outbox.latest(OUTBOX_SHOWN_MAX)
        return {"messages": [{name: getattr(line, name) for name in names} for line in lines]}

    def dead_letters(self) -> dict[str, Any]:
        """Messages that failed too often, the newest first. Raises `NotFound`, `Unavailable`."""
        found = self._care().dead(OUTBOX_SHOWN_MAX)
        return {"dead_letters": [{"id": one["id"], "queue": one["queue"], "body": str(one["body"])} for one in found]}

    def revive(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Has dead messages tried again: those of {"ids"}. Raises `NotFound`, `Invalid`, `Unavailable`."""
        ids = body.get("ids")
        if not isinstance(ids, list) or not all(type(one) is int and 0 < one <= ID_MAX_OF_STORE for one in ids):
            raise Invalid("invalid_ids", "ids must be a list of numbers, as GET /admin/dead_letters gives them.")
        return {"replayed": self._care().revive(ids)}

    def trial(self, business_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Books an appointment to try a business with, by the way of a real one. Raises `NotFound`, `Invalid`."""
        from chalicelib.bookings.forms import TrialForm  # noqa: PLC0415 - brings pydantic
        from chalicelib.foundation.forms import validate  # noqa: PLC0415 - the same

        business, now = known_business(self.config, business_id), self.clock.now()
        form = validate(TrialForm, body, "invalid_trial")
        if not (form.phone or form.mail):
            raise Invalid("invalid_trial", "phone or mail is missing: somebody has to get the texts.")
        trial = Trial(form.name, form.phone or "", form.mail or "", form.start, form.origin)
        uid = book_trial(self.inbox, self.config, business, trial, now)
        return {"uid": uid, "booking_id": booking_id_of(trial_connection(business_id), uid)}

    def _care(self) -> QueueCare:
        if self.queues is None:
            raise NotFound("On AWS they lie in the dead-letter queues: the runbook says how to send them again.")
        return self.queues
