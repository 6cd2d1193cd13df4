"""Restoration: carries out what a survey has found. Every step may be interrupted and repeated."""

import asyncio
from collections.abc import Iterable, Sequence

from chassis.comparison import behind, unmark
from chassis.outbox import Entry
from chassis.reconcile import decide_above, lift
from chassis.relay import Addressed
from device_admin.model.adoption import Adopted
from device_admin.store.counter import raise_transaction_counter
from device_admin.usecases import adopting, saying_again
from device_admin.usecases.restoring import Decide
from device_events.catalog import retry_topic
from device_events.publisher import OutgoingRecord, Publisher
from rollcall.outcome import Unfinished
from rollcall.services import DEVICE_ADMIN, MOBILE_PLATFORM, SERVICES
from rollcall.settings import Settings
from rollcall.survey import Survey
from rollcall.workbench import Collections, Workbench, workbench

_ROUND = 50  # devices
_RECORDS = 500


async def restore(settings: Settings, found: Collections, seen: Survey) -> list[str]:
    """Lift every sequence, then adopt and announce statuses, then let status changes in again.

    Returns the services that had been refusing or reporting. Raises Unfinished when Kafka goes away, and what MongoDB
    raises.
    """
    for name, service in SERVICES.items():
        if service is not DEVICE_ADMIN:
            await lift(found[name], {subject: seen.newest[name][subject] for subject in seen.late[name]})
    await raise_transaction_counter(found[DEVICE_ADMIN.name], seen.highest_transaction)
    late = seen.late[DEVICE_ADMIN.name]
    unreadable = {subject: seen.newest[DEVICE_ADMIN.name][subject] for subject in late if subject not in seen.statuses}
    await lift(found[DEVICE_ADMIN.name], unreadable)
    # Before the statuses: once mobile-platform has applied those, nothing would tell that these are still to be handed.
    await _hand_over(settings, seen)
    async with workbench(DEVICE_ADMIN, found[DEVICE_ADMIN.name], settings.kafka) as bench:
        await _announce(bench, seen, [subject for subject in late if subject in seen.statuses])
        await _announce(bench, seen, seen.to_say_again)
    return await _open(found, seen)


async def _hand_over(settings: Settings, seen: Survey) -> None:
    """Tell mobile-platform again, and nobody else, of which tokens shut-out devices were deprived."""
    topic, publisher = retry_topic(MOBILE_PLATFORM.name), Publisher(settings.kafka)
    records = [OutgoingRecord(topic, one.key, one.value, list(one.headers)) for one in seen.removals]
    try:
        for start in range(0, len(records), _RECORDS):
            if not all(await publisher.publish(records[start : start + _RECORDS])):
                raise Unfinished("Kafka went away before any status was announced; repeat it")
    finally:
        await publisher.stop()


async def _announce(bench: Workbench, seen: Survey, devices: Sequence[str]) -> None:
    for start in range(0, len(devices), _ROUND):
        page = devices[start : start + _ROUND]
        entries = await asyncio.gather(*(_decide(bench, seen, device) for device in page))
        items = [Addressed(device, entry) for device, own in zip(page, entries, strict=True) for entry in own]
        if items and not await bench.relay.deliver(items):
            raise Unfinished(f"Kafka went away after {start} of {len(devices)} devices; repeat it to do the rest")


async def _decide(bench: Workbench, seen: Survey, device: str) -> Iterable[Entry]:
    """Lifting, adopting and what announces it are one write, so an interruption leaves nothing half done."""
    is_late, newest = device in seen.late[DEVICE_ADMIN.name], seen.statuses[device]
    decide: Decide = saying_again()
    if is_late:
        decide = adopting(
            Adopted(
                runtime=newest.runtime,
                device_id=newest.device_id,
                status=newest.status,
                time=newest.time,
                sequence=newest.sequence,
                transaction_id=seen.transactions.get(device),
            )
        )
    above = seen.newest[DEVICE_ADMIN.name][device] if is_late else 0
    _, entries = await decide_above(bench.collection, device, above, decide, clock=bench.clock, keep_latest=True)
    return entries


async def _open(found: Collections, seen: Survey) -> list[str]:
    for name in SERVICES:
        if late := await behind(found[name], seen.newest[name]):
            raise Unfinished(f"{len(late)} documents of {name} are behind Kafka again; repeat it")
    return [name for name in SERVICES if await unmark(found[name])]
