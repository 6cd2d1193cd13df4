"""What the document prints, sent to the demo's contact list.

`sample string 1` and its like stand for a caller's own: a field's name, an EncContactId. Sent as they are, they are
refused as any name of no field is, in every format alike.
"""

import re
from typing import Any

import pytest
from lxml import etree

from tests.contract.contacts.calls import (
    CONTROLLERS,
    FORMATS,
    XML_TYPES,
    contact_of,
    path,
    refusal,
)
from tests.integration.contacts.stage import Stage, a_device, an_email

PATCH = (
    "/contactLists/3/registerDevice?match=ReferanceAccountId,Email"
    "&ReferanceAccountId=123456&Email=pgannon@customerminds.com"
)
PUT = "/contactLists/3/registerDevice?match=ReferanceAccountId,Email"
AS_PRINTED = """{
  values: {
    "ReferanceAccountId":123456,
    "Email": "pgannon@customerminds.com"
    "Mobile": "353871234567" // Value to be updated
  }
}"""
CORRECTED = """{
  "values": {
    "ReferanceAccountId":123456,
    "Email": "pgannon@customerminds.com",
    "Mobile": "353871234567"
  }
}"""
VALUES = {"ReferanceAccountId": 123456, "Email": "pgannon@customerminds.com"}
SAMPLE_JSON = """{
  "ContactDTO": {
    "ValidationWarnings": [
      "sample string 1",
      "sample string 2"
    ],
    "EncContactId": "sample string 2",
    "ListId": 3,
    "Values": {
      "sample string 1": {},
      "sample string 3": {}
    }
  },
  "DeviceType": 1,
  "DeviceId": "sample string 2",
  "OldDeviceId": "sample string 3"
}"""
SAMPLE_COMPACT = re.sub(r"\n\s*|(?<=:) ", "", SAMPLE_JSON)
SAMPLE_XML = f"""\
<ContactListsController.RegisterContactDeviceRequest xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns="{CONTROLLERS}">
  <ContactDTO xmlns:d2p1="http://schemas.datacontract.org/2004/07/W50API.Models.DTO">
    <EncContactId xmlns="http://schemas.datacontract.org/2004/07/W50Common.Model.DTO">sample string 2</EncContactId>
    <Id xmlns="http://schemas.datacontract.org/2004/07/W50Common.Model.DTO">1</Id>
    <ListId xmlns="http://schemas.datacontract.org/2004/07/W50Common.Model.DTO">3</ListId>
    <ValidationWarnings xmlns:d3p1="http://schemas.microsoft.com/2003/10/Serialization/Arrays" xmlns="http://schemas.datacontract.org/2004/07/W50Common.Model.DTO">
      <d3p1:string>sample string 1</d3p1:string>
      <d3p1:string>sample string 2</d3p1:string>
    </ValidationWarnings>
    <Values xmlns:d3p1="http://schemas.microsoft.com/2003/10/Serialization/Arrays" xmlns="http://schemas.datacontract.org/2004/07/W50Common.Model.DTO">
      <d3p1:KeyValueOfstringanyType>
        <d3p1:Key>sample string 1</d3p1:Key>
        <d3p1:Value />
      </d3p1:KeyValueOfstringanyType>
      <d3p1:KeyValueOfstringanyType>
        <d3p1:Key>sample string 3</d3p1:Key>
        <d3p1:Value />
      </d3p1:KeyValueOfstringanyType>
    </Values>
  </ContactDTO>
  <DeviceId>sample string 2</DeviceId>
  <DeviceType>1</DeviceType>
  <OldDeviceId>sample string 3</OldDeviceId>
</ContactListsController.RegisterContactDeviceRequest>"""  # noqa: E501
SAMPLES = {
    "application/json": SAMPLE_JSON,
    "text/json": SAMPLE_JSON,
    "application/csp-report": SAMPLE_COMPACT,
    "application/xml": SAMPLE_XML,
    "text/xml": SAMPLE_XML,
}
PROVES = {
    "application/json": "contacts.request.sample.json",
    "text/json": "contacts.request.sample.json",
    "application/csp-report": "contacts.request.sample.csp-report",
    "application/xml": "contacts.request.sample.xml",
    "text/xml": "contacts.request.sample.xml",
}
ANSWERS = {one: proof.replace(".request.", ".response.") for one, proof in PROVES.items()}
EACH_SAMPLE = pytest.mark.parametrize(
    "media_type", [pytest.param(one, marks=pytest.mark.ledger(PROVES[one])) for one in FORMATS]
)
EACH_ANSWER = pytest.mark.parametrize(
    "media_type", [pytest.param(one, marks=pytest.mark.ledger(ANSWERS[one])) for one in FORMATS]
)


def filled_in(media_type: str, contact_id: str, device: str, old: str) -> bytes:
    """A sample with a caller's own for what the document leaves open; the rest stays as printed."""
    text = SAMPLES[media_type]
    for printed, own in (
        (('"EncContactId": "sample string 2"', ">sample string 2</EncContactId>"), contact_id),
        (('"DeviceId": "sample string 2"', ">sample string 2</DeviceId>"), device),
        (('"OldDeviceId": "sample string 3"', ">sample string 3</OldDeviceId>"), old),
        (('"sample string 1": {', "Key>sample string 1<"), "Email"),
        (('"sample string 3": {', "Key>sample string 3<"), "Mobile"),
    ):
        for one in (*printed, *(form.replace('": ', '":') for form in printed)):
            text = text.replace(one, re.sub(r"sample string \d", own, one))
    return text.encode()


