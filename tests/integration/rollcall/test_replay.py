"""Replay: a part of a topic reaches one group again, whole, in order and alone, in bounded memory."""

import asyncio
import resource
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer

from chassis.records import reading
from device_events import KafkaConnection, catalog
from device_events.publisher import OutgoingRecord, Publisher
from rollcall.letters import RETRIED_FROM
from tests.integration.device_events.members import event, outgoing, publish
from tests.integration.rollcall.site import Site
from tests.support.announced import records
from tests.support.memory import resident
from tests.support.operator import Answer, interrupted, started
from tests.support.polling import eventually

GROUP, OTHER, TOPIC = "push-registry", "contacts", catalog.PUSH_TOPIC
EVENTS, KEYS = 100_000, 1_000
REPLAY = ("replay", "--topic", TOPIC, "--group", GROUP)
MEMORY = 160 * 2**20  # bytes; the imports alone are 100 MB of it, the records of this test would be 200 MB more


@dataclass
class Member:
    """A member of a group, which has read all that there was. `handed` counts per event id what it was handed since."""

    consumer: AIOKafkaConsumer
    handed: Counter[str] = field(default_factory=Counter)
    sequences: dict[bytes, list[int]] = field(default_factory=lambda: defaultdict(list))
    origins: set[str] = field(default_factory=set)

    async def run(self) -> None:
        """Read until cancelled."""
        async for record in self.consumer:
            headers = dict(record.headers)
            self.handed[headers["ce_id"].decode()] += 1
            self.sequences[record.key].append(int(headers["ce_sequence"]))
            if origin := headers.get(RETRIED_FROM):
                self.origins.add(origin.decode())


@asynccontextmanager
async def member(kafka: KafkaConnection, group: str, *topics: str) -> AsyncIterator[Member]:
    """One that begins at the end of everything, as a group does that has handled it all."""
    consumer = kafka.consumer(kafka.name(group), auto_offset_reset="latest")
    consumer.subscribe([kafka.name(topic) for topic in topics or (TOPIC, catalog.retry_topic(group))])
    await consumer.start()
    one = Member(consumer)
    await eventually(consumer.assignment, within=30)
    for partition in consumer.assignment():
        await consumer.position(partition)
    reading = asyncio.create_task(one.run())
    try:
        yield one
    finally:
        reading.cancel()
        await asyncio.wait([reading])
        await consumer.stop()


async def has(one: Member, number: int) -> None:
    """Once it was handed so many."""
    await eventually(lambda: one.handed.total() >= number, within=60)


async def test_100_000_events_reach_the_group_whole_in_order_and_nobody_else(quiet_site: Site) -> None:
    kafka = quiet_site.kafka
    sent = await _fill(kafka)
    async with member(kafka, GROUP) as one, member(kafka, OTHER) as other:
        begun, peak, cpu = time.monotonic(), 0, _cpu_of_children()
        async with started(quiet_site.variables, *REPLAY, "--from", "beginning", "--json") as process:
            answering = asyncio.create_task(process.communicate())
            while not answering.done():
                peak = max(peak, _memory(process.pid))
                await asyncio.sleep(0.1)
            out, err = await answering
        took = time.monotonic() - begun
        answer = Answer(process.returncode or 0, out.decode(), err.decode())
        assert (answer.exit, answer.data["handed"], answer.data["read"]) == (0, EVENTS, EVENTS), answer.err
        await has(one, EVENTS)
        spent = f"{took:.1f} s ({_cpu_of_children() - cpu:.1f} s of CPU)"
        print(f"{EVENTS} events in {spent}, {answer.data['rounds']} rounds, {peak / 2**20:.0f} MB at most")
        assert one.handed == Counter(sent)
        assert len(one.origins) == EVENTS
        assert all(its == sorted(its) for its in one.sequences.values())
        assert len(one.sequences) == KEYS
        assert peak < MEMORY
        # The other group reads the same topics, and lives: it gets what is announced next, and has got nothing before.
        await publish(kafka, [event("last", 1)])
        await has(other, 1)
        assert other.handed == Counter(["last-1"])
        # Again, as after an interruption: it says where it got to, and what it has said is true.
        before = await _retries(kafka)
        async with started(quiet_site.variables, *REPLAY, "--from", "beginning") as process:
            await eventually(lambda: _are_more(kafka, before + 5_000), within=60)
            stopped = await interrupted(process)
        assert stopped.exit == 130, stopped.err
        place = stopped.err.partition("to go on: --from ")[2].split()[0]
        reached = sum(int(pair.split(":")[1]) for pair in place.split(","))
        assert 5_000 <= reached <= await _retries(kafka) - before < EVENTS
        rest = await quiet_site.rollcall(*REPLAY, "--from", place, "--dry-run", "--json")
        assert (rest.exit, rest.data["wanted"]) == (0, EVENTS + 1 - reached)


