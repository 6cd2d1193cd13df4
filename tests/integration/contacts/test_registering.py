"""registerDevice: which contact is written, what it answers and what it announces."""

from typing import Any

import pytest

from contacts.model import MAX_MATCHED
from device_events import catalog
from tests.integration.contacts.stage import DEMO, ELSEWHERE, MEMBERS, Stage, a_device, an_email

CREATED, UPDATED = catalog.CONTACT_CREATED, catalog.CONTACT_UPDATED
DEVICE_REGISTERED, TRIGGERED = catalog.CONTACT_DEVICE_REGISTERED, catalog.CUSTOM_EVENT_TRIGGERED


async def test_a_new_contact_is_answered_announced_and_found_again(stage: Stage, device: str, email: str) -> None:
    contact = await stage.register({"Email": email, "ReferanceAccountId": "x"}, device=device)
    assert contact == {
        "ValidationWarnings": ["ReferanceAccountId: the value is no integer"],
        "EncContactId": contact["EncContactId"],
        "ListId": DEMO,
        "Values": {"FirstName": "friend", "Email": email, "ReferanceAccountId": "x"},
    }
    status, found, _ = await stage.call("GET", f"/contacts/{contact['EncContactId']}")
    assert (status, found) == (200, contact)
    created, registered = await stage.heard_of(contact, 2)
    assert (created.type, registered.type) == (CREATED, DEVICE_REGISTERED)
    assert sorted(created.data["fields"]) == ["Email", "FirstName", "ReferanceAccountId"]
    assert registered.data["deviceId"] == device
    assert registered.data["deviceType"] == 1
    assert registered.deviceid == f"myruntime/{device}"
    assert email not in str(created) + str(registered)


async def test_a_contact_may_have_no_device(stage: Stage, email: str) -> None:
    contact = await stage.register({"Email": email})
    assert await stage.devices(contact) == []
    (created,) = await stage.heard_of(contact, 1)
    assert created.type == CREATED


async def test_a_device_that_is_known_finds_its_contact(stage: Stage, device: str, email: str) -> None:
    first = await stage.register({"Email": email}, device=device)
    second = await stage.register({"Mobile": "353871234567"}, device=device)
    assert second["EncContactId"] == first["EncContactId"]
    assert second["Values"] == {**first["Values"], "Mobile": "353871234567"}
    events = await stage.heard_of(first, 4)
    assert [one.type for one in events] == [CREATED, DEVICE_REGISTERED, UPDATED, DEVICE_REGISTERED]
    assert events[2].data["fields"] == ["Mobile"]


async def test_a_device_has_a_contact_in_each_list(stage: Stage, device: str) -> None:
    demo = await stage.register(device=device)
    members = await stage.register(device=device, list_id=MEMBERS)
    assert demo["EncContactId"] != members["EncContactId"]
    assert await stage.devices(demo) == await stage.devices(members) == [device]


async def test_an_old_device_finds_its_contact_and_is_replaced(stage: Stage, device: str, email: str) -> None:
    first = await stage.register({"Email": email}, device=device)
    successor = a_device()
    for _ in range(2):
        again = await stage.register(device=successor, old=device)
        assert again["EncContactId"] == first["EncContactId"]
        assert await stage.devices(first) == [successor]


async def test_an_old_device_leaves_another_contact_too(stage: Stage, device: str, email: str) -> None:
    former = await stage.register(device=device)
    await stage.register({"Email": email})
    successor = a_device()
    contact = await stage.register({"Email": email}, device=successor, old=device, match="Email")
    assert await stage.devices(contact) == [successor]
    assert await stage.devices(former) == []


async def test_a_device_moves_to_the_contact_that_registers_it(stage: Stage, device: str, email: str) -> None:
    former = await stage.register(device=device)
    contact = await stage.register({"Email": email}, device=device, match="Email")
    assert contact["EncContactId"] != former["EncContactId"]
    assert await stage.devices(contact) == [device]
    assert await stage.devices(former) == []
    events = await stage.heard_of(former, 3)
    assert (events[2].type, events[2].data["fields"]) == (UPDATED, [])


async def test_an_encrypted_id_selects_its_contact(stage: Stage, device: str, email: str) -> None:
    contact = await stage.register({"Email": email})
    again = await stage.register({"Mobile": "1"}, contact_id=contact["EncContactId"], device=device)
    assert again["EncContactId"] == contact["EncContactId"]
    assert again["Values"]["Email"] == email
    assert await stage.devices(contact) == [device]


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_a_match_updates_the_contact_with_the_values_of_the_body(stage: Stage, method: str, email: str) -> None:
    values = {"ReferanceAccountId": 123456, "Email": email}
    first = await stage.register(values)
    again = await stage.register({**values, "Mobile": "353871234567"}, method=method, match="ReferanceAccountId,Email")
    assert again["EncContactId"] == first["EncContactId"]
    assert again["Values"]["Mobile"] == "353871234567"


async def test_a_patch_matches_on_the_values_of_the_query(stage: Stage, email: str) -> None:
    first = await stage.register({"ReferanceAccountId": 123456, "Email": email})
    again = await stage.register(
        {"Mobile": "1"}, method="PATCH", match="ReferanceAccountId,Email", ReferanceAccountId="123456", Email=email
    )
    assert again["EncContactId"] == first["EncContactId"]


