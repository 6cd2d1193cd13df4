"""AsyncAPI's bindings for Kafka: how a topic is kept, what a record's key is, which group reads."""

from collections.abc import Mapping
from typing import Any

VERSION = "0.5.0"


def channel(topic: str, partitions: int, settings: Mapping[str, str]) -> dict[str, Any]:
    """Of a channel; `settings` are the topic's, as brokers take them."""
    configuration: dict[str, Any] = {name: int(text) if text.isdigit() else text for name, text in settings.items()}
    configuration["cleanup.policy"] = settings["cleanup.policy"].split(",")
    bound = {"topic": topic, "partitions": partitions, "topicConfiguration": configuration, "bindingVersion": VERSION}
    return {"kafka": bound}


def message(key: str) -> dict[str, Any]:
    """Of a message, whose key is this."""
    return {"kafka": {"key": {"type": "string", "minLength": 1, "description": key}, "bindingVersion": VERSION}}


def operation(group: str) -> dict[str, Any]:
    """Of an operation that a consumer group does."""
    return {"kafka": {"groupId": {"type": "string", "enum": [group]}, "bindingVersion": VERSION}}
