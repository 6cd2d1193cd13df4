"""XML read and written without a service: what comes out goes in again, and what is wrong is refused."""

from typing import Any

import pytest

from chassis.errors import InvalidPayload, MalformedBody
from chassis.xml import write_xml
from contacts import errors, schemas
from tests.unit.contacts.builders import a_list

FIELDS = a_list().fields
VALUES: dict[str, Any] = {
    "empty": {},
    "text": " a\r\n\tb<&>\"'\u2028\U0001f600",
    "none": "",
    "number": 1,
    "long": -(2**63),
    "fraction": 1.5,
    "whole fraction": 2.0,
    "true": True,
    "null": None,
    "object": {"a.$b": [1, {"": {"__proto__": None}}], "c": {}},
    "array": [],
}
CONTACT = {"ValidationWarnings": ["a", "b"], "EncContactId": "x", "ListId": 3, "Values": VALUES}
OPEN = (
    "<r:ContactListsController.RegisterContactDeviceRequest"
    ' xmlns:r="http://schemas.datacontract.org/2004/07/W50API.Controllers"'
    ' xmlns:c="http://schemas.datacontract.org/2004/07/W50Common.Model.DTO"'
    ' xmlns:a="http://schemas.microsoft.com/2003/10/Serialization/Arrays"'
    ' xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns:x="http://www.w3.org/2001/XMLSchema">'
)
CLOSE = "</r:ContactListsController.RegisterContactDeviceRequest>"


def read(inner: str) -> Any:
    return schemas.read_xml(f"{OPEN}{inner}{CLOSE}".encode(), FIELDS)


def test_what_is_written_is_read_again_as_it_was() -> None:
    assert schemas.read_xml(write_xml(schemas.xml.contact(CONTACT)), FIELDS) == {
        "EncContactId": "x",
        "ListId": 3,
        "Values": VALUES,
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_comments_and_character_data_are_only_text(encoding: str) -> None:
    inner = "<r:DeviceId>a<!-- x -->b<![CDATA[<c>]]>&#233;&amp;</r:DeviceId>"
    document = f'<?xml version="1.0" encoding="{encoding}"?>{OPEN}{inner}{CLOSE}'
    assert schemas.read_xml(document.encode(encoding), FIELDS) == {"DeviceId": "ab<c>é&"}


def test_nothing_is_an_empty_request_and_a_nil_root_is_none() -> None:
    assert read("") == {}
    nil = OPEN.replace("xmlns:a", 'i:nil="true" xmlns:a') + CLOSE
    assert schemas.read_xml(nil.encode(), FIELDS) is None


@pytest.mark.parametrize(
    "inner",
    [
        "text",
        "<r:DeviceId/>text",
        "<r:DeviceId>a</r:DeviceId><r:DeviceId>a</r:DeviceId>",
        "<r:DeviceId><r:DeviceId/></r:DeviceId>",
        '<r:DeviceId nil="true"/>',
        '<r:DeviceId i:nil="yes"/>',
        '<r:DeviceId i:nil="true">a</r:DeviceId>',
        "<r:deviceId>a</r:deviceId>",
        "<DeviceId>a</DeviceId>",
        "<c:DeviceId>a</c:DeviceId>",
        "<r:ContactDTO><r:Values/></r:ContactDTO>",
        "<r:ContactDTO>text</r:ContactDTO>",
        "<c:Values><c:KeyValueOfstringanyType/></c:Values>",
        "<c:Values><a:KeyValueOfstringanyType/></c:Values>",
        "<c:Values><a:KeyValueOfstringanyType><a:Key>Email</a:Key></a:KeyValueOfstringanyType></c:Values>",
        "<c:Values><a:KeyValueOfstringanyType><a:Value/></a:KeyValueOfstringanyType></c:Values>",
        "<c:Values>text</c:Values>",
    ],
)
def test_what_is_no_request_is_refused_naming_its_line(inner: str) -> None:
    with pytest.raises(InvalidPayload) as refused:
        read(inner)
    assert "(line 1)" in str(refused.value.errors)


def test_a_key_twice_is_refused() -> None:
    pair = "<a:KeyValueOfstringanyType><a:Key>Email</a:Key><a:Value/></a:KeyValueOfstringanyType>"
    assert read(f"<c:Values>{pair}</c:Values>") == {"Values": {"Email": {}}}
    with pytest.raises(InvalidPayload):
        read(f"<c:Values>{pair}{pair}</c:Values>")


def test_a_number_that_is_none_is_left_to_the_schema() -> None:
    assert read("<r:DeviceType> 5 </r:DeviceType><c:ListId>x</c:ListId>") == {"DeviceType": 5, "ListId": "x"}


@pytest.mark.parametrize("document", ["", "<a>", "<!DOCTYPE a><a/>", "<?xml-stylesheet?><a/>", "{}"])
def test_what_is_no_xml_is_malformed(document: str) -> None:
    with pytest.raises(MalformedBody):
        schemas.read_xml(document.encode(), FIELDS)


def test_another_root_is_refused() -> None:
    for document in ("<Contact/>", OPEN.replace("W50API.Controllers", "Other") + CLOSE):
        with pytest.raises(InvalidPayload):
            schemas.read_xml(document.encode(), FIELDS)


def test_an_error_is_an_element_of_its_properties_whatever_is_in_them() -> None:
    body = {"Message": "a\x01<b>\ud800", "Code": "x", "CorrelationId": "c"}
    document = b"<Error><Message>a\xef\xbf\xbd&lt;b&gt;\xef\xbf\xbd</Message><Code>x</Code>"
    for media_type in errors.XML_TYPES:
        assert document in errors.STYLE.write(body, media_type)
    for media_type in errors.JSON_TYPES:
        assert errors.STYLE.write({"Code": "x"}, media_type) == b'{"Code":"x"}'


def test_a_default_is_shown_as_a_text() -> None:
    fields = schemas.FIELDS.dump(FIELDS.values())
    assert {one["Name"]: one["DefaultValue"] for one in fields}["Optin"] == "true"
    assert fields[0]["DefaultValue"] is None
