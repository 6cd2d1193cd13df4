"""What a consumer group has given up, in the AsyncAPI document: its dead letters, and those handed to it again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from device_events.contract import kafka
from device_events.dead_letters import HANDLER
from device_events.topics import topics_of_group

_ORIGIN = {
    "dead-letter-topic": "The topic that the record was read from.",
    "dead-letter-partition": "Its partition there.",
    "dead-letter-offset": "Its offset there.",
    "dead-letter-group": "The consumer group that has given it up.",
    "dead-letter-reason": "Why.",
}
_HANDLER = {HANDLER: {"type": "string", "description": "The handler of custom events that it is about, if one."}}


@dataclass(frozen=True, slots=True)
class Part:
    """One topic's share of the document; its channel, message and operation have the same name."""

    name: str
    channel: dict[str, Any]
    message: dict[str, Any]
    operation: dict[str, Any]


def dead_letters(group: str | None, name: Callable[[str], str]) -> Part:
    """The dead letters of a group, or of any."""
    origin = {header: {"type": "string", "description": told} for header, told in _ORIGIN.items()}
    return _part(
        "dead-letters",
        "send",
        (group, name),
        "Events at fault: undecodable, refused by their schema, or failing again and again while others succeed.",
        {"type": "object", "required": [*_ORIGIN], "properties": {**origin, **_HANDLER}},
    )


def retries(group: str | None, name: Callable[[str], str]) -> Part:
    """What an operator hands to a group once more."""
    return _part(
        "retries",
        "receive",
        (group, name),
        "Dead letters that an operator hands to the group again; nobody else reads them.",
        {"type": "object", "properties": _HANDLER},
    )


def _part(
    name: str, action: str, whose: tuple[str | None, Callable[[str], str]], about: str, headers: dict[str, Any]
) -> Part:
    group, topic_name = whose
    own = topics_of_group(group or "{group}")
    topic, partitions, settings = next(one for one in own if one[0].endswith(f".{name}"))
    address = topic_name(topic)
    return Part(
        name=name,
        channel={
            "address": address,
            "title": topic,
            "description": about,
            "messages": {name: {"$ref": f"#/components/messages/{name}"}},
            "bindings": kafka.channel(address, partitions, settings),
            **({} if group else {"parameters": {"group": {"description": "The consumer group."}}}),
        },
        message={
            "name": name,
            "title": name,
            "summary": "A record with its original key, value and headers.",
            "contentType": "application/octet-stream",
            "headers": headers,
            "payload": {"description": "The original value, as it came."},
        },
        operation={
            "action": action,
            "title": f"{action} {name}",
            "channel": {"$ref": f"#/channels/{name}"},
            "messages": [{"$ref": f"#/channels/{name}/messages/{name}"}],
        },
    )
