"""What a change to a published schema breaks.

The rule: of a published version nothing changes, but that it may gain optional fields, and that descriptions may be
put better. It is strict in both directions, as both kinds of reader exist. One that was built on the published
schema meets new events: for it a field must not go, be missing, be null, change its type or hold a value that was
ruled out. One of today meets events written before, and topics keep the newest of each key for ever: for it a field
must not be newly required, nor take less than it took.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]
ADVICE = (
    "A published version only gains optional fields. Leave it as it was and announce the new form as a type of its "
    "own beside it: a new class in payloads.py and typed_payloads.py, and a new row in catalog.py named `.v2`. "
    "Announce both for as long as anybody reads the old one, then stop announcing that; its row and its schema stay."
)
_SAYS_NOTHING = frozenset({"$schema", "$id", "$comment", "title", "description", "examples", "deprecated"})
_COMPARED_APART = frozenset({"type", "enum", "required", "properties", "items", "additionalProperties"})


def breaks(published: Schema, today: Schema, at: str = "") -> Iterator[str]:
    """Everything about the schema of today that breaks a reader, one sentence each; none for what is compatible."""
    where = at or "the payload"
    yield from _type(published, today, where)
    yield from _values(published, today, where)
    for keyword in sorted((published.keys() | today.keys()) - _SAYS_NOTHING - _COMPARED_APART):
        if published.get(keyword) != today.get(keyword):
            yield f"{where}: {keyword} was {_shown(published, keyword)} and is {_shown(today, keyword)}"
    yield from _fields(published, today, at)
    for keyword, name in (("items", "[]"), ("additionalProperties", ".*")):
        before, after = published.get(keyword, True), today.get(keyword, True)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from breaks(before, after, f"{at}{name}")
        elif before != after:
            yield f"{where}: {keyword} was {_shown(published, keyword)} and is {_shown(today, keyword)}"


def channel_breaks(published: Schema, today: Schema) -> Iterator[str]:
    """The same about the channels of two AsyncAPI documents: what a subscriber would no longer find where it was."""
    for name, before in published.items():
        after = today.get(name)
        if after is None or after["address"] != before["address"]:
            yield f"topic {before['address']}: is gone"
            continue
        for type_ in before["messages"].keys() - after["messages"].keys():
            yield f"topic {name}: no longer has {type_}"
        if _cleanup(before) and _cleanup(before) != _cleanup(after):
            yield f"topic {name}: cleanup.policy was {_cleanup(before)} and is {_cleanup(after)}"


def _fields(published: Schema, today: Schema, at: str) -> Iterator[str]:
    before, after = published.get("properties", {}), today.get("properties", {})
    needed_before, needed_after = set(published.get("required", ())), set(today.get("required", ()))
    new = [name for name in after if name not in before]
    for name, schema in before.items():
        field = _below(at, name)
        if name not in after:
            meant = f" (renamed to {' or '.join(new)}?)" if new else ""
            yield f"{field}: is gone{meant}"
            continue
        if name in needed_before - needed_after:
            yield f"{field}: was always there and is optional"
        if name in needed_after - needed_before:
            yield f"{field}: was optional and is required, and events already written may lack it"
        yield from breaks(schema, after[name], field)
    for name in new:
        if name in needed_after:
            yield f"{_below(at, name)}: is new and required, and events already written lack it"


def _type(published: Schema, today: Schema, where: str) -> Iterator[str]:
    before, after = _types(published), _types(today)
    if before == after:
        return
    if after == before | {"null"}:
        yield f"{where}: may be null, and was never"
    elif before == after | {"null"}:
        yield f"{where}: may no longer be null, and events already written may hold it"
    else:
        yield f"{where}: was {' or '.join(sorted(before))} and is {' or '.join(sorted(after))}"


def _values(published: Schema, today: Schema, where: str) -> Iterator[str]:
    if "enum" not in published and "enum" not in today:
        return
    if "enum" not in today:
        yield f"{where}: takes any value, and readers were promised {_shown(published, 'enum')}"
        return
    if "enum" not in published:
        yield f"{where}: took any value, and takes only {_shown(today, 'enum')}"
        return
    before, after = published["enum"], today["enum"]
    # Whether it may be null is the type's to say.
    if added := [value for value in after if value not in before and value is not None]:
        yield f"{where}: may be {_list(added)}, and readers were promised only {_list(before)}"
    if removed := [value for value in before if value not in after and value is not None]:
        yield f"{where}: may no longer be {_list(removed)}, and events already written may hold it"


def _below(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


def _cleanup(channel: Schema) -> str:
    kafka = channel.get("bindings", {}).get("kafka", {})
    return _list(kafka.get("topicConfiguration", {}).get("cleanup.policy", []))


def _types(schema: Schema) -> frozenset[str]:
    said = schema.get("type", "anything")
    return frozenset([said] if isinstance(said, str) else said)


def _list(values: list[Any]) -> str:
    return ", ".join(map(str, values))


def _shown(schema: Schema, keyword: str) -> str:
    value = schema.get(keyword, "not limited")
    return _list(value) if isinstance(value, list) else str(value)
