"""Values in XML: their own type, else their field's, and nil."""

from typing import Any

import pytest

from tests.contract.contacts.calls import (
    COMMON,
    TYPED,
    XML,
    contact_of,
    pair,
    path,
    refusal,
    request,
    sent,
    values_element,
)
from tests.integration.contacts.stage import Stage


@pytest.mark.ledger("contacts.request.xml.untyped")
@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("Whole", "123", 123),
        ("Whole", " -7 ", -7),
        ("Whole", "12.5", "12.5"),
        ("Whole", "many", "many"),
        ("Number", "12.5", 12.5),
        ("Number", "3", 3),
        ("Number", "1e400", "1e400"),
        ("Flag", "true", True),
        ("Flag", "False", False),
        ("Flag", "1", "1"),
        ("Day", "2026-03-01", "2026-03-01"),
        ("Text", "123", "123"),
        ("Text", " x ", " x "),
        ("Text", "", {}),
        ("Whole", "", {}),
    ],
)
async def test_a_value_without_a_type_takes_its_fields(stage: Stage, name: str, text: str, value: Any) -> None:
    contact = await sent(stage, request(values_element(pair(name, text))))
    assert contact["Values"][name] == value
    assert type(contact["Values"][name]) is type(value)
    fits = stage.settings.catalogue.contact_lists[TYPED].fields[name].fits(value)
    assert bool(contact["ValidationWarnings"]) != fits


@pytest.mark.ledger("contacts.request.xml.typed")
@pytest.mark.parametrize(
    ("name", "kind", "text", "value"),
    [
        ("Whole", "x:string", "123", "123"),
        ("Text", "x:int", "123", 123),
        ("Text", "x:long", "9223372036854775807", 2**63 - 1),
        ("Text", "x:unsignedByte", "255", 255),
        ("Text", "x:double", "1.5", 1.5),
        ("Text", "x:decimal", "10", 10.0),
        ("Text", "x:boolean", "1", True),
        ("Whole", "x:boolean", "false", False),
        ("Day", "x:dateTime", "2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z"),
        ("Text", "x:string", "", ""),
        ("Text", "x:anyURI", "a:b", "a:b"),
        ("Text", "d3p1:ArrayOfanyType", '<d3p1:anyType i:type="x:int">1</d3p1:anyType><d3p1:anyType />', [1, {}]),
        (
            "Text",
            "d3p1:ArrayOfKeyValueOfstringanyType",
            pair("a.$b", "1") + pair("c", "", "d3p1:ArrayOfanyType"),
            {"a.$b": "1", "c": []},
        ),
    ],
)
async def test_a_values_own_type_wins(stage: Stage, name: str, kind: str, text: str, value: Any) -> None:
    contact = await sent(stage, request(values_element(pair(name, text, kind))))
    assert contact["Values"][name] == value
    assert type(contact["Values"][name]) is type(value)
    reference = await stage.register({name: value}, list_id=TYPED)
    assert (await stage.state(contact))["values"] == (await stage.state(reference))["values"]


@pytest.mark.ledger("contacts.request.xml.typed")
@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("x:int", "2147483648"),
        ("x:int", "1.0"),
        ("x:int", ""),
        ("x:byte", "128"),
        ("x:unsignedShort", "-1"),
        ("x:long", "9223372036854775808"),
        ("x:double", "NaN"),
        ("x:double", "INF"),
        ("x:double", "1e400"),
        ("x:boolean", "yes"),
        ("x:dateTime", "tomorrow"),
        ("x:QName", "x"),
        ("y:int", "1"),
        ("int", "1"),
        ("x:int", "<d3p1:Key />"),
        ("d3p1:ArrayOfanyType", "text"),
    ],
)
async def test_a_value_that_is_not_of_its_own_type_is_417(stage: Stage, kind: str, text: str, device: str) -> None:
    body = request(values_element(pair("Text", text, kind)), outer=[f"<DeviceId>{device}</DeviceId>"])
    answer = await stage.call("POST", path(TYPED), data=body, headers=XML)
    assert refusal(answer) == (417, "invalid_parameters")
    assert "(line 1)" in answer[1]["Message"]
    assert await stage.holders(device, TYPED) == []


@pytest.mark.ledger("contacts.request.xml.nil")
async def test_nil_is_null(stage: Stage, email: str) -> None:
    nil = '<d3p1:Value i:nil="true" />'
    body = request(
        f'<EncContactId xmlns="{COMMON}" i:nil="true" /><ListId xmlns="{COMMON}" i:nil="1" />',
        values_element(pair("Flag", ""), pair("Text", "")).replace("<d3p1:Value />", nil),
        outer=['<DeviceId i:nil="true" />', '<DeviceType i:nil="true" />'],
    )
    contact = await sent(stage, body)
    assert contact["Values"] == {"Flag": None, "Text": None}
    _, document, _ = await stage.call(
        "GET", f"/contacts/{contact['EncContactId']}", headers={"Accept": "application/xml"}
    )
    assert contact_of(document)["Values"] == {"Flag": None, "Text": None}
