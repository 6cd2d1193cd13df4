"""JSON bodies: what RFC 8259 allows is read, everything else is refused with the place of the mistake."""

from typing import Any

import pytest

from chassis.bodies import DEPTH_LIMIT, load, parse_json
from chassis.errors import InvalidPayload, MalformedBody
from tests.unit.chassis.bodies import Greeting


def refusal(raw: bytes) -> MalformedBody:
    with pytest.raises(MalformedBody) as caught:
        parse_json(raw)
    return caught.value


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"a": [1, 2.5, -0, true, null, "x"]}', {"a": [1, 2.5, 0, True, None, "x"]}),
        ('"äöü 😀"'.encode(), "äöü 😀"),
        (rb'"\ud83d\ude00"', "😀"),
        (b' \n\t{"a": "\\u0000"} ', {"a": "\0"}),
        (b"9223372036854775808", 2**63),
        (b"[" * DEPTH_LIMIT + b"]" * DEPTH_LIMIT, None),
        (b'["' + b"[" * 500 + b'"]', ["[" * 500]),
        (b'["' + b"[" * 500 + b'\\""]', ["[" * 500 + '"']),
    ],
)
def test_json_is_read(raw: bytes, value: Any) -> None:
    read = parse_json(raw)
    assert value is None or read == value


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", "Expecting value"),
        (b"{", "Expecting property name"),
        (b'{"a": 1,}', "property name"),
        (b'{"a": 1} {}', "Extra data"),
        (b"{'a': 1}", "property name"),
        (b'"a\nb"', "Invalid control character"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b'[{"b": {"a": 1, "a": 1}}]', "twice"),
        (b'{"a": 1, "\\u0061": 2}', "twice"),
        (b"NaN", "NaN"),
        (b'{"a": -Infinity}', "Infinity"),
        (b"1e400", "out of range"),
        (b"-1e400", "out of range"),
        (b"[" + b"1" * 5_000 + b"]", "digits"),
        (rb'"\ud800"', "surrogate"),
        (rb'{"\udc00": 1}', "surrogate"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
        (b'{"a": "\xed\xa0\x80"}', "not UTF-8"),
        (b'{"a": "\xc3"}', "not UTF-8"),
        (b"[" * (DEPTH_LIMIT + 1) + b"]" * (DEPTH_LIMIT + 1), "deeply"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "deeply"),
    ],
)
def test_what_is_no_json_is_refused_with_its_problem(raw: bytes, problem: str) -> None:
    refused = refusal(raw)
    assert refused.status == 400
    assert problem in refused.params["problem"]


@pytest.mark.parametrize(
    ("raw", "line", "column"),
    [
        (b"", 1, 1),
        (b"x", 1, 1),
        (b'{"a": 1,\n "b": x}', 2, 7),
        (b'{\n\n  "a"; 1}', 3, 6),
        ('{"ä": "ö", x}'.encode(), 1, 12),
        (b'{"\xc3\xa4":\n "\xc3\xb6\xff"}', 2, 4),
        (b"[\n" + b"[" * DEPTH_LIMIT, 2, DEPTH_LIMIT),
    ],
)
def test_line_and_column_count_characters_from_one(raw: bytes, line: int, column: int) -> None:
    params = refusal(raw).params
    assert (params["line"], params["column"]) == (line, column)


@pytest.mark.parametrize("data", [[], "text", 1, None, True])
def test_only_an_object_is_loaded(data: Any) -> None:
    with pytest.raises(InvalidPayload) as caught:
        load(Greeting(), data)
    assert "_schema" in caught.value.errors


def test_what_the_schema_refuses_is_named_by_field() -> None:
    with pytest.raises(InvalidPayload) as caught:
        load(Greeting(), {"text": 1, "surprise": {"$gt": ""}})
    assert set(caught.value.errors) == {"text", "surprise"}


def test_what_the_schema_takes_is_returned() -> None:
    assert load(Greeting(), {"text": "hello"}) == {"text": "hello", "times": 1}
