"""How a document lies in an item: what was packed once is read for ever."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.aws.packed import DICTIONARIES, TEXT_BYTES_MAX, packed, unpacked

if TYPE_CHECKING:
    from chalicelib.foundation.ports import Document

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=9), inner, max_size=5),
    max_leaves=60,
)


@given(st.dictionaries(st.text(max_size=9), JSON, max_size=9))
def test_what_is_packed_comes_back(document: Document) -> None:
    assert unpacked(packed(document, {}), {}) == document


def test_what_fits_stays_text_and_what_does_not_is_packed_small() -> None:
    assert packed({"a": "x"}, {}) == {"S": '{"a":"x"}'}
    long = {"legs": [{"mode": "walk", "from": {"name": "Größe ✂", "lat": 48.2, "lon": n}} for n in range(40)]}
    assert len(packed(long, {})["B"]) < TEXT_BYTES_MAX / 2 < len(json.dumps(long)) / 4


def test_text_of_the_versions_before_is_read_whatever_its_length() -> None:
    assert unpacked({"S": json.dumps({"a": "x" * 9000})}, {}) == {"a": "x" * 9000}


def test_what_the_item_says_beside_the_document_is_not_packed_again() -> None:
    document = {"key": "k" * 40, "version": 7, "other": "o", "text": "abc" * 400}
    beside = {"key": {"S": "k" * 40}, "version": {"N": "7"}, "other": {"S": "another"}}
    kept = packed(document, beside)
    assert len(kept["B"]) < len(packed(document, {})["B"])
    assert unpacked(kept, beside) == document


def test_a_document_that_was_packed_with_all_that_it_says_is_read_too() -> None:
    document = {"key": "k", "version": 7, "text": "abc" * 400}
    assert unpacked(packed(document, {}), {"key": {"S": "k"}, "version": {"N": "7"}}) == document


@pytest.mark.parametrize(("number", "digest"), [(1, "31c9675494ff1f98")])
def test_a_dictionary_that_was_used_never_changes(number: int, digest: str) -> None:
    """Who needs another one adds it under the next number: documents are read with the one they were packed with."""
    assert hashlib.sha256(DICTIONARIES[number]).hexdigest()[:16] == digest
