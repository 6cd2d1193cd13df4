"""Events that we publish are read by a plain Kafka client, and by the CloudEvents SDKs of Python and JavaScript."""

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka
from cloudevents.core.formats.json import JSONFormat

from device_events import Event, KafkaConnection, catalog
from device_events.envelope import encode
from device_events.publisher import OutgoingRecord, Publisher
from tests.support.node.packages import run

HERE = Path(__file__).parent
EXTENSIONS = ("deviceid", "causationid", "correlationid")
COUNTS = ("sequence", "statussequence")


@pytest.fixture
async def published(kafka: KafkaConnection, events: Sequence[Event]) -> Sequence[Event]:
    """What our publisher has put on the topics: an event of every type."""
    publisher = Publisher(kafka, limit=30)
    batch = [OutgoingRecord(catalog.topic_for(one.type, one.source), *encode(one)) for one in events]
    assert all(await publisher.publish(batch))
    await publisher.stop()
    return events


async def read(kafka: KafkaConnection, count: int) -> list[Any]:
    """The records, by a consumer with the client's own defaults that knows nothing of us but the topics' names."""
    topics = [kafka.name(topic) for topic in catalog.TOPICS]
    consumer = AIOKafkaConsumer(
        *topics, bootstrap_servers=list(kafka.bootstrap_servers), auto_offset_reset="earliest", group_id=None
    )
    found: list[Any] = []
    async with asyncio.timeout(60), consumer:
        while len(found) < count:
            found.append(await consumer.getone())
    return found


async def test_a_plain_consumer_reads_them_with_json_alone(kafka: KafkaConnection, published: Sequence[Event]) -> None:
    by_type = {dict(record.headers)["ce_type"].decode(): record for record in await read(kafka, len(published))}
    for event in published:
        record = by_type[event.type]
        headers = {name: text.decode() for name, text in record.headers}
        assert json.loads(record.value) == event.data
        assert record.key.decode() == headers["ce_subject"] == event.subject
        assert (headers["ce_id"], headers["ce_source"]) == (event.id, event.source)
        assert datetime.fromisoformat(headers["ce_time"]) == event.time
        assert int(headers["ce_sequence"]) == event.sequence


async def test_the_python_sdk_reads_them(kafka: KafkaConnection, published: Sequence[Event]) -> None:
    records = await read(kafka, len(published))
    by_type = {
        one.get_type(): one
        for one in (from_kafka(KafkaMessage(dict(raw.headers), raw.key, raw.value), JSONFormat()) for raw in records)
    }
    for event in published:
        one = by_type[event.type]
        assert (one.get_id(), one.get_source(), one.get_subject()) == (event.id, event.source, event.subject)
        assert (one.get_time(), one.get_data()) == (event.time, event.data)
        assert {name: one.get_extension(name) for name in EXTENSIONS} == {
            name: getattr(event, name) for name in EXTENSIONS
        }
        assert {name: one.get_extension(name) for name in COUNTS} == {
            name: str(getattr(event, name)) for name in COUNTS
        }


@pytest.mark.apache_kafka
async def test_the_javascript_sdk_reads_them(kafka: KafkaConnection, published: Sequence[Event]) -> None:
    topics = [kafka.name(topic) for topic in catalog.TOPICS]
    printed = await asyncio.to_thread(run, HERE / "read.cjs", kafka.bootstrap_servers[0], str(len(published)), *topics)
    lines: list[dict[str, Any]] = [json.loads(line) for line in printed.splitlines()]
    by_type = {one["type"]: one for one in lines}
    assert len(by_type) == len(published)
    for event in published:
        one = by_type[event.type]
        assert (one["id"], one["source"], one["subject"]) == (event.id, event.source, event.subject)
        assert (datetime.fromisoformat(one["time"]), one["data"]) == (event.time, event.data)
        assert (one["key"], one["datacontenttype"]) == (event.subject, "application/json")
        assert {name: one[name] for name in EXTENSIONS} == {name: getattr(event, name) for name in EXTENSIONS}
        assert {name: one[name] for name in COUNTS} == {name: str(getattr(event, name)) for name in COUNTS}
