"""XML that reaches outside itself, that grows, that is in another encoding than it says, or that is none."""

from collections.abc import Iterator, Mapping

from chassis.operations import operation_of
from contacts import api
from tests.contract.bad_input import operations as op
from tests.contract.bad_input.case import Case

MEDIA_TYPES = ("application/xml", "text/xml")
_CONTROLLERS = "http://schemas.datacontract.org/2004/07/W50API.Controllers"
_DTO = "http://schemas.datacontract.org/2004/07/W50Common.Model.DTO"
_ARRAYS = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
_OPEN = (
    '<ContactListsController.RegisterContactDeviceRequest xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
    f' xmlns="{_CONTROLLERS}">'
)
_VALUES = (
    f'<Values xmlns:a="{_ARRAYS}" xmlns="{_DTO}"><a:KeyValueOfstringanyType><a:Key>Email</a:Key>'
    f"<a:Value>{op.EMAIL}</a:Value></a:KeyValueOfstringanyType></Values>"
)
_INSIDE = f'<ContactDTO><ListId xmlns="{_DTO}">{op.LIST}</ListId>{_VALUES}</ContactDTO>'
_CLOSE = "</ContactListsController.RegisterContactDeviceRequest>"
RIGHT = f"{_OPEN}{_INSIDE}<DeviceId>another-device</DeviceId><DeviceType>1</DeviceType>{_CLOSE}"


def _with(more: str, inside: str = _INSIDE) -> str:
    return f"{_OPEN}{inside}<DeviceType>1</DeviceType>{more}{_CLOSE}"


def _doctype(subset: str, device: str = "d") -> str:
    root = "ContactListsController.RegisterContactDeviceRequest"
    return f"<!DOCTYPE {root} {subset}>{_with(f'<DeviceId>{device}</DeviceId>')}"


def _declared(encoding: str, version: str = "1.0") -> str:
    return f'<?xml version="{version}" encoding="{encoding}"?>{RIGHT}'


