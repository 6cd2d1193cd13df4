"""Which letters are settled, from the records of a dead-letter topic alone."""

from collections.abc import AsyncIterator
from typing import Any

from aiokafka import ConsumerRecord

from device_events.publisher import OutgoingRecord
from device_events.window import Record
from rollcall.letters import Letter, chosen, letters_in, unknown

GROUP = "g"


def record(offset: int, sent: OutgoingRecord, *, partition: int = 0) -> Record:
    return ConsumerRecord(
        topic=f"{GROUP}.dead-letters",
        partition=partition,
        offset=offset,
        timestamp=1_700_000_000_000 + offset,
        timestamp_type=0,
        key=sent.key,
        value=sent.value,
        checksum=None,
        serialized_key_size=0,
        serialized_value_size=0,
        headers=sent.headers,
    )


def letter(offset: int, *, origin: tuple[str, int, int] = ("t", 0, 7), **headers: str) -> Record:
    names = {"dead-letter-topic": origin[0], "dead-letter-partition": origin[1], "dead-letter-offset": origin[2]}
    all_headers = [(name, str(value).encode()) for name, value in {"ce_id": "e", **headers, **names}.items()]
    return record(offset, OutgoingRecord("t", b"key", b"value", all_headers))


async def read(*records: Record) -> list[Letter]:
    async def each() -> AsyncIterator[Record]:
        for one in records:
            yield one

    return await letters_in(each())


async def fates(*records: Record) -> dict[str, Any]:
    return {one.id: one.settled for one in await read(*records)}


def mark(of: Record, settled: Any, offset: int) -> Record:
    one = Letter(f"t:0:{header_offset(of)}", of)
    return record(offset, one.mark(GROUP, settled))


def header_offset(one: Record) -> str:
    return next(value.decode() for name, value in one.headers if name == "dead-letter-offset")


async def test_a_letter_is_open_until_a_mark_says_otherwise() -> None:
    one, two = letter(0), letter(1, origin=("t", 0, 8))
    assert await fates(one, two) == {"t:0:7": None, "t:0:8": None}
    assert await fates(one, two, mark(two, "discarded", 2)) == {"t:0:7": None, "t:0:8": "discarded"}


async def test_what_was_given_up_twice_is_one_letter_and_one_mark_settles_it() -> None:
    one, twice = letter(0), letter(1)
    assert await fates(one, twice) == {"t:0:7": None}
    assert await fates(one, twice, mark(twice, "replayed", 2)) == {"t:0:7": "replayed"}


async def test_a_mark_says_nothing_of_a_letter_that_came_after_it() -> None:
    one = letter(0)
    assert await fates(one, mark(one, "replayed", 1), letter(2)) == {"t:0:7": None}


async def test_replayed_outlives_discarded() -> None:
    one = letter(0)
    assert await fates(one, mark(one, "discarded", 1), mark(one, "replayed", 2)) == {"t:0:7": "replayed"}
    assert await fates(one, mark(one, "replayed", 1), mark(one, "discarded", 2)) == {"t:0:7": "replayed"}


async def test_records_that_no_subscriber_wrote_are_passed_over() -> None:
    stray = record(0, OutgoingRecord("t", None, b"?", [("dead-letter-topic", b"t")]))
    assert await fates(stray, letter(1)) == {"t:0:7": None}


async def test_a_retry_carries_everything_but_what_was_added_and_remembers_where_it_first_came_from() -> None:
    (one,) = await read(letter(0, ce_type="x"))
    sent = one.retry(GROUP)
    assert sent == OutgoingRecord(
        "g.retries", b"key", b"value", [("ce_id", b"e"), ("ce_type", b"x"), ("retried-from", b"t:0:7")]
    )
    (again,) = await read(letter(1, origin=("g.retries", 0, 0), **{"retried-from": "t:0:7"}))
    assert (again.id, again.origin, again.topic) == ("g.retries:0:0", "t:0:7", "t")
    assert again.retry(GROUP).headers == [("ce_id", b"e"), ("retried-from", b"t:0:7")]


async def test_filters_all_have_to_hold() -> None:
    letters = await read(letter(0, ce_type="x"), letter(1, origin=("u", 0, 1), ce_type="y"))
    assert [one.id for one in chosen(letters, topic="t", type=None, ids=())] == ["t:0:7"]
    assert [one.id for one in chosen(letters, topic=None, type="y", ids=())] == ["u:0:1"]
    assert [one.id for one in chosen(letters, topic="t", type="y", ids=())] == []
    assert [one.id for one in chosen(letters, topic=None, type=None, ids=["e"])] == ["t:0:7", "u:0:1"]
    assert unknown(letters, ["e", "u:0:1", "v:0:1"]) == ["v:0:1"]
