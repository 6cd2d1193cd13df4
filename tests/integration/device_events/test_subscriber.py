"""The subscriber on a real broker: order within a key, offsets only after the effect, a stop that loses nothing."""

import asyncio
from dataclasses import replace

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import RecordsToDelete

from device_events import Away, Event, KafkaConnection, SubscriberLimits, catalog
from tests.integration.device_events.members import GROUP, QUICK, TOPIC, dead_letters, event, member, publish
from tests.support.polling import eventually


async def committed(connection: KafkaConnection) -> int:
    """How many records the group has committed in all."""
    consumer = connection.consumer(connection.name(GROUP))
    await consumer.start()
    try:
        name = connection.name(TOPIC)
        return sum([await consumer.committed(TopicPartition(name, number)) or 0 for number in range(2)])
    finally:
        await consumer.stop()


async def test_events_from_before_the_group_began_are_handled_too(kafka: KafkaConnection) -> None:
    await publish(kafka, [event("a", 1)])
    async with member(kafka) as one:
        assert await one.has_handled(1) == ["a-1"]


async def test_events_of_a_key_are_handled_in_order_and_keys_side_by_side(kafka: KafkaConnection) -> None:
    in_hand: set[str] = set()
    together = 0

    async def slowly(handled: Event) -> None:
        nonlocal together
        assert handled.subject not in in_hand
        in_hand.add(handled.subject)
        together = max(together, len(in_hand))
        await asyncio.sleep(0.005)
        in_hand.remove(handled.subject)

    await publish(kafka, [event(key, number) for number in range(1, 21) for key in "abcde"])
    async with member(kafka, slowly) as one:
        handled = await one.has_handled(100)
    assert len(handled) == 100
    for key in "abcde":
        assert [id for id in handled if id[0] == key] == [f"{key}-{number}" for number in range(1, 21)]
    assert together > 2


async def test_an_offset_is_committed_only_after_its_effect(kafka: KafkaConnection) -> None:
    release = asyncio.Event()

    async def wait(_: Event) -> None:
        await release.wait()

    await publish(kafka, [event("a", 1)])
    async with member(kafka, wait) as one:
        await eventually(lambda: one.begun, within=30)
        assert await one.subscriber.lag() == 1
        release.set()
        await one.has_handled(1)
    assert await committed(kafka) == 1


async def test_an_event_in_hand_when_its_handler_is_killed_comes_again(kafka: KafkaConnection) -> None:
    async def hang(_: Event) -> None:
        await asyncio.Event().wait()

    await publish(kafka, [event("a", 1), event("a", 2)])
    async with member(kafka, hang, limits=replace(QUICK, stop=0.1)) as killed:
        await eventually(lambda: killed.begun, within=30)
    assert (killed.begun, killed.handled) == (["a-1"], [])
    async with member(kafka) as successor:
        assert await successor.has_handled(2) == ["a-1", "a-2"]


async def test_a_stop_in_mid_batch_finishes_what_is_in_hand_and_leaves_the_rest(kafka: KafkaConnection) -> None:
    async def slowly(_: Event) -> None:
        await asyncio.sleep(0.02)

    await publish(kafka, [event("a", number) for number in range(1, 31)])
    async with member(kafka, slowly) as first:
        await first.has_handled(3)
    assert first.begun == first.handled
    assert len(first.handled) < 30
    async with member(kafka) as second:
        await second.has_handled(30 - len(first.handled))
    assert first.handled + second.handled == [f"a-{number}" for number in range(1, 31)]


async def test_a_member_that_has_finished_leaves_nothing_to_repeat(kafka: KafkaConnection) -> None:
    await publish(kafka, [event(f"k{n}", 1) for n in range(50)])
    async with member(kafka) as first:
        await first.has_handled(50)
    await publish(kafka, [event("last", 1)])
    async with member(kafka) as second:
        assert await second.has_handled(1) == ["last-1"]


async def test_an_unknown_type_is_skipped_and_counted(kafka: KafkaConnection) -> None:
    await publish(kafka, [event("a", 1, catalog.PUSH_SEEN), event("a", 2)])
    async with member(kafka) as one:
        assert await one.has_handled(1) == ["a-2"]
        assert one.counts["skipped"] == 1
    assert await committed(kafka) == 2


async def test_a_failing_event_is_tried_again_while_other_keys_flow(kafka: KafkaConnection) -> None:
    fail = True

    async def sometimes(handled: Event) -> None:
        if fail and handled.id == "a-1":
            raise LookupError

    await publish(kafka, [event("a", 1), event("a", 2), *(event(f"k{n}", 1) for n in range(20))])
    async with member(kafka, sometimes, limits=replace(QUICK, attempts=1_000_000)) as one:
        await one.has_handled(20)
        assert not {"a-1", "a-2"} & set(one.handled)
        fail = False
        handled = await one.has_handled(22)
        assert handled.index("a-1") < handled.index("a-2")
        assert one.counts["retried"] > 0


