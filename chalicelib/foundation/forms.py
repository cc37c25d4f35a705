"""What all forms that an operator fills in share: their base, how a body is checked, what no form knows.

Imported only where something is configured: handling webhooks never pays for pydantic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from chalicelib.foundation.invalid import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

WHERE_MAX = 60  # characters of a field's name that are shown again


class Form(BaseModel):
    """What the form does not know is named by `unknown_fields`; NaN and infinity are no numbers here."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)


F = TypeVar("F", bound=Form)


def validate(form: type[F], body: Any, code: str) -> F:
    """A request's body as a form. Raises `Invalid` with `code` and all findings."""
    if not isinstance(body, dict):
        raise Invalid(code, "the body must be a JSON object")
    try:
        return form.model_validate(body)
    except ValidationError as error:
        raise Invalid(code, findings(error)) from None


def findings(error: ValidationError) -> str:
    """All that is wrong, in one line, without repeating values (they may be personal or secret)."""
    parts = []
    for one in error.errors(include_input=False, include_url=False)[:5]:
        where = ".".join(str(step) for step in one["loc"])[:WHERE_MAX] or "the body"
        parts.append(f"{where}: {one['msg'].removeprefix('Value error, ')}")
    return "; ".join(parts)


def unknown_fields(form: type[Form], body: dict[str, Any], path: str = "") -> tuple[str, ...]:
    """Names in a body that mean nothing to the form ("location.height"): most often a slip of the pen."""
    known = {field.alias or name: field for name, field in form.model_fields.items()}
    found = [f"{path}{name}" for name in body if name not in known]
    for name, field in known.items():
        for key, value, inner in _inside(field.annotation, body.get(name)):
            found += unknown_fields(inner, value, f"{path}{name}.{key}")
    return tuple(sorted(found))


def _inside(annotation: Any, value: Any) -> Iterator[tuple[str, dict[str, Any], type[Form]]]:
    """The forms within a field's value: (path below the field, value, form)."""
    kinds = (annotation, *get_args(annotation))
    inner = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Form)), None)
    if inner is None or not isinstance(value, dict):
        return
    if get_origin(annotation) is dict:
        yield from ((f"{key}.", one, inner) for key, one in value.items() if isinstance(one, dict))
    else:
        yield "", value, inner


Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
