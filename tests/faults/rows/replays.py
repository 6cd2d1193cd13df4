"""Replays: every group reads every topic again from its beginning, as itself and as a group that is new."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tests.faults import outsider
from tests.faults.audit.records import READS
from tests.faults.figures import Figures
from tests.faults.registry import row
from tests.faults.world import World

LIVED = 10.0  # seconds of load before


@row("every topic replayed to its groups", group="events")
async def to_old_groups(world: World, rounds: int, rng: random.Random) -> Figures:
    """Offsets set back to the beginning."""

    async def set_back() -> None:
        for group, topics in READS.items():
            await outsider.move(world, group, topics)

    return await _replay(world, rounds, set_back)


@row("every topic replayed to new groups", group="events")
async def to_new_groups(world: World, rounds: int, rng: random.Random) -> Figures:
    """Groups that the broker has never heard of, on the documents of the old ones."""

    async def forget() -> None:
        await outsider.forget(world, READS)

    return await _replay(world, rounds, forget)


async def _replay(world: World, rounds: int, prepare: Callable[[], Awaitable[None]]) -> Figures:
    await world.stack.start()
    await world.fleet.begin()
    wrong: list[str] = []
    read = 0
    for _ in range(rounds):
        async with world.load():
            await asyncio.sleep(LIVED)
        await world.settle()
        documents, events = await world.auditor.store.documents(), await world.auditor.events()
        await world.stack.terminate()
        await prepare()
        ended = time.monotonic()
        await world.stack.start()
        await world.recovered(ended)
        read += len(events)
        known = {event.id for event in events}
        wrong += [f"{event} came of a replay" for event in await world.auditor.events() if event.id not in known]
        wrong += _differences(documents, await world.auditor.store.documents())
    figures = await world.audit(notes=(f"{read:,} records replayed, no document changed",))
    figures.find("repeated", *wrong)
    return figures


def _differences(before: Mapping[Any, Any], after: Mapping[Any, Any]) -> list[str]:
    """Documents whose state or sequence the replay has changed."""
    return [
        f"{key} was changed by a replay"
        for key in sorted(before.keys() | after.keys())
        if _kept(before.get(key)) != _kept(after.get(key))
    ]


def _kept(document: Any) -> Any:
    return document and (document["state"], document["sequence"])
