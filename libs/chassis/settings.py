"""Settings: one frozen object a service, read once from the environment, every mistake reported at once."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from environs import validate

from chassis.addresses import Network, networks
from chassis.environment import Env, SettingsError, Variable
from chassis.kafka_settings import kafka
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
    "read_settings",
    "variables",
]
T = TypeVar("T")
Read = Callable[[Env], dict[str, Any]]
FAMILIES = ("KAFKA_", "MONGODB_", "OIDC_", "LOGIN_", "SWEEP_")
CATALOGUE = "what there is to serve: YAML, as in `deploy/local/demo/catalogue.yaml`"


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


def _shared(env: Env) -> dict[str, Any]:
    positive = validate.Range(min=0, min_inclusive=False)
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
        "kafka": kafka(env),
        "log_level": env.one_of("LOG_LEVEL", "INFO", ["DEBUG", "INFO", "WARNING", "ERROR"]),
        "log_format": env.one_of("LOG_FORMAT", "json", ["json", "console"], about="for people"),
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