@EACH_SAMPLE
async def test_the_sample_is_read_in_every_format_and_refused_for_its_placeholders(
    stage: Stage, media_type: str
) -> None:
    headers = {"Content-Type": media_type}
    answer = await stage.call("POST", path(), data=SAMPLES[media_type].encode(), headers=headers)
    assert refusal(answer) == (417, "unknown_field")
    assert "sample string 1, sample string 3" in answer[1]["Message"]


@EACH_SAMPLE
async def test_the_sample_filled_in_works_in_every_format(stage: Stage, media_type: str) -> None:
    old, device = a_device(), a_device()
    contact = await stage.register({"Email": an_email()}, device=old)
    status, answer, _ = await stage.call(
        "POST",
        path(),
        data=filled_in(media_type, contact["EncContactId"], device, old),
        headers={"Content-Type": media_type},
    )
    assert (status, answer["EncContactId"]) == (200, contact["EncContactId"])
    assert answer["Values"] == {"Email": {}, "Mobile": {}}
    assert answer["ValidationWarnings"] == ["Email: the value is no string", "Mobile: the value is no string"]
    assert await stage.devices(contact) == [device]
    assert (await stage.state(contact))["devices"][0]["type"] == 1


@EACH_ANSWER
async def test_the_answer_has_the_form_of_the_sample(stage: Stage, media_type: str) -> None:
    contact = await stage.register({"Email": {}, "Mobile": {}})
    status, body, headers = await stage.call(
        "GET", f"/contacts/{contact['EncContactId']}", headers={"Accept": media_type}
    )
    assert (status, headers["Content-Type"].split(";")[0]) == (200, media_type)
    if media_type in XML_TYPES:
        assert canonical(body) == canonical(printed_answer(contact))
        body = contact_of(body)
        assert body.pop("Id") == 0
    assert body == contact
    assert list(body) == ["ValidationWarnings", "EncContactId", "ListId", "Values"] or media_type in XML_TYPES


@pytest.mark.ledger("contacts.match.patch-example")
async def test_the_patch_of_the_document_works_as_printed(stage: Stage) -> None:
    before = await stage.register(VALUES)
    nothing, values = {"skip_auto_headers": ["Content-Type"]}, {"json": {"Values": {"Mobile": "353871234567"}}}
    bodies: list[dict[str, Any]] = [nothing, values]
    for body in bodies:
        status, contact, _ = await stage.call("PATCH", PATCH, **body)
        assert (status, contact["EncContactId"]) == (200, before["EncContactId"])
    assert contact["Values"] == {**VALUES, "Mobile": "353871234567"}
    await stage.register({"Email": an_email()}, contact_id=before["EncContactId"])


@pytest.mark.ledger("contacts.match.put-example.literal")
@pytest.mark.parametrize("media_type", ["application/json", "text/json", "application/csp-report"])
async def test_the_put_of_the_document_is_no_json_and_the_answer_says_where(stage: Stage, media_type: str) -> None:
    headers = {"Content-Type": media_type}
    answer = await stage.call("PUT", PUT, data=AS_PRINTED, headers=headers)
    assert refusal(answer) == (417, "malformed_body")
    assert "line 2, column 3" in answer[1]["Message"]
    # The page indents with no-break spaces, which are no white space in JSON.
    answer = await stage.call("PUT", PUT, data=AS_PRINTED.replace("  ", "\u00a0\u00a0"), headers=headers)
    assert refusal(answer) == (417, "malformed_body")
    assert "line 2, column 1" in answer[1]["Message"]
    quoted = AS_PRINTED.replace("values", '"values"')
    answer = await stage.call("PUT", PUT, data=quoted, headers=headers)
    assert refusal(answer) == (417, "malformed_body")
    assert "line 5, column 5" in answer[1]["Message"]
    answer = await stage.call("PUT", PUT, data=quoted.replace('com"\n', 'com",\n'), headers=headers)
    assert refusal(answer) == (417, "malformed_body")
    assert "line 5, column 30" in answer[1]["Message"]


@pytest.mark.ledger("contacts.match.put-example.corrected")
async def test_the_put_of_the_document_corrected_updates_the_contact(stage: Stage) -> None:
    before = await stage.register(VALUES)
    status, contact, _ = await stage.call("PUT", PUT, data=CORRECTED, headers={"Content-Type": "application/json"})
    assert status == 200
    assert contact == {**before, "Values": {**VALUES, "Mobile": "353871234567"}}
    await stage.register({"Email": an_email()}, contact_id=before["EncContactId"])


def printed_answer(contact: dict[str, Any]) -> str:
    """The document's answer in XML, with what it leaves open filled in."""
    inner = re.search(r"<EncContactId.*</Values>", SAMPLE_XML, re.DOTALL)
    assert inner
    text = inner[0].replace("d3p1", "d2p1").replace(">1</Id>", ">0</Id>")
    text = text.replace(">sample string 2</EncContactId>", f">{contact['EncContactId']}</EncContactId>")
    for number, name in ((1, "Email"), (3, "Mobile")):
        text = text.replace(f"Key>sample string {number}<", f"Key>{name}<")
    for number, name in ((1, "Email"), (2, "Mobile")):
        text = text.replace(f"string>sample string {number}<", f"string>{name}: the value is no string<")
    namespaces = (
        'xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
        ' xmlns="http://schemas.datacontract.org/2004/07/W50API.Models.DTO"'
    )
    return f"<Contact {namespaces}>{text}</Contact>"


def canonical(text: str) -> bytes:
    """The document without what makes no difference: the declaration, white space between elements, `/>`."""
    root = etree.fromstring(text.encode(), etree.XMLParser(remove_blank_text=True))
    return etree.tostring(root, method="c14n")
