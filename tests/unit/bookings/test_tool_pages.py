"""Where a booking tool lets its customers cancel or move an appointment: read, and kept out where it is no page."""

from __future__ import annotations

import pytest

from chalicelib.bookings.providers.reading import web_page


@pytest.mark.parametrize(
    ("given", "page"),
    [
        ("https://calendly.com/cancellations/AAAA", "https://calendly.com/cancellations/AAAA"),
        (" https://acuityscheduling.com/schedule.php?owner=1&id[]=2 ", "https://acuityscheduling.com/schedule.php?owner=1&id[]=2"),
        ("http://calendly.com/x", None), ("javascript:alert(1)", None), ("https://a b", None), (7, None), (None, None),
        ("https://example.com/" + "x" * 500, None),
    ],
)  # a table, read by rows # fmt: skip
def test_only_the_address_of_a_page_is_taken(given: object, page: str | None) -> None:
    assert web_page({"cancel_url": given}, "cancel_url") == page
