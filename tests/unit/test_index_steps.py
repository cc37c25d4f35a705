"""A change of indexes is made one index of a table at a time, and nobody asks an index that is not there yet."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from infra.index_steps import INDEXES, steps
from infra.template import HUB, load

HUB_NOW: dict[str, Any] = load(HUB)
BEFORE = {  # of the version before, which had whole documents in these
    "InboxTable": ["open", "parked"],
    "BookingsTable": ["by_business"],
    "TicketsTable": ["due", "by_business_day", "by_booking", "by_feed", "watched"],
    "NoticesTable": ["due", "by_business", "by_ticket"],
}


def version_before() -> dict[str, Any]:
    template = copy.deepcopy(HUB_NOW)
    for name, wanted in BEFORE.items():
        table = template["Resources"][name]["Properties"]
        known = {index["IndexName"]: index for index in table[INDEXES]}
        whole = {"Projection": {"ProjectionType": "ALL"}}
        table[INDEXES] = [
            known.get(one) or copy.deepcopy(known[f"{one}_keys"]) | {"IndexName": one} | whole for one in wanted
        ]
        used = {key["AttributeName"] for one in (*table[INDEXES], table) for key in one["KeySchema"]}
        table["AttributeDefinitions"] = [one for one in table["AttributeDefinitions"] if one["AttributeName"] in used]
    template["Description"] = "the version before"
    return template


def names(template: dict[str, Any]) -> dict[str, set[str]]:
    tables = {name: one for name, one in template["Resources"].items() if one["Type"] == "AWS::DynamoDB::Table"}
    return {name: {index["IndexName"] for index in one["Properties"][INDEXES]} for name, one in tables.items()}


def test_each_step_changes_at_most_one_index_of_a_table_and_the_last_is_the_new_template() -> None:
    old = version_before()
    made = steps(old, HUB_NOW)
    assert made[-1] == HUB_NOW
    for before, after in zip([old, *made], made, strict=False):
        for name, indexes in names(after).items():
            assert len(indexes ^ names(before)[name]) <= 1, name


def test_the_new_code_comes_when_all_its_indexes_are_there_and_before_any_of_the_old_ones_goes() -> None:
    old = version_before()
    made = steps(old, HUB_NOW)
    first_new = next(step for step in made if step["Description"] == HUB_NOW["Description"])
    for name, indexes in names(first_new).items():
        assert indexes == names(old)[name] | names(HUB_NOW)[name]
    for step in made[: made.index(first_new)]:
        assert {key: one for key, one in step["Resources"].items() if key not in BEFORE} == {
            key: one for key, one in old["Resources"].items() if key not in BEFORE
        }


def test_every_step_defines_exactly_the_attributes_of_its_keys() -> None:
    for step in steps(version_before(), HUB_NOW):
        for name in BEFORE:
            table = step["Resources"][name]["Properties"]
            used = {key["AttributeName"] for one in (*table[INDEXES], table) for key in one["KeySchema"]}
            assert {one["AttributeName"] for one in table["AttributeDefinitions"]} == used


@pytest.mark.parametrize("old", [HUB_NOW, {"Resources": {}}])
def test_what_changes_no_index_is_one_step(old: dict[str, Any]) -> None:
    assert steps(old, HUB_NOW) == [HUB_NOW]