async def test_a_backend_that_is_away_is_waited_for_and_nothing_is_dead_lettered(kafka: KafkaConnection) -> None:
    away = True

    async def needing(handled: Event) -> None:
        if away and handled.subject != "r/free":
            raise Away

    await publish(kafka, [*(event(f"k{n}", 1) for n in range(5)), *(event("free", n) for n in range(1, 9))])
    async with member(kafka, needing) as one:
        await one.has_handled(8)
        await eventually(lambda: one.counts["retried"] > 10 * QUICK.attempts, within=30)
        away = False
        await one.has_handled(13)
        assert one.counts["dead_lettered"] == 0
    assert await dead_letters(kafka) == []


async def test_a_handler_that_never_ends_is_cut_off_and_tried_again_while_other_keys_flow(
    kafka: KafkaConnection,
) -> None:
    hung: list[str] = []

    async def hang_once(handled: Event) -> None:
        if handled.subject == "r/slow" and handled.id not in hung:
            hung.append(handled.id)
            await asyncio.Event().wait()

    await publish(kafka, [event("slow", 1), *(event(f"k{n}", 1) for n in range(5)), event("slow", 2)])
    async with member(kafka, hang_once, limits=replace(QUICK, handler=0.2)) as one:
        handled = await one.has_handled(7)
    assert hung == ["slow-1", "slow-2"]
    assert handled.index("slow-1") < handled.index("slow-2")
    assert await dead_letters(kafka) == []
    assert await committed(kafka) == 7


async def test_an_event_on_which_every_try_hangs_is_given_up(kafka: KafkaConnection) -> None:
    async def hang(handled: Event) -> None:
        if handled.id == "slow-1":
            await asyncio.Event().wait()

    await publish(kafka, [event("slow", 1), event("slow", 2)])
    async with member(kafka, hang, limits=replace(QUICK, handler=0.1)) as one:
        await eventually(lambda: one.begun, within=30)
        await publish(kafka, [event("later", 1)])
        await one.has_handled(2)
    (letter,) = await dead_letters(kafka)
    assert ("dead-letter-reason", b"TimeoutError") in letter.headers


async def test_a_window_that_is_full_pauses_its_partition_and_loses_nothing(kafka: KafkaConnection) -> None:
    release = asyncio.Event()

    async def wait(_: Event) -> None:
        await release.wait()

    await publish(kafka, [event(f"k{n}", 1) for n in range(200)])
    async with member(kafka, wait, limits=SubscriberLimits(window=5, poll_records=5, poll_ms=20)) as one:
        await eventually(lambda: len(one.begun) >= 10, within=30)
        assert await one.subscriber.lag() == 200
        assert len(one.begun) < 40
        release.set()
        await one.has_handled(200)
    assert len(set(one.handled)) == len(one.handled) == 200


async def test_an_absent_broker_is_waited_for_and_a_stop_meanwhile_is_prompt() -> None:
    nowhere = KafkaConnection(bootstrap_servers=("127.0.0.1:1",))
    async with asyncio.timeout(10), member(nowhere) as one:
        await asyncio.sleep(0.1)
        assert one.subscriber.degraded
        assert await one.subscriber.lag() is None


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.05, 0.1, 0.2])
async def test_a_stop_while_joining_is_prompt(kafka: KafkaConnection, delay: float) -> None:
    async with asyncio.timeout(15), member(kafka):
        await asyncio.sleep(delay)


async def test_a_stop_while_its_topic_does_not_exist_is_prompt(kafka: KafkaConnection) -> None:
    async with asyncio.timeout(15), member(replace(kafka, topic_prefix="absent.")) as one:
        await asyncio.sleep(0.3)
    assert one.task.done()


@pytest.mark.apache_kafka
async def test_a_partition_whose_first_records_are_gone_can_be_reached_to_its_end(kafka: KafkaConnection) -> None:
    await publish(kafka, [event(f"k{n}", 1) for n in range(20)])
    async with member(kafka) as first:
        ends = await eventually(lambda: first.subscriber.ends(TOPIC), within=30)
    partly, wholly = ends
    admin = kafka.admin()
    await admin.start()
    await admin.delete_records({partly: RecordsToDelete(3), wholly: RecordsToDelete(ends[wholly])})
    await admin.close()
    async with member(kafka, group="another") as second:
        seen = await eventually(lambda: second.subscriber.ends(TOPIC), within=30)
        assert seen == {partly: ends[partly]}

        async def reached() -> bool:
            return await second.subscriber.has_reached(seen)

        assert await eventually(reached, within=30)
        assert await second.subscriber.lag() == 0
        assert len(second.handled) == ends[partly] - 3
