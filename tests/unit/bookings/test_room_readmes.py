"""What the READMEs of the bookings room and of the outages name is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chalicelib.bookings.providers import contract
from chalicelib.outages import watch

ROOT = Path(__file__).resolve().parents[3] / "chalicelib"
READMES = [ROOT / "bookings" / "README.md", *ROOT.glob("bookings/*/README.md"), ROOT / "outages" / "README.md"]
PLACES = (ROOT, ROOT / "bookings", ROOT / "bookings" / "providers", ROOT.parent)


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.parent.name)
def test_every_file_that_is_named_is_there(readme: Path) -> None:
    named = {one for one in re.findall(r"`([\w./]+\.(?:py|md))`", readme.read_text()) if "<" not in one}
    tests = ROOT.parent / "tests" / "unit" / "bookings"
    missing = {one for one in named if not any((place / one).is_file() for place in (readme.parent, tests, *PLACES))}
    assert named
    assert not missing


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.parent.name)
def test_every_link_leads_somewhere(readme: Path) -> None:
    links = re.findall(r"\]\(([^)]+)\)", readme.read_text())
    assert all((readme.parent / link).exists() for link in links)


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.parent.name)
def test_every_module_is_named(readme: Path) -> None:
    text = readme.read_text()
    modules = {path.name for path in readme.parent.glob("*.py")} - {"__init__.py"}
    assert not {name for name in modules if f"`{name}`" not in text}


def test_questions_of_a_newcomer_are_answered() -> None:
    assert "## Adding a tool" in (ROOT / "bookings" / "README.md").read_text()
    assert "**A webhook comes twice.**" in (ROOT / "bookings" / "inbox" / "README.md").read_text()
    assert "`CERTAIN_AFTER_MIN`" in (ROOT / "outages" / "README.md").read_text()
    assert watch.CERTAIN_AFTER_MIN == 5


def test_what_the_recipe_for_a_tool_names_is_part_of_the_contract() -> None:
    recipe = (ROOT / "bookings" / "README.md").read_text()
    fields = contract.Provider.__dataclass_fields__
    for name in ("verify", "dedupe_key", "reports", "alike", "upcoming", "renew", "handshake", "key_in_address"):
        assert name in fields
        assert f"`{name}" in recipe
