"""The answer: the Contact, what is warned of, and the id that names it outside."""

import base64
from typing import Any

import pytest

from tests.contract.contacts.calls import ELSEWHERE, TYPED, path
from tests.integration.contacts.stage import Stage


@pytest.mark.ledger("contacts.response.contact", "contacts.response.enc-contact-id")
async def test_an_inserted_contact_is_answered_with_its_encrypted_id(stage: Stage, email: str, device: str) -> None:
    contact = await stage.register({"Email": email}, device=device)
    assert list(contact) == ["ValidationWarnings", "EncContactId", "ListId", "Values"]
    assert contact["EncContactId"]
    assert (await stage.call("GET", f"/contacts/{contact['EncContactId']}"))[1] == contact


@pytest.mark.ledger("contacts.response.contact")
async def test_an_updated_contact_is_answered_as_it_is_then(stage: Stage, email: str, device: str) -> None:
    first = await stage.register({"Email": email, "Mobile": "1"}, device=device)
    again = await stage.register({"Mobile": "2"}, device=device)
    assert again == {**first, "Values": {"Email": email, "Mobile": "2"}}


@pytest.mark.ledger("contacts.response.enc-contact-id")
async def test_an_encrypted_id_is_stable_and_cannot_be_guessed_or_transferred(stage: Stage) -> None:
    contacts = [await stage.register(list_id=TYPED) for _ in range(3)]
    for contact in contacts:
        again = await stage.register(list_id=TYPED, contact_id=contact["EncContactId"])
        assert again["EncContactId"] == contact["EncContactId"]
    raws = [_decoded(contact["EncContactId"]) for contact in contacts]
    assert {raw[:3] for raw in raws} == {b"\x02k1"}  # the key's id in front
    assert len({raw[-32:] for raw in raws}) == 3
    for contact, raw in zip(contacts, raws, strict=True):
        _, contact_id = stage.resources.contact_ids.open(contact["EncContactId"])
        assert bytes.fromhex(contact_id) not in raw
        moved = raw[:3] + ELSEWHERE.to_bytes(8, "big") + raw[11:]
        text = base64.urlsafe_b64encode(moved).rstrip(b"=").decode()
        assert (await stage.call("GET", f"/contacts/{text}"))[0] == 404


@pytest.mark.ledger("contacts.response.list-id")
@pytest.mark.parametrize("list_id", [3, TYPED, ELSEWHERE])
async def test_the_list_id_is_the_paths(stage: Stage, list_id: int) -> None:
    assert (await stage.register(list_id=list_id))["ListId"] == list_id


@pytest.mark.ledger("contacts.response.values")
async def test_values_are_all_that_the_contact_has_with_its_fields_defaults(stage: Stage, email: str) -> None:
    first = await stage.register({"Text": "a"}, list_id=TYPED)
    assert first["Values"] == {"Flag": True, "Text": "a"}
    again = await stage.register({"Flag": None, "Email": email}, contact_id=first["EncContactId"], list_id=TYPED)
    assert again["Values"] == {"Flag": None, "Text": "a", "Email": email}
    assert (await stage.register({"Flag": False}, list_id=TYPED))["Values"] == {"Flag": False}


@pytest.mark.ledger("contacts.response.values")
@pytest.mark.parametrize("value", [{"$set": {"a.b": [1, 1.5, None]}}, [[]], 2**63 - 1, "\u2028 ${x}", True, 0.1, {}])
async def test_a_value_is_returned_as_it_came(stage: Stage, value: Any) -> None:
    contact = await stage.register({"Email": value})
    assert contact["Values"] == {"Email": value}
    assert (await stage.call("GET", f"/contacts/{contact['EncContactId']}"))[1] == contact


@pytest.mark.ledger("contacts.response.validation-warnings")
@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("Whole", "7", "integer"),
        ("Whole", 7.5, "integer"),
        ("Number", "1", "number"),
        ("Flag", "true", "boolean"),
        ("Day", "tomorrow", "date"),
        ("Text", 5, "string"),
        ("Text", {}, "string"),
    ],
)
async def test_a_value_that_does_not_fit_its_field_is_stored_and_warned_of(
    stage: Stage, name: str, value: Any, kind: str
) -> None:
    contact = await stage.register({name: value}, list_id=TYPED)
    assert contact["ValidationWarnings"] == [f"{name}: the value is no {kind}"]
    assert contact["Values"][name] == value
    assert (await stage.call("GET", f"/contacts/{contact['EncContactId']}"))[1] == contact


@pytest.mark.ledger("contacts.response.validation-warnings")
async def test_there_are_no_warnings_without_a_reason_and_a_callers_are_ignored(stage: Stage, device: str) -> None:
    values = {"Whole": 7, "Number": 1, "Flag": False, "Day": "2026-03-01", "Text": "x", "Email": None}
    body = {"ContactDTO": {"ValidationWarnings": ["sample string 1", 2], "Values": values}, "DeviceId": device}
    status, contact, _ = await stage.call("POST", path(TYPED), json=body)
    assert (status, contact["ValidationWarnings"]) == (200, [])


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
