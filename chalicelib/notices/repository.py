"""Finding notices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.foundation.invalid import each_readable
from chalicelib.foundation.keys import utc_key
from chalicelib.foundation.ports import LAST
from chalicelib.notices.documents import from_document

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.foundation.ports import Documents
    from chalicelib.notices.notice import Notice

LISTED_MAX = 100_000


@dataclass(frozen=True, slots=True)
class Notices:
    """Reads notices; decides nothing. Every method may raise `Unavailable`."""

    documents: Documents

    def load(self, notice_id: str) -> Notice | None:
        """The notice; None: there is none, or it has expired."""
        document = self.documents.get("notices", notice_id)
        return from_document(document) if document else None

    def of_ticket(self, ticket_id: str) -> list[Notice]:
        """A ticket's notices; may lag a write."""
        return [from_document(document) for document in self.documents.query("notices", "by_ticket_keys", ticket_id)]

    def of_business(
        self, business_id: str, since: datetime | None = None, until: datetime | None = None
    ) -> list[Notice]:
        """A business's notices (made from `since` to `until`), oldest first; may lag a write."""
        span = {"first": utc_key(since) if since else "", "last": utc_key(until) if until else LAST}
        found = self.documents.query("notices", "by_business_keys", business_id, limit=LISTED_MAX, **span)
        return each_readable(found, from_document)
