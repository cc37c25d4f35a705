"""From a deployed template to a new one, one index of a table at a time: `python -m infra.index_steps OLD NEW FOLDER`.

DynamoDB makes or deletes one global index of a table in one update, and CloudFormation passes that on: a change of more
fails and is rolled back (Developer Guide, "Managing global secondary indexes"; CloudFormation, AWS::DynamoDB::Table).
And code that asks an index must not run before the index holds what was stored already.

So a change of indexes is deployed in steps, which are written to FOLDER as `1.json`, `2.json`, …:
- first the deployed template, with one more of the new indexes of each table in each step: nothing else changes;
- then the new template, with the indexes that it has no more, and those go one by one in the steps after it.
Between steps every index has to be ACTIVE (`deploy.sh` waits). A change that needs one step has one: the new template.
Pure but for the files.
"""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.template import Template

INDEXES = "GlobalSecondaryIndexes"


def steps(old: Template, new: Template) -> list[Template]:
    """The templates to deploy, in order; the last is the new one."""
    made = list(_adding(old, new))
    removing = list(_removing(old, new))
    return [*made, *(removing or [new])]


def _adding(old: Template, new: Template) -> Iterator[Template]:
    """The old template with one more new index of each table in each step."""
    step = copy.deepcopy(old)
    while any((lacking := {name: _lacking(step, new, name) for name in _tables(old)}).values()):
        for name, indexes in lacking.items():
            if indexes:
                table = step["Resources"][name]["Properties"]
                table[INDEXES] = [*table.get(INDEXES, []), indexes[0]]
                _define(table, new["Resources"][name]["Properties"])
        yield copy.deepcopy(step)


def _removing(old: Template, new: Template) -> Iterator[Template]:
    """The new template with all former indexes, then with one fewer of each table in each step."""
    former = {name: _lacking(new, old, name) for name in _tables(old) if name in new.get("Resources", {})}
    former = {name: indexes for name, indexes in former.items() if indexes}
    while True:
        step = copy.deepcopy(new)
        for name, indexes in former.items():
            table = step["Resources"][name]["Properties"]
            table[INDEXES] = [*table.get(INDEXES, []), *indexes]
            _define(table, old["Resources"][name]["Properties"])
        yield step
        if not former:
            return
        former = {name: indexes[1:] for name, indexes in former.items() if indexes[1:]}


def _tables(template: Template) -> list[str]:
    return [name for name, one in template.get("Resources", {}).items() if one.get("Type") == "AWS::DynamoDB::Table"]


def _lacking(one: Template, other: Template, name: str) -> list[dict[str, Any]]:
    """The indexes of a table that only the other template has."""
    known = {index["IndexName"] for index in one["Resources"][name]["Properties"].get(INDEXES, [])}
    theirs = other.get("Resources", {}).get(name, {}).get("Properties", {}).get(INDEXES, [])
    return [index for index in theirs if index["IndexName"] not in known]


def _define(table: dict[str, Any], other: dict[str, Any]) -> None:
    """Defines the attributes of the table's keys, and no others: CloudFormation refuses what is not used."""
    schemas = [table["KeySchema"], *(index["KeySchema"] for index in table.get(INDEXES, []))]
    used = {key["AttributeName"] for schema in schemas for key in schema}
    known = {one["AttributeName"]: one for one in [*other["AttributeDefinitions"], *table["AttributeDefinitions"]]}
    table["AttributeDefinitions"] = [one for name, one in known.items() if name in used]


def main(old: str, new: str, folder: str) -> None:
    """Writes the steps, and says how many there are."""
    before, after = (Path(one).read_text() for one in (old, new))
    templates = steps(json.loads(before or "{}"), json.loads(after))
    for number, template in enumerate(templates, 1):
        (Path(folder) / f"{number}.json").write_text(json.dumps(template))
    print(len(templates))


if __name__ == "__main__":
    main(*sys.argv[1:4])
