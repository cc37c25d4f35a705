"""What an expression (JMESPath) finds in an answer; what does not fit it finds nothing."""

from __future__ import annotations

from typing import Any


def find(expression: str, value: Any) -> Any:
    """The value, or None."""
    import jmespath  # noqa: PLC0415 - only who has a gateway pays for it
    from jmespath.exceptions import JMESPathError  # noqa: PLC0415 - the same

    try:
        return jmespath.search(expression, value)
    except (JMESPathError, ArithmeticError, AttributeError, RecursionError, TypeError, ValueError):
        return None


def found_text(expression: str | None, value: Any) -> str:
    """The text or number that it finds, as text; "" for anything else."""
    found = find(expression, value) if expression else None
    return str(found) if isinstance(found, str | int | float) and not isinstance(found, bool) else ""
