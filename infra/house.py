"""Measures the house: `python -m infra.house` prints the size of its rooms, circles of files, and how things are named.

The limits are those that `tests/unit/test_house.py` holds. Read from the code's own syntax trees; nothing is run.

- A *module* is a Python file of `chalicelib` or `feeds`; `__init__` files count for nothing.
- A *participle* is a function whose name begins or ends with one (`planned`, `told_again`): a verb or a noun says more.
  Properties, questions (`is_sent`, `has_moved`) and prepositions (`with_updated`) may hold one. The words are printed.
- A *shred* is a private function of three lines or fewer that is used once: its one caller reads better with the lines.
- A *judgement* is an upper-case number of a module; under one name it has one value.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("chalicelib", "feeds")

MODULES_MAX = 12  # in a folder
MAY_HOLD_MANY = {"chalicelib/bookings/providers", "chalicelib/notices/policy", "chalicelib/notices/delivery"}
PARTICIPLES_MAX = 0.04  # share of all functions
SHREDS_MAX = 0.05  # share of the private functions
OWN_LIMITS = {"PAGE"}  # names that each module may have for itself
LOOK_ALIKE = {"feed", "need", "seed", "speed", "bed", "exceed", "proceed", "embed", "indeed", "unneeded"}
IRREGULAR = frozenset(
    [
        "told",
        "said",
        "seen",
        "made",
        "sent",
        "kept",
        "held",
        "known",
        "found",
        "written",
        "taken",
        "given",
        "left",
        "begun",
        "gone",
        "come",
        "done",
        "heard",
        "shown",
        "drawn",
        "thrown",
        "caught",
        "brought",
        "bought",
        "thought",
        "built",
        "lost",
        "paid",
        "met",
        "sold",
        "stood",
        "understood",
        "worn",
        "spoken",
        "chosen",
        "broken",
        "hidden",
        "forgotten",
        "foretold",
        "spent",
        "felt",
        "meant",
        "dealt",
        "led",
        "fed",
        "grown",
        "flown",
        "laid",
        "lain",
        "overtaken",
        "undone",
        "woken",
        "driven",
        "ridden",
    ]
)
MAY_BEGIN = frozenset(
    [
        "is",
        "has",
        "was",
        "are",
        "did",
        "can",
        "may",
        "with",
        "of",
        "as",
        "by",
        "without",
        "on",
        "in",
        "to",
        "from",
        "until",
        "since",
    ]
)
SHRED_LINES = 3

# the rooms in the order of the data's way: each imports only those before it
ORDER = (
    "foundation",
    "outages",
    "bookings",
    "transit",
    "visits",
    "tickets",
    "notices",
    "replies",
    "workflows",
    "pages",
    "entrypoints",
)
SIDES = {"aws", "embedded"}  # what stands behind the ports: only wiring imports it


@dataclass(frozen=True, slots=True)
class Function:
    """A function or method; `lines` of its body without the docstring."""

    path: str
    line: int
    name: str
    lines: int
    is_property: bool


@dataclass(slots=True)
class House:
    """What was measured. Paths are relative to the repository."""

    modules: Counter[str] = field(default_factory=Counter)  # folder → modules in it
    functions: list[Function] = field(default_factory=list)
    participles: list[Function] = field(default_factory=list)
    private: int = 0
    shreds: list[Function] = field(default_factory=list)
    numbers: dict[str, dict[str, list[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    imports: dict[str, set[str]] = field(default_factory=dict)  # file → files that it imports, for types too

    def crowded(self) -> dict[str, int]:
        """Folders with too many modules."""
        return {
            folder: number
            for folder, number in sorted(self.modules.items())
            if number > MODULES_MAX and folder not in MAY_HOLD_MANY
        }

    def ambiguous(self) -> dict[str, dict[str, list[str]]]:
        """Numbers that have one name and several values: name → value → files."""
        return {
            name: {value: list(files) for value, files in values.items()}
            for name, values in sorted(self.numbers.items())
            if len(values) > 1 and name not in OWN_LIMITS
        }

    def against_the_order(self) -> list[str]:
        """Imports from a room to one behind it on the data's way: "file imports file"."""
        return [
            f"{importer} imports {imported}"
            for importer, files in sorted(self.imports.items())
            for imported in sorted(files)
            if not _may_import(importer, imported)
        ]

    def circles(self) -> list[list[str]]:
        """Files that import each other in a loop (Tarjan's strongly connected components)."""
        return [sorted(group) for group in _components(self.imports) if len(group) > 1]


def is_participle(word: str) -> bool:
    """Whether a word is a past participle, by its ending or from the list."""
    return word in IRREGULAR or (word.endswith("ed") and len(word) > len("ed") + 1 and word not in LOOK_ALIKE)


def is_named_by_participle(name: str) -> bool:
    """Whether a function's name begins or ends with one, and does not ask or qualify."""
    words = name.strip("_").split("_")
    return words[0] not in MAY_BEGIN and (is_participle(words[0]) or is_participle(words[-1]))


