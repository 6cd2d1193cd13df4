"""What a consumer group has given up, in the AsyncAPI document: its dead letters, and those handed to it again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from device_events.catalog import dead_letter_topic, retry_topic

_ORIGIN = {
    "dead-letter-topic": "The topic that the record was read from.",
    "dead-letter-partition": "Its partition there.",
    "dead-letter-offset": "Its offset there.",
    "dead-letter-group": "The consumer group that has given it up.",
    "dead-letter-reason": "Why.",
}
_ANY_GROUP = {"parameters": {"group": {"description": "The consumer group."}}}


@dataclass(frozen=True, slots=True)
class Part:
    """One topic's share of the document; its channel, message and operation have the same name."""

    name: str
    channel: dict[str, Any]
    message: dict[str, Any]
    operation: dict[str, Any]


def dead_letters(group: str | None, name: Callable[[str], str]) -> Part:
    """The dead letters of a group, or of any."""
    headers = {header: {"type": "string", "description": told} for header, told in _ORIGIN.items()}
    return _part(
        "dead-letters",
        "send",
        dead_letter_topic(name(group or "{group}")),
        "Events at fault: undecodable, refused by their schema, or failing again and again while others succeed.",
        {"headers": {"type": "object", "required": [*_ORIGIN], "properties": headers}},
        {} if group else _ANY_GROUP,
    )


def retries(group: str | None, name: Callable[[str], str]) -> Part:
    """What an operator hands to a group once more."""
    return _part(
        "retries",
        "receive",
        retry_topic(name(group or "{group}")),
        "Dead letters that an operator hands to the group again; nobody else reads them.",
        {},
        {} if group else _ANY_GROUP,
    )


def _part(
    name: str, action: str, topic: str, about: str, described: dict[str, Any], parameters: dict[str, Any]
) -> Part:
    return Part(
        name=name,
        channel={
            "address": topic,
            "title": topic,
            "description": about,
            "messages": {name: {"$ref": f"#/components/messages/{name}"}},
            **parameters,
        },
        message={
            "name": name,
            "title": name,
            "summary": "A record with its original key, value and headers.",
            "contentType": "application/octet-stream",
            "payload": {"description": "The original value, as it came."},
            **described,
        },
        operation={
            "action": action,
            "title": f"{action} {name}",
            "channel": {"$ref": f"#/channels/{name}"},
            "messages": [{"$ref": f"#/channels/{name}/messages/{name}"}],
        },
    )
