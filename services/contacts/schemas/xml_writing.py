"""Answers as XML: elements in the order of their names, each value with its type, as the vendor's samples have them."""

from collections.abc import Mapping, Sequence
from typing import Any

from lxml import etree

from chassis.xml import I, storable
from contacts.schemas.xml_names import ARRAYS, COMMON, CONTACT, ITEM, ITEMS, KEY, MODELS, PAIR, PAIRS, VALUE, XSD

# The namespaces that the vendor's samples declare, and where. Any: lxml's stubs know no namespace without a prefix.
_ROOT: Any = {None: MODELS, "i": I}
_PLAIN: Any = {None: COMMON}
_PART: Any = {None: COMMON, "d2p1": ARRAYS}
_NIL, _TYPE = f"{{{I}}}nil", f"{{{I}}}type"
_INT32 = 2**31


def contact(data: Mapping[str, Any]) -> etree._Element:
    """A Contact. The vendor's has a number, which JSON does not show; ours have none, so it is 0, an int's default."""
    root = etree.Element(CONTACT, nsmap=_ROOT)
    for name, value in sorted({"Id": 0, **data}.items()):
        plain = not isinstance(value, Mapping | list)
        part = etree.SubElement(root, f"{{{COMMON}}}{name}", nsmap=_PLAIN if plain else _PART)
        if isinstance(value, Mapping):
            _write_pairs(part, value)
        elif isinstance(value, list):
            for text in value:
                etree.SubElement(part, f"{{{ARRAYS}}}string").text = storable(text)
        else:
            part.text = storable(str(value))
    return root


def contact_list(data: Mapping[str, Any]) -> etree._Element:
    """A contact list."""
    return _plain(etree.Element(f"{{{MODELS}}}ContactsList", nsmap=_ROOT), data)


def contact_lists(data: Sequence[Mapping[str, Any]]) -> etree._Element:
    """Several."""
    return _array("ContactsList", data)


def fields(data: Sequence[Mapping[str, Any]]) -> etree._Element:
    """The fields of a contact list."""
    return _array("ContactSchemaField", data)


def _array(name: str, items: Sequence[Mapping[str, Any]]) -> etree._Element:
    root = etree.Element(f"{{{MODELS}}}ArrayOf{name}", nsmap=_ROOT)
    for item in items:
        _plain(etree.SubElement(root, f"{{{MODELS}}}{name}"), item)
    return root


def _plain(element: etree._Element, data: Mapping[str, Any]) -> etree._Element:
    """An object whose properties have fixed types, so that none is written."""
    for name, value in sorted(data.items()):
        child = etree.SubElement(element, f"{{{MODELS}}}{name}")
        if value is None:
            child.set(_NIL, "true")
        elif isinstance(value, list):
            for item in value:
                _plain(etree.SubElement(child, f"{{{MODELS}}}{name.removesuffix('s')}"), item)
        else:
            child.text = _text(value)
    return element


def _write_pairs(element: etree._Element, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        pair = etree.SubElement(element, PAIR)
        etree.SubElement(pair, KEY).text = storable(key)
        _write_value(pair, VALUE, value)


def _write_value(parent: etree._Element, tag: str, value: Any) -> None:
    if value is None:
        etree.SubElement(parent, tag).set(_NIL, "true")
    elif value == {} and isinstance(value, Mapping):
        etree.SubElement(parent, tag)
    elif isinstance(value, Mapping):
        element = etree.SubElement(parent, tag)
        element.set(_TYPE, f"d2p1:{PAIRS}")
        _write_pairs(element, value)
    elif isinstance(value, list):
        element = etree.SubElement(parent, tag)
        element.set(_TYPE, f"d2p1:{ITEMS}")
        for item in value:
            _write_value(element, ITEM, item)
    else:
        element = etree.SubElement(parent, tag, nsmap={"d4p1": XSD})
        element.set(_TYPE, f"d4p1:{_kind(value)}")
        element.text = _text(value)


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "int" if -_INT32 <= value < _INT32 else "long"
        case float():
            return "double"
    return "string"


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else storable(str(value))
