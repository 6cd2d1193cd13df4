"""Several handlers of one custom event, over a real broker: each has its own tries, its own end and its own replay."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest_asyncio

from chassis.records import reading
from chassis.topics import create_topics
from device_events import KafkaConnection, catalog
from device_events.envelope import encode
from device_events.handlers import CustomEvent, Handlers, Reject, Retry, RetryLater
from device_events.handlers.mongodb import MongoSettings
from device_events.publisher import OutgoingRecord, Publisher
from rollcall.letters import Letter, chosen, letters_in
from tests.support.operator import command
from tests.support.polling import eventually
from tests.support.runners import a_trigger, running, trigger
from tests.support.topics import delete_topics

GROUP, NAME = "shop-handlers", "SendCoupon"
QUICK = Retry(attempts=3, first=0.02, longest=0.05)


@dataclass
class Shop:
    """Two handlers of one custom event; what each does may be changed, how often each ran is counted."""

    records: str | None = None
    ran: Counter[str] = field(default_factory=Counter)
    behave: dict[str, Callable[[CustomEvent], Awaitable[None]]] = field(default_factory=dict)

    def handlers(self) -> Handlers[None]:
        """As a module makes them at its import."""
        handlers = Handlers(records=self.records)
        for name in ("coupon", "ledger"):

            async def handle(event: CustomEvent) -> None:
                self.ran[event.handler] += 1
                if behave := self.behave.get(event.handler):
                    await behave(event)

            handlers.on(NAME, name=name, retry=QUICK)(handle)
        return handlers


@pytest_asyncio.fixture
async def shop_kafka(kafka: KafkaConnection, kafka_bootstrap: str) -> Any:
    """The group's own topics too."""
    created = await create_topics(kafka, [GROUP], replicas=1, partitions=2)
    yield kafka
    await delete_topics(kafka_bootstrap, created)


async def refuse(event: CustomEvent) -> None:
    raise Reject(f"{event.handler} wants none")


async def letters(kafka: KafkaConnection, number: int) -> list[Letter]:
    """Those of the group's that are not settled, as an operator sees them, once there are so many."""

    async def look() -> tuple[list[Letter]] | None:
        async with reading(kafka) as reader:
            found = await letters_in(reader.read([catalog.dead_letter_topic(GROUP)]))
        waiting = [letter for letter in found if letter.settled is None]
        return (waiting,) if len(waiting) == number else None

    (found,) = await eventually(look, within=30, every=0.2)
    return sorted(found, key=lambda letter: letter.id)


async def replay(kafka: KafkaConnection, letter: Letter) -> None:
    """As `rollcall dead-letters replay` does it."""
    publisher = Publisher(kafka)
    for record in (letter.retry(GROUP), letter.mark(GROUP, "replayed")):
        assert await publisher.publish([record]) == [True]
    await publisher.stop()


async def test_a_retry_after_one_handlers_failure_runs_that_handler_alone(shop_kafka: KafkaConnection) -> None:
    shop, failures = Shop(), [LookupError(), LookupError(), RetryLater(0.02)]

    async def fail(_: CustomEvent) -> None:
        if failures:
            raise failures.pop(0)

    shop.behave["ledger"] = fail
    async with running(shop.handlers(), shop_kafka, GROUP) as runner:
        await trigger(shop_kafka, a_trigger(NAME), a_trigger("SendSomethingElse"))
        await eventually(lambda: runner.dispatch.counts["handled"] == 1, within=30)
        await eventually(lambda: runner.dispatch.counts["skipped"] == 1)
    assert shop.ran == {"coupon": 1, "ledger": 4}


async def test_a_dead_letter_names_its_handler_and_a_replay_runs_it_alone(shop_kafka: KafkaConnection) -> None:
    shop, event = Shop(), a_trigger(NAME)
    shop.behave["coupon"] = refuse
    async with running(shop.handlers(), shop_kafka, GROUP) as runner:
        await trigger(shop_kafka, event)
        (letter,) = await letters(shop_kafka, 1)
        assert letter.id.endswith("#coupon")
        assert letter.summary()["handler"] == "coupon"
        assert letter.summary()["reason"] == "Rejected: coupon wants none"
        # The same event once more on its topic is a repeat, no operator's wish: known, and nothing is run.
        await trigger(shop_kafka, event)
        await eventually(lambda: runner.dispatch.counts["dead_lettered"] == 2, within=30)
        assert shop.ran == {"coupon": 1, "ledger": 1}
        del shop.behave["coupon"]
        told = {
            "KAFKA_BOOTSTRAP_SERVERS": ",".join(shop_kafka.bootstrap_servers),
            "KAFKA_IDEMPOTENT": str(shop_kafka.idempotent),
            "KAFKA_TOPIC_PREFIX": shop_kafka.topic_prefix,
        }
        answer = await command(told, "dead-letters", "replay", "--group", GROUP, "--id", letter.id, "--json")
        assert (answer.exit, answer.data["replayed"]) == (0, [letter.id]), answer.err
        await eventually(lambda: runner.workers[0].counts["done"] == 1, within=30)
        # The second letter of the same event: it is done by now, and a replay changes nothing.
        (other,) = await letters(shop_kafka, 1)
        await replay(shop_kafka, other)
        await eventually(lambda: runner.workers[0].counts["repeated"] == 2, within=30)
        await letters(shop_kafka, 0)
    assert shop.ran == {"coupon": 2, "ledger": 1}


