"""Whatever a feed's cells hold, it is compiled or refused with a sentence, and described alike; nothing else happens.

HYPOTHESIS_EXAMPLES sets how many feeds are tried.
"""

from __future__ import annotations

import os

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.dirty_feed import GOOD, compile_or_refuse, quoted

CELLS = [
    "", " ", "0", "1", "2", "4", "-1", "9", "1e9", "99999999999", "nan", "inf", "-inf", "NULL", "0.5", "x", "Ä",
    "A", "B", "C", "S", "N", "E", "t", "u", "v", "R", "Q", "daily", "some", "T", "Europe/Berlin", "Mars/Base",
    "08:00:00", "25:00:00", "999:59:59", "-1:00:00", "8:5", "08:60:00", "90", "180", "-180", "91",
    "20240515", "20240230", "00010101", "99991231", "20241301", "America/New_York", "\ufffd",
    '"', "'", "a,b", "\t", "٣", "²", "1_000", "+5", "True", "0x10", "a" * 300,
]  # a table, read by rows # fmt: skip
CHANGES = st.lists(
    st.tuples(st.sampled_from(sorted(GOOD)), st.integers(0, 7), st.integers(0, 9), st.sampled_from(CELLS)),
    min_size=1,
    max_size=12,
)
LOST = st.frozensets(st.sampled_from(["calendar", "calendar_dates", "frequencies", "transfers", "pathways", "shapes"]))


def dirty(changes: list[tuple[str, int, int, str]]) -> dict[str, str]:
    """The good feed with some cells (headers too) replaced."""
    tables = {name: [row.copy() for row in rows] for name, rows in GOOD.items()}
    for name, row, column, cell in changes:
        rows = tables[name]
        line = rows[row % len(rows)]
        line[column % len(line)] = cell
    return {name: "\n".join(",".join(map(quoted, row)) for row in rows) for name, rows in tables.items()}


@settings(deadline=None, max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "80")))
@given(CHANGES, LOST)
def test_any_cells_at_all(changes: list[tuple[str, int, int, str]], lost: frozenset[str]) -> None:
    texts = dirty(changes)
    files = {f"{name}.txt": text.encode() for name, text in texts.items() if name not in lost}
    compile_or_refuse(files)


@settings(deadline=None, max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "50")))
@given(st.sampled_from(sorted(GOOD)), st.lists(st.tuples(st.integers(0, 600), st.binary(max_size=3)), max_size=6))
def test_any_bytes_at_all(name: str, cuts: list[tuple[int, bytes]]) -> None:
    files = {f"{table}.txt": text.encode() for table, text in dirty([]).items()}
    data = files[f"{name}.txt"]
    for at, piece in cuts:
        data = data[:at] + piece + data[at + 1 :]
    compile_or_refuse(files | {f"{name}.txt": data})
