"""The rules of the house, kept by the house: who imports whom, how large a file is, what is never written."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

from infra.house import ORDER, SIDES

ROOT = Path(__file__).resolve().parents[2]
TRACKED = [
    ROOT / line
    for line in subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    if (ROOT / line).is_file()
]
PYTHON = [path for path in TRACKED if path.suffix == ".py"]

# a room may import itself and the rooms before it on the data's way
MAY_IMPORT = {room: set(ORDER[:at]) for at, room in enumerate(ORDER)} | {side: {"foundation"} for side in SIDES}
TOP_LEVEL = {
    "app.py", "chalicelib", "feeds", "infra", "tests", "requirements.txt", "README.md",
    ".chalice", "pyproject.toml", "Makefile", "LICENSE", ".ci", ".gitignore",
}  # a table, read by rows # fmt: skip
# a test that runs a benchmark itself, with which answers are compared
RUNS_A_BENCHMARK = {
    "tests/simulation/test_city_scale.py": "tests.benchmarks.city_scale",
    "tests/unit/transit/test_access.py": "tests.benchmarks.compare_nigiri",
}
LINES_MAX = 500  # 50 to 250 are usual; modules are cut by meaning


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def rooms_imported(path: Path) -> set[str]:
    return {
        module.split(".")[1] for module in imports(path) if module.startswith("chalicelib.") and module.count(".") >= 1
    }


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_rooms_before_it(room: str) -> None:
    for path in PYTHON:
        if name(path).startswith(f"chalicelib/{room}/"):
            strangers = rooms_imported(path) - MAY_IMPORT[room] - {room}
            assert not strangers, f"{name(path)} imports {sorted(strangers)}"


def test_rooms_never_import_the_app_or_feeds() -> None:
    for path in PYTHON:
        if name(path).startswith("chalicelib/"):
            heads = {module.split(".")[0] for module in imports(path)}
            assert not heads & {"app", "feeds", "infra", "tests"}, name(path)


def test_feeds_never_import_the_app() -> None:
    for path in PYTHON:
        if name(path).startswith("feeds/"):
            assert not {module.split(".")[0] for module in imports(path)} & {"app", "infra", "tests"}, name(path)


def test_boto3_is_only_in_aws() -> None:
    for path in PYTHON:
        if name(path).startswith(("chalicelib/", "feeds/", "app.py")) and not name(path).startswith("chalicelib/aws/"):
            assert not {module.split(".")[0] for module in imports(path)} & {"boto3", "botocore"}, name(path)


def test_only_wiring_puts_the_real_parts_together() -> None:
    for path in PYTHON:
        if name(path).startswith(("chalicelib/", "app.py")) and not name(path).startswith(
            ("chalicelib/aws/", "chalicelib/wiring.py")
        ):
            assert "aws" not in rooms_imported(path), name(path)


def test_gtfs_kit_is_only_in_compile() -> None:
    for path in PYTHON:
        if not name(path).startswith(("feeds/compile/", "tests/")):
            assert "gtfs_kit" not in {module.split(".")[0] for module in imports(path)}, name(path)


def test_tests_share_through_fakes_and_never_import_one_another() -> None:
    """A test may also name what its own folder's conftest gives; benchmarks are programs, some of them in two files."""
    for path in PYTHON:
        if name(path).startswith("tests/"):
            here = ".".join(path.relative_to(ROOT).parts[:-1])
            allowed = ["tests.fakes", f"{here}.conftest", RUNS_A_BENCHMARK.get(name(path), "tests.fakes")]
            if here == "tests.benchmarks":
                allowed.append(here)
            strangers = {
                module
                for module in imports(path)
                if module.startswith("tests.") and module.count(".") > 1 and not module.startswith(tuple(allowed))
            }
            assert not strangers, f"{name(path)} imports {sorted(strangers)}: move what is shared to tests/fakes"


def test_files_stay_small() -> None:
    long = {name(path): n for path in PYTHON if (n := len(path.read_text().splitlines())) > LINES_MAX}
    assert not long, f"split what grew past {LINES_MAX} lines: {long}"


def test_nothing_joins_the_top_level_without_a_reason() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in TRACKED} <= TOP_LEVEL


def test_no_patching_and_no_vague_rooms() -> None:
    patching = re.compile(r"mock\.patch|from unittest import mock|monkeypatch\.setattr")
    for path in PYTHON:
        if path != Path(__file__):
            assert not patching.search(path.read_text()), f"{name(path)}: give it a fake of a port"
        assert not re.search(r"manager|helper|utils|common", path.name), f"{name(path)}: name what it is"


def test_nothing_of_this_machine_or_a_registry_is_written_down() -> None:
    words = re.compile(r"/root/|/work/|index-url|AKIA[0-9A-Z]{16}|BEGIN (RSA |EC )?PRIVATE KEY")
    for path in TRACKED:
        if path != Path(__file__) and path.suffix in {
            ".py",
            ".md",
            ".txt",
            ".toml",
            ".yaml",
            ".json",
            ".sh",
            ".html",
        }:
            assert not words.search(path.read_text()), name(path)
