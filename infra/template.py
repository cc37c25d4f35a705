"""Reads our CloudFormation files, and says which environment variable each of their outputs becomes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

HUB = Path(__file__).with_name("hub.yaml")
FUNCTIONS = Path(__file__).with_name("functions.yaml")

Template = dict[str, Any]


class Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms (`!Ref X`) read as their long ones."""


def _intrinsic(loader: Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        if name == "Fn::GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    return {name: value}


Loader.add_multi_constructor("!", _intrinsic)


def load(path: Path) -> Template:
    """A template as plain dictionaries, with the long forms of all functions."""
    template: Template = yaml.load(path.read_text(), Loader)  # noqa: S506 - a subclass of SafeLoader
    return template


def variable(output: str) -> str:
    """The environment variable that an output becomes: HubTableConfig → HUB_TABLE_CONFIG."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", output).upper()
