"""The CloudEvents SDK judges our envelope: it reads what we write, and we read what it writes."""

from datetime import UTC, datetime

from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka, to_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from device_events import Event, catalog
from device_events.envelope import decode, encode

EVENT = Event(
    id="01J-1",
    type=catalog.PUSH_TOKEN_REMOVED,
    source=catalog.PUSH_REGISTRY,
    subject="myruntime/Gerät 1/ü",
    time=datetime(2026, 11, 21, 23, 59, 59, 123000, tzinfo=UTC),
    sequence=7,
    data={
        "runtime": "myruntime",
        "deviceId": "Gerät 1/ü",
        "applicationId": "myapp",
        "tokenDigest": "d",
        "reason": "status",
    },
    deviceid="myruntime/Gerät 1/ü",
    causationid="01I-1",
    statussequence=3,
    correlationid="abc",
)


def test_the_sdk_reads_what_we_write() -> None:
    key, value, headers = encode(EVENT)
    read = from_kafka(KafkaMessage(dict(headers), key, value), JSONFormat())
    assert (read.get_id(), read.get_type(), read.get_source()) == (EVENT.id, EVENT.type, EVENT.source)
    assert (read.get_subject(), read.get_time(), read.get_data()) == (EVENT.subject, EVENT.time, EVENT.data)
    extensions = {name: read.get_extension(name) for name in ("sequence", "deviceid", "causationid", "statussequence")}
    assert extensions == {
        "sequence": "7",
        "deviceid": EVENT.deviceid,
        "causationid": "01I-1",
        "statussequence": "3",
    }


def test_we_read_what_the_sdk_writes() -> None:
    attributes = {
        "id": EVENT.id,
        "type": EVENT.type,
        "source": EVENT.source,
        "subject": EVENT.subject,
        "time": EVENT.time,
        "datacontenttype": "application/json",
        "sequence": "7",
        "deviceid": EVENT.deviceid,
        "causationid": "01I-1",
        "statussequence": "3",
        "correlationid": "abc",
    }
    message = to_binary(CloudEvent(attributes, dict(EVENT.data)), JSONFormat())
    assert decode(EVENT.subject.encode(), bytes(message.value), list(message.headers.items())) == EVENT
