"""How to reach Kafka: one object that producers and consumers are made from, with our safe settings."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import AIOKafkaClient
from aiokafka.conn import AIOKafkaConnection, CloseReason, create_conn
from aiokafka.errors import (
    IllegalSaslStateError,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.metadata import MetadataRequest

from device_events import header_names
from device_events.partitioner import partition_of

header_names.replace()
_LOGIN_REFUSED = (SaslAuthenticationFailed, UnsupportedSaslMechanismError, IllegalSaslStateError)
LARGEST_RECORD = 1_200_000  # bytes; topics take 1 MiB unless told otherwise, dead letters a little more


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaConnection:
    """Where Kafka is and how to log in. `idempotent` off is for brokers without idempotent producers only.

    `security_protocol` is PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL; `ca_file` is a PEM file that replaces the
    system's authorities, `cert_file` and `key_file` are a client certificate (its chain too) and its unencrypted key.
    With TLS the broker's certificate must name the host connected to. `topic_prefix` stands before every topic and
    group, where several Rollcalls share a cluster. `fetch_wait_ms` is how long the broker may hold an empty fetch.
    """

    bootstrap_servers: Sequence[str]
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str = "SCRAM-SHA-512"
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    idempotent: bool = True
    topic_prefix: str = ""
    fetch_wait_ms: int = 100

    def name(self, name: str) -> str:
        """The name on this cluster of a topic or a group of the catalogue."""
        return f"{self.topic_prefix}{name}"

    def producer(self) -> AIOKafkaProducer:
        """An unstarted producer. aiokafka's default, acks=1, loses acknowledged events with the leader."""
        producer = AIOKafkaProducer(
            **self._common(),
            acks="all",
            enable_idempotence=self.idempotent,
            linger_ms=0,
            request_timeout_ms=5_000,
            retry_backoff_ms=50,
            max_request_size=LARGEST_RECORD,
            max_batch_size=262_144,
            partitioner=partition_of,
        )
        _hang_up_at_close(producer.client)
        return producer

    def consumer(self, group: str | None, **overrides: Any) -> AIOKafkaConsumer:
        """An unstarted consumer. Offsets are committed by us alone, after the effect; a new group reads all."""
        consumer = AIOKafkaConsumer(
            **self._common(),
            **{
                "group_id": group,
                "enable_auto_commit": False,
                "auto_offset_reset": "earliest",
                "isolation_level": "read_committed",
                "session_timeout_ms": 10_000,
                # By its heartbeats a member learns that another has come or gone; until then neither reads.
                "heartbeat_interval_ms": 300,
                "max_poll_interval_ms": 300_000,
                "rebalance_timeout_ms": 30_000,
                "fetch_max_wait_ms": self.fetch_wait_ms,
                "fetch_max_bytes": 8_388_608,
                "retry_backoff_ms": 50,
                **overrides,
            },
        )
        _hang_up_at_close(consumer._client)
        return consumer

    def admin(self) -> AIOKafkaAdminClient:
        """An unstarted admin client."""
        admin = AIOKafkaAdminClient(**self._common())
        _hang_up_at_close(admin._client)
        return admin

    def mistakes(self) -> dict[str, str]:
        """What cannot be right about how to log in, by attribute; the files are read. Never quotes a secret."""
        sasl, tls = self.security_protocol.startswith("SASL"), self.security_protocol.endswith("SSL")
        found = {}
        for name, given in (("username", self.username), ("password", self.password)):
            if sasl and not given:
                found[name] = f"is needed for {self.security_protocol}"
            elif given and not sasl:
                found[name] = f"is never sent over {self.security_protocol}; log in by SASL_SSL"
        for name, given in (("ca_file", self.ca_file), ("cert_file", self.cert_file), ("key_file", self.key_file)):
            if given and not tls:
                found[name] = f"is of no use with {self.security_protocol}; TLS is SSL or SASL_SSL"
        if bool(self.cert_file) != bool(self.key_file):
            found["key_file" if self.cert_file else "cert_file"] = "certificate and key come together"
        if not tls or found:
            return found
        return self._file_mistakes()

    async def refusal(self) -> str | None:
        """Why a broker that is there turns us away: login, certificate or protocol.

        None when one lets us in, or when none can be reached at all. Takes at most 3 s a server.
        """
        refusal = None
        for server in self.bootstrap_servers:
            host, _, port = server.rpartition(":")
            try:
                await self._ask(host.strip("[]"), int(port))
            except ssl.SSLCertVerificationError as error:
                refusal = f"certificate not accepted: {error.verify_message}"
            except ssl.SSLError as error:
                refusal = f"no TLS connection: {error.reason}"
            except (ConnectionResetError, KafkaConnectionError):
                refusal = f"connection closed: not {self.security_protocol} there, or it wants a client certificate"
            except _LOGIN_REFUSED as error:
                refusal = f"login refused: {type(error).__name__}"
            except (KafkaError, OSError, ValueError, TimeoutError):
                continue
            else:
                return None
        return refusal

    async def _ask(self, host: str, port: int) -> None:
        connection = await create_conn(host, port, request_timeout_ms=3_000, **self._login())
        try:
            # A broker that wants a login tells its versions to anybody, and closes at the first real question.
            await connection.send(MetadataRequest([]))
        finally:
            await _hang_up(connection)

    def _file_mistakes(self) -> dict[str, str]:
        try:
            ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ValueError) as error:
            return {"ca_file": f"cannot be used: {_why(error)}"}
        try:
            self._ssl_context()
        except (OSError, ValueError) as error:
            return {"cert_file": f"cannot be used with its key: {_why(error)}"}
        return {}

    def _ssl_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.cert_file:
            # An encrypted key would make OpenSSL ask for a password on the terminal.
            context.load_cert_chain(self.cert_file, self.key_file, password=_no_password)
        return context

    def _common(self) -> dict[str, Any]:
        return {
            "bootstrap_servers": list(self.bootstrap_servers),
            "metadata_max_age_ms": 30_000,
            **self._login(),
        }

    def _login(self) -> dict[str, Any]:
        login: dict[str, Any] = {"security_protocol": self.security_protocol}
        if self.security_protocol.endswith("SSL"):
            login["ssl_context"] = self._ssl_context()
        if self.security_protocol.startswith("SASL"):
            login |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        return login


def _hang_up_at_close(client: AIOKafkaClient) -> None:
    """Let nothing wait for the brokers' farewell when this client closes.

    TLS has one, and while a broker holds a fetch it comes as late as the loop gives up on it, after 30 s. Whatever has
    to be acknowledged (records, offsets, leaving a group) has been by then.
    """
    close: Callable[[], Awaitable[None]] = client.close

    async def hang_up() -> None:
        await _hang_up(*client._conns.values())
        await close()

    client.close = hang_up  # type: ignore[method-assign]  # its owners make it themselves, of a class of their own


async def _hang_up(*connections: AIOKafkaConnection) -> None:
    closed = []
    for connection in connections:
        writer = connection._writer
        closed.append(connection.close(reason=CloseReason.SHUTDOWN))
        if writer is not None:
            writer.transport.abort()
    if closed:
        await asyncio.wait(closed)


def _no_password() -> str:
    raise ValueError("the key is encrypted")


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else str(error)) or type(error).__name__
