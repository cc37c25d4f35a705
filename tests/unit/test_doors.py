"""What the doors make of a request before any room hears of it."""

from __future__ import annotations

import pytest

from chalicelib.entrypoints.http import Refusal, handshake_response, read_json_object, split_stage


@pytest.mark.parametrize(
    ("path", "route", "stage", "own"),
    [
        ("/hooks/cal", "/hooks/{connection_id}", "", "/hooks/cal"),
        ("/api/hooks/cal", "/hooks/{connection_id}", "/api", "/hooks/cal"),
        ("/api/hooks/cal/", "/hooks/{connection_id}", "/api", "/hooks/cal"),
        ("/api/health", "/health", "/api", "/health"),
        ("/health", "/health", "", "/health"),
        ("/a/b/t/x/origin", "/t/{token}/origin", "/a/b", "/t/x/origin"),
    ],
)
def test_the_path_that_was_called_is_told_from_the_stage_before_it(path: str, route: str, stage: str, own: str) -> None:
    assert split_stage(path, route) == (stage, own)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400), (b"[]", 400), (b"{", 400), (b'{"a": "\\ud800"}', 400), (b'{"\\udfff": 1}', 400), (b"\xff", 400),
        (b"[" * 100_000, 400), (b" " * (1 << 20) + b"{}", 413),
    ],
)  # a table, read by rows # fmt: skip
def test_a_body_that_is_no_json_object_is_refused(body: bytes, status: int) -> None:
    with pytest.raises(Refusal) as caught:
        read_json_object(body)
    assert caught.value.status == status


def test_whole_characters_beyond_the_first_plane_pass() -> None:
    assert read_json_object(b'{"a": "\\ud83d\\ude00"}') == {"a": "\U0001f600"}


def test_a_tool_without_a_handshake_is_told_to_post() -> None:
    answer = handshake_response(None)
    assert (answer.status, answer.headers["Allow"]) == (405, "POST")
