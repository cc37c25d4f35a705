"""The committed names of minutes and hours are those of CLDR."""

from __future__ import annotations

from chalicelib.replies.patterns import units
from infra.units import unit_names


def test_the_names_are_those_of_cldr() -> None:
    assert units() == unit_names()
