"""Text messages to mobile phones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.foundation.ports import Text
from chalicelib.notices.delivery.channel import Reach
from chalicelib.notices.delivery.phone import phone_of

if TYPE_CHECKING:
    from chalicelib.bookings.business import Business
    from chalicelib.foundation.ports import Handover
    from chalicelib.notices.delivery.channel import Carriers, Recipient
    from chalicelib.notices.notice import Notice


class Sms:
    """`to` is a number in E.164."""

    name = "sms"
    has_opt_out = True
    is_paced = True

    def reach(self, recipient: Recipient, business: Business) -> Reach:
        """The number, read as written in the country of the business; else why it cannot receive texts."""
        phone = phone_of(recipient.phone, business)
        return Reach(phone.number or None, phone.reason or None)

    def send(self, notice: Notice, carriers: Carriers, sender: str | None) -> Handover | None:
        """As `Channel.send`; the text alone."""
        text = Text(notice.to, notice.text, sender, notice.business_id, notice.notice_id, notice.expires_at)
        return carriers.texts.send(text)
