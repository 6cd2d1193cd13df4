"""match: which contacts a call updates, and which one gets the device and is the answer."""

import asyncio
from typing import Any

import pytest

from contacts.model import MAX_MATCHED
from device_events import catalog
from tests.contract.contacts.calls import TYPED, path, refusal
from tests.integration.contacts.stage import Stage, a_device, an_email

METHODS = pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])


def matching(method: str, email: str, values: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a call that matches on Email: PATCH has the value in the query."""
    if method == "PATCH":
        return {"values": values, "method": method, "match": "Email", "Email": email}
    return {"values": {**values, "Email": email}, "method": method, "match": "Email"}


async def shown(stage: Stage, contact: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await stage.call("GET", f"/contacts/{contact['EncContactId']}"))[1]
    return found


@METHODS
@pytest.mark.ledger("contacts.match.updates-every-match")
async def test_every_contact_that_matches_is_updated_and_no_other(stage: Stage, method: str, email: str) -> None:
    matched = [await stage.register({"Email": email}) for _ in range(3)]
    other = await stage.register({"Email": an_email()})
    await stage.register(**matching(method, email, {"Mobile": "1"}))
    for contact in matched:
        assert (await shown(stage, contact))["Values"] == {"Email": email, "Mobile": "1"}
    assert await shown(stage, other) == other


@METHODS
@pytest.mark.ledger("contacts.match.latest-has-device")
async def test_the_latest_updated_has_the_device_and_is_the_answer(
    stage: Stage, method: str, email: str, device: str
) -> None:
    contacts = [await stage.register({"Email": email}) for _ in range(3)]
    await stage.register({"Mobile": "0"}, contact_id=contacts[1]["EncContactId"])
    for _ in range(2):  # a repeat is safe: it finds the same one
        answer = await stage.register(device=device, **matching(method, email, {"Mobile": "9"}))
        assert answer["EncContactId"] == contacts[1]["EncContactId"]
    owners = [await stage.devices(contact) for contact in contacts]
    assert owners == [[], [device], []]


@METHODS
@pytest.mark.ledger("contacts.match.one-write-a-contact")
async def test_a_contact_is_written_once_a_call(stage: Stage, method: str, email: str, device: str) -> None:
    contacts = [await stage.register({"Email": email}) for _ in range(2)]
    before = [await _version(stage, contact) for contact in contacts]
    await stage.register(device=device, customevents="SendWelcomeEmail", **matching(method, email, {"Mobile": "1"}))
    assert [await _version(stage, contact) for contact in contacts] == [version + 1 for version in before]


@METHODS
@pytest.mark.ledger("contacts.match.none")
async def test_where_nobody_matches_one_contact_is_inserted_and_matches_afterwards(
    stage: Stage, method: str, email: str, device: str
) -> None:
    one = await stage.register(device=device, **matching(method, email, {"Mobile": "1"}))
    assert one["Values"] == {"Email": email, "Mobile": "1"}
    two = await stage.register(**matching(method, email, {"Mobile": "2"}))
    assert two == {**one, "Values": {"Email": email, "Mobile": "2"}}
    assert await stage.devices(one) == [device]


@METHODS
@pytest.mark.ledger("contacts.match.none")
async def test_two_calls_at_once_that_find_nobody_make_one_contact(stage: Stage, method: str, email: str) -> None:
    answers = await asyncio.gather(*(stage.register(**matching(method, email, {"Mobile": str(n)})) for n in range(5)))
    assert len({answer["EncContactId"] for answer in answers}) == 1


@pytest.mark.ledger("contacts.match.capped")
async def test_more_matches_than_a_call_may_update_are_refused_and_none_is_updated(stage: Stage) -> None:
    text = an_email()
    for _ in range(MAX_MATCHED + 1):
        last = await stage.register({"Text": text}, list_id=TYPED)
    body = {"Values": {"Text": text, "Whole": 1}}
    assert refusal(await stage.call("PUT", path(TYPED, "?match=Text"), json=body)) == (417, "match_too_wide")
    assert "Whole" not in (await shown(stage, last))["Values"]


@METHODS
@pytest.mark.ledger("contacts.match.parameter")
async def test_all_the_named_properties_have_to_match(stage: Stage, method: str, email: str) -> None:
    body = {"Values": {"Email": email, "Mobile": "1", "FirstName": "B"}}
    query = "?match=Email,%20Mobile" + (f"&Email={email}&Mobile=1" if method == "PATCH" else "")
    both = await stage.register({"Email": email, "Mobile": "1"})
    one = await stage.register({"Email": email, "Mobile": "2"})
    status, answer, _ = await stage.call(method, path(query=query), json=body)
    assert (status, answer["EncContactId"]) == (200, both["EncContactId"])
    assert await shown(stage, one) == one


@METHODS
@pytest.mark.ledger("contacts.match.unknown-property", "contacts.values.are-fields")
@pytest.mark.parametrize("names", ["Nothing", "Email,Nothing", "email", "$where", "Values"])
async def test_a_property_that_is_no_field_is_417(stage: Stage, method: str, names: str, device: str) -> None:
    query = "".join(f"&{name}=1" for name in names.split(",")) if method == "PATCH" else ""
    body = {"Values": {"Email": "x"}, "DeviceId": device}
    answer = await stage.call(method, path(query=f"?match={names}{query}"), json=body)
    assert refusal(answer) == (417, "unknown_match_property")
    assert await stage.holders(device) == []


@METHODS
@pytest.mark.ledger("contacts.match.parameter")
@pytest.mark.parametrize("names", ["", ",", "Email,", "Email,,Mobile"])
async def test_an_empty_name_is_417(stage: Stage, method: str, names: str) -> None:
    body = {"Values": {"Email": "x", "Mobile": "1"}}
    answer = await stage.call(method, path(query=f"?match={names}&Email=x&Mobile=1"), json=body)
    assert refusal(answer) == (417, "invalid_parameters")


@pytest.mark.ledger("contacts.values.are-fields")
async def test_a_value_under_another_name_is_417_and_the_names_are_the_lists_fields(stage: Stage, device: str) -> None:
    _, fields, _ = await stage.call("GET", "/contactLists/3/fields")
    names = [one["Name"] for one in fields]
    assert names == ["ReferanceAccountId", "Email", "Mobile", "FirstName"]
    for name in names:
        await stage.register({name: None})
    for name in ("Phone", "email", "$where", ""):
        answer = await stage.call("POST", path(), json={"DeviceId": device, "Values": {name: 1}})
        assert refusal(answer) == (417, "unknown_field")
    assert await stage.holders(device) == []


@pytest.mark.ledger("contacts.match.absent")
async def test_without_match_the_owner_of_the_device_is_updated_and_else_one_is_inserted(
    stage: Stage, device: str, email: str
) -> None:
    first = await stage.register({"Email": email}, device=device)
    assert (await stage.register({"Mobile": "1"}, device=device))["EncContactId"] == first["EncContactId"]
    by_old = await stage.register({"FirstName": "A"}, device=a_device(), old=device)
    assert by_old["EncContactId"] == first["EncContactId"]
    other = await stage.register({"Email": email}, device=a_device())
    assert other["EncContactId"] != first["EncContactId"]
    without = [await stage.register({"Email": email}) for _ in range(2)]
    assert without[0]["EncContactId"] != without[1]["EncContactId"]


@pytest.mark.ledger("contacts.match.absent")
async def test_match_and_an_encrypted_id_together_are_417(stage: Stage, email: str) -> None:
    contact = await stage.register({"Email": email})
    body = {"EncContactId": contact["EncContactId"], "Values": {"Email": email}}
    answer = await stage.call("PUT", path(query="?match=Email"), json=body)
    assert refusal(answer) == (417, "match_and_contact_id")


async def _version(stage: Stage, contact: dict[str, Any]) -> int:
    _, contact_id = stage.resources.contact_ids.open(contact["EncContactId"])
    found = await stage.aggregates.read(f"contact:{contact['ListId']}:{contact_id}")
    assert found is not None
    return found.version


@pytest.mark.ledger("contacts.match.updates-every-match")
async def test_each_update_is_announced(stage: Stage, email: str) -> None:
    contacts = [await stage.register({"Email": email}) for _ in range(2)]
    await stage.register(**matching("PUT", email, {"Mobile": "1"}))
    for contact in contacts:
        created, updated = await stage.heard_of(contact, 2)
        assert (created.type, updated.type) == (catalog.CONTACT_CREATED, catalog.CONTACT_UPDATED)
        assert updated.data["fields"] == ["Mobile"]
