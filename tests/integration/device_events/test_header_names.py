"""A header whose name is no UTF-8 - Go and C programs write any bytes - stops nobody, and comes out escaped."""

from aiokafka import AIOKafkaProducer

from device_events import KafkaConnection
from device_events.envelope import Headers, encode
from tests.integration.device_events.members import TOPIC, dead_letters, event, member, publish
from tests.support import raw_batches
from tests.support.polling import eventually

NAMED = b"x-odd-name"
ODD = b"x-\xff\xfed-name"


async def put(kafka: KafkaConnection, *batch: tuple[bytes, bytes, Headers]) -> int:
    return await raw_batches.put(kafka.bootstrap_servers[0], kafka.name(TOPIC), batch, (NAMED, ODD))


def odd(key: str, number: int, *, without: str = "") -> tuple[bytes, bytes, Headers]:
    key_, value, headers = encode(event(key, number))
    return key_, value, [*(one for one in headers if one[0] != without), (NAMED.decode(), b"1")]


async def test_an_event_with_a_header_more_is_handled_as_any_other_among_its_neighbours(kafka: KafkaConnection) -> None:
    await put(kafka, encode(event("a", 1)), odd("b", 1), encode(event("a", 2)), odd("b", 2))
    async with member(kafka) as one:
        assert await one.has_handled(4) == ["a-1", "b-1", "a-2", "b-2"]
    async with member(kafka) as successor:
        await publish(kafka, [event("after", 1)])
        assert await successor.has_handled(1) == ["after-1"]


async def test_what_is_no_event_is_given_up_with_the_name_escaped(kafka: KafkaConnection) -> None:
    offset = await put(kafka, odd("a", 1, without="ce_id"), encode(event("a", 2)))
    async with member(kafka) as one:
        assert await one.has_handled(1) == ["a-2"]
        (letter,) = await eventually(lambda: dead_letters(kafka), within=30)
    told = dict(letter.headers)
    assert told["x-\\xff\\xfed-name"] == b"1"
    assert told["dead-letter-offset"] == b"%d" % offset
    assert told["dead-letter-reason"] == b"Undecodable: no CloudEvent of ours: id missing"


async def test_an_aborted_transaction_stays_unread_beside_such_a_record(kafka: KafkaConnection) -> None:
    """The second look at what was fetched knows again which transactions were aborted."""
    bootstrap, topic = kafka.bootstrap_servers[0], kafka.name(TOPIC)
    writer = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=f"{topic}.writer")
    await writer.start()
    try:
        for number in (1, 2):
            await writer.begin_transaction()
            key, value, headers = encode(event("aborted", number))
            await writer.send_and_wait(topic, value, key, partition=0, headers=headers)
            if number == 2:
                await put(kafka, odd("b", 1))
                await writer.send_and_wait(topic, value, key, partition=0, headers=headers)
            await writer.abort_transaction()
    finally:
        await writer.stop()
    await publish(kafka, [event("last", 1)])
    async with member(kafka) as one:
        assert set(await one.has_handled(2)) == {"b-1", "last-1"}
