"""Statuses in every order, devices that expire and come back."""

import asyncio
import itertools
import random
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from tests.faults import outsider
from tests.faults.audit.records import STATUS_TOPIC, Record
from tests.faults.figures import Figures
from tests.faults.load.crowd import crowd, each
from tests.faults.load.life import Life
from tests.faults.outsider import Written
from tests.faults.registry import row
from tests.faults.replica import Replica
from tests.faults.world import World
from tests.support.polling import eventually

REACTING = ("push-registry", "contacts", "mobile-platform")
CHANGES = ("LOST", "ACTIVE", "LOST")
ORDERS = tuple(itertools.permutations(range(len(CHANGES))))
# Each order once, with each delivery repeated at once, and with all of it repeated backwards.
DELIVERIES: Sequence[Sequence[int]] = (
    *ORDERS,
    *(tuple(one for one in order for _ in range(2)) for order in ORDERS),
    *((*order, *reversed(order)) for order in ORDERS),
)
EXPIRING = 24  # devices
IMPATIENT = {"INACTIVITY_DAYS": f"{2 / 86_400:.9f}", "EXPIRY_EVERY": "0.5"}
PATIENT = {"INACTIVITY_DAYS": "90", "EXPIRY_EVERY": "3600"}
CONTACTS = (Life.update_push, Life.register_for_push, Life.sign_up, Life.register_mobile_client)


@row("LOST, ACTIVE, LOST delivered in every order", group="statuses")
async def in_every_order(world: World, rounds: int, rng: random.Random) -> Figures:
    """The three events as device-admin announced them reach a group only in the order of the row, through its retries.

    Afterwards they come once more, as they stand on their own topic.
    """
    await world.stack.start()
    for number in range(rounds):
        lives = crowd(world, rng, f"order-{number}", len(DELIVERIES))
        await each(lives, Life.begin)
        await world.settle()
        await _deliver(world, lives)
    said = f"{len(DELIVERIES)} devices a round: {len(ORDERS)} orders, once, each twice, and back again"
    return await world.audit(notes=(said, "then the whole topic again"))


async def _deliver(world: World, lives: Sequence[Life]) -> None:
    reacting = world.stack.of(REACTING)
    await world.stack.terminate(reacting)
    for status in CHANGES:
        await each(lives, partial(Life.change_status, status=status, asynchronous=False))
    await eventually(lambda: _announced(world, lives), within=30, every=0.2)
    for group in REACTING:
        await outsider.move(world, group, [STATUS_TOPIC], to_end=True)
    letters, ended = await _permuted(world, lives), time.monotonic()
    await world.stack.start(reacting)
    await asyncio.gather(*(_hand(world, group, letters) for group in REACTING))
    await eventually(lambda: _handed(world), within=60, every=0.5)
    await world.recovered(ended)
    await world.stack.terminate(reacting)
    for group in REACTING:
        await outsider.move(world, group, [STATUS_TOPIC])
    await world.stack.start(reacting)
    await world.settle()


async def _announced(world: World, lives: Sequence[Life]) -> bool:
    """Whether each device has its three changes on the topic."""
    told: defaultdict[str, set[int]] = defaultdict(set)
    for event in await world.auditor.events():
        if event.topic == STATUS_TOPIC and "transactionId" in event.data:
            told[event.subject].add(event.sequence)
    return all(len(told[life.key]) == len(CHANGES) for life in lives)


async def _permuted(world: World, lives: Sequence[Life]) -> list[Written]:
    """The records of these devices' changes, those of each in an order of its own."""
    changes: defaultdict[str, dict[int, Written]] = defaultdict(dict)
    for one in await world.auditor.log.raw(STATUS_TOPIC):
        headers = {name: value.decode() for name, value in one.headers}
        if b'"transactionId"' in one.value:
            changes[headers["ce_subject"]][int(headers["ce_sequence"])] = Written(
                "", one.key, one.value, list(one.headers)
            )
    permuted = []
    for life, order in zip(lives, DELIVERIES, strict=True):
        in_order = [written for _, written in sorted(changes[life.key].items())]
        permuted += [in_order[number] for number in order]
    return permuted


