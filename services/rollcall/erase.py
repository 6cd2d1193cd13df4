"""rollcall erase: what is known of a device or of a contact goes from all services; blocks and sequences stay."""

import argparse
import re
from collections.abc import Mapping
from typing import Any

import contacts.usecases
import device_admin.usecases
import mobile_platform.store
import mobile_platform.usecases
import push_registry.store
import push_registry.usecases
from chassis.comparison import MARK
from chassis.records import RecordReader, header, reading
from contacts.errors import ContactIdInvalid
from contacts.events import Subject
from contacts.model import ContactIds
from contacts.settings import ContactList
from contacts.store import ContactStore, contact_id_of, contact_key
from device_events.window import Record
from push_registry.model import Device, token_digests
from rollcall.outcome import Exit, Misused, Outcome
from rollcall.parsing import add_group, add_parser
from rollcall.remains import remains
from rollcall.services import CONTACTS, DEVICE_ADMIN, MOBILE_PLATFORM, PUSH_REGISTRY
from rollcall.settings import ContactSettings
from rollcall.workbench import Collections, collections, writing

_HEXADECIMAL = re.compile(r"(?:[0-9a-f]{2}){1,32}")
_ALSO = (
    "Backups of MongoDB, its log of operations, and mails that were sent hold what they hold. "
    "email-handlers remembers of each mail the contact's id, for RECORD_DAYS."
)


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The parsers."""
    group = add_group(commands, "erase", "Erase personal data from all services, and say what Kafka still holds")
    device = add_parser(
        group,
        "device",
        "Erase a device: its registrations, clients, and its place in contacts and in the list of devices",
        description="Its id and what shuts it out stay, so that it cannot come back in by being forgotten.",
        examples=["rollcall erase device myruntime 12345-6789"],
    )
    device.add_argument("runtime")
    device.add_argument("device_id", metavar="device-id")
    device.set_defaults(run=_erase_device)
    contact = add_parser(
        group,
        "contact",
        "Erase a contact: its values and its devices",
        examples=["rollcall erase contact 3 AmsxAAAAAAAAAAM…", "rollcall erase contact 3 0f3c9a… --json"],
    )
    contact.add_argument("list_id", metavar="list", type=int)
    contact.add_argument("contact_id", metavar="contact", help="its EncContactId, or its own id in hexadecimal")
    contact.set_defaults(run=_erase_contact)


async def _erase_device(args: argparse.Namespace) -> Outcome:
    settings = ContactSettings.from_env()
    device = Device(args.runtime, args.device_id)
    async with reading(settings.kafka) as reader, collections(settings.places) as found:
        await _require_level(found)
        erased = await _device_erased(settings, found, device)

        def is_about(record: Record) -> bool:
            return device.key in (header(record, "ce_deviceid"), header(record, "ce_subject"))

        return await _outcome({"device": device.key}, erased, reader, is_about)


async def _device_erased(settings: ContactSettings, found: Collections, device: Device) -> dict[str, int | None]:
    """How much each service had; None where it never was. push-registry goes after those who need its tokens."""
    erased: dict[str, int | None] = {}
    ids = ContactIds(settings.contact_id_keys)

    def subject(contact_list: ContactList, key: str) -> Subject:
        return Subject(contact_list, ids.seal(contact_list.id, contact_id_of(key)))

    async with writing(CONTACTS, settings, found) as store:
        lists = settings.catalogue.lists_of(device.runtime)
        held = await contacts.usecases.erase_device(ContactStore(store), lists, subject, device.device_id)
        erased[CONTACTS.name] = held if held or await store.read(device.key) else None
    async with (
        writing(PUSH_REGISTRY, settings, found) as push_devices,
        writing(MOBILE_PLATFORM, settings, found) as clients,
    ):
        push = push_registry.store.Store(push_devices)
        digests = token_digests(await push.read(device))
        mobile = mobile_platform.store.Store(clients)
        erased[MOBILE_PLATFORM.name] = await mobile_platform.usecases.erase_device(mobile, device.key, digests)
        erased[PUSH_REGISTRY.name] = await push_registry.usecases.erase_device(push, device)
    async with writing(DEVICE_ADMIN, settings, found) as devices:
        gone = await devices.execute(device.key, device_admin.usecases.erasing(devices.clock.now()))
        erased[DEVICE_ADMIN.name] = None if gone is None else int(gone)
    return erased


async def _erase_contact(args: argparse.Namespace) -> Outcome:
    settings = ContactSettings.from_env()
    contact_list = settings.catalogue.contact_lists.get(args.list_id)
    if contact_list is None:
        raise Misused(f"the catalogue has no contact list {args.list_id}")
    ids = ContactIds(settings.contact_id_keys)
    contact_id = _contact_id(ids, args.list_id, args.contact_id)
    key = contact_key(args.list_id, contact_id)
    subject = Subject(contact_list, ids.seal(args.list_id, contact_id))
    async with reading(settings.kafka) as reader, collections(settings.places) as found:
        await _require_level(found)
        async with writing(CONTACTS, settings, found) as store:
            gone = await contacts.usecases.erase_contact(ContactStore(store), subject, key)
        erased = {CONTACTS.name: None if gone is None else int(gone)}
        named = {"contact": key, "encContactId": subject.enc_contact_id}
        return await _outcome(named, erased, reader, lambda record: header(record, "ce_subject") == key)


def _contact_id(ids: ContactIds, list_id: int, text: str) -> str:
    if _HEXADECIMAL.fullmatch(text):
        return text
    try:
        named_list, contact_id = ids.open(text)
    except ContactIdInvalid:
        raise Misused("this is neither an EncContactId nor an id in hexadecimal") from None
    if named_list != list_id:
        raise Misused(f"this contact is in the list {named_list}")
    return contact_id


async def _require_level(found: Collections) -> None:
    for name, collection in found.items():
        if await collection.find_one({"_id": MARK}, {"_id": 1}):
            raise Misused(f"MongoDB is behind Kafka in {name}: run rollcall reconcile first")


async def _outcome(
    named: Mapping[str, str], erased: Mapping[str, int | None], reader: RecordReader, is_about: Any
) -> Outcome:
    held = await remains(reader, is_about)
    known = any(count is not None for count in erased.values())
    data = {**named, "erased": erased, "known": known, "kafka": [one.shown() for one in held], "also": _ALSO}
    lines = [f"{name:<16} {_said(count)}" for name, count in sorted(erased.items())]
    lines += [one.line() for one in held] or ["Kafka: holds no record of it"]
    return Outcome(data, [*lines, _ALSO], Exit.DONE if known else Exit.PARTLY)


def _said(count: int | None) -> str:
    if count is None:
        return "has never known it"
    return f"erased {count}" if count else "had nothing left to erase"
