"""Registering a device for a contact: which contacts are meant, their writes, and what gives way to them."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count

from chassis.aggregates import KeyConflict
from chassis.decisions import Aggregate, Announcement, Decision
from chassis.errors import Unavailable
from contacts import errors, events, model
from contacts.model import Block, Contact, Match, Registration, View
from contacts.settings import ContactList
from contacts.store import contact_key
from contacts.usecases.resources import Resources

ATTEMPTS = 16  # tries of a registration that keeps losing to others; of those at once, one succeeds each time
PAUSES = (0.01, 0.02, 0.04, 0.08)  # seconds, then the last: what stands in the way may not have reached a majority yet


class _Overtaken(Exception):
    """When it is written, the contact chosen is none that the registration means."""


@dataclass(frozen=True, slots=True)
class _Call:
    """A registration on its way, with what it matches on."""

    resources: Resources
    contact_list: ContactList
    registration: Registration
    match: Match | None

    def block_key(self, device_id: str) -> str:
        return model.block_key(self.contact_list.runtime, device_id)


@dataclass(frozen=True, slots=True)
class _Choice:
    """The contacts to write, the device's first; `is_meant` looks at each again as it is when it is written.

    `is_bound` to these very contacts: another contact that has the device gives it up. If not, the choice is made anew.
    """

    keys: Sequence[str]
    is_meant: Callable[[Contact | None], bool]
    is_bound: bool


@dataclass(frozen=True, slots=True)
class _Written:
    """A contact, and the number of the event that announced its device if it did not have it before."""

    contact: Contact
    added: int | None = None


async def register_device(resources: Resources, contact_list: ContactList, registration: Registration) -> View:
    """Write the contact that is meant, with its device, then the others that match."""
    model.check(contact_list, registration)
    call = _Call(resources, contact_list, registration, model.match_of(contact_list, registration))
    choice, written = await _write_first(call)
    key = choice.keys[0]
    if registration.device_id and (block := await _block_in_force(call, registration.device_id)):
        # A status that came after the first look cannot be missed by this second one.
        await _withdraw(call, key, registration.device_id, block, written.added)
        raise errors.DeviceBlocked
    if registration.old_device_id:
        # A status that has just reached the old id keeps it where it is.
        with contextlib.suppress(errors.DeviceBlocked):
            await _release(call, registration.old_device_id, keep=key)
    others = replace(call, registration=replace(registration, device_id=None, old_device_id=None))
    # Older by a millisecond, so that the same call again finds the same contact to be the latest.
    older = written.contact["updated_at"] - timedelta(milliseconds=1)
    for other in choice.keys[1:]:
        with contextlib.suppress(_Overtaken):
            await _write(others, other, choice.is_meant, block=None, at=older)
    return model.view(written.contact, contact_list, resources.subject(contact_list, key).enc_contact_id)


async def recheck_registration(
    resources: Resources, contact_list: ContactList, key: str, device_id: str, *, added: int
) -> None:
    """Take back what a registration gave a blocked device, should its process have ended before it could.

    Only a device that the status has missed is taken back, and that is known once the status is complete. Raises
    Unavailable until then: a contact that had its device in time is still going to be reached.
    """
    call = _Call(resources, contact_list, Registration(values={}), None)
    block = await _block_in_force(call, device_id)
    if block is None:
        return
    if not model.is_complete(block):
        raise Unavailable
    await _withdraw(call, key, device_id, block, added)


async def _write_first(call: _Call) -> tuple[_Choice, _Written]:
    for attempt in range(ATTEMPTS):
        block = await _require_unblocked(call)
        choice = await _choose(call)
        key = choice.keys[0]
        try:
            now = call.resources.store.now()
            return choice, await _write(call, key, choice.is_meant, block=block, at=now)
        except _Overtaken:
            pass
        except KeyConflict:
            # Only to be written next: a call that gives up must not have taken the device from its contact.
            if choice.is_bound and attempt + 1 < ATTEMPTS:
                await _release(call, call.registration.device_ids[0], keep=key)
        await asyncio.sleep(PAUSES[min(attempt, len(PAUSES) - 1)])
    raise Unavailable


async def _require_unblocked(call: _Call) -> Block | None:
    """The block of the device, if it has one. A blocked device is not let in under a new id either."""
    ids = call.registration.device_ids
    if not ids:
        return None
    blocks = await call.resources.store.blocks(call.block_key(one) for one in ids)
    if any(model.is_blocked(block) for block in blocks.values()):
        raise errors.DeviceBlocked
    return blocks.get(call.block_key(ids[0]))


async def _choose(call: _Call) -> _Choice:
    registration, list_id, store = call.registration, call.contact_list.id, call.resources.store
    if registration.contact_id:
        named_list, contact_id = call.resources.contact_ids.open(registration.contact_id)
        key = contact_key(list_id, contact_id)
        found = await store.read(key) if named_list == list_id else None
        if found is None or found.state is None:
            raise errors.ContactIdInvalid
        return _Choice([key], lambda contact: contact is not None, is_bound=True)
    if call.match:
        return await _choose_matched(call, call.match)
    ids = registration.device_ids
    holders = await store.holding(model.device_key(list_id, one) for one in ids) if ids else []
    if holders:
        holders.sort(key=lambda one: model.device_of(one.state, ids[0]) is None)
        return _Choice(
            [holders[0].id], lambda contact: any(model.device_of(contact, one) for one in ids), is_bound=False
        )
    return _Choice([contact_key(list_id, secrets.token_hex(16))], lambda contact: contact is None, is_bound=False)


async def _choose_matched(call: _Call, match: Match) -> _Choice:
    store = call.resources.store
    found = await store.matching(match.before, limit=model.MAX_MATCHED + 1)
    if not found and match.after != match.before:
        found = await store.matching(match.after, limit=model.MAX_MATCHED + 1)
    if len(found) > model.MAX_MATCHED:
        raise errors.MatchTooWide(limit=model.MAX_MATCHED)
    found.sort(key=_updated, reverse=True)
    keys = [one.id for one in found] or [await _key_to_insert(call, match)]
    return _Choice(keys, lambda contact: contact is None or match.finds(contact["match_keys"]), is_bound=True)


def _updated(contact: Aggregate[Contact]) -> tuple[datetime, str]:
    if contact.state is None:
        raise ValueError("a contact that was found has a state")
    return contact.state["updated_at"], contact.id


async def _key_to_insert(call: _Call, match: Match) -> str:
    for number in count():
        contact_id = model.matched_contact_id(call.resources.settings.contact_digest_key, match, number)
        key = contact_key(call.contact_list.id, contact_id)
        taken = await call.resources.store.read(key)
        if taken is None or taken.state is None or match.finds(taken.state["match_keys"]):
            return key
    raise AssertionError("count() has no end")


async def _write(
    call: _Call, key: str, is_meant: Callable[[Contact | None], bool], *, block: Block | None, at: datetime
) -> _Written:
    subject = call.resources.subject(call.contact_list, key)

    def decide(aggregate: Aggregate[Contact]) -> Decision[Contact, _Written]:
        if not is_meant(aggregate.state):
            raise _Overtaken
        return _decide(call, subject, aggregate, block, at)

    return await call.resources.store.change(key, decide)


def _decide(
    call: _Call, subject: events.Subject, aggregate: Aggregate[Contact], block: Block | None, at: datetime
) -> Decision[Contact, _Written]:
    known, registration, contact_list = aggregate.state, call.registration, call.contact_list
    given = call.match.values if call.match and known is None else registration.values
    contact = model.write_values(known, contact_list, given, at)
    changed = model.changed_fields(known, contact)
    announced: list[Announcement] = []
    if known is None:
        announced.append(events.created(subject, changed))
    elif changed:
        announced.append(events.updated(subject, changed))
    names, added, device_id = list(registration.custom_events), None, registration.device_id
    by_list: Sequence[str] = ()
    if device_id:
        number = aggregate.sequence + len(announced) + 1
        contact = model.attach(contact, registration, block, added=number, at=at)
        announced.append(events.device_registered(subject, registration, device_id))
        if model.device_of(known, device_id) is None:
            added = number
            by_list = [name for name in contact_list.on_registered if name not in names]
    values = model.values_of(contact)
    announced += events.called_for(subject, names, cause="call", values=values, device_id=device_id)
    announced += events.called_for(subject, by_list, cause="registered", values=values, device_id=device_id)
    return Decision(_Written(contact, added), contact, announced)


async def _release(call: _Call, device_id: str, *, keep: str) -> None:
    """Have the contact that has this device give it up, unless that is the one to keep it. Raises DeviceBlocked."""
    holders = await call.resources.store.holding([model.device_key(call.contact_list.id, device_id)])
    for holder in holders:
        if holder.id != keep:
            await _change_devices(call, holder.id, lambda contact: model.release(contact, device_id))


async def _block_in_force(call: _Call, device_id: str) -> Block | None:
    """The block of the device if it is blocked now."""
    device = call.block_key(device_id)
    block = (await call.resources.store.blocks([device])).get(device)
    return block if model.is_blocked(block) else None


async def _withdraw(call: _Call, key: str, device_id: str, block: Block, added: int | None) -> None:
    if added is not None:
        await _change_devices(call, key, lambda contact: model.withdraw(contact, device_id, block, added=added))


async def _change_devices(call: _Call, key: str, change: Callable[[Contact], Contact | None]) -> None:
    subject = call.resources.subject(call.contact_list, key)

    def decide(aggregate: Aggregate[Contact]) -> Decision[Contact, None]:
        changed = change(aggregate.state) if aggregate.state else None
        return Decision(None, changed, [events.updated(subject)] if changed else ())

    await call.resources.store.change(key, decide)
