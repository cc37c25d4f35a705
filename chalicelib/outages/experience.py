"""What outages have taught, as documents: one for each kind of what fails, of all businesses together.

    {config_id, version, learned: as `learned.to_json` gives it}

A component is the name of a booking tool that many use, or a digest of a connection to one that stands alone: nothing
in here says whose outage it was. While no document of a kind exists, the lengths that were kept for each tool before
there were kinds are what is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from chalicelib.foundation.keys import outage_lengths_key, outages_of_kind_key
from chalicelib.foundation.ports import Write
from chalicelib.foundation.retry import retry
from chalicelib.outages.learned import Learned, from_json, to_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.foundation.ports import Document, Documents
    from chalicelib.outages.learned import Range

CERTAIN_BEFORE = timedelta(minutes=15)  # lengths of the older documents count from this long after the first failure
SAME_FAILURE = timedelta(days=1)  # connections that fail within it of each other can share one failure of their tool


@dataclass(frozen=True, slots=True)
class Component:
    """What fails: its kind (`lengths.PRIOR_MIDDLE_S`), its name among its kind, and the provider that it is one of."""

    kind: str
    name: str
    provider: str


@dataclass(frozen=True, slots=True)
class Experience:
    """Reads and writes what was learned. Raises `Unavailable`."""

    documents: Documents

    def expect(self, component: Component, since: datetime, now: datetime) -> Range:
        """When it will be over if it goes on at `now`."""
        return self._known(component)[0].expect(component.name, since.timestamp(), now.timestamp())

    def say(self, component: Component, since: datetime, expected: Range, now: datetime) -> None:
        """Remembers an outage, once for all who share the component, and what was said of it."""

        def change(learned: Learned) -> bool:
            open_id = _open_of(learned, component)
            if open_id and since.timestamp() - learned.outages[open_id].since > SAME_FAILURE.total_seconds():
                learned.forget(open_id)  # its end was never learned
                open_id = None
            if open_id is None:
                open_id = f"{component.name} {since:%Y%m%dT%H%M%SZ}"
                learned.begin(open_id, component.name, since.timestamp())
            learned.say(open_id, expected, now.timestamp())
            return True

        self._change(component, change)

    def end(self, component: Component, ended: datetime | None) -> None:
        """An outage is over. None: nobody knows when; then its length teaches nothing."""

        def change(learned: Learned) -> bool:
            open_id = _open_of(learned, component)
            if open_id is None:
                return False
            if ended is None:
                learned.forget(open_id)
            else:
                learned.end(open_id, ended.timestamp())
            return True

        self._change(component, change)

    def _change(self, component: Component, change: Callable[[Learned], bool]) -> None:
        def step() -> None:
            learned, version = self._known(component)
            if change(learned):
                key = outages_of_kind_key(component.kind)
                document = {"config_id": key, "version": version + 1, "learned": to_json(learned)}
                self.documents.write(Write("config", document, version or None))

        retry(step, f"outages of kind {component.kind}")

    def _known(self, component: Component) -> tuple[Learned, int]:
        document = self.documents.get("config", outages_of_kind_key(component.kind))
        if document is not None:
            return from_json(document["learned"]), document["version"]
        before = self.documents.get("config", outage_lengths_key(component.provider))
        return _learned_before(component, before or {"lasted": []}), 0


def _learned_before(component: Component, document: Document) -> Learned:
    """What the lengths of one tool teach, as documents of before hold them: the latest first."""
    learned = Learned(component.kind)
    for rank, one in enumerate(reversed(document["lasted"])):
        since = datetime.fromisoformat(one["certain_at"]) - CERTAIN_BEFORE
        learned.begin(f"before {rank}", component.name, since.timestamp())
        learned.end(f"before {rank}", (since + CERTAIN_BEFORE).timestamp() + one["lasted_s"])
    return learned


def _open_of(learned: Learned, component: Component) -> str | None:
    open_ids = (each for each, one in learned.outages.items() if one.ended is None and one.component == component.name)
    return next(open_ids, None)
