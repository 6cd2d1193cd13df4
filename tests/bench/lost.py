"""LOST at idle: from the operator's call to the effects in the other services, on the whole stack.

A change stream tells when each effect is committed; its own way to us counts against the stack.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import aiohttp
from pymongo import AsyncMongoClient

from deploy.local.backends.ports import free_port
from deploy.local.demo.calls import Calls
from deploy.local.demo.device import RUNTIME, Device
from deploy.local.options import NAMES, Options
from deploy.local.progress import Progress
from deploy.local.stack import Stack, running
from tests.bench import machine
from tests.bench.world import World
from tests.support.polling import eventually

TIMES = 100
SLOWEST = 5.0  # seconds until an effect counts as never seen
FIRST_HOP = ("push-registry", "mobile-platform", "contacts")
SECOND_HOP, MAIL = "token held by mobile-platform", "mail delivered"
Took = Mapping[str, float]


async def lose(world: World) -> dict[str, float]:
    """Median milliseconds by effect, `first hop` (the last of the three services) among them."""
    async with _stack(world) as stack, aiohttp.ClientSession() as session:
        calls, mailbox = Calls(stack.record, session), Path(stack.record["smtp"]["mailbox"])
        devices = [await Device.fresh(calls) for _ in range(TIMES)]
        for device in devices:
            for step in (device.register_for_push, device.sign_up, device.register_mobile_client):
                (await step()).require(200, 201)
        await eventually(lambda: _mails(mailbox) >= TIMES, within=60)
        async with AsyncMongoClient[dict[str, Any]](stack.record["mongodb_uri"]) as client:
            database = client[stack.record["mongodb_database"]]
            took = [await _lose(device, database, mailbox) for device in devices]
    return {effect: median(one[effect] for one in took) * 1e3 for effect in took[0]}


@asynccontextmanager
async def _stack(world: World) -> AsyncIterator[Stack]:
    """The four services and the mail handlers, on this bench's backends and on all cores."""
    ports = {name: free_port() for name in NAMES}
    options = Options(world.folder / "stack", ports, world.mongod.uri, world.kafka.bootstrap)
    with patch.dict(os.environ, {"KAFKA_BOOTSTRAP_SERVERS": world.kafka.bootstrap}), machine.on_all_cores():
        async with running(options, _Silent()) as stack:
            yield stack


class _Silent(Progress):
    def say(self, text: str) -> None:
        """Nothing."""


async def _lose(device: Device, database: Any, mailbox: Path) -> Took:
    await asyncio.sleep(0.05)
    mails, seen = _mails(mailbox), dict[str, float]()
    async with await database.watch(_only_effects(device), max_await_time_ms=1_000) as stream:
        began = time.perf_counter()
        calling = asyncio.create_task(device.mark_lost())
        async with asyncio.timeout(SLOWEST):
            while len(seen) < len(FIRST_HOP) + 1:
                change = await stream.next()
                if effect := _effect(device, change["ns"]["coll"], str(change["documentKey"]["_id"])):
                    seen.setdefault(effect, time.perf_counter() - began)
        (await calling).require(200)
    await eventually(lambda: _mails(mailbox) > mails, within=SLOWEST, every=0.001)
    return {
        **seen,
        "first hop": max(seen[service] for service in FIRST_HOP),
        MAIL: time.perf_counter() - began,
    }


def _only_effects(device: Device) -> list[dict[str, Any]]:
    """What the stream is to tell; all else would only keep MongoDB and us from the work that is measured."""
    own = {"ns.coll": {"$in": ["push_devices", "contacts"]}, "documentKey._id": f"{RUNTIME}/{device.id}"}
    others = {"ns.coll": "mobile_clients", "documentKey._id": {"$regex": "^(client|token):"}}
    return [{"$match": {"$or": [own, others]}}, {"$project": {"ns": 1, "documentKey": 1}}]


def _effect(device: Device, collection: str, id: str) -> str | None:
    """The effect that a change of this document is, the first time after LOST."""
    if collection == "push_devices" and id == f"{RUNTIME}/{device.id}":
        return "push-registry"
    if collection == "mobile_clients" and id.startswith("client:"):
        return "mobile-platform"
    if collection == "mobile_clients" and id.startswith("token:"):
        return SECOND_HOP
    if collection == "contacts" and id == f"{RUNTIME}/{device.id}":
        return "contacts"
    return None


def _mails(mailbox: Path) -> int:
    return sum(1 for _ in mailbox.glob("*.eml"))
