"""The README's list of tools and its table of variables are what the code has, nothing more and nothing less."""

from __future__ import annotations

import re
from pathlib import Path

from chalicelib.pages.operator.setup.tools import tools

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
NO_VARIABLE = {"HUB_GATEWAYS"}  # a name in the code that is none
BY_PATTERN = ("HUB_TABLE", "HUB_QUEUE")  # one for each table and queue


def between(name: str) -> str:
    return README.split(f"<!-- {name} -->")[1].split(f"<!-- /{name} -->")[0]


def in_code() -> set[str]:
    """Every HUB_… that code, templates and scripts name."""
    folders = (ROOT / "chalicelib", ROOT / "feeds", ROOT / "infra")
    files = [path for folder in folders for kind in ("*.py", "*.yaml", "*.sh") for path in folder.rglob(kind)]
    found = {name for path in (*files, ROOT / "app.py") for name in re.findall(r"HUB_[A-Z_]*[A-Z]", path.read_text())}
    return {name for name in found - NO_VARIABLE if not name.startswith(BY_PATTERN)}


def test_every_variable_stands_in_the_table_and_no_other() -> None:
    shown = set(re.findall(r"`(HUB_[A-Z_]*[A-Z])`", between("variables")))
    assert shown == in_code()


def test_every_tool_of_the_set_up_is_listed() -> None:
    assert between("tools").strip() == ", ".join(tool.name for tool in tools())
