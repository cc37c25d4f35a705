"""Saving a ticket together with the notices that it caused: all of it or nothing."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chalicelib.foundation.logs import correlation_id
from chalicelib.foundation.ports import Conflict, Unavailable
from chalicelib.notices.documents import forget_location, from_document, notice_write
from chalicelib.tickets.documents import ticket_write

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from chalicelib.foundation.ports import Documents, Queues, Write
    from chalicelib.notices.notice import Notice
    from chalicelib.tickets.ticket import Ticket


@dataclass(frozen=True, slots=True)
class TicketCommit:
    """Writes what was decided, then says in the queue that there is something to send."""

    documents: Documents
    queues: Queues

    def commit(
        self,
        ticket: Ticket,
        stored: Ticket | None,
        now: datetime,
        notices: Sequence[Notice] = (),
        *,
        also: Iterable[Write] = (),
        instead: int | None = None,
    ) -> Ticket:
        """The ticket as it is stored now; what is as it was is not written.

        `stored` is what the decision was made on; a new ticket may stand `instead` of a document of that version.
        Raises `Conflict`, `Unavailable`; then nothing of it happened.
        """
        because = correlation_id()
        caused = [replace(notice, version=1, correlation_id=because) for notice in notices]
        writes = [*(notice_write(notice, None) for notice in caused), *also]
        if ticket == stored and not writes:
            return ticket
        expects = stored.version if stored else instead
        ticket = replace(ticket, updated_at=now, version=(expects or 0) + 1)
        self.documents.write(ticket_write(ticket, expects), *writes)
        self._announce(ticket, (notice for notice in notices if notice.send_at <= now))
        return ticket

    def forget_texts(self, ticket_id: str) -> None:
        """Texts and facts name the stop near which somebody lives: after the visit only that there was one remains."""
        for document in self.documents.query("notices", "by_ticket", ticket_id):
            notice = from_document(document)
            if notice.text or (notice.facts and not notice.facts.is_erased):
                bare = replace(forget_location(notice), version=notice.version + 1)
                with contextlib.suppress(Conflict):  # the index lagged; text and facts expire with the notice
                    self.documents.write(notice_write(bare, notice.version))

    def _announce(self, ticket: Ticket, notices: Iterable[Notice]) -> None:
        about = {"booking_id": ticket.booking_id}
        messages = [{"notice_id": notice.notice_id} | about for notice in notices if notice.state.value == "due"]
        with contextlib.suppress(Unavailable):  # they are stored; the sweep finds them soon
            if messages:
                self.queues.send("notices", *messages)
