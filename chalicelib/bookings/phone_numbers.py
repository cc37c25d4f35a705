"""Numbers that are written as they once were dialled, as they are dialled today.

Mexico dropped the 1 of mobile phones (+52 1 …) and the trunk prefixes 01, 044 and 045 in August 2019; address books and
booking tools still hold them. Source: Instituto Federal de Telecomunicaciones, Plan Técnico Fundamental (2018).
"""

from __future__ import annotations

import re

_OLD_MEXICAN = re.compile(r"\+52(?:1|01|044|045)([1-9][0-9]{9})")


_MEXICAN = re.compile(r"\+52([1-9][0-9]{9})")


def older_forms(number: str) -> tuple[str, ...]:
    """As a number that is dialled today was written before, and may have been stored."""
    found = _MEXICAN.fullmatch(number)
    return tuple(f"+52{prefix}{found[1]}" for prefix in ("1", "01", "044", "045")) if found else ()


def current_number(number: str) -> str:
    """A number in E.164 as it is dialled today; every other text as it is."""
    return _OLD_MEXICAN.sub(r"+52\1", number) if _OLD_MEXICAN.fullmatch(number) else number
