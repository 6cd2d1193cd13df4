"""Handlers of custom events that raise, hang, or die once the mail server has accepted the mail."""

import asyncio
import os
import random
import signal
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from tests.faults.figures import Figures
from tests.faults.load.crowd import crowd, each
from tests.faults.load.life import Life
from tests.faults.registry import row
from tests.faults.replica import Replica
from tests.faults.rows.kill_points import MAIL_CONNECTIONS
from tests.faults.world import World
from tests.support.operator import command
from tests.support.polling import eventually

MAILS = 24  # a round
HOPELESS = "hopeless"
LIMIT = 4.0  # seconds that a handler has: SMTP_TIMEOUT of these tests, and one
DIES_AT = 5  # mails
BATCHES = 10  # at the most, until each handler has had its share


def _instead_of_sending(behave: Callable[[Any], Any], *, first: bool) -> None:
    """Have the handler do this before a mail is sent, or after it was accepted."""
    from email_handlers.smtp import Smtp

    send = Smtp.send

    async def misbehave(self: Smtp, message: Any) -> None:
        if first:
            await behave(message)
        await send(self, message)
        if not first:
            await behave(message)

    Smtp.send = misbehave  # type: ignore[method-assign]


def raising() -> None:
    """The first try of each mail fails as nothing of ours does, and every try of a hopeless one."""
    tried: set[str] = set()

    async def fail(message: Any) -> None:
        id = str(message["Message-ID"])
        if id not in tried or HOPELESS in str(message["To"]):
            tried.add(id)
            raise LookupError("a fault test wants this to fail")

    _instead_of_sending(fail, first=True)


def hanging() -> None:
    """The first try of each mail never ends; what cuts it off is the handler's time."""
    tried: set[str] = set()

    async def hang_first(message: Any) -> None:
        id = str(message["Message-ID"])
        if id not in tried:
            tried.add(id)
            # Outside of what bounds the mail itself, for which the mail server has its time.
            await asyncio.Event().wait()

    _instead_of_sending(hang_first, first=True)


def dying() -> None:
    """The process dies as one of its first mails has been accepted, and nobody has written that down."""
    accepted = 0

    async def die(message: Any) -> None:
        nonlocal accepted
        accepted += 1
        if accepted == DIES_AT:
            os.kill(os.getpid(), signal.SIGKILL)

    _instead_of_sending(die, first=False)


@row("a handler that raises", group="handlers", rounds=1)
async def raised(world: World, rounds: int, rng: random.Random) -> Figures:
    """Every mail fails once and goes out; a hopeless one is given up, and goes out once a better handler gets it."""
    handlers = await _started(world, "raising")
    for number in range(rounds):
        await _sign_up(world, rng, f"{HOPELESS}-{number}", 2)
        await _sign_up(world, rng, f"raising-{number}", MAILS)
        await eventually(partial(_given_up, world, 2 * (number + 1), rng), within=150, every=3)
    await world.stack.terminate(handlers)
    for replica in handlers:
        replica.arguments = []
    await world.stack.start(handlers)
    ended = time.monotonic()
    told = {
        "KAFKA_BOOTSTRAP_SERVERS": world.kafka.bootstrap,
        "KAFKA_TOPIC_PREFIX": world.stack.prefix,
        "KAFKA_FETCH_WAIT_MS": "10",
    }
    replayed = await command(told, "dead-letters", "replay", "--group", "email-handlers", "--all", "--json")
    await world.recovered(ended)
    letters = len(await world.auditor.log.dead_letters())
    figures = await world.audit(
        dead_letters=letters, notes=(f"{2 * rounds} given up and replayed", f"{rounds * MAILS} failed once")
    )
    if replayed.exit != 0 or len(replayed.data["replayed"]) != 2 * rounds:
        figures.find("stuck", f"the replay ended {replayed.exit}: {replayed.out} {replayed.err}")
    return figures


@row("a handler that hangs", group="handlers", rounds=1)
async def hung(world: World, rounds: int, rng: random.Random) -> Figures:
    """The first try of each mail never ends, all at once."""
    await _started(world, "hanging")
    for number in range(rounds):
        began = time.monotonic()
        await _sign_up(world, rng, f"hanging-{number}", MAILS)
        await world.recovered(began)
    return await world.audit(notes=(f"{rounds * MAILS} handlers that never end, each cut off after {LIMIT:.0f} s",))


@row("a handler that dies after the mail was accepted", group="handlers")
async def died(world: World, rounds: int, rng: random.Random) -> Figures:
    """Both replicas, one after the other; SMTP cannot tell what was accepted."""
    handlers = world.stack.of(["email-handlers"])
    for number in range(rounds):
        await _started(world, "dying")
        deaths = asyncio.gather(*(replica.died(within=60) for replica in handlers))
        for batch in range(BATCHES):
            await _sign_up(world, rng, f"dying-{number}-{batch}", MAILS)
            if deaths.done():
                break
        await deaths
        ended = time.monotonic()
        for replica in handlers:
            replica.arguments = []
        await world.stack.start(handlers)
        await world.recovered(ended)
    excused = rounds * len(handlers) * MAIL_CONNECTIONS
    return await world.audit(mails_excused=excused, notes=(f"{rounds * len(handlers)} deaths",))


async def _started(world: World, fault: str) -> list[Replica]:
    """The handlers, with that fault from now on, and all else."""
    handlers = world.stack.of(["email-handlers"])
    await world.stack.terminate([replica for replica in handlers if replica.pid])
    for replica in handlers:
        replica.arguments = [f"--with={__name__}:{fault}"]
    await world.stack.start()
    return handlers


async def _sign_up(world: World, rng: random.Random, name: str, count: int) -> list[Life]:
    """So many owners of devices sign up and are due a mail of welcome."""
    lives = crowd(world, rng, name, count)
    await each(lives, Life.welcome)
    return lives


async def _given_up(world: World, due: int, rng: random.Random) -> bool:
    """Whether so many were; others have to succeed meanwhile, so one more signs up."""
    await _sign_up(world, rng, f"later-{time.monotonic_ns()}", 1)
    return len(await world.auditor.log.dead_letters()) >= due
