"""A registration in XML, read into the form that its JSON has, so that one schema judges both.

Elements come in any order and under any prefix, and are told by their namespace. A value's `i:type` says what it is;
one without takes its field's type, and an empty one without is the empty object, which the vendor's samples write so.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NoReturn

from lxml import etree

from chassis.errors import InvalidPayload
from chassis.xml import I, local_name, parse_xml
from contacts.schemas.xml_names import (
    ARRAYS,
    COMMON,
    CONTACT,
    CONTROLLERS,
    ITEM,
    ITEMS,
    KEY,
    PAIR,
    PAIRS,
    REQUEST,
    SERIALIZATION,
    VALUE,
    XSD,
)
from contacts.settings import Field

Fields = Mapping[str, Field]
_NIL, _TYPE = f"{{{I}}}nil", f"{{{I}}}type"
_WHOLE = re.compile(r"[+-]?[0-9]{1,20}")
_DECIMAL = re.compile(r"[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][+-]?[0-9]{1,3})?")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def read_xml(raw: bytes, fields: Fields) -> dict[str, Any] | None:
    """The request; None where the whole of it is nil. Raises MalformedBody and InvalidPayload."""
    root = parse_xml(raw)
    if root.tag not in (REQUEST, CONTACT):
        _refuse(root, "neither a RegisterContactDeviceRequest nor a Contact of the vendor's namespaces")
    for element in root.iter():
        if strays := [str(name) for name in element.attrib if not str(name).startswith("{")]:
            _refuse(element, f"unknown attribute {strays[0]}")
    return _read(root, _PARTS, fields)


def _read(element: etree._Element, parts: "Mapping[str, _Reader]", fields: Fields) -> dict[str, Any] | None:
    """The element's children by name, each read in its own way; those without a way are passed over."""
    if _is_nil(element):
        return None
    found: dict[str, Any] = {}
    for name, child in _named(element, parts).items():
        if reader := parts[str(child.tag)]:
            found[name] = reader(child, fields)
    return found


def _named(element: etree._Element, known: Mapping[str, Any]) -> dict[str, etree._Element]:
    children: dict[str, etree._Element] = {}
    for child in _children(element):
        name = local_name(child)
        if child.tag not in known:
            _refuse(child, "unknown element, or another namespace")
        if name in children:
            _refuse(child, "given twice")
        children[name] = child
    return children


def _children(element: etree._Element) -> Iterator[etree._Element]:
    if any((text or "").strip() for text in (element.text, *(child.tail for child in element))):
        _refuse(element, "text between elements")
    yield from element


def _text(element: etree._Element, _fields: Fields) -> str | None:
    if len(element):
        _refuse(element, "elements instead of a text")
    return None if _is_nil(element) else element.text or ""


def _number(element: etree._Element, fields: Fields) -> Any:
    """What is no whole number stays a text, for the schema to refuse."""
    text = _text(element, fields)
    return int(text) if text and _WHOLE.fullmatch(text.strip()) else text


def _contact(element: etree._Element, fields: Fields) -> dict[str, Any] | None:
    return _read(element, _CONTACT_PARTS, fields)


def _values(element: etree._Element, fields: Fields) -> dict[str, Any] | None:
    return None if _is_nil(element) else _pairs(element, fields)


def _pairs(element: etree._Element, fields: Fields) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pair in _children(element):
        if pair.tag != PAIR:
            _refuse(pair, "not a KeyValueOfstringanyType")
        parts = _named(pair, {KEY: None, VALUE: None})
        key = _text(parts["Key"], {}) if "Key" in parts else None
        if key is None or "Value" not in parts:
            _refuse(pair, "a Key and a Value are needed")
        if key in found:
            _refuse(pair, "a key given twice")
        found[key] = _value(parts["Value"], fields.get(key))
    return found


