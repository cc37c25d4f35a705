"""How every page is rendered: jinja2 with nothing left to chance, and assets inside the page, allowed by their hash."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import jinja2


@cache
def templates_in(*folders: Path) -> jinja2.Environment:
    """The templates of these folders, the first that has a name first. All is escaped; an unknown name is an error."""
    import jinja2  # noqa: PLC0415 - only pages need it: other endpoints start without

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@cache
def inline_asset(file: Path) -> tuple[str, str]:
    """A style sheet or script as it goes into a page, and its source expression for the policy."""
    import markupsafe  # noqa: PLC0415 - comes with jinja2

    text = file.read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return markupsafe.Markup(text), f"'sha256-{digest}'"  # noqa: S704 - our own file
