"""What a bench measures, one function each, as sections of the table."""

import time
from collections.abc import Awaitable, Callable, Mapping
from statistics import mean

from tests.bench import idle, lost, machine, puts, statuses, streams
from tests.bench.announcements import Announcements
from tests.bench.puts import CONNECTIONS, DEVICES, Contestant
from tests.bench.stream_reader import FEW
from tests.bench.table import Row, Section
from tests.bench.world import NAIVE, World
from tests.bench.wrk import put

SERVED = 100_000  # requests before the memory is looked at
LONGEST = 90.0  # seconds after which it is looked at all the same
READINESS_TRIES = 3


async def put_registrations(world: World, *, seconds: float, rounds: int) -> list[Section]:
    """PUT with and without group commit; then the memory of ours."""
    place, other = await world.place("ours"), await world.place("naive")
    async with world.registry(place) as first, world.registry(other, NAIVE) as second:
        ours = await puts.contestant(world, first, Announcements(place))
        naive = await puts.contestant(world, second, Announcements(other))
        mongod = world.mongod.pid or 0
        await puts.in_turns([ours, naive], mongod, seconds=seconds, rounds=rounds)
        sections = [_compared(ours, naive, connections) for connections in CONNECTIONS]
        sections.append(await _counted(ours, naive))
        sections.append(await _memory(ours, naive))
    return sections


def _compared(ours: Contestant, naive: Contestant, connections: int) -> Section:
    figures, others = ours.typical(connections), naive.typical(connections)
    rows = [Row(what, figures[what], others[what], 1 if "ms" in what else 0) for what in figures]
    return Section(f"PUT over {DEVICES:,} devices, {connections} connections", "group commit", "one by one", rows)


async def _counted(ours: Contestant, naive: Contestant) -> Section:
    """Whether each acknowledged PUT's event is in Kafka."""
    return Section(
        "All runs together",
        "group commit",
        "one by one",
        [
            Row("acknowledged", ours.acknowledged, naive.acknowledged),
            Row("committed in MongoDB", await ours.announcements.committed(), await naive.announcements.committed()),
            Row("different events in Kafka", await ours.announcements.distinct(), await naive.announcements.distinct()),
            Row("acknowledged without an event", ours.missing, naive.missing),
            Row("refused or broken", ours.failed, naive.failed),
        ],
    )


async def _memory(ours: Contestant, naive: Contestant) -> Section:
    began = time.monotonic()
    while (missing := SERVED - ours.acknowledged) > 0 and time.monotonic() - began < LONGEST:
        rate = ours.typical(CONNECTIONS[-1])["requests/s"]
        run = await put(ours.url, ours.authorization, connections=128, seconds=missing / rate + 1, devices=DEVICES)
        ours.acknowledged += run.acknowledged
    await ours.announcements.drained()
    title = f"Resident memory, MB (after {ours.acknowledged:,} and {naive.acknowledged:,} requests)"
    rows = [Row("push-registry", machine.resident_mb(ours.pid), machine.resident_mb(naive.pid))]
    return Section(title, "group commit", "one by one", rows)


async def status_changes(world: World, *, seconds: float, rounds: int) -> list[Section]:
    """Status changes that wait in Kafka, and the floor under them."""
    applied, floors = [], []
    with machine.on_all_cores(world.mongod.pid or 0, world.kafka.pid or 0):
        for _ in range(rounds):
            applied.append(await statuses.apply(world))
            floors.append(await statuses.floor(world))
    rates = [statuses.COUNT / one.seconds for one in applied]
    rows = [
        Row("a second", mean(rates), mean(statuses.COUNT / one for one in floors)),
        Row("CPU of the server, us a change", mean(one.server for one in applied)),
        Row("CPU of mongod, us a change", mean(one.mongod for one in applied)),
    ]
    title = f"{statuses.COUNT:,} LOST waiting in Kafka, applied and announced, nothing pinned"
    return [Section(title, "applied", "floor", rows)]


async def lost_at_idle(world: World, *, seconds: float, rounds: int) -> list[Section]:
    """The cascade of one LOST on the whole stack."""
    place = await world.place("idle")
    before = await idle.parts(place)
    took = await lost.lose(world)
    after = await idle.parts(place)  # both times, as others' work on the machine comes and goes
    produced, written = mean((before.produced, after.produced)), mean((before.written, after.written))
    parts = produced + 4 * written
    rows = [
        Row("first hop: all three services", took["first hop"], parts, 1),
        *(Row(f"  {service}", took[service], parts, 1) for service in lost.FIRST_HOP),
        Row(f"second hop: {lost.SECOND_HOP}", took[lost.SECOND_HOP], None, 1),
        Row(lost.MAIL, took[lost.MAIL], None, 1),
    ]
    other = f"broker {produced:.1f} + 4 writes of {written:.1f}"
    return [Section(f"LOST at idle, ms from the call, median of {lost.TIMES}", "committed", other, rows)]


async def readiness(world: World, *, seconds: float, rounds: int) -> list[Section]:
    """From the start of the process to ready, with backends up and a deployment that is new each time."""
    took = []
    for _ in range(READINESS_TRIES):
        registry = world.registry(await world.place("ready"))
        began = time.perf_counter()
        async with registry:
            took.append(time.perf_counter() - began)
    rows = [Row(f"slowest of {len(took)} new deployments", max(took), None, 2)]
    return [Section("Seconds from process start to ready", "push-registry", "", rows)]


async def event_stream(world: World, *, seconds: float, rounds: int) -> list[Section]:
    """`subscribe()` against a bare loop over aiokafka that decodes the same JSON; all read the same events."""
    found = await streams.in_turns(world, rounds)
    bare, bare_cpu = streams.rate(found["bare"]), streams.cpu(found["bare"])
    empty = streams.rate(found["handler"])
    rows = [
        Row("an empty handler, events/s", empty, bare),
        Row("  CPU, us an event", streams.cpu(found["handler"]), bare_cpu, 1),
        Row(
            f"  beside {FEW} records at once, events/s", streams.rate(found["handler"]), streams.rate(found["bare_few"])
        ),
        Row("a handler that uses the payload, events/s", streams.rate(found["typed"]), bare),
        Row("an empty loop, events/s", streams.rate(found["loop"]), bare),
        Row("the repeat filter alone, CPU, us an event", streams.cpu(found["repeats"]), bare_cpu, 2),
    ]
    waited, longest, waited_bare = await streams.lone(world)
    remembering = max(one["megabytes"] for one in found["repeats"])
    return [
        Section(f"{streams.COUNT:,} events waiting in Kafka, as many devices", "subscribe()", "bare getmany", rows),
        Section(
            f"A lone event at idle, ms from its publication, of {idle.TIMES}",
            "subscribe()",
            "bare getone",
            [Row("median", waited, waited_bare, 1), Row("longest", longest, None, 1)],
        ),
        Section(
            "Resident memory, MB",
            "subscribe()",
            "",
            [Row("a process that remembers 1,000,000 devices", remembering)],
        ),
    ]


ALL: Mapping[str, Callable[..., Awaitable[list[Section]]]] = {
    "put": put_registrations,
    "status": status_changes,
    "lost": lost_at_idle,
    "ready": readiness,
    "events": event_stream,
}
