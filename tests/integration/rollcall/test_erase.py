"""Erasing: personal data goes from all four services, blocks and sequences stay, and Kafka's remains are named."""

from device_events import Event, catalog
from tests.integration.rollcall.site import LIST, RUNTIME, Site
from tests.support.polling import eventually

SECRET = "alice-the-person"
EMAIL = "alice@example.com"


async def everything(site: Site, device: str) -> str:
    """Register the device everywhere; returns the contact's EncContactId."""
    token = await site.register_push(device, user=SECRET)
    await site.register_client(token, device=None)  # linked by the token alone
    await site.register_client(f"{token}-2", device=device)
    status, contact = await site.register_contact(EMAIL, device=device)
    assert status == 200, contact
    await site.known(device)
    await eventually(site.is_quiet, within=20)
    return str(contact["EncContactId"])


async def test_a_device_is_erased_from_all_services_and_only_its_block_stays(site: Site, device: str) -> None:
    contact = await everything(site, device)
    await site.changed(device, "LOST")
    answer = await site.rollcall("erase", "device", RUNTIME, device, "--json")
    assert answer.exit == 0, answer.err
    erased = answer.data["erased"]
    # The status has taken the clients and tokens away already; what was left is gone now.
    assert (erased["push-registry"], erased["device-admin"], erased["contacts"]) == (1, 1, 1)
    await eventually(site.is_quiet, within=20)
    stored = str(await site.copy())
    assert SECRET not in stored
    (held,) = [one for one in (await site.copy())["contacts"] if "values" in one.get("state", ())]
    assert held["state"]["devices"] == []
    assert (await site.contact(contact))[0] == 200
    # It cannot come back in by having been forgotten.
    assert (await site.push("POST", json={"deviceId": device, "platform": "A", "token": "t"}))[0] == 401
    assert (await site.register_contact("other@example.com", device=device))[0] == 403


async def test_what_the_services_announce_of_it_names_no_user(site: Site, device: str) -> None:
    await everything(site, device)
    before = {event.id for event in await site.events(*catalog.CATALOG)}
    answer = await site.rollcall("erase", "device", RUNTIME, device, "--json")
    assert answer.data["erased"] == {"contacts": 1, "mobile-platform": 2, "push-registry": 1, "device-admin": 1}
    said = [event for event in await site.events(*catalog.CATALOG) if event.id not in before]
    assert sorted(event.type for event in said) == sorted(
        [catalog.CONTACT_UPDATED, catalog.PUSH_DEREGISTERED, *[catalog.MOBILE_CLIENT_DEREGISTERED] * 2]
    )
    assert SECRET not in str([event.data for event in said])
    assert [event.data.get("user") for event in said] == [None] * 4
    assert SECRET not in str(await site.copy())


async def test_it_says_what_kafka_still_holds_and_how_long(site: Site, device: str) -> None:
    await everything(site, device)
    answer = await site.rollcall("erase", "device", RUNTIME, device, "--json")
    held = {one["topic"].removeprefix(site.kafka.topic_prefix): one for one in answer.data["kafka"]}
    assert set(held) == {catalog.DEVICE_STATUS_TOPIC, catalog.PUSH_TOPIC, catalog.MOBILE_TOPIC, catalog.CONTACTS_TOPIC}
    assert held[catalog.DEVICE_STATUS_TOPIC]["keepsNewest"]
    assert held[catalog.DEVICE_STATUS_TOPIC]["goneBy"] is None
    push = held[catalog.PUSH_TOPIC]
    assert push["records"] == 2  # registered, and deregistered just now
    assert push["goneBy"] > push["newest"]
    assert all(one["settingsKnown"] for one in held.values())
    assert (await site.rollcall("erase", "device", RUNTIME, device)).out.count("Kafka: ") == 4


async def test_erasing_again_finds_nothing_left_and_a_stranger_is_not_found(site: Site, device: str) -> None:
    await everything(site, device)
    await site.rollcall("erase", "device", RUNTIME, device)
    events = len(await site.events(*catalog.CATALOG))
    again = await site.rollcall("erase", "device", RUNTIME, device, "--json")
    assert again.exit == 0, again.err
    assert not any(again.data["erased"].values())
    assert len(await site.events(*catalog.CATALOG)) == events
    stranger = await site.rollcall("erase", "device", RUNTIME, "nobody", "--json")
    assert (stranger.exit, stranger.data["known"], stranger.data["kafka"]) == (1, False, [])


async def test_a_device_that_was_erased_and_is_not_shut_out_may_register_anew(site: Site, device: str) -> None:
    await everything(site, device)
    await site.rollcall("erase", "device", RUNTIME, device)
    await site.register_push(device, user="bob")
    assert (await site.known(device))["id"] == device
    sequences = [event.sequence for event in await site.events(catalog.PUSH_REGISTERED, about=device)]
    assert sequences == [1, 3]


async def test_a_contact_is_erased_and_the_same_values_make_a_new_one_whose_sequence_goes_on(site: Site) -> None:
    status, contact = await site.register_contact(EMAIL, match="Email")
    assert status == 200, contact
    id = contact["EncContactId"]
    answer = await site.rollcall("erase", "contact", str(LIST), id, "--json")
    assert (answer.exit, answer.data["erased"]) == (0, {"contacts": 1}), answer.err
    assert EMAIL not in str(await site.copy())
    assert (await site.contact(id))[0] == 404
    key = answer.data["contact"]
    document = await site.document("contacts", key)
    assert (document["state"], document["sequence"]) == ({}, 2)
    (erased,) = await site.events(catalog.CONTACT_UPDATED)
    assert "Email" in erased.data["fields"]
    _, again = await site.register_contact(EMAIL, match="Email")
    assert again["EncContactId"] == id
    assert [one.sequence for one in await eventually(lambda: _created(site, 2), within=10)] == [1, 3]


async def _created(site: Site, number: int) -> list[Event] | None:
    found = await site.events(catalog.CONTACT_CREATED)
    return found if len(found) == number else None


async def test_an_erased_contact_is_unknown_to_a_call_that_names_it_and_to_erasing_again(site: Site) -> None:
    _, contact = await site.register_contact(EMAIL)
    id = contact["EncContactId"]
    hexadecimal = (await site.rollcall("erase", "contact", str(LIST), id, "--json")).data["contact"].rpartition(":")[2]
    again = await site.rollcall("erase", "contact", str(LIST), hexadecimal, "--json")
    assert (again.exit, again.data["erased"]) == (0, {"contacts": 0})
    body = {"ContactDTO": {"ListId": LIST, "EncContactId": id, "Values": {"Email": "x@example.com"}}}
    status, _, _ = await site.served["contacts"].request(
        "POST", f"/contactLists/{LIST}/registerDevice", json=body, headers=site.basic("contacts")
    )
    assert status == 417
    stranger = await site.rollcall("erase", "contact", str(LIST), "00" * 16, "--json")
    assert (stranger.exit, stranger.data["erased"]) == (1, {"contacts": None})
    assert (await site.rollcall("erase", "contact", str(LIST), "no such id")).exit == 2
    assert (await site.rollcall("erase", "contact", "4711", id)).exit == 2
