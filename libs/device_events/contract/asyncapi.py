"""The AsyncAPI 3.0 document: every topic and event type, and what one application does with them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from device_events.catalog import CATALOG, TOPICS, EventType, Topic
from device_events.contract import cloud_event, json_schema, kafka
from device_events.contract.dead_letters import dead_letters, retries
from device_events.contract.golden import golden_record

_ABOUT = (
    "Events are CloudEvents 1.0 in Kafka's binary mode: attributes in headers, the payload as JSON in the value. The "
    "key is the event's subject. An event may come more than once, and late: drop an id that you have seen, and a "
    "sequence that is not higher than the last of the same source and subject. Ignore types, headers and fields that "
    "you do not know: there will be more of them."
)


@dataclass(frozen=True, kw_only=True)
class Application:
    """Who the document is of: it writes the topics of its `source`, and its `group` reads those in `handles`.

    `handles` maps each topic to the event types that are acted on. `topic` gives a topic its name on the cluster.
    """

    name: str
    title: str
    version: str
    source: str | None = None
    group: str | None = None
    handles: Mapping[str, frozenset[str]] = field(default_factory=dict)
    topic: Callable[[str], str] = str


def asyncapi(application: Application) -> dict[str, Any]:
    """The document. It names all topics, those that the application has nothing to do with too."""
    channels = {topic.name: _channel(topic, application.topic) for topic in TOPICS.values()}
    operations = {**dict(_sends(application)), **dict(_receives(application))}
    messages = {kind.name: _message(kind) for kind in CATALOG.values()}
    schemas = {kind.name: _schema(kind) for kind in CATALOG.values()}
    for part in (dead_letters(application.group, application.topic), retries(application.group, application.topic)):
        channels[part.name], messages[part.name] = part.channel, part.message
        if application.group:
            operations[part.name] = part.operation
    return {
        "asyncapi": "3.0.0",
        "id": f"urn:rollcall:{application.name}",
        "info": {"title": application.title, "version": application.version, "description": _ABOUT},
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": {cloud_event.NAME: cloud_event.headers(), **schemas}},
    }


def _channel(topic: Topic, name: Callable[[str], str]) -> dict[str, Any]:
    writer = topic.writer.rpartition("/")[2]
    days = int(topic.settings.get("retention.ms", "0")) // 86_400_000
    kept = "The newest event of each key is kept for ever." if topic.compacted else f"Events are kept for {days} days."
    return {
        "address": name(topic.name),
        "title": topic.name,
        "description": f"Written by {writer} alone. {kept} Events of one key are in order.",
        "messages": {kind.name: {"$ref": f"#/components/messages/{kind.name}"} for kind in _kinds(topic)},
        "bindings": kafka.channel(name(topic.name), topic.partitions, topic.settings),
    }


def _message(kind: EventType) -> dict[str, Any]:
    golden = golden_record(kind.name)
    return {
        "name": kind.name,
        "title": kind.name,
        "summary": kind.when,
        "contentType": "application/json",
        "headers": cloud_event.headers_of(kind),
        "payload": {"$ref": f"#/components/schemas/{kind.name}"},
        "correlationId": {"location": "$message.header#/ce_correlationid"},
        "bindings": kafka.message("The event's subject."),
        "examples": [{"name": "golden", "headers": golden.headers, "payload": golden.payload}],
    }


def _schema(kind: EventType) -> dict[str, Any]:
    """The payload's schema in AsyncAPI's own dialect, which knows neither of these two."""
    return {key: said for key, said in json_schema.document(kind).items() if key not in ("$schema", "$id")}


def _sends(application: Application) -> Iterator[tuple[str, dict[str, Any]]]:
    for topic in TOPICS.values():
        if topic.writer == application.source:
            names = [kind.name for kind in _kinds(topic)]
            yield f"send-{topic.name}", _operation("send", topic, names)


def _receives(application: Application) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, handled in application.handles.items():
        topic = TOPICS[name]
        names = [kind.name for kind in _kinds(topic) if kind.name in handled]
        group = application.topic(application.group or "")
        yield f"receive-{name}", {**_operation("receive", topic, names), "bindings": kafka.operation(group)}


def _operation(action: str, topic: Topic, types: list[str]) -> dict[str, Any]:
    return {
        "action": action,
        "title": f"{action} {topic.name}",
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "messages": [{"$ref": f"#/channels/{topic.name}/messages/{type_}"} for type_ in types],
    }


def _kinds(topic: Topic) -> list[EventType]:
    """The event types that are announced on a topic."""
    return [kind for kind in CATALOG.values() if topic.name in kind.topics.values()]
