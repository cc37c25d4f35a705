"""The topic alone: nobody is written to; who subscribes to the topic of all notices gets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.notices.delivery.channel import Reach

if TYPE_CHECKING:
    from chalicelib.bookings.business import Business
    from chalicelib.foundation.ports import Handover
    from chalicelib.notices.delivery.channel import Carriers, Recipient
    from chalicelib.notices.notice import Notice


class Topic:
    """`to` is empty. The outbox publishes every notice, so there is nothing more to send."""

    name = "topic"
    has_opt_out = False
    is_paced = False

    def reach(self, recipient: Recipient, business: Business) -> Reach:  # noqa: ARG002 - the topic is the hub's
        """Everybody but customers."""
        return Reach("" if recipient.may_subscribe else None)

    def send(self, notice: Notice, carriers: Carriers, sender: str | None) -> Handover | None:  # noqa: ARG002 - nothing to send
        """Nothing: see above."""
        return None
