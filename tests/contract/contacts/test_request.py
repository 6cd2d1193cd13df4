"""The properties of the request, in JSON."""

import asyncio
import string
from typing import Any

import pytest

from device_events import catalog
from tests.contract.contacts.calls import ELSEWHERE, TYPED, path, refusal
from tests.integration.contacts.stage import Stage, a_device, an_email


@pytest.mark.ledger("contacts.request.contact")
async def test_the_contact_may_be_left_out(stage: Stage, device: str) -> None:
    for body in (
        {"DeviceId": device},
        {"ContactDTO": None, "DeviceId": device},
        {"ContactDTO": {}, "DeviceId": device},
    ):
        status, contact, _ = await stage.call("POST", path(), json=body)
        assert (status, contact["Values"]) == (200, {})


@pytest.mark.ledger("contacts.request.contact")
@pytest.mark.parametrize(
    "change", [str.lower, str.upper, str.swapcase, str], ids=["lower", "upper", "swapped", "as printed"]
)
@pytest.mark.parametrize("wrapped", [True, False])
async def test_property_names_are_taken_in_any_case_and_the_wrapper_is_optional(
    stage: Stage, change: Any, wrapped: bool, device: str, email: str
) -> None:
    inner = {change("Values"): {"Email": email}, change("ListId"): 3, change("EncContactId"): None}
    outer = {change("DeviceId"): device, change("DeviceType"): 2, change("OldDeviceId"): None}
    body = {change("ContactDTO"): inner, **outer} if wrapped else {**inner, **outer}
    status, contact, _ = await stage.call("POST", path(), json=body)
    assert (status, contact["Values"]) == (200, {"Email": email})
    (stored,) = (await stage.state(contact))["devices"]
    assert (stored["id"], stored["type"]) == (device, 2)


@pytest.mark.ledger("contacts.request.contact")
@pytest.mark.parametrize(
    "body",
    [
        {"Surprise": 1},
        {"ContactDTO": {"Surprise": 1}},
        {"ContactDTO": {}, "Values": {}},
        {"Values": {}, "values": {}},
        {"ContactDTO": {"ListId": "3"}},
        {"ContactDTO": []},
        [],
        "DeviceId",
        1,
    ],
)
async def test_what_is_no_request_is_417(stage: Stage, body: Any) -> None:
    assert refusal(await stage.call("POST", path(), json=body)) == (417, "invalid_parameters")


@pytest.mark.ledger("contacts.request.list-id")
async def test_a_list_id_has_to_be_the_paths(stage: Stage, device: str) -> None:
    for body in ({"ContactDTO": {"ListId": TYPED}, "DeviceId": device}, {"ListId": 4, "DeviceId": device}):
        assert refusal(await stage.call("POST", path(), json=body)) == (417, "list_id_mismatch")
    assert await stage.holders(device) == []
    assert (await stage.call("POST", path(), json={"ListId": 3, "DeviceId": device}))[0] == 200


@pytest.mark.ledger("contacts.request.enc-contact-id")
async def test_an_encrypted_id_selects_its_contact(stage: Stage, device: str, email: str) -> None:
    contact = await stage.register({"Email": email})
    again = await stage.register({"Mobile": "1"}, contact_id=contact["EncContactId"], device=device)
    assert again == {**contact, "Values": {"Email": email, "Mobile": "1"}}
    assert await stage.devices(contact) == [device]


@pytest.mark.ledger("contacts.request.enc-contact-id")
async def test_an_encrypted_id_of_another_list_is_417(stage: Stage, device: str) -> None:
    contact = await stage.register(list_id=ELSEWHERE)
    body = {"EncContactId": contact["EncContactId"], "DeviceId": device}
    assert refusal(await stage.call("POST", path(), json=body)) == (417, "contact_id_invalid")
    assert await stage.holders(device) == []


@pytest.mark.ledger("contacts.request.enc-contact-id")
async def test_an_encrypted_id_is_refused_whichever_character_was_changed(stage: Stage) -> None:
    right = (await stage.register())["EncContactId"]
    alphabet = string.ascii_letters + string.digits + "-_"
    last = [right[:-1] + letter for letter in alphabet if letter != right[-1]]
    others = [right[:n] + ("A" if right[n] != "A" else "B") + right[n + 1 :] for n in range(len(right) - 1)]
    for text in [*last, *others, right + "=", right + "==", right[:-1], right + "A", right.lower(), f" {right}"]:
        answer = await stage.call("POST", path(), json={"EncContactId": text})
        assert refusal(answer) == (417, "contact_id_invalid"), text


