"""Who calls, by the key or session that they show, and what that opens. Pure.

| kind | opens |
|---|---|
| operator | everything |
| business | /admin/businesses/{its id} and below, and its own pages; nothing of another business, nothing of the hub |
| staff | the staff page /b/{staff_link} of its business; no admin call |
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

MASTER = "admin"  # the name of the operator's first key: that of `make run`, or of the deployment


class KeyKind(StrEnum):
    """What a key is for."""

    OPERATOR = "operator"
    BUSINESS = "business"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who showed a key that holds. `digest` is the key's, "" for the first one."""

    kind: KeyKind
    business_id: str | None
    key_id: str
    digest: str = ""

    @property
    def is_operator(self) -> bool:
        """Whether everything is theirs to see."""
        return self.kind is KeyKind.OPERATOR

    def may_open(self, business_id: str | None) -> bool:
        """Whether they may do what admin calls do with this business; None: with the hub as a whole."""
        return self.is_operator or (
            self.kind is KeyKind.BUSINESS and business_id is not None and business_id == self.business_id
        )


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A key as it is listed: never the key itself. `label` is what its owner calls it."""

    key_id: str
    kind: KeyKind
    business_id: str | None
    label: str
    created_at: datetime | None
    last_used_at: datetime | None
