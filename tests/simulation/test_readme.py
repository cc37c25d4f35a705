"""What the README shows is what the hub does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from infra.local.example import lines

README = Path(__file__).resolve().parents[2] / "README.md"


@pytest.mark.aws
def test_the_readmes_example_is_what_the_command_prints() -> None:
    shown = re.search(r"<!-- example -->\n```\n(.*?)```\n<!-- /example -->", README.read_text(), re.DOTALL)
    assert shown is not None
    assert shown[1].splitlines() == lines()
