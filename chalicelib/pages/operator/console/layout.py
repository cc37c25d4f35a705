"""How the operator's pages look: one template folder, one style, one small script; nothing is loaded from elsewhere."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.foundation.locales import DEFAULT_LANGUAGE, TEXTS, language
from chalicelib.pages.page import html_page
from chalicelib.pages.templates import inline_asset, templates_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.pages.operator.console.asked import Asked
    from chalicelib.pages.page import Page

FOLDERS = (Path(__file__).parent / "templates", Path(__file__).parents[1] / "setup" / "templates")


@cache
def catalogue(code: str) -> Mapping[str, str]:
    """English sentence → the same in this language. English needs none."""
    file = TEXTS / code / "operator.json"
    known: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return known


class Words:
    """Says an English sentence in another language; what has no translation stays English."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.direction = language(code).direction
        self._known = catalogue(code) if code != DEFAULT_LANGUAGE else {}

    def __call__(self, sentence: str, /, **values: object) -> str:
        """The sentence with its values in the place of {names}."""
        said = self._known.get(sentence, sentence)
        return said.format(**values) if values else said


def render(template: str, asked: Asked, status: int = 200, **values: Any) -> Page:
    """A page. Every template knows `_` (words), `base` (before every path), `session`, `csrf` and `asked`."""
    (css, style), (js, script) = (inline_asset(FOLDERS[0] / name) for name in ("console.css", "console.js"))
    policy = (
        f"default-src 'none'; style-src {style}; script-src {script}; img-src data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    known = {
        "_": Words(asked.language),
        "base": asked.base,
        "session": asked.session,
        "csrf": asked.session.csrf if asked.session else "",
        "asked": asked,
        "css": css,
        "js": js,
        "again_s": 0,
    }
    return html_page(status, templates_in(*FOLDERS).get_template(template).render(**(known | values)), policy)
