"""Test messages of a business: a real text or mail by the real way, and what became of it, in the carrier's words."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.booking import Customer
from chalicelib.foundation.invalid import Invalid
from chalicelib.notices import notice_json
from chalicelib.pages.operator.businesses import known_business
from chalicelib.workflows.trying.test_message import await_fate, fate, send_trial, trial_notice

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.bookings.config import Config
    from chalicelib.foundation.ports import Clock, Documents, Queues


@dataclass(frozen=True, slots=True)
class TrialEndpoints:
    """/admin/businesses/{business_id}/test_text and /test_mail."""

    config: Config
    documents: Documents
    queues: Queues
    clock: Clock
    pause: Callable[[float], None] = time.sleep

    def text(self, business_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """A text to `to`, else to the business's own phone. Raises `NotFound`, `Invalid`, `Unavailable`."""
        return self._send(business_id, body, is_text=True)

    def mail(self, business_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """A mail to `to`, else to the business's operator. Raises as `text`."""
        return self._send(business_id, body, is_text=False)

    def _send(self, business_id: str, body: dict[str, Any], *, is_text: bool) -> dict[str, Any]:
        business = known_business(self.config, business_id)
        to = body.get("to", business.phone if is_text else business.operator_mail)
        if not isinstance(to, str) or not to.strip():
            whose = "phone" if is_text else "operator_mail"
            raise Invalid("no_receiver", f'say to whom: {{"to": …}}, or give the business a {whose}')
        customer = Customer("trial", "", **({"phone": to} if is_text else {"email": to}))
        notice = trial_notice(business, customer, self.clock.now(), secrets.token_hex(6))
        after = await_fate(self.documents, send_trial(self.documents, self.queues, notice), self.pause)
        return {"notice": notice_json.to_json(after), "says": fate(after)}
