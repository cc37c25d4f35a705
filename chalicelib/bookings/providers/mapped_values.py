"""JMESPath over a body, for provider "json", with a few functions that bookings need beside the standard ones.

from_json(text)   what a text holds as JSON (null where it is none)
body()            the whole body, also within one of `items`
item()            the item, also within one of its `customers`
join(glue, list)  as the standard one, but what is null or empty is left out, and numbers are taken as texts
"""

from __future__ import annotations

from functools import cache
from typing import Any

from chalicelib.bookings.providers import reading
from chalicelib.bookings.providers.contract import Parked


class Scope:
    """What the expressions of one item may reach: the item itself and the whole body."""

    def __init__(self, body: Any, item: Any = None) -> None:
        self.body = body
        self.item = item

    def find(self, expression: str, value: Any, name: str) -> Any:
        """What an expression finds in a value. Parks where it cannot be read or does not fit the value."""
        import jmespath  # noqa: PLC0415 - only connections of this kind pay for it
        from jmespath.exceptions import JMESPathError  # noqa: PLC0415 - the same

        try:
            return jmespath.search(expression, value, jmespath.Options(custom_functions=_functions()(self)))
        except JMESPathError as error:
            raise Parked(f"the mapping's {name} does not work: {type(error).__name__}") from None
        except RecursionError:
            raise Parked(f"the mapping's {name} does not work: nested too deeply") from None
        except (ArithmeticError, TypeError, ValueError, AttributeError) as error:  # of the library, on odd values
            raise Parked(f"the mapping's {name} does not fit what came: {type(error).__name__}") from None


def check_expression(expression: str) -> None:
    """Raises `ValueError` for what is no expression, or calls a function that there is not."""
    import jmespath  # noqa: PLC0415 - only mappings pay for it
    from jmespath.exceptions import JMESPathError, UnknownFunctionError  # noqa: PLC0415 - the same

    try:
        jmespath.compile(expression)
        jmespath.search(expression, {}, jmespath.Options(custom_functions=_functions()(Scope({}))))
    except UnknownFunctionError:
        raise ValueError("calls a function that there is not") from None
    except (AttributeError, TypeError):
        raise ValueError("is not a JMESPath expression (jmespath.org)") from None
    except JMESPathError as error:
        if isinstance(error, ValueError) and "JMESPathTypeError" not in type(error).__name__:
            raise ValueError("is not a JMESPath expression (jmespath.org)") from None


@cache
def _functions() -> Any:
    """The class of the functions: it can be made only once the library is there."""
    from jmespath import functions  # noqa: PLC0415 - only connections of this kind pay for it

    class BookingFunctions(functions.Functions):  # type: ignore[misc] # the library has no types
        def __init__(self, scope: Scope) -> None:
            self._scope = scope

        @functions.signature({"types": ["string", "null"]})  # type: ignore[untyped-decorator]
        def _func_from_json(self, text: str | None) -> Any:
            try:
                return reading.json_body((text or "").encode("utf-8", "replace"))
            except Parked:
                return None

        @functions.signature()  # type: ignore[untyped-decorator]
        def _func_body(self) -> Any:
            return self._scope.body

        @functions.signature()  # type: ignore[untyped-decorator]
        def _func_item(self) -> Any:
            return self._scope.item

        @functions.signature({"types": ["string"]}, {"types": ["array"]})  # type: ignore[untyped-decorator]
        def _func_join(self, glue: str, texts: list[Any]) -> str | None:
            return glue.join(one for one in map(reading.clean, texts) if one) or None

    return BookingFunctions
