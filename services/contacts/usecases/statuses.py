"""What a device's status does here: the block first, then each contact with the device, then the word of it."""

from chassis.decisions import Aggregate, Decision
from contacts import events, model
from contacts.model import Block, Contact, StatusChange
from contacts.usecases.resources import Resources


async def apply_status(resources: Resources, change: StatusChange) -> None:
    """Bring a status to its end here, or, after a crash, go on from there. A stale or finished one does nothing."""
    # Few devices ever have a second status, so nothing is read first; where there is one, the write finds out.
    if not await resources.store.change_block(change.device, lambda block: _take(block, change), new=True):
        return
    lists = resources.settings.catalogue.lists_of(change.runtime)
    found = await resources.store.holding(model.device_key(one.id, change.device_id) for one in lists)
    reached = [await _mark(resources, contact.id, change) for contact in found]
    triggered = [number for number in reached if number is not None]
    await resources.store.change_block(change.device, lambda block: _finish(block, change, triggered))


def _take(block: Aggregate[Block], change: StatusChange) -> Decision[Block, bool]:
    taken = model.take(block.state, change)
    return Decision(model.is_outstanding(taken or block.state, change), taken)


async def _mark(resources: Resources, key: str, change: StatusChange) -> int | None:
    """How many custom events this status triggered for the contact, now or before; None if it did not reach it."""

    def decide(aggregate: Aggregate[Contact]) -> Decision[Contact, int | None]:
        known = aggregate.state
        if known is None:
            return Decision(None)
        contact_list = resources.settings.catalogue.contact_lists[known["list_id"]]
        names = contact_list.on_status.get(change.status, ()) if change.runs_custom_events else ()
        marked = model.mark(known, change, triggers=len(names))
        device = model.device_of(marked or known, change.device_id)
        reached = device is not None and device.get("statussequence") == change.sequence
        result = device.get("triggered", 0) if device and reached else None
        if marked is None:
            return Decision(result)
        subject = resources.subject(contact_list, key)
        return Decision(result, marked, events.called_for_by_status(subject, names, change, model.values_of(marked)))

    return await resources.store.change(key, decide)


def _finish(block: Aggregate[Block], change: StatusChange, triggered: list[int]) -> Decision[Block, None]:
    if block.state is None or not model.is_outstanding(block.state, change):
        return Decision(None)
    done = events.status_applied(change, contact_devices=len(triggered), custom_events=sum(triggered))
    return Decision(None, model.finish(block.state, change), [done])
