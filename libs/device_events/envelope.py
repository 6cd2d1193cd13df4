"""Events to and from Kafka records: CloudEvents 1.0, Kafka protocol binding, binary mode.

Attributes travel as `ce_` headers, the payload as plain JSON in the value, the subject as the key, and
`traceparent` beside them under its own name, as W3C Trace Context asks.
"""

import json
import re
from collections.abc import Iterable
from typing import Any

import orjson
from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka, to_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from device_events.catalog import CATALOG
from device_events.errors import Undecodable
from device_events.event import Event

Headers = list[tuple[str, bytes]]
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class _CompactJson(JSONFormat):
    """The SDK's JSON format, writing payloads with orjson."""

    def write_data(self, data: Any, datacontenttype: str | None) -> bytes:
        return orjson.dumps(data)


_FORMAT = _CompactJson()
_REQUIRED = ("specversion", "id", "source", "type", "subject", "time", "sequence")
_OPTIONAL = ("deviceid", "causationid", "statussequence", "correlationid")


def encode(event: Event) -> tuple[bytes, bytes, Headers]:
    """The Kafka record of an event: key, value, headers. The payload is taken as it is: announce valid ones."""
    attributes: dict[str, Any] = {
        "id": event.id,
        "type": event.type,
        "source": event.source,
        "subject": event.subject,
        "time": event.time,
        "datacontenttype": "application/json",
        "sequence": str(event.sequence),
    }
    for name in _OPTIONAL:
        if (value := getattr(event, name)) is not None:
            attributes[name] = str(value)
    message = to_binary(CloudEvent(attributes, dict(event.data)), _FORMAT)
    headers = list(message.headers.items())
    if event.traceparent:
        headers.append(("traceparent", event.traceparent.encode()))
    return event.subject.encode(), bytes(message.value), headers


def event_type(headers: Iterable[tuple[str, bytes]]) -> str | None:
    """The type that a record's headers name, without decoding the rest; None when they name none."""
    for name, value in headers:
        if name == "ce_type" and value is not None:
            return value.decode("utf-8", "replace")
    return None


def decode(key: bytes | None, value: bytes | None, headers: Iterable[tuple[str, bytes]]) -> Event:
    """The event in a Kafka record, its payload checked against the catalogue's schema and freed of unknown fields.

    Raises Undecodable, naming what is wrong: no CloudEvent, no sequence, unknown type, a payload out of its schema.
    """
    raw = dict(headers)
    traceparent = raw.pop("traceparent", b"")
    if value is None:
        raise Undecodable("the record has no value")
    # The SDK would make up an id, a time and a version.
    if missing := [name for name in _REQUIRED if not raw.get(f"ce_{name}")]:
        raise Undecodable(f"no CloudEvent of ours: {', '.join(missing)} missing")
    try:
        cloud = from_kafka(KafkaMessage(raw, key, value), _FORMAT)
        event = _event(cloud, traceparent.decode("ascii"))
    except Undecodable:
        raise
    except (json.JSONDecodeError, RecursionError) as error:
        raise Undecodable(f"the value is no JSON: {error}") from error
    except Exception as error:
        raise Undecodable(f"no CloudEvent: {type(error).__name__}: {error}") from error
    if key is not None and key != event.subject.encode():
        raise Undecodable("the key is not the subject")
    return event


def _event(cloud: BaseCloudEvent, traceparent: str) -> Event:
    kind = CATALOG.get(cloud.get_type())
    if kind is None:
        raise Undecodable(f"unknown event type {cloud.get_type()!r}")
    subject, time, data = cloud.get_subject(), cloud.get_time(), cloud.get_data()
    if subject is None or time is None:
        raise Undecodable("subject or time is missing")
    if not isinstance(data, dict):
        raise Undecodable("the payload is no JSON object")
    if errors := kind.schema.validate(data):
        raise Undecodable(f"the payload breaks {kind.name}: {errors}")
    statussequence = cloud.get_extension("statussequence")
    return Event(
        id=cloud.get_id(),
        type=kind.name,
        source=cloud.get_source(),
        subject=subject,
        time=time,
        sequence=_count("sequence", cloud.get_extension("sequence")),
        data=data,
        deviceid=cloud.get_extension("deviceid"),
        causationid=cloud.get_extension("causationid"),
        statussequence=None if statussequence is None else _count("statussequence", statussequence),
        correlationid=cloud.get_extension("correlationid"),
        traceparent=traceparent if _TRACEPARENT.fullmatch(traceparent) else None,
    )


def _count(name: str, text: Any) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", str(text)):
        raise Undecodable(f"{name} is no whole number")
    return int(text)
