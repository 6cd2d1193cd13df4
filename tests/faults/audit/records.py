"""The auditor's reading of Kafka: every record of every topic, from offset 0, as it stands there."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

STATUS_TOPIC = "rollcall.device-status"
TOPICS = (
    *(STATUS_TOPIC, "rollcall.push-registrations", "rollcall.mobile-clients"),
    *("rollcall.contacts", "rollcall.custom-events"),
)
READS: dict[str, tuple[str, ...]] = {
    "push-registry": (STATUS_TOPIC,),
    "device-admin": ("rollcall.push-registrations", "rollcall.mobile-clients", "rollcall.contacts"),
    "mobile-platform": (STATUS_TOPIC, "rollcall.push-registrations", "rollcall.mobile-clients"),
    "contacts": (STATUS_TOPIC, "rollcall.contacts"),
    "email-handlers": ("rollcall.custom-events",),
}
FETCH_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Record:
    """One delivery of an event; `place` is its partition and offset, `time` when it happened, by the event itself."""

    topic: str
    place: tuple[int, int]
    key: str
    id: str
    type: str
    source: str
    subject: str
    time: datetime
    sequence: int
    device: str | None
    cause: str | None
    status_sequence: int | None
    correlation: str | None
    data: dict[str, Any]

    @property
    def stream(self) -> tuple[str, str]:
        """What its sequence counts in."""
        return self.source, self.subject

    def __str__(self) -> str:
        return f"{self.type} {self.subject} #{self.sequence} ({self.id}, {self.topic} {self.place})"


class Log:
    """What a row's topics hold. `prefix` stands before each name.

    `set_aside` are records, by topic, partition and offset, that the row itself has put there: nobody's events.
    """

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self._bootstrap = bootstrap
        self._prefix = prefix
        self.set_aside: set[tuple[str, int, int]] = set()

    async def events(self) -> list[Record]:
        """Every record of the five topics, those of a partition in the order of their offsets."""
        raw = await self.raw(*TOPICS)
        return [_record(one, self._prefix) for one in raw if self._is_ours(one)]

    async def raw(self, *topics: str) -> list[Any]:
        """Every record of these topics as the broker keeps it."""
        return await self._read([f"{self._prefix}{topic}" for topic in topics])

    async def dead_letters(self) -> list[str]:
        """What was given up, with the reason, group by group."""
        found = await self._read([f"{self._prefix}{group}.dead-letters" for group in READS])
        return [_letter(one) for one in found]

    async def lag(self) -> dict[str, int]:
        """By consumer group, the records of events that it has not committed."""
        return await self.lag_of(READS)

    async def lag_of(self, reads: Mapping[str, Sequence[str]]) -> dict[str, int]:
        """By consumer group, the records that it has not committed of the topics named with it."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap, request_timeout_ms=5_000)
        await admin.start()
        try:
            committed = {group: await admin.list_consumer_group_offsets(f"{self._prefix}{group}") for group in reads}
        finally:
            await admin.close()
        ends = await self._ends(sorted({f"{self._prefix}{topic}" for topics in reads.values() for topic in topics}))
        lags = dict.fromkeys(reads, 0)
        for group, topics in reads.items():
            names = {f"{self._prefix}{topic}" for topic in topics}
            for partition, end in ends.items():
                if partition.topic in names:
                    known = committed[group].get(partition)
                    lags[group] += end - max(0, known.offset if known else 0)
        return lags

    def _is_ours(self, raw: Any) -> bool:
        return (raw.topic, raw.partition, raw.offset) not in self.set_aside

    async def _ends(self, topics: Sequence[str]) -> dict[TopicPartition, int]:
        async with self._reading(topics) as consumer:
            return dict(await consumer.end_offsets(consumer.assignment()))

    async def _read(self, topics: Sequence[str]) -> list[Any]:
        async with self._reading(topics) as consumer:
            ends = await consumer.end_offsets(consumer.assignment())
            found: list[Any] = []
            while any([await consumer.position(partition) < end for partition, end in ends.items()]):
                for batch in (await consumer.getmany(timeout_ms=200)).values():
                    found += batch
            return found

    @asynccontextmanager
    async def _reading(self, topics: Sequence[str]) -> AsyncIterator[AIOKafkaConsumer]:
        """A consumer that has every partition of these topics. Raises LookupError naming a topic that is not there."""
        consumer = AIOKafkaConsumer(
            *topics,
            bootstrap_servers=self._bootstrap,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=20,
            max_partition_fetch_bytes=FETCH_BYTES,
        )
        await consumer.start()
        try:
            if missing := {*topics} - {partition.topic for partition in consumer.assignment()}:
                raise LookupError(f"no partitions of {', '.join(sorted(missing))}")
            yield consumer
        finally:
            await consumer.stop()


def _record(raw: Any, prefix: str) -> Record:
    headers = {name: value.decode() for name, value in raw.headers}
    sequence = headers.get("ce_statussequence")
    return Record(
        topic=raw.topic.removeprefix(prefix),
        place=(raw.partition, raw.offset),
        key=(raw.key or b"").decode(),
        id=headers["ce_id"],
        type=headers["ce_type"],
        source=headers["ce_source"],
        subject=headers["ce_subject"],
        time=datetime.fromisoformat(headers["ce_time"]),
        sequence=int(headers["ce_sequence"]),
        device=headers.get("ce_deviceid"),
        cause=headers.get("ce_causationid"),
        status_sequence=int(sequence) if sequence else None,
        correlation=headers.get("ce_correlationid"),
        data=json.loads(raw.value),
    )


def _letter(raw: Any) -> str:
    headers = {name: value.decode("utf-8", "replace") for name, value in raw.headers}
    origin = ":".join(headers[f"dead-letter-{name}"] for name in ("topic", "partition", "offset"))
    return f"{raw.topic}: {origin} {headers.get('ce_id')} {headers.get('dead-letter-reason')}"