def _value(element: etree._Element, field: Field | None) -> Any:
    if _is_nil(element):
        return None
    namespace, name = _type_of(element)
    if namespace == ARRAYS and name == PAIRS:
        return _pairs(element, {})
    if namespace == ARRAYS and name == ITEMS:
        return _items(element)
    text = _text(element, {}) or ""
    if (namespace, name) == (XSD, "anyType"):
        return _untyped(element, text, field)
    known = _SCALARS.get(name) if namespace == XSD else str if (namespace, name) in _TEXTS_OF_DOTNET else None
    if known is None:
        _refuse(element, f"unknown type {name}")
    try:
        return known(text)
    except (ValueError, KeyError):
        _refuse(element, f"no {name}")


def _untyped(element: etree._Element, text: str, field: Field | None) -> Any:
    if element.text is None:
        return {}
    read = field.from_text(text.strip()) if field else text
    return text if isinstance(read, str) else read


def _items(element: etree._Element) -> list[Any]:
    items = list(_children(element))
    for item in items:
        if item.tag != ITEM:
            _refuse(item, "not an anyType")
    return [_value(item, None) for item in items]


def _type_of(element: etree._Element) -> tuple[str | None, str]:
    prefix, _, name = (element.get(_TYPE) or "").strip().rpartition(":")
    if not name:
        return XSD, "anyType"
    if prefix and prefix not in element.nsmap:
        _refuse(element, f"unknown prefix {prefix}")
    return element.nsmap.get(prefix or None), name


def _is_nil(element: etree._Element) -> bool:
    given = (element.get(_NIL) or "false").strip()
    if given not in _BOOLEANS:
        _refuse(element, "nil is true or false")
    if _BOOLEANS[given] and (len(element) or element.text):
        _refuse(element, "nil and not empty")
    return _BOOLEANS[given]


def _refuse(element: etree._Element, problem: str) -> NoReturn:
    raise InvalidPayload(errors={local_name(element): [f"{problem} (line {element.sourceline})"]})


def _whole(lowest: int, highest: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not _WHOLE.fullmatch(text.strip()) or not lowest <= int(text) <= highest:
            raise ValueError
        return int(text)

    return read


def _decimal(text: str) -> float:
    if not _DECIMAL.fullmatch(text.strip()) or not math.isfinite(float(text)):
        raise ValueError
    return float(text)


def _moment(text: str) -> str:
    datetime.fromisoformat(text.strip())
    return text.strip()


_Reader = Callable[[etree._Element, Fields], Any] | None
_CONTACT_PARTS: Mapping[str, _Reader] = {
    f"{{{COMMON}}}EncContactId": _text,
    f"{{{COMMON}}}ListId": _number,
    f"{{{COMMON}}}Values": _values,
    # A number that ours do not have, and what is ours to say.
    f"{{{COMMON}}}Id": None,
    f"{{{COMMON}}}ValidationWarnings": None,
}
_PARTS: Mapping[str, _Reader] = {
    f"{{{CONTROLLERS}}}ContactDTO": _contact,
    f"{{{CONTROLLERS}}}DeviceId": _text,
    f"{{{CONTROLLERS}}}DeviceType": _number,
    f"{{{CONTROLLERS}}}OldDeviceId": _text,
    **_CONTACT_PARTS,
}
_SCALARS: Mapping[str, Callable[[str], Any]] = {
    **{f"unsigned{name}": _whole(0, 2**bits - 1) for name, bits in (("Byte", 8), ("Short", 16), ("Int", 32))},
    **{name: _whole(-(2**bits), 2**bits - 1) for name, bits in (("byte", 7), ("short", 15), ("int", 31), ("long", 63))},
    "unsignedLong": _whole(0, 2**63 - 1),  # what is beyond is not kept
    "integer": _whole(-(2**63), 2**63 - 1),
    **dict.fromkeys(("float", "double", "decimal"), _decimal),
    "boolean": lambda text: _BOOLEANS[text.strip()],
    **dict.fromkeys(("dateTime", "date"), _moment),
    **dict.fromkeys(("string", "anyURI", "base64Binary", "time", "duration"), str),
}
_TEXTS_OF_DOTNET = {(SERIALIZATION, "guid"), (SERIALIZATION, "duration")}
