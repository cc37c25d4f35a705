"""The hub's state on one machine is its owner's alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from infra.local.run import admin_key, keep_private, only_one

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {one.name: one.lstat().st_mode & 0o777 for one in (folder, *folder.rglob("*"))}


def test_new_files_and_folders_are_for_their_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    keep_private(folder)
    os.close(only_one(folder))
    admin_key(folder)
    (folder / "log").mkdir()
    (folder / "log" / "http.log").write_text("a line")
    assert modes(folder) == {"state": 0o700, "lock": 0o600, "admin-key": 0o600, "log": 0o700, "http.log": 0o600}


def test_files_of_before_are_mended_and_nothing_outside_is_touched(tmp_path: Path) -> None:
    folder, outside = tmp_path / "state", tmp_path / "feed.zip"
    outside.write_text("public")
    (folder / "tables").mkdir(parents=True)
    (folder / "tables" / "bookings.json").write_text("{}")
    (folder / "feed").symlink_to(outside)
    keep_private(folder)
    assert modes(folder) | {"feed": 0} == {"state": 0o700, "tables": 0o700, "bookings.json": 0o600, "feed": 0}
    assert outside.stat().st_mode & 0o777 == 0o644
