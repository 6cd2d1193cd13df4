"""Restores: MongoDB comes back from an older copy of its data while Kafka has everything."""

import asyncio
import random
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp

from deploy.local.demo.device import ADMIN
from tests.faults.audit import effects, losses, mails, states
from tests.faults.audit.losses import TRIGGERED, Documents
from tests.faults.audit.records import STATUS_TOPIC, Record
from tests.faults.figures import Figures
from tests.faults.journal import Journal
from tests.faults.load.crowd import each
from tests.faults.load.life import basic
from tests.faults.registry import row
from tests.faults.world import World
from tests.support.operator import Answer, command

LIVED = 6.0  # seconds of load before the copy, after it, and at last


@row("MongoDB restored from an older copy", group="restores", rounds=1)
async def restored(world: World, rounds: int, rng: random.Random) -> Figures:
    """No status may be changed until `rollcall reconcile` has run; then the newest stand, and what is gone is named."""
    await world.stack.start()
    await world.fleet.begin()
    figures = Figures()
    for number in range(rounds):
        await _live(world)
        copy = world.servers.folder / f"copy-{world.stack.database}-{number}"
        await _stopped_for(world, world.mongod.data, copy)
        await _live(world)
        before = await world.auditor.events()
        await world.stack.terminate()
        await _stopped_for(world, copy, world.mongod.data)
        had, ended = await world.auditor.store.documents(), time.monotonic()
        await world.stack.start()
        figures.find("phantom", *await _let_through(world))
        answer = await _reconcile(world)
        await world.recovered(ended)
        await _compare(world, figures, answer, had, before)
        begun = len(world.journal.acknowledged)
        await each(world.fleet.lives, lambda life: life.change_status("ACTIVE", asynchronous=False))
        await _live(world)
        await _balance(world, figures, world.journal.acknowledged[begun:])
        shutil.rmtree(copy)
    return figures


async def _live(world: World) -> None:
    async with world.load():
        await asyncio.sleep(LIVED)
    await world.settle()


async def _stopped_for(world: World, data: Path, to: Path) -> None:
    """Put one folder of data in the place of the other while mongod is stopped."""
    await world.mongod.stop()
    shutil.rmtree(to, ignore_errors=True)
    await asyncio.to_thread(shutil.copytree, data, to)
    await world.mongod.start()


async def _let_through(world: World) -> list[str]:
    """Status changes that were not refused, though sequences would come a second time."""
    wrong = []
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
        for url in world.stack.urls("device-admin"):
            for life in world.fleet.lives[:8]:
                path, who = f"{url}{ADMIN}/devices/{life.id}?async=false", {"Authorization": basic("operator")}
                async with session.put(path, json={"status": "STOLEN"}, headers=who) as answer:
                    if answer.status != 503 or "Retry-After" not in answer.headers:
                        wrong.append(f"{life.key}: a change was answered {answer.status}: {await answer.text()}")
    return wrong


async def _reconcile(world: World) -> Answer:
    told = {
        "MONGODB_URI": world.mongod.uri,
        "MONGODB_DATABASE": world.stack.database,
        "KAFKA_BOOTSTRAP_SERVERS": world.kafka.bootstrap,
        "KAFKA_TOPIC_PREFIX": world.stack.prefix,
        "KAFKA_FETCH_WAIT_MS": "10",
    }
    return await command(told, "reconcile", "--json")


async def _compare(world: World, figures: Figures, answer: Answer, had: Documents, before: Sequence[Record]) -> None:
    """The report against what the copy and Kafka show, and the newest statuses against what stands now."""
    if answer.exit not in (0, 1):
        figures.find("stuck", f"reconcile ended {answer.exit}: {answer.err}")
        return
    gone = {event.id for event in before if event.topic != STATUS_TOPIC and _is_ahead(event, had)}
    named = {one["id"] for one in answer.data["lost"]}
    figures.find("lost", *(f"{id} is gone and not reported" for id in sorted(gone - named)))
    figures.find("phantom", *(f"{id} is reported and not gone" for id in sorted(named - gone)))
    documents, events = await world.auditor.store.documents(), await world.auditor.events()
    figures.find("out_of_order", *_statuses_differ(states.last_statuses(before), documents))
    figures.find("out_of_order", *states.out_of_order(documents, events))
    figures.find("readable", *states.readable(documents, events))
    known = {event.id for event in before}
    again = [event for event in events if event.type == TRIGGERED and event.id not in known]
    figures.find("repeated", *(f"{event} was triggered by the restore" for event in again))
    adopted = len(answer.data["statuses"]["adopt"])
    figures.notes += [
        f"{len(gone):,} events gone and reported, {adopted} statuses adopted",
        "status changes were refused until reconciled",
    ]


def _is_ahead(event: Record, had: Documents) -> bool:
    document = had.get(event.stream)
    return document is None or event.sequence > document["sequence"]


def _statuses_differ(lasts: Mapping[str, states.LastStatus], documents: Documents) -> Iterator[str]:
    for device, last in lasts.items():
        document: Any = documents.get((losses.ADMIN, device))
        held = document and document["state"]["status"]
        if held != last.status:
            yield f"{device} is {held} and was {last.status} before the restore"


async def _balance(world: World, figures: Figures, acknowledged: Sequence[Any]) -> None:
    """The books from the restore on; what was acknowledged before and is gone was compared with the report."""
    documents, events = await world.auditor.store.documents(), await world.auditor.events()
    figures.acknowledged = len(world.journal.acknowledged)
    figures.duplicates = effects.deliveries_beyond_the_first(events)
    figures.recoveries = list(world.recoveries)
    figures.find("lost", *losses.unkept(Journal(acknowledged=list(acknowledged)), documents, events))
    figures.find("lost", *losses.unannounced(documents, losses.streams_of(events)))
    figures.find("phantom", *losses.uncounted(documents, events))
    figures.find("repeated", *effects.repeated(events))
    figures.find("out_of_order", *states.topic_ends_older(events), *states.out_of_order(documents, events))
    figures.find("readable", *states.readable(documents, events))
    figures.find("stuck", *await world.auditor.unsettled(), *await world.auditor.log.dead_letters())
    figures.find("failed", *world.journal.failed)
    came = await asyncio.to_thread(mails.delivered, world.auditor.mailbox)
    figures.find("lost", *mails.missing(mails.wanted(events), came))
    figures.mails_again = mails.again(came)
