"""What a booking tool calls a phone number, as a number that can receive texts, or the reason why it is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.phone_numbers import current_number

if TYPE_CHECKING:
    from chalicelib.bookings.business import Business

NO_PHONE = "no_phone"
NOT_A_NUMBER = "not_a_phone_number"
NO_COUNTRY = "phone_without_country"  # national format, and the business says neither country nor phone
NOT_MOBILE = "phone_cannot_receive_texts"


@dataclass(frozen=True, slots=True)
class Phone:
    """Either `number` (E.164) or `reason` is set."""

    number: str = ""
    reason: str = ""


def phone_of(text: str | None, business: Business) -> Phone:
    """Reads a number as written for the country of the business.

    A number that the numbering plan does not know yet but that has a mobile number's length passes: plans change
    faster than libraries, and the carrier has the last word.
    """
    if not text or not text.strip():
        return Phone(reason=NO_PHONE)
    import phonenumbers  # noqa: PLC0415 - 60 ms that only a process which sends texts has to pay

    region = country_of(business)
    try:
        number = phonenumbers.parse(text, region)
        written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        number = phonenumbers.parse(current_number(written), None)
    except phonenumbers.NumberParseException:
        bare = not text.strip().startswith(("+", "00")) and region is None and sum(map(str.isdigit, text)) > 4  # noqa: PLR2004 - fewer digits are no number in any country
        return Phone(reason=NO_COUNTRY if bare else NOT_A_NUMBER)
    return _classify(number)


def _classify(number: Any) -> Phone:
    import phonenumbers as p  # noqa: PLC0415 - as above

    kind = p.PhoneNumberType
    if p.is_possible_number_for_type_with_reason(number, kind.MOBILE) != p.ValidationResult.IS_POSSIBLE:
        return Phone(reason=NOT_A_NUMBER)
    if p.number_type(number) not in {kind.MOBILE, kind.FIXED_LINE_OR_MOBILE, kind.PERSONAL_NUMBER, kind.UNKNOWN}:
        return Phone(reason=NOT_MOBILE)
    return Phone(number=p.format_number(number, p.PhoneNumberFormat.E164))


def country_of(business: Business) -> str | None:
    """ISO 3166 alpha-2: as the business says, else that of its own phone."""
    if business.country:
        return business.country.upper()
    if not business.phone:
        return None
    import phonenumbers  # noqa: PLC0415 - as above

    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(current_number(business.phone), None))
    except phonenumbers.NumberParseException:
        return None
    return str(region) if region else None
