"""What the README shows is what the hub does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_readmes_example_is_what_the_command_prints() -> None:
    shown = re.search(
        r"<!-- example -->\n```\n(.*?)```\n<!-- /example -->", (ROOT / "README.md").read_text(), re.DOTALL
    )
    printed = subprocess.run(
        [sys.executable, "-m", "infra.local.example"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    assert shown is not None
    assert shown[1] == printed.stdout
