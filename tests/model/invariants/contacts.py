"""contacts: a device has one contact a list, and a custom event is triggered once."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from device_events import BLOCKING, catalog
from tests.model.fleet import CONTACTS, device_key
from tests.model.invariants.statuses import Newest
from tests.model.world import World

_TRIGGERED, _REGISTERED = catalog.CUSTOM_EVENT_TRIGGERED, catalog.CONTACT_DEVICE_REGISTERED


def check_always(world: World) -> None:
    """Devices were announced to be where they are; a status triggers a custom event of a contact once."""
    held: Counter[tuple[int, str]] = Counter()
    for key, contact in _contacts(world):
        registered = {
            event.sequence: event.data["deviceId"]
            for event in world.books.of(catalog.CONTACTS, key)
            if event.type == _REGISTERED
        }
        for device in contact["devices"]:
            held[contact["list_id"], device["id"]] += 1
            assert registered[device["added"]] == device["id"], f"{key} has {device}, announced were {registered}"
    assert set(held.values()) <= {1}, f"a device has two contacts: {held}"
    triggered = Counter(
        (event.causationid, event.subject, event.data["customEvent"])
        for event in world.books.named(_TRIGGERED)
        if event.causationid is not None
    )
    assert set(triggered.values()) <= {1}, f"a status triggered a custom event twice: {triggered}"


def check_settled(world: World, newest: Mapping[str, Newest]) -> None:
    """The newest status has reached the contacts, and triggered what their lists name for it."""
    documents, order = world.snapshot[catalog.CONTACTS], list(world.books.events)
    for device, one in newest.items():
        block = documents[device]["state"] if device in documents else None
        if block is None:
            assert one.is_first, f"nothing is kept of {one.event}"
            continue
        assert (block["status"], block["statussequence"]) == (one.status, one.event.sequence), f"{device}: {block}"
        assert block["applied"] == block["statussequence"]
    for key, contact in _contacts(world):
        for device in contact["devices"]:
            known = newest.get(device_key(device["id"]))
            if known is None:
                continue
            assert (device.get("status") in BLOCKING) == known.is_blocked, f"{key}: {device}, but it is {known.status}"
            registered = next(
                event for event in world.books.of(catalog.CONTACTS, key) if event.sequence == device["added"]
            )
            if order.index(registered.id) < order.index(known.event.id):
                _check_reached(world, key, contact, device, known)


def _check_reached(world: World, key: str, contact: Any, device: Any, newest: Newest) -> None:
    """A contact that had its device before the status came has heard of it."""
    previous = newest.event.data.get("previous")
    if previous is None:
        return
    assert device.get("statussequence") == newest.event.sequence, f"{newest.status} has not reached {key}: {device}"
    names = CONTACTS.catalogue.contact_lists[contact["list_id"]].on_status.get(newest.status, ())
    triggered = [
        event.data["customEvent"]
        for event in world.books.of(catalog.CONTACTS, key)
        if event.type == _TRIGGERED and event.causationid == newest.event.id
    ]
    expected = list(names) if previous != newest.status else []
    assert triggered == expected, f"{newest.status} triggered {triggered} of {key}, not {expected}"


def _contacts(world: World) -> Iterator[tuple[str, Any]]:
    for key, document in world.snapshot[catalog.CONTACTS].items():
        if key.startswith("contact:"):
            yield key, document["state"]
