"""Settings: one frozen object a service, read once from the environment, every mistake reported at once."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from environs import validate

from chassis.addresses import Network, networks
from chassis.environment import Env, SettingsError, Variable
from chassis.limits import HttpLimits
from chassis.logins import LoginLimits
from chassis.mongo import uri_problem
from chassis.users import Users, UsersSchema
from device_events.connection import KafkaConnection

__all__ = [
    "ChassisSettings",
    "Env",
    "Issuer",
    "SettingsError",
    "Variable",
    "kafka_settings",
    "read_settings",
    "variables",
]
T = TypeVar("T")
Read = Callable[[Env], dict[str, Any]]
FAMILIES = ("KAFKA_", "MONGODB_", "OIDC_", "LOGIN_", "SWEEP_")
CATALOGUE = "what there is to serve: YAML, as in `deploy/local/demo/catalogue.yaml`"
_SERVER = re.compile(r"([^\s:/\[\]]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}")


@dataclass(frozen=True, kw_only=True)
class Issuer:
    """An OIDC issuer whose bearer tokens are trusted: their `iss` and `aud`, and where its keys are."""

    issuer: str
    audience: str
    jwks_url: str


@dataclass(frozen=True, kw_only=True)
class ChassisSettings:
    """What every service is told. Times are seconds, sizes bytes."""

    host: str
    port: int
    mongodb_uri: str = field(repr=False)
    mongodb_database: str
    kafka: KafkaConnection
    log_level: str
    log_format: str
    users: Users | None
    issuers: Sequence[Issuer]
    logins: LoginLimits
    max_body: int
    http: HttpLimits = field(default_factory=HttpLimits)
    drain_delay: float
    shutdown_timeout: float
    sweep_every: float
    sweep_age: float


def read_settings(build: Callable[..., T], own: Read, *, families: tuple[str, ...] = ()) -> T:
    """Build a service's settings from the shared variables and its own. Raises SettingsError, listing every mistake.

    `families` are beginnings of names that, besides the shared ones, nobody but this service uses.
    """
    env = Env()
    values = {**_shared(env), **own(env)}
    env.refuse_unknown((*FAMILIES, *families))
    env.seal()
    return build(**values)


def variables(own: Read | None = None) -> Sequence[Variable]:
    """What a service can be told: the shared variables, and those that its own reader asks for."""
    env = Env()
    _shared(env)
    if own:
        own(env)
    env.refuse_unknown(())
    return list(env.asked.values())


def kafka_settings() -> KafkaConnection:
    """Only the variables about Kafka, for tools that need nothing else. Raises SettingsError."""
    env = Env()
    connection = _kafka(env)
    env.refuse_unknown(("KAFKA_",))
    env.seal()
    return connection


def _shared(env: Env) -> dict[str, Any]:
    positive, levels = validate.Range(min=0, min_inclusive=False), ["DEBUG", "INFO", "WARNING", "ERROR"]
    return {
        "host": env.str("HOST", "0.0.0.0", about="the address it listens on"),  # noqa: S104 - in a container: all
        "port": env.int("PORT", 8080, validate=validate.Range(0, 65_535), about="the port it listens on"),
        "mongodb_uri": _mongodb_uri(env),
        "mongodb_database": env.str(
            "MONGODB_DATABASE",
            "rollcall",
            validate=validate.Regexp(r"[A-Za-z0-9_-]{1,38}\Z"),
            about="its database; every service has its own collection",
        ),
        "kafka": _kafka(env),
        "log_level": env.one_of("LOG_LEVEL", "INFO", levels, about=f"or {_others(levels, 'INFO')}"),
        "log_format": env.one_of("LOG_FORMAT", "json", ["json", "console"], about="or `console`, for people"),
        "users": env.yaml(
            "USERS_FILE",
            UsersSchema(),
            default=None,
            about="people who may call with HTTP Basic: YAML `users: [{name, password_hash, roles}]`",
        ),
        "issuers": _issuers(env),
        "logins": _logins(env),
        "max_body": env.int(
            "MAX_BODY_BYTES", 65_536, validate=positive, about="bytes; a larger request body is refused"
        ),
        "http": _http(env),
        "drain_delay": env.float(
            "DRAIN_DELAY", 0.0, validate=validate.Range(min=0), about="at a stop: for so long not ready, but serving"
        ),
        "shutdown_timeout": env.float(
            "SHUTDOWN_TIMEOUT", 10.0, validate=positive, about="at a stop: how long requests in hand may take"
        ),
        "sweep_every": env.float(
            "SWEEP_EVERY", 2.0, validate=positive, about="how often events left behind are looked for"
        ),
        "sweep_age": env.float("SWEEP_AGE", 5.0, validate=positive, about="from which age they are published"),
    }


def _mongodb_uri(env: Env) -> str | None:
    about = "a replica set, of one node at least; login and TLS (`tls=true&tlsCAFile=…`) are options of it"
    uri: str | None = env.str("MONGODB_URI", about=about, secret=True)
    if uri is not None and (problem := uri_problem(uri)):
        env.mistake("MONGODB_URI", problem)
    return uri


def _http(env: Env) -> HttpLimits:
    return HttpLimits(
        connections=env.int(
            "MAX_CONNECTIONS",
            HttpLimits.connections,
            validate=validate.Range(min=1),
            about="open connections; each of 100 more gets 503 and is closed, others are cut off",
        ),
        requests=env.int(
            "MAX_REQUESTS",
            HttpLimits.requests,
            validate=validate.Range(min=1),
            about="requests in hand at once; one more gets 503 with `Retry-After`, but health and metrics",
        ),
        receive=env.float(
            "REQUEST_TIMEOUT",
            HttpLimits.receive,
            validate=validate.Range(min=1),
            about="for the head of a request to arrive, and then for its body",
        ),
    )


def _kafka(env: Env) -> KafkaConnection:
    protocols = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
    mechanisms = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
    connection = KafkaConnection(
        bootstrap_servers=_bootstrap_servers(env),
        security_protocol=env.one_of(
            "KAFKA_SECURITY_PROTOCOL", "PLAINTEXT", protocols, about=f"or {_others(protocols, 'PLAINTEXT')}"
        ),
        sasl_mechanism=env.one_of(
            "KAFKA_SASL_MECHANISM", "SCRAM-SHA-512", mechanisms, about=f"or {_others(mechanisms, 'SCRAM-SHA-512')}"
        ),
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


def _logins(env: Env) -> LoginLimits:
    positive = validate.Range(min=1)
    proxies: tuple[Network, ...] = ()
    about = "networks whose X-Forwarded-For is believed, such as the ingress's: `10.0.0.0/8,…`"
    try:
        proxies = networks(env.list("TRUSTED_PROXIES", [], about=about) or [])
    except ValueError as error:
        env.mistake("TRUSTED_PROXIES", str(error))
    return LoginLimits(
        failures=env.int(
            "LOGIN_FAILURES",
            10,
            validate=positive,
            about="failed logins of one name from one address after which it waits",
        ),
        failures_per_address=env.int(
            "LOGIN_FAILURES_PER_ADDRESS",
            100,
            validate=positive,
            about="failed logins of all names from one address after which it waits",
        ),
        window=env.float("LOGIN_WINDOW", 300.0, validate=positive, about="how long failed logins count"),
        trusted_proxies=proxies,
    )


def _issuers(env: Env) -> tuple[Issuer, ...]:
    """`OIDC_ISSUERS` is a list of `issuer|audience|JWKS address`."""
    issuers = []
    about = "issuers whose bearer tokens are trusted: `issuer\\|audience\\|JWKS address`, separated by commas"
    texts: list[str] = env.list("OIDC_ISSUERS", [], about=about) or []
    for text in texts:
        parts = text.strip().split("|")
        if len(parts) != 3 or not all(parts) or not re.match(r"https?://[^\s/]", parts[2]):
            env.mistake("OIDC_ISSUERS", "each entry must be issuer|audience|JWKS address")
            continue
        issuers.append(Issuer(issuer=parts[0], audience=parts[1], jwks_url=parts[2]))
    return tuple(issuers)


def _others(choices: Sequence[str], default: str) -> str:
    return ", ".join(f"`{choice}`" for choice in choices if choice != default)
