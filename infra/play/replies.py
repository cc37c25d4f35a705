"""Reads replies of customers: each line of a file is a language and a text; each answer says how it is understood."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from chalicelib.replies.understand import understand


def read_line(line: str) -> dict[str, object]:
    """One line (language, tab, text) as the answer that the contract asks for."""
    language, _, text = line.partition("\t")
    reading = understand(text, language.strip().lower())
    return {"intent": reading.intent.value, "minutes": reading.minutes, "acts": reading.acts}


def main(arguments: list[str]) -> int:
    """`--in replies.tsv --out read.jsonl`."""
    parser = argparse.ArgumentParser(prog="infra.play replies", description=__doc__)
    parser.add_argument("--in", dest="given", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    asked = parser.parse_args(arguments)
    lines = asked.given.read_text(encoding="utf-8").split("\n")
    lines = lines[:-1] if lines and not lines[-1] else lines
    answers = (json.dumps(read_line(line.rstrip("\r")), ensure_ascii=False) for line in lines)
    asked.out.write_text("".join(f"{answer}\n" for answer in answers), encoding="utf-8")
    return 0