async def _hand(world: World, group: str, letters: Sequence[Written]) -> None:
    await outsider.put(world, [letter._replace(topic=f"{group}.retries") for letter in letters])


async def _handed(world: World) -> bool:
    """Whether each group has read its retries to the end."""
    lags = await world.auditor.log.lag_of({group: (f"{group}.retries",) for group in REACTING})
    return not any(lags.values())


@row("EXPIRED devices make contact", group="statuses")
async def expired(world: World, rounds: int, rng: random.Random) -> Figures:
    """Silence makes ACTIVE devices EXPIRED, contact of any kind makes them ACTIVE again; one that is LOST stays so."""
    await world.stack.start()
    wrong: list[str] = []
    for number in range(rounds):
        lives = crowd(world, rng, f"silent-{number}", EXPIRING)
        await each(lives, Life.begin)
        await world.settle()
        wrong += await _fall_silent(world, lost=lives[::6], silent=[one for at, one in enumerate(lives) if at % 6])
    figures = await world.audit(notes=(f"{EXPIRING} devices a round, every sixth LOST",))
    figures.find("out_of_order", *wrong)
    return figures


async def _fall_silent(world: World, *, lost: Sequence[Life], silent: Sequence[Life]) -> list[str]:
    """What went wrong."""
    admins = world.stack.of(["device-admin"])
    await each(lost, partial(Life.change_status, status="LOST", asynchronous=False))
    await world.settle()
    await _restart(world, admins, IMPATIENT)
    await eventually(lambda: _all_are(world, silent, "EXPIRED"), within=60, every=0.5)
    await world.settle()
    await _restart(world, admins, PATIENT)
    tokens = await each(silent, Life.read_push)
    began = time.monotonic()
    await each(enumerate(silent), lambda one: CONTACTS[one[0] % len(CONTACTS)](one[1]))
    await each(lost, Life.update_push)
    await eventually(lambda: _all_are(world, silent, "ACTIVE"), within=60, every=0.5)
    await world.recovered(began)
    return [
        *(f"{answer.data}: EXPIRED took its token" for answer in tokens if "token" not in answer.data),
        *_not(await _statuses(world), lost, "LOST"),
        *_unreasoned(await world.auditor.events(), silent),
    ]


async def _restart(world: World, replicas: Sequence[Replica], variables: Mapping[str, str]) -> None:
    await world.stack.terminate(replicas)
    world.stack.tell(replicas, variables)
    await world.stack.start(replicas)


async def _statuses(world: World) -> dict[str, str]:
    documents = await world.auditor.store.documents()
    return {id: one["state"].get("status", "") for (source, id), one in documents.items() if source.endswith("admin")}


async def _all_are(world: World, lives: Sequence[Life], status: str) -> bool:
    return not [*_not(await _statuses(world), lives, status)]


def _not(statuses: Mapping[str, str], lives: Sequence[Life], status: str) -> Iterator[str]:
    for life in lives:
        if statuses.get(life.key) != status:
            yield f"{life.key} is {statuses.get(life.key)}, not {status}"


def _unreasoned(events: Sequence[Record], lives: Sequence[Life]) -> Iterator[str]:
    """Devices whose way to EXPIRED and back was another than silence and contact."""
    told: defaultdict[str, dict[int, tuple[str, str]]] = defaultdict(dict)
    for event in events:
        if event.topic == STATUS_TOPIC:
            told[event.subject][event.sequence] = (event.data["status"], event.data["reason"])
    wanted = [("ACTIVE", "first-seen"), ("EXPIRED", "inactivity"), ("ACTIVE", "contact")]
    for life in lives:
        if (way := [one for _, one in sorted(told[life.key].items())]) != wanted:
            yield f"{life.key} went {way}"
