"""What a body holds, for provider "json": JSON, a form, XML or a signed token, all as JSON-like values.

Rules:
- `body` of the mapping says which of them it is; without it the call's Content-Type, else it is JSON.
- A form's fields are texts; of a repeated one a list. `client[name]=Ada` is {"client": {"name": "Ada"}}.
- An XML element is an object of its attributes and children, by their names without prefixes; of repeated children a
  list. An element with neither is its text; beside others its text is called `text`. The root's own name is left out.
  DOCTYPE is refused, and with it every entity but the five of XML itself.
- A token (JWT) is what its signed part claims; `verify` of the provider has checked who signed it.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from chalicelib.bookings.providers import reading, rs256
from chalicelib.bookings.providers.contract import Parked

MAPPED_FIELDS_MAX = 2000  # of a form
NESTING_MAX = 100  # of XML, and of brackets in a form's names
ELEMENTS_MAX = 100_000  # of XML
BY_CONTENT_TYPE = (("x-www-form-urlencoded", "form"), ("xml", "xml"), ("jwt", "jwt"), ("jose", "jwt"))


def body_of(body: bytes, content_type: str, kind: str | None) -> Any:
    """The value that a body holds. Parks on what it is not."""
    kind = kind or next((one for word, one in BY_CONTENT_TYPE if word in content_type.casefold()), "json")
    if kind == "form":
        return _form(body)
    if kind == "xml":
        return _Elements().read(body)
    if kind == "jwt":
        return rs256.claims_of(body)
    return reading.json_body(body)


def _form(body: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(body.decode("utf-8-sig"), keep_blank_values=True, max_num_fields=MAPPED_FIELDS_MAX)
    except ValueError:
        raise Parked("the body is not a form") from None
    if not pairs or not any(value for _, value in pairs):
        raise Parked("the body is not a form: it has no field with a value")
    form: dict[str, Any] = {}
    for name, text in pairs:
        steps = name.replace("]", "").split("[")
        if len(steps) > NESTING_MAX:
            raise Parked("the form's names are nested too deeply")
        is_listed = len(steps) > 1 and steps[-1] == ""  # tags[]=a&tags[]=b
        steps = steps[:-1] if is_listed else steps
        inside = form
        for step in steps[:-1]:
            inside = inside.setdefault(step, {})
            if not isinstance(inside, dict):
                raise Parked(f"the form's field {reading.clean(name, reading.SHOWN_MAX)} is both a text and an object")
        _add(inside, steps[-1], [text] if is_listed else text)
    return form


def _add(fields: dict[str, Any], name: str, value: Any) -> None:
    """Adds a field; of a name that is there already it makes a list."""
    if name not in fields:
        fields[name] = value
    elif isinstance(fields[name], list):
        fields[name] += value if isinstance(value, list) else [value]
    else:
        fields[name] = [fields[name], *(value if isinstance(value, list) else [value])]


class _Elements:
    """XML being read: `_open` are the elements that are not closed yet, each its fields and its text."""

    def __init__(self) -> None:
        self._open: list[tuple[dict[str, Any], list[str]]] = [({}, [])]
        self._count = 0

    def read(self, body: bytes) -> Any:
        """The root's value."""
        from xml.parsers import expat  # noqa: PLC0415 - entities need a DOCTYPE, which is refused below

        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self.add_text
        try:
            parser.Parse(body, True)
        except (expat.ExpatError, ValueError, LookupError) as error:
            place = f" at line {error.lineno}" if isinstance(error, expat.ExpatError) else ""
            raise Parked(f"the body is not XML{place}") from None
        return next(iter(self._open[0][0].values()))

    @staticmethod
    def _refuse(*_: Any) -> None:
        raise Parked("the body is XML with a DOCTYPE, which is not read: it may name other files, or grow without end")

    def _start(self, _name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) > NESTING_MAX or self._count > ELEMENTS_MAX:
            raise Parked(f"the XML is nested more than {NESTING_MAX} deep or has more than {ELEMENTS_MAX} elements")
        own = {name: value for name, value in attributes.items() if name.split(":")[0] != "xmlns"}
        self._open.append(({name.split(":")[-1]: value for name, value in own.items()}, []))

    def add_text(self, text: str) -> None:
        """Adds text to the element that was opened last."""
        self._open[-1][1].append(text)

    def _end(self, name: str) -> None:
        fields, texts = self._open.pop()
        text = "".join(texts).strip()
        if fields and text:
            fields.setdefault("text", text)
        _add(self._open[-1][0], name.rsplit(":", maxsplit=1)[-1], fields or text or None)
