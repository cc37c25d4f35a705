"""A cold start loads only what every function needs; the rest comes with the first thing that needs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"boto3", "botocore", "numpy", "httpx", "icalendar", "jinja2", "phonenumbers", "pydantic", "pandas", "yaml"}


def loaded_by(module: str) -> set[str]:
    """The libraries that importing a module loads, in a Python of its own."""
    program = f"import sys, {module}; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module", ["app", "chalicelib.wiring", "chalicelib.aws.environment", "chalicelib.foundation.instants"]
)
def test_importing_loads_nothing_heavy(module: str) -> None:
    assert not loaded_by(module) & HEAVY
