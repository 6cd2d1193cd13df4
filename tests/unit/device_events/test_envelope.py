"""Events as Kafka records: the bytes of today are read for ever, and what is no event is refused with a reason."""

import json
from typing import Any

import pytest

from device_events import Undecodable, catalog
from device_events.contract.golden import golden_record
from device_events.envelope import Headers, decode, encode, event_type
from tests.unit.device_events.examples import PAYLOADS, example

TYPE = catalog.DEVICE_STATUS_CHANGED
KEY, VALUE, HEADERS = encode(example(TYPE))


def with_header(name: str, value: bytes | None) -> Headers:
    kept = [(known, old) for known, old in HEADERS if known != name]
    return kept if value is None else [*kept, (name, value)]


def with_data(changes: dict[str, Any]) -> bytes:
    return json.dumps(PAYLOADS[TYPE] | changes).encode()


@pytest.mark.parametrize("type_", sorted(PAYLOADS))
def test_the_golden_record_of_each_type_is_written_and_read_back(type_: str) -> None:
    event, golden = example(type_), golden_record(type_)
    key, value, headers = encode(event)
    assert (key.decode(), value.decode()) == (golden.key, golden.value)
    assert {name: text.decode() for name, text in headers} == golden.headers
    assert decode(*golden.parts()) == event


def test_a_bare_event_comes_back_as_it_was() -> None:
    bare = example(TYPE, deviceid=None, causationid=None, statussequence=None, correlationid=None, traceparent=None)
    assert decode(*encode(bare)) == bare


def test_fields_and_headers_of_tomorrow_do_no_harm() -> None:
    headers = [*HEADERS, ("ce_newattribute", b"1"), ("baggage", b"a=b")]
    assert decode(KEY, with_data({"newField": [1]}), headers).data["status"] == "LOST"


def test_the_type_is_read_without_the_rest() -> None:
    assert event_type(HEADERS) == TYPE
    assert event_type([]) is None
    assert event_type([("ce_type", b"\xff")]) == "\ufffd"


def test_a_record_without_key_is_an_event_too() -> None:
    assert decode(None, VALUE, HEADERS).subject == "myruntime/d/1"


@pytest.mark.parametrize("trace", [b"", b"nonsense", b"00-" + b"0" * 200, b"\xff\xfe"])
def test_a_malformed_trace_is_dropped_or_refused_but_never_passed_on(trace: bytes) -> None:
    try:
        assert decode(KEY, VALUE, with_header("traceparent", trace)).traceparent is None
    except Undecodable:
        assert trace == b"\xff\xfe"


@pytest.mark.parametrize(
    ("key", "value", "headers"),
    [
        (KEY, None, HEADERS),
        (KEY, b"", HEADERS),
        (KEY, b"\xff\xfe", HEADERS),
        (KEY, b"{", HEADERS),
        (KEY, b"[]", HEADERS),
        (KEY, b'"text"', HEADERS),
        (KEY, b"null", HEADERS),
        (KEY, b"[" * 200_000, HEADERS),
        (KEY, with_data({"status": "GONE"}), HEADERS),
        (KEY, with_data({"deviceId": None}), HEADERS),
        (KEY, with_data({"transactionId": 1.5}), HEADERS),
        (b"another", VALUE, HEADERS),
        (b"\xff", VALUE, HEADERS),
        (b"", VALUE, HEADERS),
        (KEY, VALUE, []),
        (KEY, VALUE, [("content-type", b"application/cloudevents+json")]),
        *((KEY, VALUE, with_header(name, None)) for name in ("ce_id", "ce_source", "ce_specversion", "ce_type")),
        *((KEY, VALUE, with_header(name, None)) for name in ("ce_subject", "ce_time", "ce_sequence")),
        (KEY, VALUE, with_header("ce_id", b"")),
        (KEY, VALUE, with_header("ce_specversion", b"9.9")),
        (KEY, VALUE, with_header("ce_subject", b"")),
        (KEY, VALUE, with_header("ce_type", b"rollcall.unknown.v1")),
        (KEY, VALUE, with_header("ce_time", b"yesterday")),
        (KEY, VALUE, with_header("ce_time", b"2026-01-02T03:04:05")),
        (KEY, VALUE, with_header("ce_sequence", b"-1")),
        (KEY, VALUE, with_header("ce_sequence", b"1.5")),
        (KEY, VALUE, with_header("ce_sequence", "१".encode())),
        (KEY, VALUE, with_header("ce_sequence", b"9" * 30)),
        (KEY, VALUE, with_header("ce_statussequence", b"many")),
        (KEY, VALUE, with_header("ce_source", b"\xff\xfe")),
        (KEY, VALUE, with_header("ce_source", b"/elsewhere/device-admin")),
        (KEY, VALUE, with_header("ce_source", catalog.CONTACTS.encode())),
        (KEY, VALUE, [*HEADERS, ("ce_deviceid", None)]),
    ],
)
def test_what_is_no_event_is_refused(key: bytes | None, value: bytes | None, headers: Any) -> None:
    with pytest.raises(Undecodable) as caught:
        decode(key, value, headers)
    assert str(caught.value)


def test_the_reason_names_the_field_at_fault() -> None:
    with pytest.raises(Undecodable, match="status"):
        decode(KEY, with_data({"status": "GONE"}), HEADERS)
    with pytest.raises(Undecodable, match="sequence"):
        decode(KEY, VALUE, with_header("ce_sequence", b"x"))
