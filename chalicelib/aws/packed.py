"""A document as the value of an item's attribute `doc`: JSON text, packed where that saves a written unit. Pure.

DynamoDB bills a write by its KiB, rounded up. What fits into one KiB stays text. What does not is packed: zlib with
`DICTIONARY`, text that documents have in common. Readers tell the two apart by the attribute's type, string or binary.

A byte before the packed data says which dictionary it was packed with. What is in `DICTIONARIES` is part of what is
stored: another dictionary gets another number, and those that are there stay as they are to the byte.
"""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.foundation.ports import Document

TEXT_BYTES_MAX = 640  # beside it a KiB holds the key, the attributes of the indexes, and the names of them all
LEVEL = 9  # a document of 8 KiB takes a third of a millisecond
DICTIONARY_NOW = 1
# the commonest last: zlib reaches back from the end with the shortest codes
DICTIONARIES = {
    1: (
        b'"reason":null,"sent_at":null,"message_id":null,"subject":"","attempts":0,"published":false,"published":true,'
        b'"state":"sending","state":"suppressed","state":"held","channel":"mail","audience":"business","kind":"moved",'
        b'"kind":"cancelled","kind":"reminder","kind":"late","kind":"on_time_again","kind":"replan","kind":"leave_by",'
        b'"kind":"booked","text":"Leave by. Reply STOP to end texts.: https://","notice":{"notice_id":"","ticket_id":"'
        b'","business_id":"","channel":"sms","to":"+","decision":1,"locale":"en","audience":"customer","why":{"rule":"'
        b'","variant":"plain","because":"","timezone":"Europe/","body_z":"eJ","content-type":"application/json",'
        b'"headers":{"user-agent":"","query":{},"url":"","state":"open","open_shard":"","connection_id":"","provider":'
        b'"calcom","received_at":"2026-","ended_at":"","note":"","changed":[""],"state":"done","thread":{"uid":"","uids'
        b'":[],"facts":{"status":"booked","booked","customers":[{"key":"","name":"","email":"@example.com","phone":"+",'
        b'"locale":null,"title":"","merged_into":"","told":{"version":1,"aliases":[]},"expires_at":17,"version":1,'
        b'"created_at":"2026-","updated_at":"2026-","due_shard":"2026-","next_look_at":"2026-","business_day":"#2026-",'
        b'"feed_part":"#2026-","watch_shard":null,"watch_until":null,"start_utc":"2026-","ticket":{"secret":"",'
        b'"booking_version":1,"business_id":"","feed":"","status":"under_way","status":"time_to_leave","status":"done",'
        b'"status":"arrived","status":"waiting_for_origin","status":"planned","start":"2026-","end":"2026-","timezone":'
        b'"Europe/","venue":{"name":"","lat":4,"lon":1},"customer":{"key":"","name":"","email":"","phone":"+","locale":'
        b'"en"},"plan_note":"","planned_with":"","observed_at":"2026-","on_time_probability":0.9,"late_probability":0.0,'
        b'"decision":1,"confirmed":true,"forgotten":false,"tool_reminds":false,"promise":{"start":"2026-","leave_by":'
        b'"2026-","arrive_at":"2026-","told":["booked","reminder","leave_by","replan"],"told_at":"2026-","texts":1,'
        b'"void_before":0,"venue":{"name":"","probability":0.9,"pending":[{"notice_id":"","kind":"","decision":1,'
        b'"before":{"start":"2026-","told_before":[null],"address":"","address_open":false,"origin_assumed":false,'
        b'"underway":{"stage":0,"since":"2026-","aboard":null},"aboard":["","location":{"origin":{"name":"","lat":4,'
        b'"lon":1},"options":[{"leave_at":"2026-","arrive_at":"2026-","changes":1,"legs":[{"mode":"tram","from":{"name"'
        b':"","lat":4,"lon":1,"stop_id":"","stop_sequence":1},"to":{"name":"","lat":4,"lon":1,"stop_id":"",'
        b'"stop_sequence":1},"departs":"2026-0T0:00+01:00","arrives":"2026-0T0:00+02:00","trip_id":"","route_id":"",'
        b'"route_name":"","headsign":"","planned_departs":"2026-0T0:00+02:00","planned_arrives":"2026-0T0:00+02:00",'
        b'"realtime":false},{"mode":"bus","from":{"name":"","lat":4,"lon":1,"stop_id":"","stop_sequence":1},"to":{"name'
        b'":"","lat":4,"lon":1},"departs":"2026-0T0:00+02:00","arrives":"2026-0T0:00+02:00","realtime":true},{"mode":'
        b'"walk","from":{"name":"","lat":4,"lon":1,"stop_id":"","to":{"name":"","lat":4,"lon":1},"departs":"2026-'
    ),
}


def packed(document: Document, beside: Mapping[str, Any]) -> dict[str, Any]:
    """The attribute's value, in an item that has these attributes `beside` it: what they say is not packed again.

    Raises `ValueError` where the document is no JSON.
    """
    text = _text(document)
    if len(text.encode(errors="surrogatepass")) <= TEXT_BYTES_MAX:
        return {"S": text}
    press = zlib.compressobj(LEVEL, zdict=DICTIONARIES[DICTIONARY_NOW])
    data = _text({name: value for name, value in document.items() if value != _said(beside.get(name))})
    packed_data = press.compress(data.encode(errors="surrogatepass")) + press.flush()
    return {"B": bytes([DICTIONARY_NOW]) + packed_data}


def unpacked(value: Mapping[str, Any], beside: Mapping[str, Any]) -> Document:
    """Inverse of `packed`; also of the text that versions before always wrote."""
    text = value.get("S")
    if text is not None:
        plain: Document = json.loads(text)
        return plain
    data = bytes(value["B"])
    press = zlib.decompressobj(zdict=DICTIONARIES[data[0]])
    rest = (press.decompress(data[1:]) + press.flush()).decode(errors="surrogatepass")
    document: Document = {name: _said(one) for name, one in beside.items()}
    document.update(json.loads(rest))
    return document


def _text(document: Mapping[str, Any]) -> str:
    # half a character in a tool's call ("surrogatepass") is no reason to lose the call
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _said(value: Mapping[str, Any] | None) -> Any:
    """What an attribute says as a document has it."""
    if value is None:
        return _NOTHING
    return int(value["N"]) if "N" in value else value["S"]


_NOTHING = object()  # like no value of a document
