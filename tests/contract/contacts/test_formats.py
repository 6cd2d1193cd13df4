"""The five formats: each is read and written, all of them mean the same, and XML is free where XML is free."""

from typing import Any

import pytest
from lxml import etree

from tests.contract.contacts.calls import (
    ARRAYS,
    COMMON,
    CONTROLLERS,
    FORMATS,
    INSTANCE,
    JSON_TYPES,
    MODELS,
    TYPED,
    XML,
    XML_TYPES,
    XSD,
    contact_of,
    pair,
    path,
    refusal,
    request,
    sent,
    values_element,
    written,
)
from tests.integration.contacts.stage import Stage, a_device

PROVES = {
    "application/json": "json",
    "text/json": "text-json",
    "application/csp-report": "csp-report",
    "application/xml": "xml",
    "text/xml": "text-xml",
}
READS = [pytest.param(one, marks=pytest.mark.ledger(f"contacts.request.format.{name}")) for one, name in PROVES.items()]
WRITES = [
    pytest.param(one, marks=pytest.mark.ledger(f"contacts.response.format.{name}")) for one, name in PROVES.items()
]


@pytest.mark.parametrize("media_type", READS)
async def test_the_same_request_in_any_format_is_stored_identically(stage: Stage, media_type: str, device: str) -> None:
    values: dict[str, Any] = {
        "Whole": 7,
        "Number": 1.5,
        "Flag": False,
        "Day": "2026-03-01",
        "Text": " a<&>é\U0001f600 ",
        "Email": "1",
    }
    body = {"ContactDTO": {"ListId": TYPED, "Values": values}, "DeviceType": 4, "DeviceId": device}
    contact = await sent(stage, _escaped(body, media_type), media_type=media_type)
    stored = await stage.state(contact)
    reference = await stage.register(values, list_id=TYPED)
    assert contact["Values"] == reference["Values"] == values
    assert {name: type(one) for name, one in contact["Values"].items()} == {n: type(one) for n, one in values.items()}
    same = await stage.state(reference)
    assert (stored["values"], stored["match_keys"]) == (same["values"], same["match_keys"])
    (kept,) = stored["devices"]
    assert (kept["id"], kept["type"]) == (device, 4)


def _escaped(body: dict[str, Any], media_type: str) -> bytes:
    """The same request, its text escaped where XML needs it."""
    if media_type in JSON_TYPES:
        return written(body, media_type)
    return written(body, media_type).replace(b" a<&>", b" a&lt;&amp;&gt;")


@pytest.mark.parametrize("media_type", WRITES)
async def test_the_answer_comes_in_the_format_asked_for_and_says_the_same(stage: Stage, media_type: str) -> None:
    values: dict[str, Any] = {"Whole": 2**40, "Number": 1.5, "Flag": True, "Day": None, "Text": {}, "Email": ""}
    body = {"Values": values, "DeviceId": a_device()}
    status, answer, headers = await stage.call("POST", path(TYPED), json=body, headers={"Accept": media_type})
    assert (status, headers["Content-Type"].split(";")[0]) == (200, media_type)
    shown = contact_of(answer) if media_type in XML_TYPES else answer
    assert shown["Values"] == values
    assert shown["ValidationWarnings"] == ["Text: the value is no string"]
    assert shown["ListId"] == TYPED
    as_json = (await stage.call("GET", f"/contacts/{shown['EncContactId']}"))[1]
    assert as_json == {name: value for name, value in shown.items() if name != "Id"}


