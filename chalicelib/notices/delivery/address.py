"""By which way a person is reached: text where there is a number, else mail, else not at all, and then why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.notices.delivery.phone import NO_PHONE, phone_of

if TYPE_CHECKING:
    from chalicelib.bookings.booking import Customer
    from chalicelib.bookings.business import Business

SMS, MAIL, NO_CHANNEL = "sms", "mail", "none"
TOPIC = "topic"  # nobody is written to; who subscribes to the topic gets it
_MAIL = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+")


@dataclass(frozen=True, slots=True)
class Address:
    """Channel and where to; `reason` says why a better channel (or any) was not possible."""

    channel: str
    to: str = ""
    reason: str | None = None


def address_of(customer: Customer, business: Business) -> Address:
    """How to reach this customer."""
    phone = phone_of(customer.phone, business)
    if phone.number:
        return Address(SMS, phone.number)
    reason = None if phone.reason == NO_PHONE else phone.reason
    if customer.email and _MAIL.fullmatch(customer.email):
        return Address(MAIL, customer.email, reason)
    return Address(NO_CHANNEL, "", reason or "no_phone_and_no_mail")


def address_of_business(business: Business) -> Address:
    """How to reach the business: by text if its phone can receive one; else only those who subscribe hear of it."""
    phone = phone_of(business.phone, business)
    return Address(SMS, phone.number) if phone.number else Address(TOPIC, "", phone.reason)
