"""The booking tools that can be chosen (`tools.json`), each with where to click in it and what is to be entered here.

| `secret` | what |
|---|---|
| ours | it is made here and pasted into the tool |
| theirs | it is the tool's own and pasted here |
| address | the tool signs nothing, so it stands in the webhook's address |
| none | nothing calls: the hub fetches |

Fields in `credentials` become a secret of that connection, those in `settings` are the connection's. `preset` are
settings that belong to the tool; "flat" is the one mapping for Zapier, Make, n8n and whatever goes by way of them.
Steps may name {url} and {secret}. Adding a tool here: an entry in the file; a test tries each on the connection's form.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = Path(__file__).with_name("tools.json")


@dataclass(frozen=True, slots=True)
class Tool:
    """One booking tool; `note` is what one should know before."""

    tool_id: str
    name: str
    provider: str
    secret: str
    steps: tuple[str, ...]
    credentials: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    preset: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


@cache
def tools() -> tuple[Tool, ...]:
    """All of them, by name."""
    known = json.loads(FILE.read_text(encoding="utf-8"))
    made = []
    for one in known["tools"]:
        lists = {name: tuple(one.get(name, ())) for name in ("steps", "credentials", "settings")}
        preset = known["flat"] if one.get("preset") == "flat" else one.get("preset", {})
        made.append(Tool(**{**one, **lists, "preset": preset}))
    return tuple(sorted(made, key=lambda tool: tool.name.casefold()))


def tool_named(tool_id: str) -> Tool | None:
    """The tool with this id."""
    return next((tool for tool in tools() if tool.tool_id == tool_id), None)
