"""What a runner is told, by the same variables as the services."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from marshmallow import validate

from device_events.connection import KafkaConnection
from device_events.handlers.environment import Environment, setting
from device_events.handlers.registry import Handlers

if TYPE_CHECKING:
    from device_events.handlers.mongodb import MongoSettings

LONGEST_STOP = 20.0  # seconds; with the commit less than the group waits for a member that leaves
_PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
_MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
_SERVER = validate.Regexp(
    r"([^\s:/\[\]]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}\Z", error="must be host:port, separated by commas"
)
_KAFKA: Mapping[str, Any] = {
    "bootstrap_servers": _SERVER,
    "security_protocol": validate.OneOf(_PROTOCOLS),
    "sasl_mechanism": validate.OneOf(_MECHANISMS),
    "topic_prefix": validate.Regexp(r"[A-Za-z0-9._-]{0,80}\Z"),
    "fetch_wait_ms": validate.Range(1, 10_000),
}


@dataclass(frozen=True, kw_only=True)
class RunnerSettings:
    """Where health and metrics are, what is logged, and how many seconds handlers in hand may finish at a stop."""

    host: str = setting("0.0.0.0")  # noqa: S104 - a container listens on all of its interfaces
    port: int = setting(8080, validate=validate.Range(0, 65_535))
    log_level: str = setting("INFO", validate=validate.OneOf(("DEBUG", "INFO", "WARNING", "ERROR")))
    log_format: str = setting("json", validate=validate.OneOf(("json", "console")))
    shutdown_timeout: float = setting(10.0, validate=validate.Range(0, LONGEST_STOP, min_inclusive=False))
    ignored_variables: Sequence[str] = setting((), about="names that look like settings and are somebody else's")


@dataclass(frozen=True, slots=True)
class Told:
    """All of it. `mongodb` is None where records are kept in memory."""

    runner: RunnerSettings
    kafka: KafkaConnection
    mongodb: "MongoSettings | None"


def read_settings(handlers: Handlers[Any], variables: Mapping[str, str] | None = None) -> Told:
    """The runner's settings, and the handlers' own, which they then have. Raises SettingsError with every mistake."""
    env = Environment(variables)
    runner = env.read(RunnerSettings)
    kafka = env.read(KafkaConnection, prefix="KAFKA_", checks=_KAFKA)
    mongodb = None
    if handlers.records is not None:
        from device_events.handlers.mongodb import MongoSettings

        mongodb = env.read(MongoSettings)
    own = env.read(handlers.kind, prefix=handlers.prefix) if handlers.kind else None
    env.refuse_unknown(runner.ignored_variables if runner else ())
    env.seal()
    if own is not None:
        handlers.settings = own
    if runner is None or kafka is None:
        raise AssertionError("what is wrong was not reported")
    return Told(runner, kafka, mongodb)
