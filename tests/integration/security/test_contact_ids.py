"""EncContactIds: nobody makes one up, changes one, or takes one to another list."""

import base64
from typing import Any

import contacts.app
from device_events import KafkaConnection
from tests.integration.security.roles import as_user, users
from tests.integration.security.world import CONTACTS, FIRST, SECOND, World, contacts_settings
from tests.support.services import Running, running, shared_settings

REGISTER = f"/contactLists/{FIRST.number}/registerDevice"
ALL = as_user("everything")


async def used(service: Running, contact_id: str, *, path: str = REGISTER) -> tuple[int, str]:
    """Status and code of a registration for the contact with this id."""
    body = {"ContactDTO": {"EncContactId": contact_id, "Values": {"Email": "new@example.com"}}}
    status, answer, _ = await service.request("POST", path, json=body, headers=ALL)
    return status, answer.get("Code", "")


async def shown(service: Running, contact_id: str) -> tuple[int, str]:
    """Status and code of a look at the contact with this id."""
    status, answer, _ = await service.request("GET", f"/contacts/{contact_id}", headers=ALL)
    return status, answer.get("Code", "") if isinstance(answer, dict) else ""


async def inserted(service: Running, email: str) -> str:
    """The id of a new contact."""
    body: Any = {"ContactDTO": {"Values": {"Email": email}}}
    status, contact, _ = await service.request("POST", REGISTER, json=body, headers=ALL)
    assert status == 200, contact
    return str(contact["EncContactId"])


async def test_no_byte_can_be_changed(world: World) -> None:
    service, real = world.services[CONTACTS], world.contact_ids[FIRST]
    await world.footprint.settle()
    raw = base64.urlsafe_b64decode(real + "=" * (-len(real) % 4))
    for place in range(len(raw)):
        for bit in (0x01, 0x80):
            changed = bytearray(raw)
            changed[place] ^= bit
            forged = base64.urlsafe_b64encode(changed).rstrip(b"=").decode()
            assert await used(service, forged) == (417, "contact_id_invalid"), place
            assert await shown(service, forged) == (404, "contact_not_found"), place
    assert await world.footprint.changes() == []
    assert await used(service, real) == (200, "")


async def test_no_length_and_no_spelling_is_let_through(world: World) -> None:
    service, real = world.services[CONTACTS], world.contact_ids[FIRST]
    await world.footprint.settle()
    cut = [real[:length] for length in range(1, len(real))]
    longer = [real + "A", real + "=", real + "==", real + "AAAA", real + real, f" {real}", f"{real}\n"]
    spelt = [real.swapcase(), real.upper(), real[::-1], "A" * len(real), "0", "-1", "\u0391" * 8, "x" * 5_000]
    for forged in (*cut, *longer, *spelt):
        assert await used(service, forged) == (417, "contact_id_invalid"), forged
    assert await world.footprint.changes() == []


async def test_an_id_cannot_be_taken_to_another_list(world: World) -> None:
    """Neither as it is nor with the list's number in it exchanged."""
    service, theirs = world.services[CONTACTS], world.contact_ids[SECOND]
    await world.footprint.settle()
    raw = base64.urlsafe_b64decode(theirs + "=" * (-len(theirs) % 4))
    number = SECOND.number.to_bytes(8, "big")
    assert raw.count(number) == 1
    moved = base64.urlsafe_b64encode(raw.replace(number, FIRST.number.to_bytes(8, "big"))).rstrip(b"=").decode()
    for forged in (theirs, moved):
        assert await used(service, forged) == (417, "contact_id_invalid")
    assert (await shown(service, theirs))[0] == 403
    assert (await shown(service, moved))[0] == 404
    assert await world.footprint.changes() == []


async def test_neighbours_have_nothing_in_common_but_their_key_and_list(world: World) -> None:
    """So one id tells nothing about the next: 128 bits of each, and its 128-bit seal, are all different."""
    service = world.services[CONTACTS]
    ids = [await inserted(service, f"neighbour-{number}@example.com") for number in range(20)]
    raws = [base64.urlsafe_b64decode(one + "=" * (-len(one) % 4)) for one in ids]
    head = 1 + len("k1") + 8
    assert {raw[:head] for raw in raws} == {b"\x02k1" + FIRST.number.to_bytes(8, "big")}
    tails = [raw[head:] for raw in raws]
    assert all(len(tail) >= 16 + 12 for tail in tails)
    for place in range(len(tails[0])):
        assert len({tail[place] for tail in tails}) > 10, place


async def test_keys_are_exchanged_by_their_ids(mongodb_uri: str, database_name: str, kafka: KafkaConnection) -> None:
    """The first key makes new ids, the others still open theirs; without its own key an id is refused."""
    shared = shared_settings(mongodb_uri, database_name, kafka, users=users())
    old, new = {"k1": b"1" * 64}, {"k2": b"2" * 64}
    async with running(contacts.app.create_app, contacts_settings(shared, enc_contact_id_keys=old)) as service:
        first = await inserted(service, "first@example.com")
    async with running(
        contacts.app.create_app, contacts_settings(shared, enc_contact_id_keys={**new, **old})
    ) as service:
        assert await used(service, first) == (200, "")
        assert await shown(service, first) == (200, "")
        second = await inserted(service, "second@example.com")
        assert base64.urlsafe_b64decode(second + "==")[1:3] == b"k2"
        renamed = base64.urlsafe_b64decode(first + "==").replace(b"k1", b"k2", 1)
        forged = base64.urlsafe_b64encode(renamed).rstrip(b"=").decode()
        assert await used(service, forged) == (417, "contact_id_invalid")
    async with running(contacts.app.create_app, contacts_settings(shared, enc_contact_id_keys=new)) as service:
        assert await used(service, first) == (417, "contact_id_invalid")
        assert await used(service, second) == (200, "")
    stranger = {"k1": b"3" * 64}
    async with running(contacts.app.create_app, contacts_settings(shared, enc_contact_id_keys=stranger)) as service:
        assert await used(service, first) == (417, "contact_id_invalid")