def measure(root: Path = ROOT) -> House:
    """The house as its files are now."""
    house = House()
    for path in sorted(path for package in PACKAGES for path in (root / package).rglob("*.py")):
        name = str(path.relative_to(root))
        tree = ast.parse(path.read_text())
        house.modules[str(path.parent.relative_to(root))] += path.name != "__init__.py"
        house.imports[name] = set(_files_imported(tree, root)) - {name}
        _measure_functions(house, name, tree)
        for constant, value in _numbers(tree):
            house.numbers[constant][value].append(name)
    return house


def _measure_functions(house: House, path: str, tree: ast.Module) -> None:
    used = Counter(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    used += Counter(node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("__"):
            continue
        function = _function(path, node)
        house.functions.append(function)
        if not function.is_property and is_named_by_participle(node.name):
            house.participles.append(function)
        if node.name.startswith("_"):
            house.private += 1
            if function.lines <= SHRED_LINES and used[node.name] == 1:
                house.shreds.append(function)


def _function(path: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Function:
    has_docstring = ast.get_docstring(node) is not None
    body = node.body[1:] if has_docstring and len(node.body) > 1 else node.body
    lines = (body[-1].end_lineno or body[-1].lineno) - body[0].lineno + 1
    is_property = any("property" in ast.unparse(decorator) for decorator in node.decorator_list)
    return Function(path, node.lineno, node.name, lines, is_property)


def _numbers(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The upper-case numbers of a module, private ones too: name without its underscore, value as written."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name, value = node.targets[0].id.lstrip("_"), node.value
            if name.isupper() and _is_number(value):
                yield name, ast.unparse(value)


def _is_number(value: ast.expr) -> bool:
    names = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)}
    constants = [node.value for node in ast.walk(value) if isinstance(node, ast.Constant)]
    numbers = [one for one in constants if isinstance(one, int | float) and not isinstance(one, bool)]
    is_plain = not isinstance(value, ast.Tuple | ast.List | ast.Dict | ast.Set | ast.JoinedStr)
    return bool(numbers) and len(numbers) == len(constants) and names <= {"timedelta"} and is_plain


def _files_imported(tree: ast.Module, root: Path) -> Iterator[str]:
    """Files of the house that a module imports: when it is loaded, at first use, or for types alone."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield from _file_of(f"{node.module}.{alias.name}", root) or _file_of(node.module, root)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield from _file_of(alias.name, root)


def _may_import(importer: str, imported: str) -> bool:
    own, other = _room_of(importer), _room_of(imported)
    if importer.startswith("feeds/"):
        return True
    if imported.startswith("feeds/"):
        return False
    if own == "wiring":
        return True
    if SIDES & {own, other}:
        return other in {own, "foundation"}
    return own in ORDER and other in ORDER[: ORDER.index(own) + 1]


def _room_of(path: str) -> str:
    return path.split("/")[1].removesuffix(".py")


def _file_of(module: str, root: Path) -> list[str]:
    base = module.replace(".", "/")
    return [name for name in (f"{base}.py", f"{base}/__init__.py") if (root / name).is_file()]


def _components(graph: dict[str, set[str]]) -> list[set[str]]:
    """Tarjan, R. (1972), Depth-first search and linear graph algorithms."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    groups: list[set[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(graph.get(node, ())):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            group: set[str] = set()
            while node not in group:
                group.add(stack.pop())
            groups.append(group)

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return groups


def main() -> int:
    """Prints the measures, each with its limit; `--words` adds what they are made of."""
    house, with_words = measure(), "--words" in sys.argv
    largest = [
        f"{folder} {number}"
        for folder, number in house.modules.most_common()
        if folder not in MAY_HOLD_MANY and number > MODULES_MAX - 2
    ]
    print(f"modules in the fullest folders: {', '.join(largest)} (at most {MODULES_MAX})")
    print(f"circles of files: {house.circles() or 'none'}")
    print(f"imports against the order of rooms: {house.against_the_order() or 'none'}")
    share = len(house.participles) / len(house.functions)
    print(f"functions named by a participle: {len(house.participles)} of {len(house.functions)}, {share:.1%} (4 %)")
    share = len(house.shreds) / house.private
    print(
        f"private functions of {SHRED_LINES} lines used once: {len(house.shreds)} of {house.private}, {share:.1%} (5 %)"
    )
    print(f"numbers with one name and several values: {len(house.ambiguous())} (none)")
    if with_words:
        print("participles:", ", ".join(sorted({one.name for one in house.participles})))
        print("irregular ones known:", ", ".join(sorted(IRREGULAR)))
        for one in house.shreds:
            print(f"shred: {one.path}:{one.line} {one.name}")
        for name, values in house.ambiguous().items():
            print(f"{name}: " + "; ".join(f"{value} in {', '.join(files)}" for value, files in values.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
