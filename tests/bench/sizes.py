"""`python -m tests.bench.sizes`: bytes of a document, of each index and of an event, from generated devices.

Every document is written by the use cases that write it in production, then aged: 32 commits remembered, nothing left
to announce. Every event is what the services announced meanwhile, on a topic of a real Kafka.
"""

import argparse
import asyncio
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import uvloop
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

import contacts.usecases
import device_admin.usecases
import mobile_platform.usecases
import push_registry.usecases
from chassis import logs
from chassis.aggregates import AggregateStore
from chassis.clock import Clock
from chassis.commands import StoreLimits
from chassis.mongo import Document, durable_collection, ensure_indexes
from chassis.outbox import Entry, encode_entry, pending_index
from contacts.model import Registration
from device_admin.model.device import Sighting
from device_events import catalog
from device_events.publisher import OutgoingRecord, Publisher
from push_registry.model import Details
from tests.bench.world import Place, World, world
from tests.model.fleet import ALERTING, APPLICATIONS, BACKENDS, CALLER, CLIENT, CONTACTS, MOBILE, RUNTIME, device_key
from tests.model.members import ADMIN, MEMBERS, Member

AT_ONCE = 500
_AGED = [
    {
        "$set": {
            "outbox": [],
            "commits": {
                "$map": {
                    "input": {"$range": [0, 32]},
                    "in": {"$toLong": {"$floor": {"$multiply": [{"$rand": {}}, 2.0**62]}}},
                }
            },
        }
    }
]
Write = Callable[[Any, int], Awaitable[Any]]


def main() -> None:
    """The command line."""
    options = argparse.ArgumentParser(prog="python -m tests.bench.sizes", description=__doc__)
    options.add_argument("--devices", type=int, default=50_000, help="of each service")
    asked = options.parse_args()
    logs.configure("ERROR", service="bench", console=True)
    uvloop.run(_run(asked.devices))


async def _run(devices: int) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        async with world(Path(folder)) as one:
            place = await one.place("sizes")
            async with AsyncMongoClient[Document](place.mongodb_uri, tz_aware=True) as client:
                announced = await _filled(client[place.name], devices)
                await client.admin.command("fsync")
                print("| collection | documents | BSON, bytes each | on disk, bytes each | indexes, bytes each |")
                print("|---|---|---|---|---|")
                for member in MEMBERS:
                    print(_row(await client[place.name].command("collStats", member.collection)), flush=True)
            print("\n| event | on its topic, bytes each |\n|---|---|")
            for type_, size in sorted((await _event_sizes(one, place, announced)).items()):
                print(f"| {type_} | {size:,.0f} |")


async def _filled(database: AsyncDatabase[Document], devices: int) -> dict[str, list[OutgoingRecord]]:
    """The documents of so many devices in each service; up to 2,000 announcements of each type."""
    announced: defaultdict[str, list[OutgoingRecord]] = defaultdict(list)
    for member, writes in ((one, _writes(one)) for one in MEMBERS):
        collection = durable_collection(database, member.collection)
        await ensure_indexes(collection, [*member.indexes, pending_index()])

        def offer(subject: str, entries: Sequence[Entry], member: Member = member) -> None:
            for entry in entries:
                if len(announced[entry["type"]]) < 2_000:
                    topic = catalog.topic_for(entry["type"], member.source)
                    record = OutgoingRecord(topic, *encode_entry(member.source, subject, entry))
                    announced[entry["type"]].append(record)

        clock = Clock()
        await clock.synchronise(database)
        limits = StoreLimits(outcome=120)
        store = AggregateStore(collection, clock=clock, offer=offer, limits=limits, keep_latest=member.keep_latest)
        store.start()
        resources = member.resources(store)
        for write in writes:
            for first in range(0, devices, AT_ONCE):
                await asyncio.gather(
                    *(write(resources, number) for number in range(first, min(first + AT_ONCE, devices)))
                )
        await store.stop()
        await collection.update_many({}, _AGED)
    return announced


def _writes(member: Member) -> Sequence[Write]:
    if member is ADMIN:
        return [_learn, _lose]
    own: dict[str, Write] = {
        catalog.PUSH_REGISTRY: _register,
        catalog.CONTACTS: _sign_up,
        catalog.MOBILE_PLATFORM: _register_client,
    }
    return [own[member.source]]


def _random(number: int, length: int) -> str:
    """Letters and digits, the same for the same number."""
    return "".join(random.Random(number).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=length))


def _device(number: int) -> str:
    return _random(number, 36)


async def _register(resources: Any, number: int) -> None:
    details = Details(
        platform="G",
        user_id=f"user.{number}@example.com",
        phone_number=f"35387{number:07}",
        user_agent="Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Mobile Safari/537.36",
        token=_random(-number, 163),
    )
    await push_registry.usecases.register(resources, APPLICATIONS[0], _device(number), details)


async def _sign_up(resources: Any, number: int) -> None:
    values = {"Email": f"user.{number}@example.com", "FirstName": _random(number, 8)}
    asked = Registration(values=values, device_id=_device(number), device_type=1, match=("Email",))
    await contacts.usecases.register_device(resources, CONTACTS.catalogue.contact_lists[ALERTING], asked)


async def _register_client(resources: Any, number: int) -> None:
    backend = MOBILE.catalogue.backends[BACKENDS[0]]
    payload = {"mobile_client": {**CLIENT, "version": "1.0"}, "token": _random(-number, 64)}
    await mobile_platform.usecases.register(resources, backend, CALLER, payload, _device(number))


async def _learn(resources: Any, number: int) -> None:
    sighting = Sighting(
        runtime=RUNTIME,
        device_id=_device(number),
        source=catalog.PUSH_REGISTRY,
        subject=device_key(_device(number)),
        sequence=1,
        time=resources.now(),
        contact=True,
        platform="G",
        application=APPLICATIONS[0],
        user=f"user.{number}@example.com",
    )
    await device_admin.usecases.learn(resources, sighting)


async def _lose(resources: Any, number: int) -> None:
    """One device in ten has had a transaction."""
    if number % 10 == 0:
        await device_admin.usecases.change_status(
            resources, runtime=RUNTIME, device_id=_device(number), status="LOST", user="operator", asynchronous=False
        )


def _row(stats: Document) -> str:
    each = {name: size / stats["count"] for name, size in stats["indexSizes"].items()}
    indexes = ", ".join(f"{name} {size:.0f}" for name, size in each.items())
    return (
        f"| {stats['ns'].partition('.')[2]} | {stats['count']:,} | {stats['avgObjSize']:,.0f} | "
        f"{stats['storageSize'] / stats['count']:,.0f} | {sum(each.values()):,.0f}: {indexes} |"
    )


async def _event_sizes(one: World, place: Place, announced: dict[str, list[OutgoingRecord]]) -> dict[str, float]:
    """Bytes of the topics' segments after each type by itself."""
    publisher, sizes, counts = Publisher(place.kafka, limit=60), dict[str, float](), Counter[str]()
    for type_, found in announced.items():
        before = _segments(one, place)
        assert all(await publisher.publish(found))
        counts[type_] = len(found)
        sizes[type_] = (_segments(one, place) - before) / len(found)
    await publisher.stop()
    return sizes


def _segments(one: World, place: Place) -> int:
    folders = one.kafka.data.rglob(f"{place.kafka.topic_prefix}*")
    return sum(file.stat().st_size for folder in folders for file in folder.glob("*.log"))


if __name__ == "__main__":
    main()
