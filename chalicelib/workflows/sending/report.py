"""What a carrier reports is taken down with its notice; what did not arrive is told by another channel.

Rules
- A report may come late, more than once, and before or after any other (`notices/delivery/reports`).
- It may even come before the sending is recorded: then it is put back, some times, for longer each time.
- A report of a message that is not known is counted and ignored, and so is a carrier's report of what another took.
- A notice that did not arrive has its ticket checked at once: what was told is now what it was before (`receipts`).
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib.foundation.commands import CheckTicket, DeliveryReported, send_commands
from chalicelib.foundation.keys import sent_key
from chalicelib.foundation.logs import DELIVERIES, about, measure
from chalicelib.foundation.retry import retry
from chalicelib.notices.delivery.aws_reports import report_of_mail, report_of_text
from chalicelib.notices.delivery.gateways.gateway import CARRIER
from chalicelib.notices.delivery.reports import with_report
from chalicelib.notices.documents import from_document, notice_write
from chalicelib.notices.notice import Delivery, DeliveryState, NoticeState

if TYPE_CHECKING:
    from chalicelib.foundation.commands import MailEvent, TextEvent
    from chalicelib.foundation.ports import Documents, Queues
    from chalicelib.notices.delivery.reports import Report
    from chalicelib.notices.notice import Notice

log = logging.getLogger("hub.notices")

AGAIN_S = (5, 60, 600)  # when a report of what is not recorded (yet) is looked at again; a sender records in seconds
UNKNOWN_MESSAGE = "unknown_message"
_NOT_HANDED_OVER = (NoticeState.DUE, NoticeState.HELD, NoticeState.SENDING)


def take_text_event(documents: Documents, queues: Queues, event: TextEvent, now: datetime) -> None:
    """What End User Messaging says of a text. Raises `Unavailable`."""
    if report := report_of_text(event, now):
        take_report(documents, queues, as_command(report), now)


def take_mail_event(documents: Documents, queues: Queues, event: MailEvent, now: datetime) -> None:
    """What SES says of a mail. Raises `Unavailable`."""
    if report := report_of_mail(event, now):
        take_report(documents, queues, as_command(report), now)


def as_command(report: Report) -> DeliveryReported:
    """A report as it travels."""
    said = report.delivery
    return DeliveryReported(
        report.carrier,
        said.state.value,
        said.at.isoformat(),
        said.why,
        report.notice_id,
        report.message_id,
        for_good=said.for_good,
    )


def take_report(documents: Documents, queues: Queues, command: DeliveryReported, now: datetime) -> None:
    """Takes it down, or puts it back, or counts it as unknown. Raises `Unavailable`."""
    said = Delivery(
        DeliveryState(command.state), datetime.fromisoformat(command.at), command.why, for_good=command.for_good
    )

    def step() -> tuple[Notice | None, bool]:
        known = _find_notice(documents, command)
        if known is None or known.state in _NOT_HANDED_OVER:
            return None, False
        after = with_report(known, said)
        if after is not known:
            documents.write(notice_write(replace(after, version=known.version + 1), known.version))
        return after, after is not known

    notice, is_news = retry(step, "notice")
    if notice is None:
        if command.tries < len(AGAIN_S):
            again = replace(command, tries=command.tries + 1)
            send_commands(queues, again, delay_s=AGAIN_S[command.tries])
        else:
            measure(DELIVERIES, 1, now, carrier=command.carrier, state=UNKNOWN_MESSAGE)
        return
    if not is_news:
        return
    measure(DELIVERIES, 1, now, carrier=command.carrier, state=said.state.value)
    log.info(
        "a carrier reported",
        extra=about(
            business_id=notice.business_id,
            ticket_id=notice.ticket_id or "",
            notice_id=notice.notice_id,
            kind=notice.kind,
            channel=notice.channel,
            state=said.state.value,
        ),
    )
    if notice.has_failed and notice.ticket_id:
        send_commands(queues, CheckTicket(notice.ticket_id))


def _find_notice(documents: Documents, command: DeliveryReported) -> Notice | None:
    notice_id = command.notice_id
    if not notice_id and command.message_id:
        known = documents.get("config", sent_key(command.carrier, command.message_id))
        notice_id = known["notice_id"] if known else ""
    document = documents.get("notices", notice_id) if notice_id else None
    notice = from_document(document) if document else None
    if notice is None or notice.state in _NOT_HANDED_OVER or notice.carrier == command.carrier:
        return notice
    is_own = not command.carrier.startswith(CARRIER)  # a gateway is a business's; AWS is nobody's
    return notice if is_own and not notice.carrier else None
