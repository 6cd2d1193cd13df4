"""customevents: run after the write, once for each contact that was written, none for an unknown name."""

from typing import Any

import pytest

from device_events import catalog
from tests.contract.contacts.calls import TYPED, path, refusal
from tests.integration.contacts.stage import Stage, a_device

TRIGGERED = catalog.CUSTOM_EVENT_TRIGGERED
BOTH = "SendWelcomeEmail,SendEventInvite"


@pytest.mark.ledger("contacts.custom-events.after-write", "contacts.custom-events.parameter")
async def test_they_run_for_an_inserted_and_for_an_updated_contact_with_the_values_written(
    stage: Stage, device: str, email: str
) -> None:
    contact = await stage.register({"Email": email}, device=device, customevents=BOTH)
    await stage.register({"Mobile": "1"}, device=device, customevents="SendEventInvite")
    first, _, third = await stage.heard_of(contact, 3, TRIGGERED)
    names = [("SendWelcomeEmail", "call"), ("SendEventInvite", "call"), ("SendEventInvite", "call")]
    assert stage.custom_events(contact) == names
    assert first.data["values"] == {"Email": email}
    assert third.data["values"] == {"Email": email, "Mobile": "1"}
    assert {first.data["deviceId"], third.data["deviceId"]} == {device}


@pytest.mark.ledger("contacts.custom-events.after-write")
async def test_they_are_announced_after_the_contact_itself(stage: Stage, device: str) -> None:
    contact = await stage.register(device=device, customevents="SendWelcomeEmail")
    events = await stage.heard_of(contact, 3)
    assert [one.type for one in events] == [
        catalog.CONTACT_CREATED,
        catalog.CONTACT_DEVICE_REGISTERED,
        TRIGGERED,
    ]


@pytest.mark.ledger("contacts.custom-events.each-contact")
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
async def test_they_run_for_each_contact_that_was_updated(stage: Stage, method: str, email: str) -> None:
    contacts = [await stage.register({"Email": email}) for _ in range(3)]
    other = await stage.register({"Mobile": email})
    params = {"Email": email} if method == "PATCH" else {}
    await stage.register({"Email": email}, method=method, match="Email", customevents=BOTH, **params)
    for contact in contacts:
        await stage.heard_of(contact, 2, TRIGGERED)
        assert sorted(stage.custom_events(contact)) == [("SendEventInvite", "call"), ("SendWelcomeEmail", "call")]
    assert stage.custom_events(other) == []


@pytest.mark.ledger("contacts.custom-events.example")
async def test_the_printed_query_runs_both(stage: Stage, device: str) -> None:
    query = "?customevents=SendWelcomeEmail,SendEventInvite"
    status, contact, _ = await stage.call("POST", f"/contactLists/3/registerDevice{query}", json={"DeviceId": device})
    assert status == 200
    await stage.heard_of(contact, 2, TRIGGERED)
    assert stage.custom_events(contact) == [("SendWelcomeEmail", "call"), ("SendEventInvite", "call")]


@pytest.mark.ledger("contacts.custom-events.parameter")
async def test_a_name_given_twice_runs_once_and_spaces_are_passed_over(stage: Stage, device: str) -> None:
    contact = await stage.register(device=device, customevents="SendWelcomeEmail, SendEventInvite,SendWelcomeEmail")
    await stage.heard_of(contact, 4)
    assert stage.custom_events(contact) == [("SendWelcomeEmail", "call"), ("SendEventInvite", "call")]


@pytest.mark.ledger("contacts.custom-events.unknown")
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
@pytest.mark.parametrize(
    ("names", "code"),
    [
        ("SendNothing", "unknown_custom_event"),
        ("SendWelcomeEmail,SendNothing", "unknown_custom_event"),
        ("sendwelcomeemail", "unknown_custom_event"),
        ("", "invalid_parameters"),
        ("SendWelcomeEmail,", "invalid_parameters"),
        ("SendWelcomeEmail&customevents=SendEventInvite", "invalid_parameters"),
    ],
)
async def test_an_unknown_name_is_417_before_anything_is_written(
    stage: Stage, method: str, names: str, code: str, device: str
) -> None:
    body = {"DeviceId": device, "Values": {"Email": "x"}}
    answer = await stage.call(method, path(query=f"?customevents={names}"), json=body)
    assert refusal(answer) == (417, code)
    assert await stage.holders(device) == []


@pytest.mark.ledger("contacts.custom-events.of-the-list")
async def test_a_list_runs_its_own_when_a_device_is_registered_once_a_device(stage: Stage, device: str) -> None:
    contact: dict[str, Any] = await stage.register(device=device, list_id=TYPED)
    await stage.register(device=device, list_id=TYPED)
    await stage.register(device=a_device(), old=device, list_id=TYPED, customevents="SendWelcomeEmail")
    without = await stage.register(list_id=TYPED)
    await stage.heard_of(contact, 6)
    await stage.heard_of(without, 1)
    assert stage.custom_events(contact) == [("SendWelcomeEmail", "registered"), ("SendWelcomeEmail", "call")]
    assert stage.custom_events(without) == []
