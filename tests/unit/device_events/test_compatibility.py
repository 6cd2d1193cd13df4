"""What a published version may not become: each kind of change is refused by name, and what is harmless is not."""

from copy import deepcopy
from typing import Any

import pytest

from device_events.contract.compatibility import breaks, channel_breaks

PUBLISHED: dict[str, Any] = {
    "title": "rollcall.thing.happened.v1",
    "type": "object",
    "required": ["id", "status", "counts"],
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "status": {"type": "string", "enum": ["ACTIVE", "LOST"]},
        "note": {"type": ["string", "null"]},
        "kind": {"type": ["string", "null"], "enum": ["a", None]},
        "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
        "names": {"type": "array", "items": {"type": "string"}},
        "open": {"type": "object", "additionalProperties": True},
        "inner": {"type": "object", "required": ["x"], "properties": {"x": {"type": "string"}}},
    },
}


def changed(*path: str, to: Any = None, drop: bool = False) -> dict[str, Any]:
    """The schema with one place changed."""
    schema = deepcopy(PUBLISHED)
    place = schema
    for step in path[:-1]:
        place = place[step]
    if drop:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return schema


def renamed(old: str, new: str) -> dict[str, Any]:
    """The schema with a field under another name."""
    schema = changed("properties", old, drop=True)
    schema["properties"][new] = PUBLISHED["properties"][old]
    schema["required"] = [new if name == old else name for name in schema["required"]]
    return schema


F = "properties"
BREAKING = {
    "removed": (changed(F, "note", drop=True), ["note: is gone"]),
    "renamed": (
        renamed("id", "identifier"),
        [
            "id: is gone (renamed to identifier?)",
            "identifier: is new and required, and events already written lack it",
        ],
    ),
    "renamed, optional": (renamed("note", "remark"), ["note: is gone (renamed to remark?)"]),
    "no longer always there": (
        changed("required", to=["id", "counts"]),
        ["status: was always there and is optional"],
    ),
    "newly required": (
        changed("required", to=["id", "status", "counts", "note"]),
        ["note: was optional and is required, and events already written may lack it"],
    ),
    "another type": (changed(F, "id", "type", to="integer"), ["id: was string and is integer"]),
    "a further type": (
        changed(F, "id", "type", to=["string", "integer"]),
        ["id: was string and is integer or string"],
    ),
    "newly null": (changed(F, "id", "type", to=["string", "null"]), ["id: may be null, and was never"]),
    "no longer null": (
        changed(F, "note", "type", to="string"),
        ["note: may no longer be null, and events already written may hold it"],
    ),
    "a value more": (
        changed(F, "status", "enum", to=["ACTIVE", "LOST", "FOUND"]),
        ["status: may be FOUND, and readers were promised only ACTIVE, LOST"],
    ),
    "a value less": (
        changed(F, "status", "enum", to=["ACTIVE"]),
        ["status: may no longer be LOST, and events already written may hold it"],
    ),
    "values no longer named": (
        changed(F, "status", "enum", drop=True),
        ["status: takes any value, and readers were promised ACTIVE, LOST"],
    ),
    "values newly named": (
        changed(F, "note", "enum", to=["x", "y"]),
        ["note: took any value, and takes only x, y"],
    ),
    "null to named values": (
        changed(F, "kind", to={"type": "string", "enum": ["a"]}),
        ["kind: may no longer be null, and events already written may hold it"],
    ),
    "a bound tightened": (changed(F, "id", "minLength", to=5), ["id: minLength was 1 and is 5"]),
    "a bound added": (changed(F, "note", "maxLength", to=9), ["note: maxLength was not limited and is 9"]),
    "a bound dropped": (changed(F, "id", "minLength", drop=True), ["id: minLength was 1 and is not limited"]),
    "a keyword unheard of": (
        changed("dependentRequired", to={"note": ["kind"]}),
        ["the payload: dependentRequired was not limited and is {'note': ['kind']}"],
    ),
    "another type in a map": (
        changed(F, "counts", "additionalProperties", "type", to="string"),
        ["counts.*: was integer and is string"],
    ),
    "another type in a list": (
        changed(F, "names", "items", "type", to="integer"),
        ["names[]: was string and is integer"],
    ),
    "a map closed": (
        changed(F, "open", "additionalProperties", to=False),
        ["open: additionalProperties was True and is False"],
    ),
    "a map narrowed": (
        changed(F, "open", "additionalProperties", to={"type": "string"}),
        ["open: additionalProperties was True and is {'type': 'string'}"],
    ),
    "unknown fields refused": (
        changed("additionalProperties", to=False),
        ["the payload: additionalProperties was not limited and is False"],
    ),
    "removed inside": (changed(F, "inner", F, to={}), ["inner.x: is gone"]),
}


@pytest.mark.parametrize("name", BREAKING)
def test_a_change_that_breaks_a_reader_is_named(name: str) -> None:
    schema, reasons = BREAKING[name]
    if name == "removed inside":
        schema[F]["inner"]["required"] = []
    assert sorted(breaks(PUBLISHED, schema)) == sorted(reasons)


@pytest.mark.parametrize(
    "schema",
    [
        PUBLISHED,
        changed(F, "more", to={"type": "string", "enum": ["x"]}),
        changed(F, "inner", F, "more", to={"type": "integer"}),
        changed(F, "id", "description", to="Put better."),
        changed("title", to="another"),
        changed(F, "note", "deprecated", to=True),
        changed("required", to=["counts", "status", "id"]),
        changed(F, "status", "enum", to=["LOST", "ACTIVE"]),
        changed(F, "note", "type", to=["null", "string"]),
    ],
    ids=["none", "optional field", "inside", "description", "title", "deprecated", "order", "order", "order"],
)
def test_a_harmless_change_passes(schema: dict[str, Any]) -> None:
    assert list(breaks(PUBLISHED, schema)) == []


def channel(*types: str, address: str = "t", cleanup: str = "delete") -> dict[str, Any]:
    """A channel of an AsyncAPI document."""
    kafka = {"topicConfiguration": {"cleanup.policy": [cleanup]}}
    return {"address": address, "messages": {type_: {} for type_ in types}, "bindings": {"kafka": kafka}}


@pytest.mark.parametrize(
    ("today", "reasons"),
    [
        ({"t": channel("a", "b", "c"), "new": channel("d")}, []),
        ({}, ["topic t: is gone"]),
        ({"t": channel("a", "b", address="u")}, ["topic t: is gone"]),
        ({"t": channel("a"), "u": channel("b")}, ["topic t: no longer has b"]),
        ({"t": channel("a", "b", cleanup="compact")}, ["topic t: cleanup.policy was delete and is compact"]),
    ],
)
def test_a_type_stays_on_its_topic(today: dict[str, Any], reasons: list[str]) -> None:
    assert list(channel_breaks({"t": channel("a", "b")}, today)) == reasons
