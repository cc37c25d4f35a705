"""By which channel a person is reached: the first that reaches them; else none, and then why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.notices.delivery.channel import Recipient
from chalicelib.notices.delivery.mail import Mail
from chalicelib.notices.delivery.phone import NO_PHONE
from chalicelib.notices.delivery.sms import Sms
from chalicelib.notices.delivery.topic import Topic

if TYPE_CHECKING:
    from chalicelib.bookings.booking import Customer
    from chalicelib.bookings.business import Business
    from chalicelib.notices.delivery.channel import Channel

CHANNELS: tuple[Channel, ...] = (Sms(), Mail(), Topic())  # the most likely to be read first
NO_CHANNEL = "none"
REFUSED = "refused_by_carrier"
ONCE = "?"  # before an address where a message was lost that another one may not be


@dataclass(frozen=True, slots=True)
class Address:
    """Channel and where to; `reason` says why a better channel (or any) was not possible."""

    channel: str
    to: str = ""
    reason: str | None = None


def channel_named(name: str) -> Channel:
    """The channel that a notice was made for. Raises `LookupError` where this version has none of that name."""
    found = next((channel for channel in CHANNELS if channel.name == name), None)
    if found is None:
        raise LookupError(f"there is no channel {name!r}")
    return found


def address_of(customer: Customer, business: Business, refused: tuple[str, ...] = (), preferred: str = "") -> Address:
    """How to reach this customer. Who gave no number and has a mail address lacks nothing: there is no reason.

    `refused` are addresses that did not work: the next channel is tried. Those that failed once ("?sms:+1…") are tried
    again where there is no other; those that a carrier refused for good ("sms:+1…") are not. The `preferred` channel
    ("mail") comes before the others where it reaches them.
    """
    recipient, once = Recipient(customer.phone, customer.email), tuple(one.removeprefix(ONCE) for one in refused)
    wished = next((one.reach(recipient, business).to for one in CHANNELS if one.name == preferred), None)
    if wished and f"{preferred}:{wished}" not in once:
        return Address(preferred, wished)
    address = _first_to_reach(recipient, business, once)
    if address.channel == NO_CHANNEL and refused:
        address = _first_to_reach(recipient, business, refused)
    reason = None if address.reason == NO_PHONE else address.reason
    if address.channel == NO_CHANNEL:
        return Address(NO_CHANNEL, "", reason or "no_phone_and_no_mail")
    return Address(address.channel, address.to, reason)


def address_of_business(business: Business) -> Address:
    """How to reach the business: by text if its phone can receive one; else only those who subscribe hear of it."""
    return _first_to_reach(Recipient(business.phone, may_subscribe=True), business)


def address_of_operator(business: Business) -> Address:
    """How to reach who runs the hub for this business: by mail where there is an address; else as the business."""
    address = _first_to_reach(Recipient(mail=business.operator_mail, may_subscribe=True), business)
    return Address(address.channel, address.to)


def _first_to_reach(recipient: Recipient, business: Business, refused: tuple[str, ...] = ()) -> Address:
    reason = None
    for channel in CHANNELS:
        reach = channel.reach(recipient, business)
        if f"{channel.name}:{reach.to}" in refused:
            reason = reason or REFUSED
        elif reach.to is not None:
            return Address(channel.name, reach.to, reason)
        reason = reason or reach.reason
    return Address(NO_CHANNEL, "", reason)