_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
MALFORMED: Mapping[str, str | bytes] = {
    "nothing": "",
    "white space": "  \n ",
    "a text": "another-device",
    "JSON": op.CONTACTS_POST.raw_body,
    "a DOCTYPE": _doctype(""),
    "an empty DOCTYPE": _doctype("[]"),
    "a DOCTYPE of elsewhere": _doctype('SYSTEM "http://127.0.0.1:1/x.dtd"'),
    "a public DOCTYPE": _doctype('PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://127.0.0.1:1/x.dtd"'),
    "an entity": _doctype('[<!ENTITY e "x">]', "&e;"),
    "an entity of a file": _doctype('[<!ENTITY e SYSTEM "file:///etc/passwd">]', "&e;"),
    "an entity of elsewhere": _doctype('[<!ENTITY e SYSTEM "http://127.0.0.1:1/">]', "&e;"),
    "an entity of parameters": _doctype('[<!ENTITY % e SYSTEM "http://127.0.0.1:1/x.dtd"> %e;]'),
    "an entity never used": _doctype('[<!ENTITY e "x">]'),
    "an entity of itself": _doctype('[<!ENTITY e "&e;">]', "&e;"),
    "a billion laughs": _doctype(f'[<!ENTITY l0 "ha">{_LAUGHS}]', "&l9;"),
    "an entity a thousand times": _doctype(f'[<!ENTITY e "{"x" * 20_000}">]', "&e;" * 1_000),
    "an attribute by default": _doctype('[<!ATTLIST DeviceId i:nil CDATA "true">]'),
    "an unknown entity": _with("<DeviceId>&nothing;</DeviceId>"),
    "HTML's entity": _with("<DeviceId>a&nbsp;b</DeviceId>"),
    "an instruction": f'<?xml-stylesheet href="http://127.0.0.1:1/"?>{RIGHT}',
    "an instruction inside": _with("<?php x ?><DeviceId>d</DeviceId>"),
    "an inclusion": _with(
        '<DeviceId><x:include xmlns:x="http://www.w3.org/2001/XInclude" href="/etc/passwd" parse="text"/></DeviceId>'
    ),
    "Latin-1": _declared("ISO-8859-1").encode("latin-1"),
    "Windows-1252": _declared("windows-1252").encode("cp1252"),
    "UTF-7": _declared("UTF-7"),
    "EBCDIC": _declared("IBM037").encode("cp037"),
    "UTF-32": _declared("UTF-32").encode("utf-32"),
    "an unknown encoding": _declared("none-such"),
    "no encoding's name": _declared("&lt;"),
    "UTF-16 by name only": _declared("UTF-16"),
    "UTF-8 by name only": _declared("UTF-8").encode("utf-16"),
    "Latin-1 called UTF-8": _with("<DeviceId>\u00fc</DeviceId>").encode("latin-1"),
    "half a character": _with("<DeviceId>d</DeviceId>").encode().replace(b"<DeviceId>d", b"<DeviceId>\xe2\x82"),
    "an encoded surrogate": _with("<DeviceId>d</DeviceId>").encode().replace(b"<DeviceId>d", b"<DeviceId>\xed\xa0\x80"),
    "another version": _declared("UTF-8", version="3.0"),
    "a declaration too late": f" {_declared('UTF-8')}",
    "a NUL": _with("<DeviceId>a\0b</DeviceId>"),
    "a NUL by reference": _with("<DeviceId>a&#0;b</DeviceId>"),
    "a control character": _with("<DeviceId>a\x01b</DeviceId>"),
    "a control character by reference": _with("<DeviceId>a&#x1;b</DeviceId>"),
    "a surrogate by reference": _with("<DeviceId>&#xD800;</DeviceId>"),
    "beyond Unicode by reference": _with("<DeviceId>&#x110000;</DeviceId>"),
    "deep elements": _with("<x>" * 65 + "</x>" * 65),
    "very deep elements": "<x>" * 10_000,
    "a huge name": f"<{'x' * 60_000}/>",
    "a huge attribute": _with(f'<DeviceId x="{"y" * 50_000}">d</DeviceId>'),
    "a huge text": _with(f"<DeviceId>{'x' * 60_000}</DeviceId>"),
    "thousands of attributes": "<x " + " ".join(f"a{n}='1'" for n in range(5_000)) + "/>",
    "no end": RIGHT[:-5],
    "ends crossed": _with("<DeviceId><x></DeviceId></x>"),
    "two roots": RIGHT + RIGHT,
    "a text behind it": RIGHT + "x",
    "an attribute twice": _with('<DeviceId a="1" a="2">d</DeviceId>'),
    "a prefix of nothing": _with("<p:DeviceId>d</p:DeviceId>"),
    "a bare ampersand": _with("<DeviceId>a & b</DeviceId>"),
    "an element without quotes": _with("<DeviceId a=1>d</DeviceId>"),
    "another root": f'<Other xmlns="{_CONTROLLERS}"/>',
    "HTML": "<!doctype html><html></html>",
    "an element twice": _with("<DeviceId>a</DeviceId><DeviceId>b</DeviceId>"),
    "an unknown element": _with("<DeviceIdentifier>d</DeviceIdentifier>"),
    "an element of elements": _with("<DeviceId><DeviceId>d</DeviceId></DeviceId>"),
    "no number": f"{_OPEN}{_INSIDE}<DeviceType>one</DeviceType>{_CLOSE}",
    "too large a number": f"{_OPEN}{_INSIDE}<DeviceType>99999999999999999999</DeviceType>{_CLOSE}",
    "another list": _with("", f'<ContactDTO><ListId xmlns="{_DTO}">4</ListId></ContactDTO>'),
    "an unknown field": _with("", _INSIDE.replace("<a:Key>Email<", "<a:Key>$nothing<")),
    "a key twice": _with("", _INSIDE.replace(_VALUES, _VALUES.replace("</Values>", _VALUES.partition(">")[2]))),
    "a pair without a key": _with("", _INSIDE.replace("<a:Key>Email</a:Key>", "")),
    "a value that is not of its type": _with(
        "",
        _INSIDE.replace("<a:Value>", '<a:Value xmlns:s="http://www.w3.org/2001/XMLSchema" i:type="s:int">'),
    ),
    "a value of an unknown type": _with("", _INSIDE.replace("<a:Value>", '<a:Value i:type="none">')),
}


def cases() -> Iterator[Case]:
    """Each against every operation that reads XML; none while there is none."""
    if not contacts_read_xml():
        return
    for operation in op.WITH_CONTACTS:
        for number, (name, text) in enumerate(MALFORMED.items()):
            yield Case(
                group="XML",
                name=name,
                operation=operation,
                expected=(operation.status("body"),),
                body=text.encode() if isinstance(text, str) else text,
                headers={"Content-Type": MEDIA_TYPES[number % 2]},
            )


def contacts_read_xml() -> bool:
    """Whether the operation says that it does."""
    described = [operation_of(getattr(route, "handler", None)) for route in api.routes]
    return any("application/xml" in one.request_types for one in described if one)
