"""Bulk: a whole fleet is marked LOST while single devices go on with their lives."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from statistics import median, quantiles
from typing import Any

from pymongo import AsyncMongoClient

from chassis.tokens import TokenDigest
from deploy.local.demo.device import APPLICATION, RUNTIME
from device_admin.model import device as devices
from device_admin.model.device import Sighting
from device_events import catalog
from push_registry import model
from push_registry.model import Details, Device
from tests.faults.audit.documents import COLLECTIONS
from tests.faults.figures import Figures
from tests.faults.load.crowd import crowd, each
from tests.faults.load.life import Life
from tests.faults.registry import row
from tests.faults.world import World
from tests.support.polling import eventually

DEVICES = 10_000
AT_ONCE = 48  # changes that the operators have under way
SINGLES = 8  # devices, one request after the other
DIGEST = TokenDigest(b"bulk" * 8)
SETTLES_WITHIN = 900.0


@row(f"{DEVICES:,} devices LOST at once", group="statuses", rounds=1)
async def all_lost(world: World, rounds: int, rng: random.Random) -> Figures:
    """Devices with a token, written to the stores as if they had always been there; LOST by one request each."""
    await world.stack.start()
    notes = []
    for number in range(rounds):
        fleet = crowd(world, rng, f"fleet-{number}", DEVICES)
        await _seed(world, fleet)
        singles = crowd(world, rng, f"single-{number}", SINGLES)
        await each(singles, Life.begin)
        await world.settle()
        took: list[float] = []
        began = time.monotonic()
        async with _singles(singles, took):
            await each(fleet, lambda life: life.change_status("LOST", asynchronous=True), at_once=AT_ONCE)
            asked = time.monotonic() - began
            await eventually(lambda: _applied(world), within=SETTLES_WITHIN, every=1)
            applied = time.monotonic() - began
        await world.recovered(began)
        slow = quantiles(took, n=100)[98]
        notes += [
            f"{DEVICES / asked:,.0f} changes/s asked for, all applied {applied:.0f} s after the first",
            f"{len(took):,} single requests beside it: median {median(took) * 1e3:.0f} ms, 99 % {slow * 1e3:.0f} ms",
        ]
    return await world.audit(notes=tuple(notes))


async def _applied(world: World) -> bool:
    """Whether every service has acknowledged every change."""
    async with AsyncMongoClient[dict[str, Any]](world.mongod.uri) as client:
        transactions = client[world.stack.database][COLLECTIONS[catalog.DEVICE_ADMIN]]
        open = {"state.kind": "transaction", "state.waiting.0": {"$exists": True}}
        return await transactions.find_one(open, {"_id": 1}) is None


@asynccontextmanager
async def _singles(lives: Sequence[Life], took: list[float]) -> AsyncIterator[None]:
    """Each device changes its registration, over and over, while inside; `took` gets the seconds of each request."""
    over = False

    async def go_on(life: Life) -> None:
        while not over:
            began = time.monotonic()
            await life.update_push()
            took.append(time.monotonic() - began)
            await asyncio.sleep(0.1)

    tasks = [asyncio.create_task(go_on(life)) for life in lives]
    try:
        yield
    finally:
        over = True
        await asyncio.gather(*tasks)


async def _seed(world: World, lives: Sequence[Life]) -> None:
    """Registered for push and known to device-admin, and nobody was ever told of it."""
    now = datetime.now(UTC)
    async with AsyncMongoClient[dict[str, Any]](world.mongod.uri) as client:
        database = client[world.stack.database]
        for source, seed in ((catalog.PUSH_REGISTRY, _registered), (catalog.DEVICE_ADMIN, _known)):
            documents = [
                {"_id": life.key, "state": seed(life, now), "version": 1, "sequence": 0, "commits": [], "outbox": []}
                for life in lives
            ]
            await database[COLLECTIONS[source]].insert_many(documents, ordered=False)


def _registered(life: Life, now: datetime) -> Any:
    token = f"push-{life.id}"
    details = Details(platform="A", user_id="somebody", token=token).with_digest(DIGEST.of(token))
    state, _ = model.register(None, Device(RUNTIME, life.id), APPLICATION, details, now)
    return state


def _known(life: Life, now: datetime) -> Any:
    seen = Sighting(
        runtime=RUNTIME,
        device_id=life.id,
        source=catalog.PUSH_REGISTRY,
        subject=life.key,
        sequence=0,
        time=now,
        contact=True,
        platform="A",
        application=APPLICATION,
    )
    decided = devices.learn(None, seen, now)
    if decided is None:
        raise AssertionError("a contact makes a device known")
    return decided[0]