async def test_a_patch_that_changes_what_it_matches_may_be_repeated(stage: Stage, email: str) -> None:
    first = await stage.register({"Email": email})
    renamed = an_email()
    for _ in range(2):
        again = await stage.register({"Email": renamed}, method="PATCH", match="Email", Email=email)
        assert again["EncContactId"] == first["EncContactId"]
        assert again["Values"]["Email"] == renamed


async def test_a_match_that_finds_nobody_inserts_one_contact_however_often(stage: Stage, email: str) -> None:
    one = await stage.register({"Mobile": "1"}, method="PATCH", match="Email", Email=email)
    assert one["Values"] == {"FirstName": "friend", "Email": email, "Mobile": "1"}
    two = await stage.register({"Email": email}, match="Email")
    assert two["EncContactId"] == one["EncContactId"]


async def test_an_address_given_up_makes_a_contact_of_its_own_again(stage: Stage, email: str) -> None:
    seen = set()
    for _ in range(7):
        contact = await stage.register({"Email": email}, match="Email")
        await stage.register({"Email": an_email()}, contact_id=contact["EncContactId"])
        seen.add(contact["EncContactId"])
    assert len(seen) == 7


async def test_every_match_is_updated_and_the_latest_gets_the_device(stage: Stage, device: str, email: str) -> None:
    contacts = [await stage.register({"Email": email}) for _ in range(3)]
    await stage.register({"Mobile": "0"}, contact_id=contacts[1]["EncContactId"])
    for _ in range(2):
        answer = await stage.register(
            {"Email": email, "Mobile": "9"}, device=device, match="Email", customevents="SendEventInvite"
        )
        assert answer["EncContactId"] == contacts[1]["EncContactId"]
    for contact in contacts:
        _, shown, _ = await stage.call("GET", f"/contacts/{contact['EncContactId']}")
        assert shown["Values"]["Mobile"] == "9"
        assert await stage.devices(contact) == ([device] if contact is contacts[1] else [])
        triggered = await stage.heard_of(contact, 2, TRIGGERED)
        assert stage.custom_events(contact) == [("SendEventInvite", "call")] * 2
        assert triggered[0].data["values"] == {"FirstName": "friend", "Email": email, "Mobile": "9"}


async def test_a_match_of_too_many_updates_none(stage: Stage) -> None:
    account = int(an_email()[:12], 16)
    for number in range(MAX_MATCHED + 1):
        if number == MAX_MATCHED:
            await stage.register({"ReferanceAccountId": account, "Mobile": "2"}, match="ReferanceAccountId")
        last = await stage.register({"ReferanceAccountId": account})
    status, answer = await stage.try_to_register(
        {"ReferanceAccountId": account, "Mobile": "3"}, match="ReferanceAccountId"
    )
    assert (status, answer["Code"]) == (417, "match_too_wide")
    _, shown, _ = await stage.call("GET", f"/contacts/{last['EncContactId']}")
    assert "Mobile" not in shown["Values"]


async def test_custom_events_run_in_the_write_they_were_asked_for(stage: Stage, device: str, email: str) -> None:
    contact = await stage.register(
        {"Email": email}, device=device, customevents="SendWelcomeEmail,SendEventInvite,SendWelcomeEmail"
    )
    first, _ = await stage.heard_of(contact, 2, TRIGGERED)
    assert stage.custom_events(contact) == [("SendWelcomeEmail", "call"), ("SendEventInvite", "call")]
    assert first.data["values"] == contact["Values"]
    assert first.data["deviceId"] == device
    assert first.causationid is None


async def test_a_list_runs_its_own_custom_events_once_a_device(stage: Stage, device: str) -> None:
    contact = await stage.register(device=device, list_id=MEMBERS)
    await stage.register(device=device, list_id=MEMBERS)
    await stage.register(device=a_device(), old=device, list_id=MEMBERS, customevents="SendWelcomeEmail")
    await stage.heard_of(contact, 6)
    assert stage.custom_events(contact) == [("SendWelcomeEmail", "registered"), ("SendWelcomeEmail", "call")]


@pytest.mark.parametrize(
    "value",
    [
        {"$set": {"a.b": {"__proto__": [1, 1.5, None]}}, "$where": "1", "": True},
        {"$ref": "contacts", "$id": 1, "$db": "x"},
        "\u2028 \U0001f600 ${x} {{y}}",
        2**63 - 1,
    ],
)
async def test_values_come_back_unchanged_and_reach_the_handlers_so(stage: Stage, value: Any, email: str) -> None:
    values = {"a.$b.__proto__": value, "Email": email}
    contact = await stage.register(values, customevents="SendEventInvite")
    _, shown, _ = await stage.call("GET", f"/contacts/{contact['EncContactId']}")
    assert shown["Values"] == {"FirstName": "friend", **values}
    (triggered,) = await stage.heard_of(contact, 1, TRIGGERED)
    assert triggered.data["values"] == shown["Values"]


async def test_an_id_of_another_list_selects_nothing(stage: Stage) -> None:
    contact = await stage.register(list_id=ELSEWHERE)
    status, answer = await stage.try_to_register(contact_id=contact["EncContactId"])
    assert (status, answer["Code"]) == (417, "contact_id_invalid")