@pytest.mark.parametrize("media_type", FORMATS)
@pytest.mark.parametrize("accepted", FORMATS)
@pytest.mark.ledger("contacts.response.format.json", "contacts.response.format.xml")
async def test_request_and_answer_may_be_in_two_formats(stage: Stage, media_type: str, accepted: str) -> None:
    headers = {"Content-Type": f"{media_type}; charset=utf-8", "Accept": accepted}
    body = written({"ContactDTO": {"Values": {"Text": "x"}}}, media_type)
    status, _, answered = await stage.call("POST", path(TYPED), data=body, headers=headers)
    assert (status, answered["Content-Type"].split(";")[0]) == (200, accepted)


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "application/json"),
        ("text/*", "text/json"),
        ("application/xml, */*;q=0.1", "application/xml"),
        ("application/json;q=0.5, text/xml;q=0.9", "text/xml"),
        ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", "application/xml"),
    ],
)
@pytest.mark.ledger("contacts.response.format.json", "contacts.response.format.xml")
async def test_accept_chooses_by_quality(stage: Stage, accept: str, media_type: str) -> None:
    for body in ({}, {"Surprise": 1}):
        answer = await stage.call("POST", path(), json=body, headers={"Accept": accept})
        assert answer[2]["Content-Type"].split(";")[0] == media_type


@pytest.mark.ledger("contacts.response.format.json")
async def test_what_is_not_written_is_406_and_what_is_not_read_417(stage: Stage) -> None:
    answer = await stage.call("POST", path(), json={}, headers={"Accept": "application/yaml"})
    assert refusal(answer) == (406, "not_acceptable")
    for media_type in ("text/plain", "application/soap+xml", "application/xml; charset=latin-1"):
        answer = await stage.call("POST", path(), data=request(), headers={"Content-Type": media_type})
        assert refusal(answer) == (417, "unsupported_media_type")


@pytest.mark.ledger("contacts.request.xml.order")
async def test_xml_comes_in_any_order(stage: Stage, device: str) -> None:
    value = '<d3p1:Value i:type="x:int">1</d3p1:Value>'
    turned = f"<d3p1:KeyValueOfstringanyType>{value}<d3p1:Key>Whole</d3p1:Key></d3p1:KeyValueOfstringanyType>"
    body = request(
        values_element(turned),
        f'<ValidationWarnings xmlns="{COMMON}" />',
        f'<ListId xmlns="{COMMON}">{TYPED}</ListId>',
        f'<EncContactId xmlns="{COMMON}" />',
        outer=["<OldDeviceId />", "<DeviceType>5</DeviceType>", f"<DeviceId>{device}</DeviceId>"],
    )
    contact = await sent(stage, body)
    assert contact["Values"] == {"Flag": True, "Whole": 1}
    assert (await stage.state(contact))["devices"][0]["type"] == 5


@pytest.mark.ledger("contacts.request.xml.namespaces")
async def test_xml_comes_under_any_prefix(stage: Stage, device: str) -> None:
    body = f"""<?xml version="1.0" encoding="utf-8"?>
        <!-- anything -->
        <q:ContactListsController.RegisterContactDeviceRequest xmlns:q="{CONTROLLERS}" xmlns:n="{COMMON}"
            xmlns="{ARRAYS}" xmlns:inst="{INSTANCE}" xmlns:types="{XSD}">
          <q:DeviceId>{device}</q:DeviceId>
          <q:ContactDTO><n:Values><KeyValueOfstringanyType>
            <Key>Whole</Key><Value inst:type="types:long"> 12 </Value>
          </KeyValueOfstringanyType></n:Values></q:ContactDTO>
        </q:ContactListsController.RegisterContactDeviceRequest>"""
    contact = await sent(stage, body.encode("utf-8"))
    assert contact["Values"] == {"Flag": True, "Whole": 12}
    assert await stage.devices(contact) == [device]


@pytest.mark.ledger("contacts.request.xml.namespaces")
@pytest.mark.parametrize("right", [CONTROLLERS, COMMON, ARRAYS])
async def test_an_element_of_another_namespace_is_another_element(stage: Stage, right: str) -> None:
    body = request(values_element(pair("Text", "x")), outer=["<DeviceType>1</DeviceType>"])
    await sent(stage, body)
    wrong = body.replace(right.encode(), b"urn:other")
    assert refusal(await stage.call("POST", path(TYPED), data=wrong, headers=XML)) == (417, "invalid_parameters")


