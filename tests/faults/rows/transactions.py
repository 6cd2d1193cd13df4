"""Asynchronous transactions whose replica dies in each of their states: the other one brings them to their end."""

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import aiohttp

from deploy.local.demo.device import ADMIN
from tests.faults.audit.losses import ADMIN as SOURCE
from tests.faults.figures import Figures
from tests.faults.journal import Acknowledged
from tests.faults.load.crowd import crowd, each
from tests.faults.load.life import Life, basic
from tests.faults.registry import row
from tests.faults.world import World

DEVICES = 16
SURVIVES = 4  # of what kills it, before it dies
DIES_WITHIN = 30.0


def _die_at(times: int) -> Callable[[], None]:
    left = times

    def reached() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return reached


def when_pending() -> None:
    """Die as a transaction is durable, nobody has been told, and its device knows nothing of it."""
    from device_admin.store import Store

    create, reached = Store.create_transaction, _die_at(SURVIVES)

    async def create_and_die(self: Any, transaction: Any) -> None:
        await create(self, transaction)
        reached()

    Store.create_transaction = create_and_die  # type: ignore[method-assign]


def when_answered() -> None:
    """Die as its caller has been told and the device is about to be written."""
    from device_admin.usecases import changes

    carry_out, reached = changes.carry_out, _die_at(SURVIVES)

    async def die_first(*given: Any, **named: Any) -> Any:
        await asyncio.sleep(0.05)  # for the answer to leave
        reached()
        return await carry_out(*given, **named)

    changes.carry_out = die_first


def when_device_written() -> None:
    """Die as the device has taken the change and the transaction is still PENDING."""
    from device_admin.model import transaction

    follow, reached = transaction.follow, _die_at(SURVIVES)

    def die_first(*given: Any, **named: Any) -> Any:
        reached()
        return follow(*given, **named)

    transaction.follow = die_first


def when_committing() -> None:
    """Die as it is COMMITTING and waits for the others."""
    from device_admin.usecases import changes

    carry_out, reached = changes.carry_out, _die_at(SURVIVES)

    async def carry_out_and_die(*given: Any, **named: Any) -> Any:
        carried_out = await carry_out(*given, **named)
        reached()
        return carried_out

    changes.carry_out = carry_out_and_die


def when_acknowledging() -> None:
    """Die as the word of a service has come and is not written."""
    from device_admin.model import transaction

    acknowledge, reached = transaction.acknowledge, _die_at(SURVIVES)

    def die_first(*given: Any, **named: Any) -> Any:
        reached()
        return acknowledge(*given, **named)

    transaction.acknowledge = die_first


def when_acknowledged() -> None:
    """Die as the word of a service is written and its offset is not committed."""
    from device_admin import usecases
    from device_admin.usecases import cascade

    acknowledge, reached = cascade.acknowledge, _die_at(SURVIVES)

    async def acknowledge_and_die(*given: Any, **named: Any) -> None:
        await acknowledge(*given, **named)
        reached()

    usecases.acknowledge = acknowledge_and_die


STATES = (when_pending, when_answered, when_device_written, when_committing, when_acknowledging, when_acknowledged)


@row("transactions orphaned in every state", group="transactions", rounds=1)
async def orphaned(world: World, rounds: int, rng: random.Random) -> Figures:
    """The first replica of device-admin takes asynchronous changes and dies; only the second is there to go on."""
    await world.stack.start()
    lives = crowd(world, rng, "orphan", DEVICES)
    await each(lives, Life.begin)
    await world.settle()
    left: Counter[str] = Counter()
    for _ in range(rounds):
        for state in STATES:
            left += await _orphan(world, lives, state.__name__, rng)
    figures = await world.audit(
        notes=(
            f"{rounds * len(STATES)} deaths, {SURVIVES - 1} changes before each",
            "left open: " + ", ".join(f"{number} {status}" for status, number in sorted(left.items())),
        )
    )
    figures.find("lost", *[text async for text in _not_well(world)])
    if not {"PENDING", "COMMITTING"} <= left.keys():
        figures.find("stuck", f"the deaths left only {dict(left)}: not every state was tried")
    return figures


async def _orphan(world: World, lives: Sequence[Life], state: str, rng: random.Random) -> Counter[str]:
    """The statuses of the transactions that were open when the replica had died."""
    victim, survivor = world.stack.of(["device-admin"])
    await world.stack.terminate([victim])
    victim.arguments = [f"--with={__name__}:{state}"]
    if state.startswith("when_acknowledg"):
        await world.stack.terminate([survivor])  # or the words might all come to the survivor
    await world.stack.start([victim])
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        dying = asyncio.create_task(victim.died(within=DIES_WITHIN))
        await each(lives, lambda life: _change(session, victim.url, life, rng.choice(("LOST", "ACTIVE"))))
        await dying
    left = Counter(
        document["state"]["status"]
        for (source, id), document in (await world.auditor.store.documents()).items()
        if source == SOURCE and id.startswith("transaction:") and document["state"].get("open")
    )
    ended = time.monotonic()
    await world.stack.start([survivor])
    await world.recovered(ended)
    victim.arguments = []
    await world.stack.start([victim])
    return left


async def _change(session: aiohttp.ClientSession, url: str, life: Life, status: str) -> None:
    """Ask once, at this replica and no other. Whether a change without an answer was made, nobody can tell."""
    path = f"{url}{ADMIN}/devices/{life.id}?async=true"
    headers = {"Authorization": basic("operator")}
    try:
        async with session.put(path, json={"status": status}, headers=headers) as answer:
            told = await answer.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError):
        return
    if answer.status != 200:
        life.client.journal.failed.append(f"PUT of {life.key} answered {answer.status}: {told}")
        return
    id = int(told["transaction"]["id"])
    life.client.journal.acknowledged.append(Acknowledged(SOURCE, (), "", transaction=id, promised=True))


async def _not_well(world: World) -> AsyncIterator[str]:
    for (source, id), document in (await world.auditor.store.documents()).items():
        state = document["state"]
        if source == SOURCE and id.startswith("transaction:") and state["status"] not in ("SUCCESS", "CANCELED"):
            yield f"{id} ended {state['status']}: {state['errors']}"
