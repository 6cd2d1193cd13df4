"""Answers as XML, the way the vendor's pages print them: a scalar is an attribute, an object a child element.

An array is an element of its name that holds one child an item, named in the singular. What is null is left out.
"""

import re
from collections.abc import Mapping
from typing import Any

from lxml import etree

from chassis.xml import storable

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_.-]|^(?=[^A-Za-z_])")


def element(name: str, content: Mapping[str, Any]) -> etree._Element:
    """An object as an element. Attributes come in the order of their names."""
    made = etree.Element(_name(name))
    for key, value in sorted(content.items()):
        if value is not None and not isinstance(value, Mapping | list):
            made.set(_name(key), _text(value))
    for key, value in content.items():
        if isinstance(value, Mapping):
            made.append(element(key, value))
        elif isinstance(value, list):
            wrapper = etree.SubElement(made, _name(key))
            wrapper.extend([element(key.removesuffix("s"), item) for item in value])
    return made


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else storable(str(value))


def _name(key: str) -> str:
    """The key, with what an XML name cannot hold written as the code it has: effects are named by other services."""
    return _NOT_IN_A_NAME.sub(lambda match: f"_x{ord(match[0]):04X}_" if match[0] else "_", key) or "_"
