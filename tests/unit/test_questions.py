"""The newcomer's questions and the glossary point to what is there: every file, and every name beside a file."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = re.compile(r"`((?:chalicelib|feeds|infra)/[\w/.\-]+)`(?: \(((?:`[\w.]+`(?:, )?)+)\))?")


def addresses() -> list[tuple[str, tuple[str, ...]]]:
    found = ADDRESS.findall((ROOT / "infra" / "questions.md").read_text())
    return [(path, tuple(re.findall(r"`([\w.]+)`", names))) for path, names in found]


def names_in(path: Path) -> set[str]:
    """Module-level names of a file, and the members of its classes as Class.member."""
    names: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign):
            names |= {name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
            if isinstance(node, ast.ClassDef):
                names |= {f"{node.name}.{one.name}" for one in node.body if isinstance(one, ast.FunctionDef)}
    return names


@pytest.mark.parametrize(("path", "names"), addresses())
def test_an_answer_is_where_the_question_says(path: str, names: tuple[str, ...]) -> None:
    place = ROOT / path
    assert place.exists()
    assert set(names) <= (names_in(place) if place.suffix == ".py" else set())


def test_the_glossary_points_to_what_is_there() -> None:
    rows = [line.rstrip(" |").rsplit("| ", 1)[-1] for line in (ROOT / "infra" / "glossary.md").read_text().splitlines()]
    places = [row.strip("`") for row in rows if re.fullmatch(r"`[\w/.]+`", row)]
    missing = [place for place in places if not (ROOT / "chalicelib" / place).exists()]
    assert len(places) > 20
    assert not missing
