"""The languages' data, compiled: `languages/<code>.txt` holds sections of patterns, one a line.

A pattern is words as people write them. `a/b` are alternatives, `word*` any ending, `*word` any beginning, `word?` may
be missing, `…` up to three words of any kind (six at the end), `……` any number of them, `N` a duration or a number. A
line that begins with `=` is meant only where it is all of a clause, courtesy aside.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from chalicelib.replies.fold import CLAUSE, QUESTION, WITHOUT_SPACES, fold

FOLDER = Path(__file__).parent / "languages"
NUMBER = "№"  # stands for a duration in a folded text
READ = tuple(sorted(path.stem for path in FOLDER.glob("*.txt")))
NEVER = re.compile(r"(?!)")


@dataclass(frozen=True, slots=True)
class Patterns:
    """One section of one language: found `anywhere` in a clause, or being the `whole` of it."""

    anywhere: re.Pattern[str] = NEVER
    whole: re.Pattern[str] = NEVER

    def is_in(self, folded: str, bare: str) -> bool:
        """Whether a text says it. `bare` is the text without courtesy, for what must be all of a clause."""
        return bool(self.anywhere.search(folded) or self.whole.search(bare))


NOTHING = Patterns()


@cache
def sections(language: str) -> dict[str, tuple[str, ...]]:
    """The lines of a language's file by section; nothing where there is no such file."""
    if language not in READ:
        return {}
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for raw in (FOLDER / f"{language}.txt").read_text(encoding="utf-8").splitlines():
        line = raw.strip()
        if line.startswith("[") and line.endswith("]"):
            lines = found.setdefault(line[1:-1], [])
        elif line and not line.startswith("#"):
            lines.append(line)
    return {name: tuple(lines) for name, lines in found.items()}


@cache
def patterns(language: str, section: str, *, fixed: bool = False) -> Patterns:
    """One section, compiled; of `fixed` only the lines that leave no room for other words."""
    lines = [line for line in sections(language).get(section, ()) if not (fixed and "…" in line)]
    anywhere = [_compile(line, language) for line in lines if not line.startswith("=")]
    whole = [_compile(line[1:], language) for line in lines if line.startswith("=")]
    begin = "" if language in WITHOUT_SPACES else r"(?<![^ ])"
    finish = " ?" if language in WITHOUT_SPACES else ""
    close = rf"(?=$| ?\{CLAUSE}| ?\{QUESTION} ?(?:\{CLAUSE}|$))"
    return Patterns(
        re.compile(f"{begin}(?:{'|'.join(anywhere)})") if anywhere else NEVER,
        re.compile(rf"(?:^|\{CLAUSE} )(?:{'|'.join(whole)}){finish}{close}") if whole else NEVER,
    )


def compile_line(line: str, language: str) -> re.Pattern[str]:
    """One line by itself, anywhere in a text whose words each end in a space."""
    return re.compile(("" if language in WITHOUT_SPACES else r"(?<![^ ])") + _compile(line, language))


@cache
def units() -> dict[str, dict[str, list[str]]]:
    """Names of minutes and hours by language, of CLDR: made by `python -m infra.units`."""
    made: dict[str, dict[str, list[str]]] = json.loads((FOLDER / "units.json").read_text(encoding="utf-8"))
    return made


def _compile(line: str, language: str) -> str:
    """A line as a regular expression over words that each end in a space (or in nothing, where none are written)."""
    end = "" if language in WITHOUT_SPACES else " "
    made, words = "", line.split()
    if words[-1] == "…":
        words[-1:] = ["…", "…"]  # after all that matters, more may follow
    for word in words:
        if word.rstrip("?") == "……":
            made += rf"[^{CLAUSE}]*"
            continue
        if word.rstrip("?") == "…":
            made += rf"[^{CLAUSE}]{{0,8}}?" if not end else rf"(?:[^ {CLAUSE}]+ ){{0,3}}?"
            continue
        bare = word.rstrip("?")
        piece = f"(?:{'|'.join(_word(one, language) for one in bare.split('/'))}){end}"
        made += f"(?:{piece})?" if word.endswith("?") else piece
    return made


def _word(word: str, language: str) -> str:
    if word == "N":
        return rf"(?:{NUMBER}|[0-9]+)"
    before, after = (r"[^ |]*" if word.startswith("*") else ""), (r"[^ |]*" if word.endswith("*") else "")
    return before + re.escape(fold(word.strip("*"), language)).replace(r"\ ", " ") + after
