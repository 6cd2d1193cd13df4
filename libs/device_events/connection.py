"""How to reach Kafka: one object that producers and consumers are made from, with our safe settings."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

LARGEST_RECORD = 1_200_000  # bytes; topics take 1 MiB unless told otherwise, dead letters a little more


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaConnection:
    """Where Kafka is and how to log in. `idempotent` off is for brokers without idempotent producers only.

    `security_protocol` is PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL; `ca_file` is a PEM file that replaces the
    system's authorities. `topic_prefix` stands before every topic and group, where several Rollcalls share a
    cluster. `fetch_wait_ms` is how long the broker may hold an empty fetch.
    """

    bootstrap_servers: Sequence[str]
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str = "SCRAM-SHA-512"
    username: str | None = None
    password: str | None = None
    ca_file: str | None = None
    idempotent: bool = True
    topic_prefix: str = ""
    fetch_wait_ms: int = 100

    def name(self, name: str) -> str:
        """The name on this cluster of a topic or a group of the catalogue."""
        return f"{self.topic_prefix}{name}"

    def producer(self) -> AIOKafkaProducer:
        """An unstarted producer. aiokafka's default, acks=1, loses acknowledged events with the leader."""
        return AIOKafkaProducer(
            **self._common(),
            acks="all",
            enable_idempotence=self.idempotent,
            linger_ms=0,
            request_timeout_ms=5_000,
            retry_backoff_ms=50,
            max_request_size=LARGEST_RECORD,
            max_batch_size=262_144,
        )

    def consumer(self, group: str | None, **overrides: Any) -> AIOKafkaConsumer:
        """An unstarted consumer. Offsets are committed by us alone, after the effect; a new group reads all."""
        return AIOKafkaConsumer(
            **self._common(),
            **{
                "group_id": group,
                "enable_auto_commit": False,
                "auto_offset_reset": "earliest",
                "isolation_level": "read_committed",
                "session_timeout_ms": 10_000,
                "heartbeat_interval_ms": 1_000,
                "max_poll_interval_ms": 300_000,
                "rebalance_timeout_ms": 30_000,
                "fetch_max_wait_ms": self.fetch_wait_ms,
                "retry_backoff_ms": 50,
                **overrides,
            },
        )

    def admin(self) -> AIOKafkaAdminClient:
        """An unstarted admin client."""
        return AIOKafkaAdminClient(**self._common())

    def _common(self) -> dict[str, Any]:
        common: dict[str, Any] = {
            "bootstrap_servers": list(self.bootstrap_servers),
            "security_protocol": self.security_protocol,
            "metadata_max_age_ms": 30_000,
        }
        if self.security_protocol.endswith("SSL"):
            common["ssl_context"] = ssl.create_default_context(cafile=self.ca_file)
        if self.security_protocol.startswith("SASL"):
            common |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        return common
