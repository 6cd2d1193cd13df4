"""Erasing what is known of a person or of a device. What is forgotten keeps its sequence, and a device its block."""

from collections.abc import Callable, Iterable
from typing import cast

from chassis.decisions import Aggregate, Decision
from contacts import events, model
from contacts.events import Subject
from contacts.model import Contact
from contacts.settings import ContactList
from contacts.store import ContactStore


async def erase_contact(store: ContactStore, subject: Subject, key: str) -> bool | None:
    """Forget all that is known of a contact, and say which values went, not what they were.

    Whether there was anything; None for a contact that never was. Its devices keep their blocks.
    """

    def decide(aggregate: Aggregate[Contact]) -> Decision[Contact, bool | None]:
        known = aggregate.state
        if known is None:
            return Decision(False if aggregate.version else None)
        fields = list(model.values_of(known))
        return Decision(True, cast(Contact, {}), [events.updated(subject, fields)])

    return await store.change(key, decide)


async def erase_device(
    store: ContactStore, lists: Iterable[ContactList], subject: Callable[[ContactList, str], Subject], device_id: str
) -> int:
    """Take a device from the contacts that have it, also from where its status keeps it; returns how many had it.

    The block stays, so it cannot be registered anew while it is blocked.
    """
    erased = 0
    for contact_list in lists:
        for holder in await store.holding([model.device_key(contact_list.id, device_id)]):
            named = subject(contact_list, holder.id)
            erased += await store.change(holder.id, _detaching(named, device_id))
    return erased


def _detaching(subject: Subject, device_id: str) -> Callable[[Aggregate[Contact]], Decision[Contact, bool]]:
    def decide(aggregate: Aggregate[Contact]) -> Decision[Contact, bool]:
        if aggregate.state is None or model.device_of(aggregate.state, device_id) is None:
            return Decision(False)
        return Decision(True, model.detach(aggregate.state, device_id), [events.updated(subject)])

    return decide