async def test_two_that_give_up_are_two_letters_with_fates_of_their_own(shop_kafka: KafkaConnection) -> None:
    shop = Shop(behave={"coupon": refuse, "ledger": refuse})
    async with running(shop.handlers(), shop_kafka, GROUP):
        await trigger(shop_kafka, a_trigger(NAME))
        coupon, ledger = await letters(shop_kafka, 2)
        assert (coupon.place, [one.id.partition("#")[2] for one in (coupon, ledger)]) == (
            ledger.place,
            ["coupon", "ledger"],
        )
        assert [*chosen([coupon, ledger], topic=None, type=None, ids=[coupon.place])] == [coupon, ledger]
        del shop.behave["ledger"]
        await replay(shop_kafka, ledger)
        await eventually(lambda: shop.ran == {"coupon": 1, "ledger": 2}, within=30)
        assert [letter.id for letter in await letters(shop_kafka, 1)] == [coupon.id]
        await replay(shop_kafka, coupon)
        await eventually(lambda: shop.ran == {"coupon": 2, "ledger": 2}, within=30)
        again = await eventually(lambda: _other_than(shop_kafka, coupon), within=30)
    assert again.summary()["firstId"] == coupon.id


async def _other_than(kafka: KafkaConnection, letter: Letter) -> Letter | None:
    (found,) = await letters(kafka, 1)
    return found if found.id != letter.id else None


async def test_a_replay_for_a_handler_that_is_gone_is_a_letter_again(shop_kafka: KafkaConnection) -> None:
    key, value, headers = encode(a_trigger(NAME))
    publisher = Publisher(shop_kafka)
    record = OutgoingRecord(catalog.retry_topic(GROUP), key, value, [*headers, ("handler", b"renamed")])
    assert await publisher.publish([record]) == [True]
    await publisher.stop()
    shop = Shop()
    async with running(shop.handlers(), shop_kafka, GROUP):
        (letter,) = await letters(shop_kafka, 1)
    assert letter.summary()["reason"] == "Rejected: no handler 'renamed' of 'SendCoupon' here"
    assert letter.id.endswith("#renamed")
    assert shop.ran == {}


async def test_a_record_that_is_no_event_is_a_letter_of_no_handler(shop_kafka: KafkaConnection) -> None:
    good = OutgoingRecord(catalog.CUSTOM_EVENTS_TOPIC, *encode(a_trigger(NAME)))
    publisher = Publisher(shop_kafka)
    assert await publisher.publish([good._replace(value=b"{}"), good]) == [True, True]
    await publisher.stop()
    shop = Shop()
    async with running(shop.handlers(), shop_kafka, GROUP):
        (letter,) = await letters(shop_kafka, 1)
        await eventually(lambda: shop.ran == {"coupon": 1, "ledger": 1}, within=30)
    assert "#" not in letter.id
    assert letter.summary()["reason"].startswith("Undecodable: the payload breaks")


async def test_across_a_restart_only_what_was_not_done_is_run(
    shop_kafka: KafkaConnection, mongodb_uri: str, database_name: str
) -> None:
    shop, event = Shop(records="coupons"), a_trigger(NAME)
    mongodb = MongoSettings(mongodb_uri=mongodb_uri, mongodb_database=database_name)

    async def wait(_: CustomEvent) -> None:
        raise RetryLater(0.5)

    shop.behave["ledger"] = wait
    async with running(shop.handlers(), shop_kafka, GROUP, mongodb) as first:
        await trigger(shop_kafka, event)
        await eventually(lambda: shop.ran["coupon"] == 1 and first.workers[1].counts["put_off"] >= 1, within=30)
        await eventually(lambda: first.workers[0].counts["done"] == 1)
        # It stops here with the event in hand: its offset is not committed.
    del shop.behave["ledger"]
    async with running(shop.handlers(), shop_kafka, GROUP, mongodb) as second:
        await eventually(lambda: second.dispatch.counts["handled"] == 1, within=30)
        assert second.workers[0].counts == {"repeated": 1}
        assert second.workers[1].counts["done"] == 1
        # What was committed long ago comes again, as when an operator moves the group's offsets back.
        ran = dict(shop.ran)
        await trigger(shop_kafka, event)
        await eventually(lambda: second.dispatch.counts["handled"] == 2, within=30)
    assert shop.ran == ran
    assert shop.ran["coupon"] == 1
