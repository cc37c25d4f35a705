"""The report of a replay: one page of HTML without anything from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from feeds.replay.scoring.score import calibration, minutes_late

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from feeds.replay.scoring.score import Outcome, Summary

HEADS = (
    "",
    "tickets",
    "on time",
    "> 10 min late",
    "lead, min",
    "waited, min",
    "texts after the first",
    "warned",
    "false",
)
STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.3rem .8rem;text-align:right;border-bottom:1px solid #ddd}
td:first-child,th:first-child{text-align:left}tr.hub{font-weight:600;background:#eef6ee}svg{max-width:100%}
text{font:11px system-ui,sans-serif;fill:#444}"""


def cells(row: Summary) -> tuple[str, ...]:
    """A row of the table."""

    def share(value: float | None) -> str:
        return "–" if value is None else f"{100 * value:.1f} %"  # noqa: RUF001 - a dash that means "none"

    return (
        row.name,
        str(row.tickets),
        share(row.on_time),
        share(row.much_late),
        f"{row.lead_min:.1f}",
        f"{row.waited_min:.1f}",
        f"{row.texts_after:.2f}",
        share(row.warned),
        share(row.false_warnings),
    )


def table(rows: Sequence[Summary]) -> str:
    """The table for a terminal."""
    grid = [HEADS, *(cells(row) for row in rows)]
    widths = [max(len(line[at]) for line in grid) for at in range(len(HEADS))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in grid)


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """What a replay came to."""

    product: Summary
    others: Sequence[Summary]  # the baselines
    outcomes: Sequence[Outcome]  # of the product
    spoke: Counter[str]  # how often each rule spoke
    tickets: int
    history: int  # earlier recordings that were learned from


def report_page(result: ReplayResult) -> str:
    """The page."""
    heads = "".join(f"<th>{escape(head)}</th>" for head in HEADS)
    body = ""
    for row in (result.product, *result.others):
        columns = "".join(f"<td>{escape(cell)}</td>" for cell in cells(row))
        body += f"<tr{' class=hub' if row is result.product else ''}>{columns}</tr>"
    from_where = f"{result.history} earlier recording(s)" if result.history else "the prior and the hours before only"
    without = result.tickets - len(result.outcomes)
    return f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Replay</title><style>{STYLE}</style>
<h1>What this day would have been</h1>
<p>{result.tickets} tickets; {without} of them got no itinerary. Delays learned from {from_where}. Scored with what
vehicles did, never with predictions: a customer follows the latest message, walks 1.25 m/s at 1.3 times the
crow-fly distance, boards only what leaves after they are there, and else takes the next of that route.
<i>Lead</i>: from setting out to the appointment. <i>Waited</i>: at the venue, of those on time. <i>Warned</i>: of those
more than 5 minutes late, who were told so 10 minutes before the appointment;
<i>false</i>: of those, who came in time.</p>
<table><tr>{heads}</tr>{body}</table>
<h2>What was said</h2>
<p>By the rules of the house; <i>customer_late</i> and <i>customer_on_time</i> go to the business.</p>
{_spoke_table(result.spoke, len(result.outcomes))}
<h2>Is the probability honest?</h2>
<p>As stated in the first message (across) and as it came true (up); numbers are tickets.</p>
{_calibration_plot(result.outcomes)}
<h2>Minutes early and late</h2><p>At the venue, 0 is the appointment; the ends hold all beyond.</p>
{_late_plot(result.outcomes)}
</html>"""


def _spoke_table(spoke: Counter[str], customers: int) -> str:
    """How often each rule spoke, in all and per customer who got an itinerary."""
    rows = "".join(
        f"<tr><td>{escape(kind)}</td><td>{n}</td><td>{n / max(customers, 1):.2f}</td></tr>"
        for kind, n in spoke.most_common()
    )
    return f"<table><tr><th>rule</th><th>spoke</th><th>per customer</th></tr>{rows}</table>"


def _calibration_plot(outcomes: Sequence[Outcome]) -> str:
    size, marks = 320, []
    for stated, came, n in calibration(outcomes):
        x, y = 30 + stated * size, 10 + (1 - came) * size
        marks.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="#2a7"/><text x="{x - 28:.1f}" y="{y:.1f}">{n}</text>'
        )
    frame = f'<path d="M30 10V{10 + size}H{30 + size}" fill="none" stroke="#888"/>'
    line = f'<path d="M30 {10 + size}L{30 + size} 10" stroke="#bbb" stroke-dasharray="4"/>'
    ends = f'<text x="26" y="{26 + size}">0</text><text x="{10 + size}" y="{26 + size}">100 %</text>'
    return f'<svg viewBox="0 0 {size + 60} {size + 40}" width="{size + 60}">{frame}{line}{ends}{"".join(marks)}</svg>'


def _late_plot(outcomes: Sequence[Outcome]) -> str:
    counts = minutes_late(outcomes)
    most = max(*counts.values(), 1)
    bars = []
    for at, (minute, n) in enumerate(counts.items()):
        height = 160 * n / most
        colour = "#2a7" if minute < 0 else "#c55"
        bars.append(
            f'<rect x="{10 + 10 * at}" y="{170 - height:.1f}" width="8" height="{height:.1f}" fill="{colour}"/>'
        )
        if minute % 10 == 0:
            bars.append(f'<text x="{8 + 10 * at}" y="186">{minute}</text>')
    width = 20 + 10 * len(counts)
    return f'<svg viewBox="0 0 {width} 195" width="{width}">{"".join(bars)}</svg>'
