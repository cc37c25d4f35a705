"""Checks values against the shapes of the served description."""

from __future__ import annotations

import jsonschema

from chalicelib.entrypoints.openapi import description


def validator(name: str) -> jsonschema.Draft202012Validator:
    """Checks against one shape of the description, formats included."""
    whole = {**description(), "$ref": f"#/components/schemas/{name}"}
    checks = jsonschema.Draft202012Validator.FORMAT_CHECKER
    return jsonschema.Draft202012Validator(whole, format_checker=checks)