@pytest.mark.ledger("contacts.request.device-type")
async def test_a_device_type_is_stored_and_may_be_left_out(stage: Stage, device: str) -> None:
    _, contact, _ = await stage.call("POST", path(), json={"DeviceId": device})
    assert "type" not in (await stage.state(contact))["devices"][0]
    for number in (1, -(2**31), 2**31 - 1):
        await stage.call("POST", path(), json={"DeviceId": device, "DeviceType": number})
        assert (await stage.state(contact))["devices"][0]["type"] == number
    await stage.call("POST", path(), json={"DeviceId": device, "DeviceType": None})
    assert (await stage.state(contact))["devices"][0]["type"] == 2**31 - 1
    registered = await stage.heard_of(contact, 5, catalog.CONTACT_DEVICE_REGISTERED)
    assert registered[1].data["deviceType"] == 1


@pytest.mark.ledger("contacts.request.device-type")
@pytest.mark.parametrize("value", ["1", "one", 1.0, True, 2**31, [], {}])
async def test_a_device_type_is_a_whole_number_of_32_bits(stage: Stage, value: Any, device: str) -> None:
    answer = await stage.call("POST", path(), json={"DeviceId": device, "DeviceType": value})
    assert refusal(answer) == (417, "invalid_parameters")
    assert await stage.holders(device) == []


@pytest.mark.ledger("contacts.request.device-id")
@pytest.mark.parametrize("body", [{}, {"DeviceId": None}, {"DeviceId": ""}])
async def test_a_device_id_may_be_left_out(stage: Stage, body: dict[str, Any], email: str) -> None:
    status, contact, _ = await stage.call("POST", path(), json={**body, "Values": {"Email": email}})
    assert (status, await stage.devices(contact)) == (200, [])


@pytest.mark.ledger("contacts.request.device-id")
@pytest.mark.parametrize("value", [5, True, [], {"$ne": None}, "x" * 255, "a\0b", "a\nb"])
async def test_a_device_id_is_a_text_of_254_characters_at_most(stage: Stage, value: Any) -> None:
    assert refusal(await stage.call("POST", path(), json={"DeviceId": value})) == (417, "invalid_parameters")
    assert (await stage.call("POST", path(), json={"DeviceId": an_email() + "é" * 200}))[0] == 200


@pytest.mark.ledger("contacts.request.device-id")
async def test_a_device_moves_to_the_contact_that_registers_it(stage: Stage, device: str, email: str) -> None:
    former = await stage.register(device=device)
    contact = await stage.register({"Email": email}, device=device, match="Email")
    assert (await stage.devices(contact), await stage.devices(former)) == ([device], [])


@pytest.mark.ledger("contacts.request.device-id")
async def test_a_device_belongs_to_one_contact_of_a_list_however_many_want_it_at_once(
    stage: Stage, device: str
) -> None:
    contacts = [await stage.register({"Email": an_email()}) for _ in range(6)]
    calls = [stage.try_to_register(contact_id=one["EncContactId"], device=device) for one in contacts]
    new = [stage.try_to_register({"Email": an_email()}, device=device, match="Email") for _ in range(3)]
    answers = await asyncio.gather(*calls, *new)
    assert {status for status, _ in answers} <= {200, 503}
    assert len(await stage.holders(device)) == 1
    kept = [await stage.devices(one) for status, one in answers if status == 200]
    assert sorted(kept) == [[]] * (len(kept) - 1) + [[device]]


@pytest.mark.ledger("contacts.request.device-id")
async def test_in_another_list_a_device_has_another_contact(stage: Stage, device: str) -> None:
    here, there = await stage.register(device=device), await stage.register(device=device, list_id=TYPED)
    assert await stage.devices(here) == await stage.devices(there) == [device]
    assert here["EncContactId"] != there["EncContactId"]


@pytest.mark.ledger("contacts.request.old-device-id")
async def test_an_old_device_id_finds_the_contact_and_is_replaced_in_the_same_write(
    stage: Stage, device: str, email: str
) -> None:
    first = await stage.register({"Email": email}, device=device)
    successor = a_device()
    for _ in range(2):  # a repeat is safe
        again = await stage.register(device=successor, old=device)
        assert again["EncContactId"] == first["EncContactId"]
        assert await stage.devices(first) == [successor]
    events = await stage.heard_of(first, 3, catalog.CONTACT_CREATED, catalog.CONTACT_DEVICE_REGISTERED)
    assert [one.data.get("deviceId") for one in events] == [None, device, successor] + [successor] * (len(events) - 3)


@pytest.mark.ledger("contacts.request.old-device-id")
async def test_an_old_device_id_that_nobody_has_does_no_harm(stage: Stage, device: str) -> None:
    contact = await stage.register(device=device, old=a_device())
    assert await stage.devices(contact) == [device]


@pytest.mark.ledger("contacts.request.old-device-id")
async def test_an_old_device_id_alone_is_417(stage: Stage, device: str) -> None:
    contact = await stage.register(device=device)
    assert refusal(await stage.call("POST", path(), json={"OldDeviceId": device})) == (417, "old_device_id_alone")
    assert await stage.devices(contact) == [device]
