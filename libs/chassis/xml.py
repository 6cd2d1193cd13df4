"""XML in and out: nothing outside the document is ever read, and a document type is refused."""

import re
from typing import Any, NoReturn

from lxml import etree

from chassis.errors import MalformedBody

DEPTH_LIMIT = 64
_DECLARED = re.compile(rb"""<\?xml\s[^>]*\bencoding\s*=\s*["']([\w.-]+)""")
I = "http://www.w3.org/2001/XMLSchema-instance"  # noqa: E741 - the prefix that DataContract documents give it
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def parse_xml(raw: bytes) -> etree._Element:
    """The root element. Raises MalformedBody, with line and column where they are known.

    Refused besides malformed documents: a DOCTYPE (and so every entity), processing instructions, encodings other
    than UTF-8 and UTF-16, and nesting deeper than 64. Comments are dropped.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
    )
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        _malformed(line, column, "not well-formed XML")
    except (ValueError, LookupError) as error:
        _malformed(1, 1, type(error).__name__)
    tree: Any = root.getroottree()
    if tree.docinfo.doctype or tree.docinfo.internalDTD is not None:
        _malformed(1, 1, "a DOCTYPE is not allowed")
    if (tree.docinfo.encoding or "UTF-8").upper() not in (
        "UTF-8",
        "UTF-16",
        "UTF-16LE",
        "UTF-16BE",
        "ASCII",
        "US-ASCII",
    ):
        _malformed(1, 1, "the encoding is not supported")
    # libxml2 believes the bytes where they contradict the declaration; XML 1.0, section 4.3.3, calls that an error.
    declared = _DECLARED.search(raw[:400].replace(b"\0", b"")) if b"\0" in raw[:4] else None
    if declared and not declared[1].upper().startswith(b"UTF-16"):
        _malformed(1, 1, "the encoding is not the declared one")
    # Comments are gone, so what stands beside the root can only be instructions.
    if root.getprevious() is not None or root.getnext() is not None:
        _malformed(1, 1, "processing instructions are not allowed")
    _check(root)
    return root


def write_xml(root: etree._Element) -> bytes:
    """The document in UTF-8, with its declaration."""
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + etree.tostring(root, encoding="UTF-8", xml_declaration=False)


def local_name(element: etree._Element) -> str:
    """The name of an element without its namespace."""
    return str(etree.QName(element).localname)


def storable(text: str) -> str:
    """The text with what XML 1.0 cannot carry (control characters, lone surrogates) replaced by U+FFFD."""
    return _NOT_IN_XML.sub("\ufffd", text)


def _check(root: etree._Element) -> None:
    pending = [(root, 1)]
    while pending:
        element, depth = pending.pop()
        tag: object = element.tag
        if not isinstance(tag, str):
            _malformed(_line(element), 1, "processing instructions are not allowed")
        if depth > DEPTH_LIMIT:
            _malformed(_line(element), 1, "nested too deeply")
        pending += [(child, depth + 1) for child in element]


def _line(element: etree._Element) -> int:
    line: Any = element.sourceline
    return int(line) if line else 1


def _malformed(line: int, column: int, problem: str) -> NoReturn:
    raise MalformedBody(line=max(line, 1), column=max(column, 1), problem=problem)
