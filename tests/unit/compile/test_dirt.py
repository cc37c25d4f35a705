"""Zips and tables as they really come: stray bytes, blanks, folders, missing files, hostile archives."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from feeds.__main__ import main
from feeds.compile.archive.unpack import Limits
from feeds.compile.findings import EXAMPLES_MAX, Findings, Unusable
from feeds.compile.network import read_network
from tests.fakes.gtfs_text import feed_zip, timetable_of
from tests.fakes.timetable_text import today

if TYPE_CHECKING:
    from pathlib import Path

DAY = "2024-05-15"
RIDE = "t: A 08:00, B 08:10"
GOOD = {"t": "A 08:00, B 08:10"}
TIMES = "trip_id,stop_id,stop_sequence,arrival_time,departure_time\nt,A,1,08:00:00,08:00:00\nt,B,2,08:10:00,08:10:00\n"
BOM = "\ufeff"


@pytest.mark.parametrize(
    "times",
    [
        (BOM + TIMES).encode(),
        TIMES.replace("\n", "\r\n").encode(),
        TIMES.replace("\n", "\r").encode(),
        TIMES.replace("\n", "\n\n").encode(),
        ("\n\n" + TIMES).encode(),
        TIMES.strip().encode(),
        TIMES.replace(",", " , ").encode(),
        TIMES.replace("t,", '"t",').encode(),
        TIMES.replace("t,", '"t  ",').encode(),
        TIMES.replace("\nt,", "\n\tt\u00a0,").encode(),
        TIMES.replace(":00\n", ":00,\n").encode(),  # a comma too many in every line
        TIMES.replace(":00\n", ":00,,,\n").encode(),
        TIMES.replace("stop_sequence", "Stop_Sequence ").encode(),
        TIMES.replace("departure_time", '"departure_time"').encode(),
        TIMES.replace("departure_time", "departure_time,stop_id").replace("08:10:00\n", "08:10:00,X\n").encode(),
        (TIMES + ",,,,\n").encode(),
        (TIMES + "t\n").encode(),
        TIMES.encode("utf-16"),
        TIMES.replace(",", ";").encode(),
        TIMES.replace(",", "\t").encode(),
        TIMES.replace("08:10:00,08", "08:10:\x0000,08").encode(),
    ],
    ids=lambda times: repr(times[:40]),
)
def test_the_same_table_in_every_dress(tmp_path: Path, times: bytes) -> None:
    path = feed_zip(tmp_path / "f.zip", rides=RIDE, stop_times=None, raw={"stop_times.txt": times})
    with zipfile.ZipFile(path) as zipped:
        assert zipped.namelist().count("stop_times.txt") == 1
    assert today(timetable_of(path, DAY)) == GOOD


def test_ids_with_stray_blanks_in_one_file_match_those_without_in_another(tmp_path: Path) -> None:
    path = feed_zip(
        tmp_path / "f.zip",
        rides=RIDE,
        trips=None,
        raw={"trips.txt": b'trip_id,route_id,service_id\n"t  ","R   "," daily"\n'},
        routes="route_id, route_type\nR, 3",
    )
    assert today(timetable_of(path, DAY)) == GOOD


@pytest.mark.parametrize("odd", ["NA", "null", "nan", "None", "007", "1e5", "true", "", "ö", "a,b", 'a"b'])
def test_an_id_is_text_whatever_it_looks_like(tmp_path: Path, odd: str) -> None:
    cell = '"' + odd.replace('"', '""') + '"'
    stops = f"stop_id,stop_lat,stop_lon\n{cell},50,10\n7,51,10\nB,52,10\n"
    times = TIMES.replace(",A,", f",{cell},")
    raw = {"stops.txt": stops.encode(), "stop_times.txt": times.encode()}
    path = feed_zip(tmp_path / "f.zip", rides=RIDE, stops=None, stop_times=None, raw=raw)
    if odd:
        assert today(timetable_of(path, DAY)) == {"t": f"{odd} 08:00, B 08:10"}
    else:
        with pytest.raises(Unusable, match="no trip can be used"):
            read_network([path])


def test_a_folder_inside_the_zip_and_the_litter_of_other_systems_are_no_hindrance(tmp_path: Path) -> None:
    raw = {"__MACOSX/._stops.txt": b"\x00\x05", "deep/er/stops.txt": b"stop_id\n", ".DS_Store": b"\x00"}
    path = feed_zip(tmp_path / "f.zip", rides=RIDE, folder="gtfs_2024/", raw=raw)
    assert today(timetable_of(path, DAY)) == GOOD
    assert any("gtfs_2024" in finding.what for finding in read_network([path]).findings)


def test_a_feed_with_a_single_stop_is_refused_for_what_it_lacks(tmp_path: Path) -> None:
    path = feed_zip(tmp_path / "f.zip", rides="t: A 08:00")
    with pytest.raises(Unusable, match="no trip can be used"):
        read_network([path])


def test_bytes_that_are_no_utf_8_are_replaced_and_still_match(tmp_path: Path) -> None:
    raw = {
        "stops.txt": b"stop_id,stop_name,stop_lat,stop_lon\nM\xfcnchen,M\xfcnchen,50,10\nB,B,51,10\n",
        "stop_times.txt": TIMES.encode().replace(b",A,", b",M\xfcnchen,"),
    }
    path = feed_zip(tmp_path / "f.zip", rides=RIDE, stops=None, stop_times=None, raw=raw)
    assert today(timetable_of(path, DAY)) == {"t": "M\ufffdnchen 08:00, B 08:10"}
    assert {finding.file for finding in read_network([path]).findings} == {"stops.txt", "stop_times.txt"}


def test_quotes_that_never_close_do_not_swallow_the_file(tmp_path: Path) -> None:
    stops = b'stop_id,stop_name,stop_lat,stop_lon\nA,"Alpha,50,10\nB,Beta,51,10\n'
    path = feed_zip(tmp_path / "f.zip", rides=RIDE, stops=None, raw={"stops.txt": stops})
    assert today(timetable_of(path, DAY)) == GOOD
    assert any("quotes" in finding.what for finding in read_network([path]).findings)


@pytest.mark.parametrize("name", ["calendar_dates", "frequencies", "transfers", "pathways", "shapes"])
def test_an_optional_file_may_be_empty(tmp_path: Path, name: str) -> None:
    for content in (b"", b"\n", b"trip_id\n"):
        path = feed_zip(tmp_path / "f.zip", rides=RIDE, raw={f"{name}.txt": content})
        network = read_network([path])
        assert today(network.day(network.span[0].replace(month=5))) == GOOD


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ("agency", "agency_timezone"),
        ("stops", "stops.txt is missing"),
        ("routes", "routes.txt is missing"),
        ("trips", "trips.txt is missing"),
        ("stop_times", "stop_times.txt is missing"),
        ("calendar", "no day has service"),
    ],
)
def test_without_a_necessary_file_the_feed_is_refused_with_its_name(
    tmp_path: Path, missing: str, sentence: str
) -> None:
    without: dict[str, Any] = {missing: None}
    path = feed_zip(tmp_path / "f.zip", rides=RIDE, **without)
    with pytest.raises(Unusable, match=sentence) as refusal:
        read_network([path])
    assert "publisher" in str(refusal.value)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../../etc/passwd", "Europe"])
def test_an_unknown_time_zone_refuses_the_feed(tmp_path: Path, zone: str) -> None:
    with pytest.raises(Unusable, match="zone"):
        read_network([feed_zip(tmp_path / "f.zip", rides=RIDE, timezone=zone)])


def test_a_zone_in_other_letters_is_the_same_zone(tmp_path: Path) -> None:
    assert (
        read_network([feed_zip(tmp_path / "f.zip", rides=RIDE, timezone="europe/BERLIN")]).timezone == "Europe/Berlin"
    )


def test_a_feed_of_which_nothing_is_left_says_what_was_wrong(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match=r"such as trips.txt:2: trip 't' has the service_id 'X'"):
        read_network([feed_zip(tmp_path / "f.zip", rides=RIDE, trips="trip_id, route_id, service_id\nt, R, X")])


def test_a_zip_that_is_none_and_a_path_that_leads_nowhere(tmp_path: Path) -> None:
    path = tmp_path / "f.zip"
    with pytest.raises(Unusable, match="no such file"):
        read_network([path])
    path.write_bytes(b"<html>Not found</html>")
    with pytest.raises(Unusable, match="no readable zip"):
        read_network([path])
    with pytest.raises(Unusable, match="no readable zip"):
        read_network([tmp_path])


def test_a_zip_cut_short_and_one_with_a_wrong_byte(tmp_path: Path) -> None:
    whole = feed_zip(tmp_path / "f.zip", rides=RIDE).read_bytes()
    for broken in (whole[: len(whole) // 2], whole.replace(b"PK\x03\x04", b"PK\x03\x05", 1), _flipped(whole)):
        (tmp_path / "b.zip").write_bytes(broken)
        with pytest.raises(Unusable):
            read_network([tmp_path / "b.zip"])


def _flipped(data: bytes) -> bytes:
    at = data.index(b"stop_times.txt") + 40
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


def test_a_zip_in_a_zip_is_told_apart(tmp_path: Path) -> None:
    inner = feed_zip(tmp_path / "inner.zip", rides=RIDE)
    with zipfile.ZipFile(tmp_path / "f.zip", "w") as zipped:
        zipped.write(inner, "feed.zip")
    with pytest.raises(Unusable, match=r"another zip \(feed.zip\)"):
        read_network([tmp_path / "f.zip"])


def test_zip_bombs_are_refused_before_they_fill_the_disk(tmp_path: Path) -> None:
    zeros = b"stop_id,stop_name\n" + b"0" * (3 << 20)
    bomb = feed_zip(tmp_path / "f.zip", rides=RIDE, stops=None, raw={"stops.txt": zeros})
    with pytest.raises(Unusable, match="zip bomb"):
        read_network([bomb], Limits(ratio_max=20, ratio_free=1 << 20))
    with pytest.raises(Unusable, match="unpacks to more than"):
        read_network([bomb], Limits(unpacked_max=1 << 20))
    with pytest.raises(Unusable, match="is no GTFS feed"):
        read_network([bomb], Limits(members_max=3))


def test_a_zip_that_lies_about_its_size_is_counted_by_what_it_holds(tmp_path: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("stops.txt", b"0" * (3 << 20))
    size = (3 << 20).to_bytes(4, "little")
    (tmp_path / "f.zip").write_bytes(data.getvalue().replace(size, (100).to_bytes(4, "little")))
    with pytest.raises(Unusable):
        read_network([tmp_path / "f.zip"], Limits(ratio_max=20, ratio_free=1 << 20))


def test_an_encrypted_zip_is_no_readable_one(tmp_path: Path) -> None:
    data = bytearray(feed_zip(tmp_path / "f.zip", rides=RIDE).read_bytes())
    at = data.index(b"PK\x01\x02")
    while at >= 0:
        data[at + 8] |= 1  # the flag "encrypted" of every entry
        at = data.find(b"PK\x01\x02", at + 1)
    (tmp_path / "e.zip").write_bytes(bytes(data))
    with pytest.raises(Unusable, match="no readable zip"):
        read_network([tmp_path / "e.zip"])


@pytest.mark.parametrize(
    ("tables", "finding"),
    [
        (
            {"stops": "stop_id, stop_lat, stop_lon\nA, 50, 10\nA, 60, 10\nB, 51, 10"},
            "stops.txt:3: stop_id 'A' is there a",
        ),
        ({"stops": "stop_id, stop_lat, stop_lon\nA, 50, 10\nB, 91, 10"}, "stops.txt:3: stop 'B' is at '91', '10'"),
        ({"stops": "stop_id, stop_lat, stop_lon\nA, 50, 10\nB, 51, 10\nC, 1, 1"}, "nothing calls at stop 'C'"),
        ({"stops": "stop_id, stop_lat, stop_lon, parent_station\nA, 50, 10, Z\nB, 51, 10,"}, "parent_station 'Z'"),
        ({"stops": "stop_id, stop_lat, stop_lon, colour\nA, 50, 10, red\nB, 51, 10,"}, "unknown columns: 'colour'"),
        ({"routes": "route_id, route_type\nR, 3\nR, 2"}, "routes.txt:3: route_id 'R' is there a second time"),
        ({"routes": "route_id, route_type\nR, 12345"}, "routes.txt:2: route_type '12345'"),
        ({"routes": "route_id, agency_id, route_type\nR, Z, 3"}, "route 'R' has the agency_id 'Z'"),
        ({"frequencies": "trip_id, start_time, end_time, headway_secs\nt, 08:00:00, 09:00:00, 0"}, "frequencies.txt:2"),
    ],
)
def test_flaws_are_named_with_file_and_row(tmp_path: Path, tables: dict[str, Any], finding: str) -> None:
    network = read_network([feed_zip(tmp_path / "f.zip", rides=RIDE, **tables)])
    assert any(finding in str(found) for found in network.findings), network.findings
    assert today(network.day(network.span[0].replace(month=5)))["t"] == GOOD["t"]


def test_of_many_findings_alike_the_first_few_are_named_and_the_rest_counted() -> None:
    findings = Findings()
    for row in range(1000):
        findings.add("stops.txt", row + 2, f"row {row}", "because")
    findings.add("trips.txt", 2, "another", "because")
    listed = findings.all()
    assert [finding.what for finding in listed[EXAMPLES_MAX:]] == ["995 more rows like the one above", "another"]
    assert findings.count() == 1001


STOPS = "stop_id,stop_name,stop_lat,stop_lon\n"


def compiled(tmp_path: Path, **files: bytes) -> Any:
    raw = {f"{name}.txt": data for name, data in files.items()}
    return read_network([feed_zip(tmp_path / "f.zip", rides=RIDE, raw=raw)])


@pytest.mark.parametrize(
    "row",
    ['A,"Alpha,50,10', '"A,Alpha,50,10', 'A,Alpha,50,"10', '"', '""', '"A",""Alpha",50,10', 'A,"Al\npha,50,10', "'A"],
)
@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
@pytest.mark.parametrize("table", ["stops", "trips", "routes", "agency", "calendar", "stop_times"])
def test_a_table_of_one_odd_row_is_read_or_refused_in_one_line(
    tmp_path: Path, row: str, ending: str, table: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = feed_zip(tmp_path / "f.zip", rides=RIDE)
    with zipfile.ZipFile(path) as zipped:
        header = zipped.read(f"{table}.txt").decode().splitlines()[0]
    path = feed_zip(tmp_path / "g.zip", rides=RIDE, raw={f"{table}.txt": f"{header}\n{row}{ending}".encode()})
    code = main(["compile", str(path), "--date", DAY, "--out", str(tmp_path / "out")])
    refusal = capsys.readouterr().err
    assert code in {0, 2}
    assert refusal.count("\n") == (1 if code else 0)
    assert "Traceback" not in refusal


def test_two_feeds_in_one_zip_are_refused_by_the_names_of_their_folders(tmp_path: Path) -> None:
    single, both = feed_zip(tmp_path / "one.zip", rides=RIDE), tmp_path / "two.zip"
    with zipfile.ZipFile(single) as one, zipfile.ZipFile(both, "w") as two:
        for folder in ("bus/", "tram/"):
            for name in one.namelist():
                two.writestr(folder + name, one.read(name))
    with pytest.raises(Unusable, match=r"holds 2 feeds \(bus, tram\)"):
        read_network([both])


def test_the_cause_is_quoted_not_the_first_finding(tmp_path: Path) -> None:
    agency = b"agency_id,agency_name,agency_timezone\nT,T,Europe/Berlin\nU,U,Europe/Vienna\n"
    trips = b"trip_id,route_id,service_id\nt,R,weekly\n"
    with pytest.raises(Unusable, match="has the service_id 'weekly', which does not exist"):
        compiled(tmp_path, agency=agency, trips=trips, stops=(STOPS + "A,A,x,10\nB,B,50,10\n").encode())
    with pytest.raises(Unusable, match=r"stops\.txt: quotes do not match"):
        compiled(tmp_path, agency=agency, stops=(STOPS + 'A,"Alpha,50,10\n').encode())


@pytest.mark.parametrize(
    ("file", "data", "said"),
    [
        ("stops", (STOPS + "A,Älpha,50,10\nB,Beta,50.1,10\n").encode("utf-16"), "UTF-16"),
        ("stops", (STOPS + "A,Al\0pha,50,10\nB,Beta,50.1,10\n").encode(), "NUL"),
        (
            "calendar",
            b"\n".join(
                [
                    b"service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date",
                    b"daily,1.0,1.0,1.0,1.0,1.0,1.0,1.0,20240101.0,20240630.0",
                    b"daily,1,1,1,1,1,1,1,20240701,20241231",
                ]
            ),
            "service_id 'daily' is there a second time",
        ),
    ],
)
def test_what_is_odd_about_a_file_is_said(tmp_path: Path, file: str, data: bytes, said: str) -> None:
    network = compiled(tmp_path, **{file: data})
    assert [finding.file for finding in network.findings if said in finding.what] == [f"{file}.txt"]
    assert today(network.day(dt.date.fromisoformat(DAY))) == GOOD
