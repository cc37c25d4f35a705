"""A bike-share operator: a few docks and bikes written down in short, said as GBFS 1.1, 2.3 or 3.0 over real HTTP."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

STATUS = {"1.1": "free_bike_status", "2.3": "free_bike_status", "3.0": "vehicle_status"}


@dataclass
class Dock:
    """A station. `said` replaces or adds fields of its status, `known` of its information."""

    name: str
    lat: float
    lon: float
    bikes: int = 5
    docks: int = 5
    said: dict[str, Any] = field(default_factory=dict)
    known: dict[str, Any] = field(default_factory=dict)


@dataclass
class BikeCity:
    """What the operator says now. `raw` are bodies that are served as they are, by file name."""

    now: Callable[[], datetime]
    version: str = "2.3"
    docks: list[Dock] = field(default_factory=list)
    standing: list[tuple[float, float]] = field(default_factory=list)
    types: list[dict[str, Any]] = field(default_factory=list)  # of vehicles; standing ones are of the first
    ttl: int = 60
    age_s: int = 0
    raw: dict[str, bytes] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)  # names of files, in order
    unchanged: list[str] = field(default_factory=list)  # those answered with 304
    server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        assert self.server
        return f"http://127.0.0.1:{self.server.server_port}/gbfs.json"

    def files(self) -> dict[str, Any]:
        """The data of each file."""
        found = {
            "system_information": {"name": self._text("Velo Lindenau"), "url": "https://velo.example.org"},
            "station_information": {"stations": [self._known(dock) for dock in self.docks]},
            "station_status": {"stations": [self._status(dock) for dock in self.docks]},
        }
        if self.standing:
            found[STATUS[self.version]] = self._vehicles()
        if self.types:
            found["vehicle_types"] = {"vehicle_types": self.types}
        return found

    def body(self, name: str) -> bytes | None:
        if name in self.raw:
            return self.raw[name]
        files = self.files()
        if name == "gbfs":
            listed = {"feeds": [{"name": each, "url": f"{each}.json"} for each in files]}
            return self._said(listed if self.version == "3.0" else {"de": listed, "en": {"feeds": []}})
        return self._said(files[name]) if name in files else None

    def _said(self, data: Any) -> bytes:
        at = self.now().timestamp() - self.age_s
        when = datetime.fromtimestamp(at, UTC).isoformat() if self.version == "3.0" else int(at)
        return json.dumps({"last_updated": when, "ttl": self.ttl, "version": self.version, "data": data}).encode()

    def _text(self, text: str) -> Any:
        return [{"text": text, "language": "de"}] if self.version == "3.0" else text

    def _known(self, dock: Dock) -> dict[str, Any]:
        place = {"station_id": dock.name.lower(), "name": self._text(dock.name), "lat": dock.lat, "lon": dock.lon}
        return place | dock.known

    def _status(self, dock: Dock) -> dict[str, Any]:
        yes = 1 if self.version == "1.1" else True
        bikes = "num_vehicles_available" if self.version == "3.0" else "num_bikes_available"
        said = {"station_id": dock.name.lower(), bikes: dock.bikes, "num_docks_available": dock.docks}
        return said | {"is_installed": yes, "is_renting": yes, "is_returning": yes} | dock.said

    def _vehicles(self) -> dict[str, Any]:
        key, name = ("vehicle_id", "vehicles") if self.version == "3.0" else ("bike_id", "bikes")
        kind = {"vehicle_type_id": self.types[0]["vehicle_type_id"]} if self.types else {}
        free = {"is_reserved": False, "is_disabled": False} | kind
        return {name: [{key: f"v{n}", "lat": lat, "lon": lon} | free for n, (lat, lon) in enumerate(self.standing)]}

    def start(self) -> str:
        """Serves on a free loopback port; the URL of gbfs.json. An unchanged body with its ETag is answered 304."""
        city = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                name = self.path.strip("/").removesuffix(".json")
                city.asked.append(name)
                body = city.body(name)
                tag = f'"{hash(body)}"'
                same = body is not None and self.headers.get("if-none-match") == tag
                city.unchanged += [name] * same
                headers = {"ETag": tag, **city.headers.get(name, {})}
                status = 302 if "Location" in headers else 404 if body is None else 200
                self.send_response(304 if same else status)
                for header, value in headers.items():
                    self.send_header(header, value)
                sent = b"" if same else body or b""
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self.url

    def stop(self) -> None:
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None
