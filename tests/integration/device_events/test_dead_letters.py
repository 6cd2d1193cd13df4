"""An event at fault goes to the dead-letter topic as it came, with the reason, while other keys flow."""

from typing import Any

import pytest

from device_events import Event, KafkaConnection, Rejected
from device_events.publisher import OutgoingRecord
from tests.integration.device_events.members import GROUP, TOPIC, dead_letters, event, member, outgoing, publish
from tests.support.polling import eventually

GOOD = outgoing(event("poison", 1))
SECRET = "the-secret-of-jürgen"


def renamed(name: str, value: bytes) -> list[tuple[str, bytes]]:
    return [(known, value if known == name else old) for known, old in GOOD.headers]


async def only_dead_letter(connection: KafkaConnection) -> tuple[Any, dict[str, str]]:
    (letter,) = await eventually(lambda: dead_letters(connection), within=30)
    return letter, {name: value.decode() for name, value in letter.headers if name.startswith("dead-letter-")}


@pytest.mark.parametrize(
    ("poison", "reason"),
    [
        (GOOD._replace(value=b"{no json"), "Undecodable: "),
        (GOOD._replace(value=b'{"runtime": "r"}'), "Undecodable: the payload breaks"),
        (GOOD._replace(value=b"\xff\xfe\x00"), "Undecodable: "),
        (GOOD._replace(value=None), "Undecodable: the record has no value"),
        (GOOD._replace(headers=[]), "Undecodable: "),
        (GOOD._replace(headers=[one for one in GOOD.headers if one[0] != "ce_id"]), "Undecodable: "),
        (GOOD._replace(headers=renamed("ce_type", b"")), "Undecodable: no CloudEvent of ours: type missing"),
        (GOOD._replace(headers=renamed("ce_source", b"/elsewhere")), "Undecodable: '/elsewhere' announces no"),
        (GOOD._replace(key=b"another"), "Undecodable: the key is not the subject"),
        (GOOD._replace(key=None, value=b"null"), "Undecodable: "),
        (GOOD._replace(value=b"x" * 1_040_000), "Undecodable: "),
    ],
)
async def test_what_is_no_event_is_kept_as_it_came_while_other_keys_flow(
    kafka: KafkaConnection, poison: OutgoingRecord, reason: str
) -> None:
    await publish(kafka, [event("a", 1), poison, event("a", 2), *(event(f"k{n}", 1) for n in range(10))])
    async with member(kafka) as one:
        await one.has_handled(12)
        letter, why = await only_dead_letter(kafka)
        await eventually(lambda: one.counts["dead_lettered"] == 1)
    assert (letter.key, letter.value) == (poison.key, poison.value)
    assert [header for header in letter.headers if not header[0].startswith("dead-letter-")] == poison.headers
    assert why["dead-letter-reason"].startswith(reason)
    assert why["dead-letter-topic"] == kafka.name(TOPIC)
    assert (why["dead-letter-group"], why["dead-letter-partition"] in "01") == (GROUP, True)
    async with member(kafka) as successor:
        await publish(kafka, [event("after", 1)])
        assert await successor.has_handled(1) == ["after-1"]


async def test_an_event_whose_handler_rejects_it_is_given_up_at_once(kafka: KafkaConnection) -> None:
    async def reject(handled: Event) -> None:
        if handled.id == "poison-1":
            raise Rejected("there is no such list")

    await publish(kafka, [GOOD, event("poison", 2), event("a", 1)])
    async with member(kafka, reject) as one:
        assert set(await one.has_handled(2)) == {"poison-2", "a-1"}
        letter, why = await only_dead_letter(kafka)
    assert one.begun.count("poison-1") == 1
    assert why["dead-letter-reason"] == "Rejected: there is no such list"
    assert letter.value == GOOD.value


async def test_an_event_that_fails_again_and_again_is_given_up_while_others_succeed(kafka: KafkaConnection) -> None:
    async def fail(handled: Event) -> None:
        if handled.id == "poison-1":
            raise LookupError(SECRET)

    await publish(kafka, [GOOD, event("poison", 2), *(event(f"k{n}", 1) for n in range(10))])
    async with member(kafka, fail) as one:
        await one.has_handled(10)
        await publish(kafka, [event("later", 1)])
        await one.has_handled(12)
        letter, why = await only_dead_letter(kafka)
    assert one.begun.count("poison-1") >= 3
    # A foreign exception's text may quote personal data.
    assert why["dead-letter-reason"] == "LookupError"
    assert SECRET.encode() not in letter.value


async def test_while_nothing_succeeds_no_event_is_blamed(kafka: KafkaConnection) -> None:
    broken = True

    async def fail(_: Event) -> None:
        if broken:
            raise LookupError

    await publish(kafka, [event(f"k{n}", 1) for n in range(5)])
    async with member(kafka, fail) as one:
        await eventually(lambda: one.counts["retried"] > 50, within=30)
        assert one.counts["dead_lettered"] == 0
        broken = False
        await one.has_handled(5)
    assert await dead_letters(kafka) == []


async def test_a_poison_that_cannot_be_dead_lettered_is_kept_for_the_next_owner(
    kafka: KafkaConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await publish(kafka, [GOOD._replace(value=b"{"), event("a", 1)])
    async with member(kafka) as one:

        async def refuse(records: list[OutgoingRecord]) -> list[bool]:
            return [False] * len(records)

        monkeypatch.setattr(one.subscriber.settlement._publisher, "publish", refuse)
        await one.has_handled(1)
    assert one.counts["dead_lettered"] == 0
    async with member(kafka) as successor:
        await only_dead_letter(kafka)
        assert successor.counts["dead_lettered"] == 1
