"""Plain mails."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chalicelib.foundation.ports import Letter
from chalicelib.notices.delivery.channel import Reach

if TYPE_CHECKING:
    from chalicelib.bookings.business import Business
    from chalicelib.foundation.ports import Handover
    from chalicelib.notices.delivery.channel import Carriers, Recipient
    from chalicelib.notices.notice import Notice

_ADDRESS = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+")


class Mail:
    """`to` is a mail address."""

    name = "mail"
    has_opt_out = False
    is_paced = False

    def reach(self, recipient: Recipient, business: Business) -> Reach:  # noqa: ARG002 - an address needs no country
        """The address, if it looks like one."""
        return Reach(recipient.mail if recipient.mail and _ADDRESS.fullmatch(recipient.mail) else None)

    def send(self, notice: Notice, carriers: Carriers, sender: str | None) -> Handover | None:  # noqa: ARG002 - mails come from the hub's own address
        """As `Channel.send`; the subject and the text."""
        return carriers.mail.send(Letter(notice.to, notice.subject, notice.text, notice.business_id, notice.notice_id))
