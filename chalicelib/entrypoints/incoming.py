"""What comes by queue and by the clock, handed to the part of the hub that it concerns."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from chalicelib.foundation.ports import Document
    from chalicelib.wiring import Hub


def on_inbox_message(hub: Hub, message: Document) -> None:
    """Queue "inbox": a stored webhook to process, or the receipt of a mail that SES put into the bucket."""
    if "receipt" not in message:
        hub.worker.process(message["event_id"], hub.now())
        return
    from chalicelib.bookings.inbox import mail  # noqa: PLC0415 - only where mail comes in
    from chalicelib.bookings.inbox.accept import BadSignature, TooLarge, UnknownConnection  # noqa: PLC0415 - the same

    for received in mail.mails_of({"ses": message}):
        with contextlib.suppress(BadSignature, TooLarge, UnknownConnection):  # anybody can write to an address
            mail.accept_mail(hub.inbox, hub.bucket, received, hub.now())


def on_notice_message(hub: Hub, message: Document) -> None:
    """Queue "notices": a notice to send, or a text that somebody sent us (STOP, START)."""
    if "notice_id" in message:
        hub.outbox.deliver(message["notice_id"], hub.now(), booking_id=message.get("booking_id", ""))
        return
    from chalicelib.notices.delivery import opt_out  # noqa: PLC0415 - only where texts come in

    opt_out.on_inbound(hub.documents, message, hub.now())


def run_booking_tools_round(hub: Hub) -> None:
    """What is due towards booking tools, then what their failures and silences mean; each part gets its turn."""
    _run_each(hub.chores.do_due, hub.detector.detect, hub.silences.report_new, now=hub.now())


def run_every_minute(hub: Hub) -> None:
    """Whatever is due, and whatever was lost on the way, goes to its queue; every part gets its turn."""
    _run_each(hub.ticket_service.queue_due, hub.outbox.sweep, hub.inbox.sweep, now=hub.now())


def _run_each(*parts: Callable[[datetime], object], now: datetime) -> None:
    failures = []
    for part in parts:
        try:
            part(now)
        except Exception as failure:  # noqa: BLE001 - told below, after the other parts had their turn
            failures.append(failure)
    if failures:
        raise ExceptionGroup("a part of the minute's round failed; it comes again in a minute", failures)
