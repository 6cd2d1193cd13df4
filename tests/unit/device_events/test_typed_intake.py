"""From a record to an event with attributes: the same as the services see, in any order of headers, or refused."""

from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka import ConsumerRecord

from device_events import EVERY, LATEST, Delivery, DeviceEvent, Undecodable, catalog
from device_events.deliveries import RepeatFilter
from device_events.envelope import ATTRIBUTES, decode, encode
from device_events.selection import Selection
from device_events.typed_intake import TypedIntake
from device_events.window import Record
from tests.unit.device_events.examples import PAYLOADS, example

TYPE = catalog.DEVICE_STATUS_CHANGED


async def nothing(_: DeviceEvent[Any]) -> None:
    """A handler."""


def intake(delivery: Delivery = LATEST) -> TypedIntake:
    return TypedIntake(dict.fromkeys(PAYLOADS, nothing), Selection(), RepeatFilter(delivery, 100, recording=False))


def record(key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, Any]]) -> Record:
    return ConsumerRecord("topic", 3, 17, 0, 0, key, value, None, 0, 0, tuple(headers))


def taken(one: Record, delivery: Delivery = LATEST) -> DeviceEvent[Any]:
    found = intake(delivery).take(one)
    assert found is not None
    event: DeviceEvent[Any] = found[1]
    event.check()
    return event


@pytest.mark.parametrize("delivery", list(Delivery))
@pytest.mark.parametrize("type_", sorted(PAYLOADS))
def test_an_event_has_what_the_services_see(type_: str, delivery: Delivery) -> None:
    key, value, headers = encode(example(type_))
    seen = decode(key, value, headers)
    for order in (headers, headers[::-1], sorted(headers)):
        event = taken(record(key, value, order), delivery)
        assert {name: getattr(event, name) for name in ATTRIBUTES} == {name: getattr(seen, name) for name in ATTRIBUTES}
        assert event.as_cloudevent()["data"] == seen.data
        assert (event.partition, event.offset, event.topic) == (3, 17, catalog.topic_for(type_, seen.source))
        told_by = seen.subject if delivery is LATEST else seen.id
        assert (event.told_by, event.counter) == (told_by.encode(), seen.sequence)


@pytest.mark.parametrize("order", [1, -1])
def test_repeats_are_told_in_any_order_of_headers_and_without_a_key(order: int) -> None:
    key, value, headers = encode(example(TYPE))
    for delivery in (LATEST, EVERY):
        one = intake(delivery)
        first = record(key, value, headers)
        found = one.take(first)
        assert found
        one.handled(first, found[1])
        assert one.take(record(None, value, headers[::order])) is None
        assert one.counts["repeated"] == 1


KEY, VALUE, HEADERS = encode(example(TYPE))


def without(name: str, *more: tuple[str, Any]) -> list[tuple[str, Any]]:
    return [*(header for header in HEADERS if header[0] != name), *more]


@pytest.mark.parametrize(
    ("key", "value", "headers"),
    [
        (KEY, None, HEADERS),
        (KEY, b"{", HEADERS),
        (KEY, b"[]", HEADERS),
        (KEY, b'{"runtime": "r"}', HEADERS),
        (b"another", VALUE, HEADERS),
        (KEY, VALUE, []),
        *((KEY, VALUE, without(name)) for name in ("ce_id", "ce_source", "ce_type", "ce_time", "ce_sequence")),
        (KEY, VALUE, without("ce_subject")),
        (KEY, VALUE, without("ce_specversion", ("ce_specversion", b"9"))),
        (KEY, VALUE, without("ce_source", ("ce_source", catalog.CONTACTS.encode()))),
        (KEY, VALUE, without("ce_source", ("ce_source", b"\xff"))),
        (KEY, VALUE, without("ce_time", ("ce_time", b"2026-01-02T03:04:05"))),
        *((KEY, VALUE, without("ce_sequence", ("ce_sequence", bad))) for bad in (b"-1", b"1.5", b"x", b"9" * 30, None)),
        (KEY, VALUE, without("ce_statussequence", ("ce_statussequence", b"many"))),
        (KEY, VALUE, [*HEADERS, ("ce_deviceid", None)]),
    ],
)
def test_what_is_no_event_is_refused_when_it_is_taken_or_looked_at(key: Any, value: Any, headers: Any) -> None:
    with pytest.raises(Undecodable):
        taken(record(key, value, headers))


def test_a_type_of_tomorrow_is_nobodys_fault() -> None:
    one = intake()
    assert one.take(record(KEY, b"?", without("ce_type", ("ce_type", b"rollcall.device.moved.v1")))) is None
    assert one.counts["unknown"] == 1


@pytest.mark.parametrize("changes", [{"aFieldOfTomorrow": 1}, {"reason": "operator"}])
def test_the_event_of_tomorrow_is_read(changes: dict[str, Any]) -> None:
    key, value, headers = encode(example(TYPE, data={**PAYLOADS[TYPE], **changes}, subject="jürgen"))
    event = taken(record(key, value, [*headers, ("baggage", b"a=b")]))
    assert (event.subject, event.data.status) == ("jürgen", "LOST")


def test_equal_are_events_of_one_id_and_a_payload_is_made_once() -> None:
    one, again = taken(record(KEY, VALUE, HEADERS)), taken(record(KEY, VALUE, HEADERS))
    assert one == again
    assert len({one, again}) == 1
    assert one.data is one.data
    assert one != taken(record(*encode(example(TYPE, id="other"))))
