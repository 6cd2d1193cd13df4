"""How the tests speak XML: written and read here by the document's names, without the service's own code."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson
from lxml import etree

from tests.integration.contacts.stage import Stage

DEMO, TYPED, ELSEWHERE = 3, 8, 9
CONTROLLERS = "http://schemas.datacontract.org/2004/07/W50API.Controllers"
MODELS = "http://schemas.datacontract.org/2004/07/W50API.Models.DTO"
COMMON = "http://schemas.datacontract.org/2004/07/W50Common.Model.DTO"
ARRAYS = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
XSD = "http://www.w3.org/2001/XMLSchema"
JSON_TYPES = ("application/json", "text/json", "application/csp-report")
XML_TYPES = ("application/xml", "text/xml")
FORMATS = (*JSON_TYPES, *XML_TYPES)
XML = {"Content-Type": "application/xml"}


def path(list_id: int = DEMO, query: str = "") -> str:
    return f"/contactLists/{list_id}/registerDevice{query}"


def written(body: Mapping[str, Any], media_type: str) -> bytes:
    """A request in a format; values in XML have their types."""
    if media_type in JSON_TYPES:
        return orjson.dumps(body)
    contact = dict(body.get("ContactDTO", {}))
    values = contact.pop("Values", {})
    parts = [f'<{name} xmlns="{COMMON}">{value}</{name}>' for name, value in contact.items()]
    outer = [f"<{name}>{value}</{name}>" for name, value in body.items() if name != "ContactDTO"]
    pairs = [pair(key, _text(value), f"x:{_kind(value)}") for key, value in values.items()]
    return request(*parts, values_element(*pairs), outer=outer)


def request(*contact: str, outer: Iterable[str] = ()) -> bytes:
    """A RegisterContactDeviceRequest of these elements, as the document's sample has them."""
    return (
        f'<ContactListsController.RegisterContactDeviceRequest xmlns:i="{INSTANCE}" xmlns:x="{XSD}"'
        f' xmlns="{CONTROLLERS}"><ContactDTO xmlns:d2p1="{MODELS}">{"".join(contact)}</ContactDTO>'
        f"{''.join(outer)}</ContactListsController.RegisterContactDeviceRequest>"
    ).encode()


def values_element(*pairs: str) -> str:
    return f'<Values xmlns:d3p1="{ARRAYS}" xmlns="{COMMON}">{"".join(pairs)}</Values>'


def pair(key: str, text: str, kind: str | None = None) -> str:
    """A value under its key; without a kind it has no type."""
    typed = f' i:type="{kind}"' if kind else ""
    value = f"<d3p1:Value{typed}>{text}</d3p1:Value>" if text or kind else "<d3p1:Value />"
    return f"<d3p1:KeyValueOfstringanyType><d3p1:Key>{key}</d3p1:Key>{value}</d3p1:KeyValueOfstringanyType>"


async def sent(stage: Stage, body: bytes, *, list_id: int = TYPED, media_type: str = "application/xml") -> Any:
    """The Contact answered, as JSON; the call has to succeed."""
    status, contact, _ = await stage.call("POST", path(list_id), data=body, headers={"Content-Type": media_type})
    assert status == 200, contact
    return contact


def contact_of(document: str | etree._Element) -> dict[str, Any]:
    """A Contact in XML as its JSON would be, with `Id` besides."""
    root = etree.fromstring(document.encode()) if isinstance(document, str) else document
    assert root.tag == f"{{{MODELS}}}Contact"
    shown: dict[str, Any] = {}
    for child in root:
        name = str(child.tag).removeprefix(f"{{{COMMON}}}")
        if name == "ValidationWarnings":
            assert {one.tag for one in child} <= {f"{{{ARRAYS}}}string"}
            shown[name] = [one.text for one in child]
        elif name == "Values":
            assert {one.tag for one in child} <= {f"{{{ARRAYS}}}KeyValueOfstringanyType"}
            shown[name] = {one[0].text: value_of(one[1]) for one in child}
        else:
            shown[name] = int(child.text or "") if name in ("Id", "ListId") else child.text
    return shown


def value_of(element: etree._Element) -> Any:
    """A value of a simple type, by its i:type."""
    if element.get(f"{{{INSTANCE}}}nil") == "true":
        return None
    kind, text = element.get(f"{{{INSTANCE}}}type"), element.text or ""
    if kind is None:
        assert not text
        return {}
    prefix, _, name = kind.partition(":")
    assert element.nsmap[prefix] == XSD
    kinds: dict[str, Callable[[str], Any]] = {"string": str, "int": int, "long": int, "double": float}
    return text == "true" if name == "boolean" else kinds[name](text)


def error_of(text: str) -> dict[str, Any]:
    """An error in XML as its JSON would be."""
    root = etree.fromstring(text.encode())
    assert root.tag == "Error"
    return {str(child.tag): child.text for child in root}


def refusal(answer: tuple[int, Any, Any]) -> tuple[int, str]:
    """Status and code of a refusal, whose shape is checked."""
    status, body, headers = answer
    if headers["Content-Type"].split(";")[0] in XML_TYPES:
        body = error_of(body)
    assert list(body) == ["Message", "Code", "CorrelationId"]
    assert body["CorrelationId"] == headers["X-Correlation-ID"]
    return status, body["Code"]


def _kind(value: Any) -> str:
    return {bool: "boolean", int: "int", float: "double", str: "string"}[type(value)]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
