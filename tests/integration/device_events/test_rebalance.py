"""A second member joins while handlers run: nothing is lost, and what the first has finished stays finished."""

import asyncio
from dataclasses import replace

from device_events import Away, Event, KafkaConnection
from device_events.publisher import Publisher
from tests.integration.device_events.members import QUICK, Member, event, member, outgoing, publish
from tests.support.polling import eventually

COUNT = 40


def partitions_of(one: Member) -> int:
    consumer = one.subscriber._consumer
    return len(consumer.assignment()) if consumer else 0


async def shared(first: Member, second: Member) -> None:
    await eventually(lambda: partitions_of(first) == partitions_of(second) == 1, within=40)


async def test_handlers_in_hand_finish_before_their_partitions_go(kafka: KafkaConnection) -> None:
    release = asyncio.Event()

    async def wait(_: Event) -> None:
        await release.wait()

    await publish(kafka, [event(f"k{n}", 1) for n in range(COUNT)])
    async with member(kafka, wait, limits=replace(QUICK, stop=20.0)) as first:
        await eventually(lambda: len(first.begun) == COUNT, within=30)
        async with member(kafka) as second:
            windows = list(first.subscriber._windows.values())
            await eventually(lambda: all(window.closed for window in windows), within=30)
            assert partitions_of(second) == 0
            release.set()
            await shared(first, second)
            await publish(kafka, [event(f"later{n}", 1) for n in range(COUNT)])
            await eventually(lambda: len(first.handled) + len(second.handled) >= 2 * COUNT, within=30)
    assert second.handled
    assert set(second.handled) <= {f"later{n}-1" for n in range(COUNT)}
    assert len(first.handled) + len(second.handled) == 2 * COUNT


async def test_what_had_not_begun_goes_to_the_new_owner_in_its_order(kafka: KafkaConnection) -> None:
    async def slowly(_: Event) -> None:
        await asyncio.sleep(0.05)

    keys = "abcdef"
    await publish(kafka, [event(key, number) for number in range(1, 61) for key in keys])
    async with member(kafka, slowly) as first:
        await first.has_handled(12)
        async with member(kafka, slowly) as second:
            await shared(first, second)
            await eventually(lambda: len({*first.handled, *second.handled}) == 60 * len(keys), within=60)
    for key in keys:
        told = [id for id in (*first.handled, *second.handled) if id.startswith(f"{key}-")]
        # Keys side by side: a commit waits for the slowest, so a little may be repeated, but never skipped or swapped.
        own = [id for id in second.handled if id.startswith(f"{key}-")]
        assert own == sorted(own, key=lambda id: int(id.split("-")[1]))
        assert set(told) == {f"{key}-{number}" for number in range(1, 61)}


async def test_a_handler_that_waits_for_a_backend_lets_its_partition_go(kafka: KafkaConnection) -> None:
    async def away(_: Event) -> None:
        raise Away

    await publish(kafka, [event(f"k{n}", 1) for n in range(10)])
    patient = replace(QUICK, backoff=60.0, backoff_max=60.0)
    async with member(kafka, away, limits=patient) as first:
        await eventually(lambda: len(first.begun) == 10, within=30)
        async with member(kafka) as second:
            await shared(first, second)
            await eventually(lambda: second.handled, within=30)
        async with member(kafka) as third:
            await shared(first, third)


async def test_members_that_come_and_go_under_load_lose_nothing(kafka: KafkaConnection) -> None:
    publisher, sent = Publisher(kafka), 0
    stop = asyncio.Event()

    async def feed() -> None:
        nonlocal sent
        while sent < 3_000 and not stop.is_set():
            batch = [outgoing(event(f"k{(sent + n) % 50}", (sent + n) // 50 + 1)) for n in range(25)]
            assert all(await publisher.publish(batch))
            sent += 25
            await asyncio.sleep(0.1)

    async def briefly(_: Event) -> None:
        await asyncio.sleep(0.002)

    feeding = asyncio.create_task(feed())
    members: list[Member] = []
    async with member(kafka, briefly) as steady:
        members.append(steady)
        for _ in range(3):
            async with member(kafka, briefly) as guest:
                members.append(guest)
                await shared(steady, guest)
                await eventually(lambda: guest.handled or sent >= 3_000, within=30)
        stop.set()
        await feeding
        expected = {f"k{n % 50}-{n // 50 + 1}" for n in range(sent)}
        await eventually(lambda: {id for one in members for id in one.handled} == expected, within=60)
        told = [id for one in members for id in one.handled]
    await publisher.stop()
    assert len(told) - len(expected) < 100, f"{len(told) - len(expected)} of {len(expected)} repeated"
