"""STOP ends texts to a number until START; the bookings stay as they are. What says STOP is read in `replies/`.

The wish is kept by number, not by ticket or business: somebody who says stop to one sender of ours means all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.bookings.phone_numbers import current_number, older_forms
from chalicelib.foundation.keys import OPTED_OUT, opt_out_key
from chalicelib.foundation.ports import Write
from chalicelib.foundation.retry import retry

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.foundation.ports import Documents


def is_opted_out(documents: Documents, number: str) -> bool:
    """Whether the owner of this number (E.164) wants no texts. Raises `Unavailable`.

    A wish that was stored under an older form of the number counts until there is one under today's.
    """
    number = current_number(number)
    for form in (number, *older_forms(number)):
        if (document := documents.get("config", opt_out_key(form))) is not None:
            return bool(document["stopped"])
    return False


def record_wish(documents: Documents, number: str, now: datetime, *, stopped: bool) -> None:
    """Remembers the wish; the last one counts. Raises `Unavailable`."""
    number = current_number(number)  # a carrier may name the sender in the old form

    def step() -> None:
        known = documents.get("config", opt_out_key(number))
        version = known["version"] if known else None
        wish = {"stopped": stopped, "at": now.isoformat(), "version": (version or 0) + 1}
        documents.write(Write("config", {"config_id": opt_out_key(number), "owner": OPTED_OUT, **wish}, version))

    retry(step, "wish")
