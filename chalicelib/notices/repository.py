"""Finding notices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.notices.documents import from_document

if TYPE_CHECKING:
    from chalicelib.foundation.ports import Documents
    from chalicelib.notices.notice import Notice

LISTED_MAX = 100_000


@dataclass(frozen=True, slots=True)
class Notices:
    """Reads notices; decides nothing. Every method may raise `Unavailable`."""

    documents: Documents

    def of_business(self, business_id: str) -> list[Notice]:
        """A business's notices, oldest first; may lag a write."""
        found = self.documents.query("notices", "by_business", business_id, limit=LISTED_MAX)
        return [from_document(document) for document in found]
