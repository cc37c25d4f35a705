"""The fixture feeds of GBFS 2.3 and 3.0: each file is read, under its own name and under every other's."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, validators

from feeds.gbfs.fleets import fleets_of
from feeds.gbfs.reading import NEEDED_FILES, OLDER_NAMES, files_of, read_file
from feeds.realtime.decode import Rejected
from tests.fakes.gbfs_city import BikeCity, Dock

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data" / "gbfs"
FILES = sorted((FOLDER / "fixtures").glob("*/*.json"))

pytestmark = [
    pytest.mark.recordings,
    pytest.mark.skipif(not FILES, reason=f"{FOLDER} is not there; see the README of the recordings"),
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_file_is_read_whatever_it_is_taken_for(path: Path) -> None:
    file = read_file(path.read_bytes())
    assert file.last_updated > 10**9
    assert file.version == path.parent.name.removeprefix("v")
    for name in NEEDED_FILES:
        fleets_of({name: file}, {"station_status": 1}, "x")
    try:
        assert files_of(file, "https://example.org/gbfs.json").keys() == set(NEEDED_FILES)
    except Rejected:
        assert path.stem != "gbfs"


@pytest.mark.parametrize(("version", "fleets"), [("v2.3", Counter(bike=1, scooter=1)), ("v3.0", Counter(bike=1))])
def test_each_version_has_its_fleets(version: str, fleets: Counter[str]) -> None:
    paths = {OLDER_NAMES.get(path.stem, path.stem): path for path in FILES if path.parent.name == version}
    files = {name: read_file(paths[name].read_bytes()) for name in NEEDED_FILES}
    found, seen = fleets_of(files, {"station_status": 1, "vehicle_status": 1}, "x")
    assert Counter(fleet.mode for fleet in found) == fleets
    assert not seen.rejected


@pytest.mark.parametrize("version", ["2.3", "3.0"])
def test_what_the_tests_operator_says_is_valid_gbfs(version: str) -> None:
    """Otherwise it would prove little that we can read it."""
    reported = "2026-09-03T12:00:00Z" if version == "3.0" else 1_788_436_800
    dock = Dock("Markt", 48.27, 14.86, said={"last_reported": reported})
    kind = {"vehicle_type_id": "b", "form_factor": "bicycle", "propulsion_type": "human"}
    city = BikeCity(lambda: datetime(2026, 9, 3, 12, tzinfo=UTC), version, [dock], [(48.2, 14.8)], [kind])
    for name in city.files().keys() - {"system_information"}:
        schema = json.loads((FOLDER / "schema" / f"v{version}" / f"{name}.json").read_text())
        checking = validators.validator_for(schema, Draft202012Validator)
        assert list(checking(schema).iter_errors(json.loads(city.body(name) or b""))) == [], name
