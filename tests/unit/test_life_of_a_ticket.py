"""`infra/life-of-a-ticket.md` is true: each function that it names exists, and each caller names what it calls."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from chalicelib.entrypoints.messages import HANDLERS

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "infra" / "life-of-a-ticket.md"
ROW = re.compile(r"^\| (?P<number>\d+) \| (?P<by>[^|]*)\| `(?P<file>[^`]+)` `(?P<function>[^`]+)` \|", re.MULTILINE)
RULES = "RULES"  # `decide` calls its rules by their table


@dataclass(frozen=True)
class Step:
    """One row of a sequence."""

    number: int
    by: str
    file: str
    function: str

    @property
    def name(self) -> str:
        return self.function.rpartition(".")[2]


def sequences() -> dict[str, dict[int, Step]]:
    found = {}
    for part in DOCUMENT.read_text().split("\n## ")[1:]:
        rows = [Step(int(row["number"]), row["by"].strip(), row["file"], row["function"]) for row in ROW.finditer(part)]
        if rows:
            found[part.splitlines()[0]] = {step.number: step for step in rows}
    return found


STEPS = [(title, step) for title, steps in sequences().items() for step in steps.values()]


@cache
def functions(file: str) -> dict[str, ast.AST]:
    """The functions of a module by name, methods as "Class.method"."""
    found: dict[str, ast.AST] = {}
    for node in ast.parse((ROOT / file).read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found[node.name] = node
        elif isinstance(node, ast.ClassDef):
            inner = (one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
            found |= {f"{node.name}.{one.name}": one for one in inner}
    return found


def names_in(node: ast.AST) -> set[str]:
    """Every name and attribute that the code uses."""
    used = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    return used | {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}


def test_both_sequences_are_read_whole_and_in_order() -> None:
    lengths = {title: list(steps) for title, steps in sequences().items()}
    assert list(lengths) == ["From a webhook to a text", "From a TripUpdate to a text"]
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in lengths.values())
    assert len(STEPS) == len(re.findall(r"^\| \d+ \|", DOCUMENT.read_text(), re.MULTILINE))


@pytest.mark.parametrize(("title", "step"), STEPS, ids=lambda one: one.function if isinstance(one, Step) else "")
def test_a_step_exists_and_is_called_by_the_one_that_is_named(title: str, step: Step) -> None:
    assert step.function in functions(step.file), f"{step.file} has no {step.function}"
    if not step.by:
        assert step.number == 1
        return
    number, _, how = step.by.partition(" ")
    if number == "wired":
        assert step.name in names_in(functions("chalicelib/wiring.py")[how.strip("`")])
        return
    caller = sequences()[title][int(number)]
    used = names_in(functions(caller.file)[caller.function])
    if how:
        command = how.strip("`")
        assert command in used, f"{caller.function} sends no {command}"
        (handler,) = (found for kind, found in HANDLERS.items() if kind.__name__ == command)
        assert handler is not None
        assert handler.__name__ == step.function
    else:
        assert step.name in used or (caller.name == "decide" and RULES in used), f"{caller.function}: no {step.name}"


def test_what_happens_by_itself_is_named_as_it_is() -> None:
    rest = DOCUMENT.read_text().rpartition("\n## ")[2]
    for file in re.findall(r"`(workflows/[^`]+\.py)`", rest):
        assert (ROOT / "chalicelib" / file).exists()
    wired = functions("chalicelib/wiring.py")
    for method in re.findall(r"`(Hub\.\w+)`", rest):
        assert method in wired