async def _fill(kafka: KafkaConnection) -> list[str]:
    publisher, ids = Publisher(kafka, limit=60), []
    numbered = [event(f"k{number % KEYS}", number // KEYS + 1) for number in range(EVENTS)]
    for start in range(0, EVENTS, 5_000):
        part = numbered[start : start + 5_000]
        assert all(await publisher.publish([outgoing(one) for one in part]))
        ids += [one.id for one in part]
    await publisher.stop()
    return ids


async def _retries(kafka: KafkaConnection) -> int:
    """How many records the group's retries hold."""
    async with reading(kafka) as reader:
        spans = await reader.ends(await reader.partitions([catalog.retry_topic(GROUP)]))
        return sum(span.end for span in spans.values())


async def _are_more(kafka: KafkaConnection, number: int) -> bool:
    return await _retries(kafka) > number


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _memory(pid: int) -> int:
    try:
        return resident(pid)
    except OSError:
        return 0  # it has just ended


async def test_places_and_filters_choose_and_a_dry_run_hands_nothing_over(quiet_site: Site) -> None:
    kafka = quiet_site.kafka
    seen = [event("d", number, catalog.PUSH_SEEN) for number in (2, 4)]
    poison = OutgoingRecord(TOPIC, b"r/d", None, [("ce_id", b"poison"), ("odd", b"\xff")])
    await publish(kafka, [event("d", 1), seen[0], event("d", 3), poison, seen[1], event("e", 1)])
    (partition, first), *_ = [
        (one.partition, one.offset) for one in await records(kafka, [kafka.name(TOPIC)]) if one.key == b"r/d"
    ]

    async def handed(*more: str, group: str = GROUP) -> int:
        answer = await quiet_site.rollcall("replay", "--topic", TOPIC, "--group", group, *more, "--json")
        assert answer.exit == 0, answer.err
        assert answer.data["handed"] == (0 if "--dry-run" in more else answer.data["wanted"])
        return int(answer.data["wanted"])

    part = ("--from", f"{partition}:{first + 1}", "--to", f"{partition}:{first + 4}")
    assert await handed("--from", "1h", "--to", "end", "--device", "d", "--dry-run") == 4
    assert await handed("--from", "2020-01-01T00:00:00Z", "--to", "2020-01-02", "--dry-run") == 0
    assert await handed("--from", "0", "--type", "push.seen", "--type", "push.dereg*", "--dry-run") == 2
    assert await _retries(kafka) == 0
    assert await handed(*part) == 3
    given = await records(kafka, [kafka.name(catalog.retry_topic(GROUP))])
    origin = f"{kafka.name(TOPIC)}:{partition}:{first + 2}".encode()
    assert [one.value for one in given][2] is None
    assert given[2].headers == (
        *poison.headers,
        (RETRIED_FROM, origin.replace(b":%d" % (first + 2), b":%d" % (first + 3))),
    )
    assert (given[1].key, given[1].value) == outgoing(event("d", 3))[1:3]


async def test_a_group_that_would_not_hear_it_or_is_not_to_have_it_is_refused(quiet_site: Site) -> None:
    kafka = quiet_site.kafka
    await publish(kafka, [event("d", 1)])

    async def refused(*arguments: str) -> str:
        answer = await quiet_site.rollcall("replay", *arguments, "--from", "beginning")
        assert (answer.exit, answer.out) == (2, "")
        return answer.err

    async with member(kafka, GROUP, TOPIC), member(kafka, OTHER, catalog.CONTACTS_TOPIC, catalog.retry_topic(OTHER)):
        assert "add it to its topics" in await refused("--topic", TOPIC, "--group", GROUP)
        assert "is not to be handed what it holds" in await refused("--topic", TOPIC, "--group", OTHER)
    assert "there is no topic" in await refused("--topic", TOPIC, "--group", "nobody")
    assert "see rollcall dead-letters" in await refused("--topic", catalog.retry_topic(GROUP), "--group", GROUP)
    assert await _retries(kafka) == 0


async def test_a_place_that_is_none_is_refused(quiet_site: Site) -> None:
    for first, end, problem in (("9:1", "end", "there is no partition 9"), ("0:5", "0:1", "ends before it begins")):
        answer = await quiet_site.rollcall(*REPLAY, "--from", first, "--to", end)
        assert (answer.exit, answer.out) == (2, "")
        assert problem in answer.err
