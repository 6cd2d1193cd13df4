"""The settings of the connection to Kafka, which tools read without a service's others."""

import re

from environs import validate

from chassis.environment import Env
from device_events.connection import KafkaConnection

_SERVER = re.compile(r"([^\s:/\[\]]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}")


def kafka_settings() -> KafkaConnection:
    """Only the variables about Kafka, for tools that need nothing else. Raises SettingsError."""
    env = Env()
    connection = kafka(env)
    env.refuse_unknown(("KAFKA_",))
    env.seal()
    return connection


def kafka(env: Env) -> KafkaConnection:
    """What the variables say; their mistakes are told to `env`."""
    protocols = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
    mechanisms = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
    connection = KafkaConnection(
        bootstrap_servers=_bootstrap_servers(env),
        security_protocol=env.one_of("KAFKA_SECURITY_PROTOCOL", "PLAINTEXT", protocols),
        sasl_mechanism=env.one_of("KAFKA_SASL_MECHANISM", "SCRAM-SHA-512", mechanisms),
        username=env.str("KAFKA_USERNAME", None, about="for SASL"),
        password=env.str("KAFKA_PASSWORD", None, about="for SASL", secret=True),
        ca_file=env.str("KAFKA_CA_FILE", None, about="authorities to trust instead of the system's, a PEM file"),
        cert_file=env.str("KAFKA_CERT_FILE", None, about="a client certificate, a PEM file"),
        key_file=env.str("KAFKA_KEY_FILE", None, about="its unencrypted key, a PEM file"),
        idempotent=env.bool("KAFKA_IDEMPOTENT", True, about="`false` only for a broker without idempotent producers"),
        topic_prefix=env.str(
            "KAFKA_TOPIC_PREFIX",
            "",
            validate=validate.Regexp(r"[A-Za-z0-9._-]{0,80}\Z"),
            about="stands before each topic and group, where several Rollcalls share a cluster",
        ),
        fetch_wait_ms=env.int(
            "KAFKA_FETCH_WAIT_MS",
            100,
            validate=validate.Range(1, 10_000),
            about="milliseconds that the broker may hold an empty fetch",
        ),
    )
    if connection.security_protocol is not None:  # else it is a mistake itself
        for name, problem in connection.mistakes().items():
            env.mistake(f"KAFKA_{name.upper()}", problem)
    return connection


def _bootstrap_servers(env: Env) -> tuple[str, ...]:
    about = "`host:port`, separated by commas"
    given = env.list("KAFKA_BOOTSTRAP_SERVERS", validate=validate.Length(1), about=about) or ()
    servers = tuple(server.strip() for server in given)
    if not all(_SERVER.fullmatch(server) for server in servers):
        env.mistake("KAFKA_BOOTSTRAP_SERVERS", "each entry must be host:port")
    return servers