@pytest.mark.ledger("contacts.request.xml.contact-alone")
async def test_a_contact_as_it_was_answered_can_be_sent_back(stage: Stage) -> None:
    values: dict[str, Any] = {
        "Whole": 7,
        "Number": 2.0,
        "Flag": None,
        "Text": {"a": [1, {"b": {}}, None, "x", []]},
        "Email": "",
    }
    first = await stage.register(values, list_id=TYPED)
    _, document, _ = await stage.call(
        "GET", f"/contacts/{first['EncContactId']}", headers={"Accept": "application/xml"}
    )
    before = await stage.state(first)
    again = await sent(stage, document.encode())
    assert again == first
    assert (await stage.state(first))["values"] == before["values"]


@pytest.mark.ledger("contacts.request.xml.contact-alone")
async def test_the_wrapper_is_optional_in_xml_too(stage: Stage, device: str) -> None:
    body = request(values_element(pair("Text", "x")), outer=[f"<DeviceId>{device}</DeviceId>"])
    for tag in (f'<ContactDTO xmlns:d2p1="{MODELS}">'.encode(), b"</ContactDTO>"):
        body = body.replace(tag, b"")
    contact = await sent(stage, body)
    assert contact["Values"] == {"Flag": True, "Text": "x"}
    assert await stage.devices(contact) == [device]


@pytest.mark.ledger("contacts.response.xml.order")
async def test_the_elements_of_an_answer_are_in_the_order_of_their_names(stage: Stage) -> None:
    _, document, _ = await stage.call("POST", path(TYPED), json={}, headers={"Accept": "text/xml"})
    names = [etree.QName(child).localname for child in etree.fromstring(document.encode())]
    assert names == ["EncContactId", "Id", "ListId", "ValidationWarnings", "Values"]


@pytest.mark.ledger("contacts.request.format.xml")
@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"", "line 1, column 1"),
        (b"<a>\n  <b></a>", "line 2, column"),
        (b"<!DOCTYPE a><a/>", "line 1, column 1"),
        (b'<?xml version="1.0" encoding="iso-8859-1"?><a/>', "line 1, column 1"),
        (b"{}", "line 1, column 1"),
    ],
)
async def test_xml_that_is_none_is_417_naming_its_place(stage: Stage, body: bytes, place: str) -> None:
    for media_type in XML_TYPES:
        headers = {"Content-Type": media_type, "Accept": media_type}
        answer = await stage.call("POST", path(), data=body, headers=headers)
        assert refusal(answer) == (417, "malformed_body")
        assert place in answer[1]


@pytest.mark.ledger("contacts.response.xml.arrays")
@pytest.mark.parametrize("media_type", XML_TYPES)
async def test_lists_and_fields_are_arrays_in_xml(stage: Stage, media_type: str) -> None:
    namespace = f"{{{MODELS}}}"
    _, document, _ = await stage.call("GET", "/contactLists", headers={"Accept": media_type})
    lists = etree.fromstring(document.encode())
    assert (lists.tag, {one.tag for one in lists}) == (f"{namespace}ArrayOfContactsList", {f"{namespace}ContactsList"})
    assert [etree.QName(child).localname for child in lists[0]] == ["Count", "Id", "Name"]
    assert [one.findtext(f"{namespace}Name") for one in lists] == ["Demo", "Typed", "Elsewhere"]
    _, document, _ = await stage.call("GET", f"/contactLists/{TYPED}/fields", headers={"Accept": media_type})
    fields = etree.fromstring(document.encode())
    assert fields.tag == f"{namespace}ArrayOfContactSchemaField"
    flag, text = fields[2], fields[4]
    names = ["ContactSchemaFieldValues", "DefaultValue", "Id", "MapType", "Name", "Position"]
    assert [etree.QName(child).localname for child in flag] == names
    assert [flag.findtext(f"{namespace}{name}") for name in names[1:]] == ["true", "12", "boolean", "Flag", "3"]
    assert text[1].get(f"{{{INSTANCE}}}nil") == "true"
    assert text[0][0].tag == f"{namespace}ContactSchemaFieldValue"
    assert [child.text for child in text[0][0]] == ["1", "true", "2", "red"]
    _, document, _ = await stage.call("GET", "/contactLists/3", headers={"Accept": media_type})
    assert etree.fromstring(document.encode()).tag == f"{namespace}ContactsList"
