"""XML is read only where it means one thing and stands for itself."""

import pytest

from chassis.errors import MalformedBody
from chassis.xml import local_name, parse_xml, storable, write_xml

UMLAUT = "<a>\u00fc</a>"


@pytest.mark.parametrize(
    "raw",
    [
        UMLAUT.encode(),
        f"\ufeff{UMLAUT}".encode(),
        f'<?xml version="1.0"?>\n<!-- before -->\n{UMLAUT}\n<!-- behind -->\n'.encode(),
        f'<?xml version="1.0" encoding="utf-8"?>{UMLAUT}'.encode(),
        UMLAUT.encode("utf-16"),
        f'<?xml version="1.0" encoding="UTF-16"?>{UMLAUT}'.encode("utf-16"),
        f"<?xml version='1.0' encoding='utf-16le'?>{UMLAUT}".encode("utf-16-le"),
        b'<?xml version="1.0" encoding="US-ASCII"?><a>&#xFC;</a>',
    ],
)
def test_a_document_is_read_in_the_encodings_that_every_parser_has(raw: bytes) -> None:
    root = parse_xml(raw)
    assert (local_name(root), root.text) == ("a", "\u00fc")
    assert parse_xml(write_xml(root)).text == "\u00fc"


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", "not well-formed"),
        (b"<a>", "not well-formed"),
        (b"<!DOCTYPE a><a/>", "DOCTYPE"),
        (b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>', "DOCTYPE"),
        (b"<?style x?><a/>", "processing instructions"),
        (b"<a/><?style x?>", "processing instructions"),
        (b"<a><?style x?></a>", "processing instructions"),
        (b"<a>" * 65 + b"</a>" * 65, "nested too deeply"),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\xfc</a>', "encoding"),
        (f'<?xml version="1.0" encoding="UTF-8"?>{UMLAUT}'.encode("utf-16"), "not the declared one"),
        (f'<?xml version="1.0" encoding="ascii"?>{UMLAUT}'.encode("utf-16"), "not the declared one"),
        (b"<a>\xfc</a>", "not well-formed"),
    ],
)
def test_what_reaches_outside_or_could_be_read_in_two_ways_is_refused(raw: bytes, problem: str) -> None:
    with pytest.raises(MalformedBody, match=problem):
        parse_xml(raw)


def test_what_xml_cannot_carry_is_replaced() -> None:
    assert storable("a\0b\x1f\t\n\ufffe") == "a\ufffdb\ufffd\t\n\ufffd"
