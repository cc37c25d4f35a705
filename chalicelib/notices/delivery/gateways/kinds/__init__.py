"""The kinds of gateways that there are; each is a module here, and a line in this table."""

from __future__ import annotations

from chalicelib.notices.delivery.gateways.kinds import elks, ntfy, own, smsgate, twilio, vonage

KINDS = {
    "twilio": twilio.KIND,
    "vonage": vonage.SMS,
    "vonage_messages": vonage.MESSAGES,
    "46elks": elks.KIND,
    "smsgate": smsgate.KIND,
    "ntfy": ntfy.KIND,
    "http": own.KIND,  # any other, described by a template
}
