"""What Kafka still holds of a device or a contact, and how long: nothing there can be erased by hand."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from chassis.records import RecordReader
from device_events import KafkaConnection
from device_events.catalog import TOPICS
from device_events.window import Record
from rollcall.outcome import moment

_SUFFIXES = (".dead-letters", ".retries")


@dataclass(slots=True)
class Remains:
    """Records of one topic. `gone_by` is the latest time at which the brokers delete the last; None if they do not."""

    topic: str
    records: int
    oldest: str
    newest: str
    newest_ms: int
    gone_by: str | None = None
    compacted: bool = False
    is_known: bool = True  # whether the brokers have said how long they keep it

    def shown(self) -> dict[str, Any]:
        """JSON-plain."""
        return {
            "topic": self.topic,
            "records": self.records,
            "oldest": self.oldest,
            "newest": self.newest,
            "goneBy": self.gone_by,
            "keepsNewest": self.compacted,
            "settingsKnown": self.is_known,
        }

    def line(self) -> str:
        """For people."""
        until = f"gone by {self.gone_by}" if self.gone_by else "never deleted by time"
        if not self.is_known:
            until = "how long it is kept the brokers do not say"
        if self.compacted:
            until = "the newest stays (device id and status), the others go when the topic is compacted"
        return f"Kafka: {self.records} records in {self.topic}, {self.oldest} to {self.newest}: {until}"


async def remains(reader: RecordReader, is_about: Callable[[Record], bool]) -> list[Remains]:
    """Look through all topics of ours, dead letters and retries among them."""
    topics = [name for name in sorted(await reader.topics()) if name in TOPICS or name.endswith(_SUFFIXES)]
    found: dict[str, list[int]] = {}
    async for record in reader.read(topics):
        if is_about(record):
            found.setdefault(record.topic, []).append(record.timestamp)
    settings = await _settings(reader.connection, found)
    return [_remains(topic, times, settings.get(topic, {})) for topic, times in sorted(found.items())]


def _remains(topic: str, times: list[int], settings: Mapping[str, str]) -> Remains:
    remains = Remains(topic, len(times), moment(min(times)), moment(max(times)), max(times))
    policy = settings.get("cleanup.policy", "")
    remains.compacted, remains.is_known = "compact" in policy, bool(settings)
    kept, rolled = int(settings.get("retention.ms", -1)), int(settings.get("segment.ms", 0))
    if "delete" in policy and kept >= 0:
        # A file goes as a whole, once the newest record in it is old enough; it is written to for up to segment.ms.
        remains.gone_by = moment(max(times) + kept + rolled)
    return remains


async def _settings(kafka: KafkaConnection, topics: Iterable[str]) -> dict[str, dict[str, str]]:
    """The settings of these topics as the brokers have them."""
    resources = [ConfigResource(ConfigResourceType.TOPIC, topic) for topic in topics]
    if not resources:
        return {}
    admin = kafka.admin()
    await admin.start()
    try:
        answers: Any = await admin.describe_configs(resources)
    finally:
        await admin.close()
    return {
        name: {entry[0]: entry[1] for entry in entries}
        for answer in answers
        for _code, _message, _kind, name, entries in answer.resources
    }
