"""Events written by somebody else's libraries: the CloudEvents SDKs of Python and JavaScript, with plain clients."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer
from cloudevents.core.bindings.kafka import to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from device_events import Event, KafkaConnection, catalog
from device_events.envelope import ATTRIBUTES
from tests.support.node.packages import run

HERE = Path(__file__).parent
# Connection, events, and the content mode: "binary" or "structured".
Write = Callable[[KafkaConnection, Sequence[Event], str], Awaitable[None]]


def attributes(event: Event) -> dict[str, Any]:
    """What an SDK is told, each extension as text, as CloudEvents has them in headers."""
    given = {name: getattr(event, name) for name in ATTRIBUTES if getattr(event, name) is not None}
    counts = {name: str(value) for name, value in given.items() if isinstance(value, int)}
    return {**given, **counts, "datacontenttype": "application/json"}


def topic(connection: KafkaConnection, event: Event) -> str:
    """Where it belongs, as the cluster names it."""
    return connection.name(catalog.topic_for(event.type, event.source))


async def with_python(connection: KafkaConnection, events: Sequence[Event], mode: str) -> None:
    """By the CloudEvents SDK for Python and a producer with aiokafka's own defaults."""
    encode = to_binary if mode == "binary" else to_structured
    async with AIOKafkaProducer(bootstrap_servers=list(connection.bootstrap_servers)) as producer:
        for event in events:
            message = encode(CloudEvent(attributes(event), dict(event.data)), JSONFormat())
            headers = list(message.headers.items())
            key = event.subject.encode()
            await producer.send_and_wait(topic(connection, event), bytes(message.value), key, headers=headers)


async def with_javascript(connection: KafkaConnection, events: Sequence[Event], mode: str) -> None:
    """By the CloudEvents SDK for JavaScript and kafkajs."""
    lines = [
        json.dumps(
            {"topic": topic(connection, event), "event": {**attributes(event), "data": event.data}}, default=_time
        )
        for event in events
    ]
    broker = connection.bootstrap_servers[0]
    await asyncio.to_thread(run, HERE / "write.cjs", broker, mode, stdin="\n".join(lines))


def _time(value: Any) -> str:
    return str(value.isoformat())


WRITERS: Mapping[str, Write] = {"python": with_python, "javascript": with_javascript}
