"""Phone numbers as booking tools hand them over, and what becomes of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.bookings.booking import Customer
from chalicelib.bookings.phone_numbers import current_number
from chalicelib.notices.delivery.address import address_of
from chalicelib.notices.delivery.phone import country_of, phone_of
from tests.fakes.salon import SALON

GB = replace(SALON, phone="+442079460000")
NOWHERE = replace(SALON, phone=None)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+44 7700 900123", "+447700900123"),
        ("07700 900123", "+447700900123"),
        ("(07700) 900-123", "+447700900123"),
        ("0044 7700 900123", "+447700900123"),
        ("+1 202-555-0123", "+12025550123"),
        (" +447700900123 ", "+447700900123"),
        ("tel:+447700900123", "+447700900123"),
        ("+44 (0)7700 900123", "+447700900123"),
        ("+52 1 55 1234 5678", "+525512345678"),
        ("0052 1 55 1234 5678", "+525512345678"),
        ("+52 55 1234 5678", "+525512345678"),
        ("+52 044 55 1234 5678", "+525512345678"),
    ],
)
def test_numbers_are_read_as_written_in_the_businesss_country(text: str, number: str) -> None:
    assert phone_of(text, GB).number == number


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "no_phone"),
        ("", "no_phone"),
        ("   ", "no_phone"),
        ("call me", "not_a_phone_number"),
        ("12", "not_a_phone_number"),
        ("+999 123 456 789", "not_a_phone_number"),
        ("+44 7700", "not_a_phone_number"),
        ("+44770090012345678901", "not_a_phone_number"),
        ("+44 20 7946 0123", "phone_cannot_receive_texts"),
        ("+49 30 23125 123", "phone_cannot_receive_texts"),
        ("x" * 10_000, "not_a_phone_number"),
        ("<script>", "not_a_phone_number"),
    ],
)
def test_what_is_no_mobile_number_has_a_reason(text: str | None, reason: str) -> None:
    assert (phone_of(text, GB).number, phone_of(text, GB).reason) == ("", reason)


@pytest.mark.parametrize(
    "text",
    ["55 1234 5678", "044 55 1234 5678", "045 55 1234 5678", "01 55 1234 5678", "1 55 1234 5678", "52 1 55 1234 5678"],
)
def test_a_mexican_number_is_read_however_it_was_once_dialled(text: str) -> None:
    assert phone_of(text, replace(GB, phone="+5215512345678")).number == "+525512345678"


def test_a_number_of_another_country_that_looks_like_an_old_mexican_one_stays() -> None:
    assert current_number("+521551234567") == "+521551234567"
    assert current_number("+15215512345678") == "+15215512345678"


def test_a_national_number_needs_a_country() -> None:
    assert phone_of("07700 900123", NOWHERE).reason == "phone_without_country"
    assert phone_of("07700 900123", replace(NOWHERE, country="gb")).number == "+447700900123"
    assert phone_of("+447700900123", NOWHERE).number == "+447700900123"


def test_the_country_is_the_businesss_own_word_before_its_phone() -> None:
    assert country_of(GB) == "GB"
    assert country_of(replace(GB, country="de")) == "DE"
    assert country_of(NOWHERE) is None
    assert country_of(replace(GB, phone="nonsense")) is None


@pytest.mark.parametrize(
    ("phone", "email", "channel", "to", "reason"),
    [
        ("+12025550123", "a@example.com", "sms", "+12025550123", None),
        (None, "a@example.com", "mail", "a@example.com", None),
        ("call me", "a@example.com", "mail", "a@example.com", "not_a_phone_number"),
        ("+44 20 7946 0123", None, "none", "", "phone_cannot_receive_texts"),
        (None, None, "none", "", "no_phone_and_no_mail"),
        (None, "no address", "none", "", "no_phone_and_no_mail"),
        (None, "a@example.com\nBcc: b@example.com", "none", "", "no_phone_and_no_mail"),
    ],
)
def test_a_text_where_possible_else_mail_else_nothing_and_why(
    phone: str | None, email: str | None, channel: str, to: str, reason: str | None
) -> None:
    address = address_of(Customer("k", "K", email, phone), GB)
    assert (address.channel, address.to, address.reason) == (channel, to, reason)
