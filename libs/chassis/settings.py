"""Settings: one frozen object a service, read once from the environment, every mistake reported at once.

Any variable may be given as `NAME_FILE`, naming a file that holds the value: that is how secrets come in.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

import yaml
from environs import EnvValidationError, FileAwareEnv, validate
from marshmallow import Schema, ValidationError

from chassis.addresses import Network, networks
from chassis.limits import HttpLimits
from chassis.logins import LoginLimits
from chassis.mongo import uri_problem
from chassis.users import Users, UsersSchema
from device_events.connection import KafkaConnection

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


class SettingsError(Exception):
    """The environment cannot be used; the text lists every mistake, one a line."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = list(mistakes)


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


class Env:
    """Reads typed variables and collects what is wrong with them; a value at fault reads as None."""

    def __init__(self) -> None:
        self._env = FileAwareEnv(eager=False, strip_whitespace=True)
        self._mistakes: list[str] = []
        self.str = self._collecting(self._env.str)
        self.int = self._collecting(self._env.int)
        self.float = self._collecting(self._env.float)
        self.bool = self._collecting(self._env.bool)
        self.list = self._collecting(self._env.list)

    def one_of(self, name: str, default: str, choices: Sequence[str]) -> Any:
        """A variable that must be one of the choices."""
        return self.str(name, default, validate=validate.OneOf(choices))

    def secret(self, name: str, *, minimum: int = 32) -> bytes:
        """A base64url key of at least `minimum` bytes."""
        text: Any = self.str(name)
        if text is None:
            return b""
        bare = text.rstrip("=")
        try:
            key = base64.b64decode(bare + "=" * (-len(bare) % 4), b"-_", validate=True)
        except ValueError:
            key = b""
        if len(key) < minimum:
            self.mistake(name, f"must be base64url of at least {minimum} bytes")
        return key

    def yaml(self, name: str, schema: Schema, *, default: Any = ...) -> Any:
        """The YAML (or JSON) file that the variable names, loaded by the schema."""
        path = self.str(name) if default is ... else self.str(name, "")
        if not path:
            if default is ... and path is not None:
                self.mistake(name, "names no file")
            return None if default is ... else default
        try:
            return schema.load(yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {})
        except OSError as error:
            self.mistake(name, f"cannot read the file: {error.strerror}")
        except (yaml.YAMLError, UnicodeError) as error:
            self.mistake(name, f"not valid YAML{_place(error)}")
        except ValidationError as error:
            self.mistake(name, str(error.messages))
        return None

    def mistake(self, name: str, problem: str) -> None:
        """Report a variable that reads well but cannot be right."""
        self._mistakes.append(f"{name}: {problem}")

    def _collecting(self, read: F) -> F:
        """The same reader, but a `NAME_FILE` that cannot be read is one mistake among others."""

        def collect(name: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                return read(name, *args, **kwargs)
            except ValueError as error:
                self.mistake(name, str(error))
                return None

        return cast(F, collect)

    def seal(self) -> None:
        """Raises SettingsError if anything was wrong."""
        mistakes = list(self._mistakes)
        try:
            self._env.seal()
        except EnvValidationError as error:
            mistakes += [f"{name}: {' '.join(map(str, texts))}" for name, texts in _by_name(error).items()]
        if mistakes:
            raise SettingsError(sorted(mistakes))


def read_settings(build: Callable[..., T], own: Callable[[Env], dict[str, Any]]) -> T:
    """Build a service's settings from the shared variables and its own. Raises SettingsError, listing every mistake."""
    env = Env()
    values = {**_shared(env), **own(env)}
    env.seal()
    return build(**values)


def _place(error: yaml.YAMLError | UnicodeError) -> str:
    """Where the file is wrong. The parser's own text would quote the line, and with it a password's hash or a key."""
    mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
    return f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""


def _by_name(error: EnvValidationError) -> Mapping[str, list[str]]:
    messages = error.error_messages
    return messages if isinstance(messages, Mapping) else {"environment": messages}


def kafka_settings() -> KafkaConnection:
    """Only the variables about Kafka, for tools that need nothing else. Raises SettingsError."""
    env = Env()
    connection = _kafka(env)
    env.seal()
    return connection


def _shared(env: Env) -> dict[str, Any]:
    positive = validate.Range(min=0, min_inclusive=False)
    return {
        "host": env.str("HOST", "0.0.0.0"),  # noqa: S104 - a container listens on all of its interfaces
        "port": env.int("PORT", 8080, validate=validate.Range(0, 65_535)),
        "mongodb_uri": _mongodb_uri(env),
        "mongodb_database": env.str("MONGODB_DATABASE", "rollcall", validate=validate.Regexp(r"[A-Za-z0-9_-]{1,38}\Z")),
        "kafka": _kafka(env),
        "log_level": env.one_of("LOG_LEVEL", "INFO", ["DEBUG", "INFO", "WARNING", "ERROR"]),
        "log_format": env.one_of("LOG_FORMAT", "json", ["json", "console"]),
        "users": env.yaml("USERS_FILE", UsersSchema(), default=None),
        "issuers": _issuers(env),
        "logins": _logins(env),
        "max_body": env.int("MAX_BODY_BYTES", 65_536, validate=positive),
        "http": _http(env),
        "drain_delay": env.float("DRAIN_DELAY", 0.0, validate=validate.Range(min=0)),
        "shutdown_timeout": env.float("SHUTDOWN_TIMEOUT", 10.0, validate=positive),
        "sweep_every": env.float("SWEEP_EVERY", 2.0, validate=positive),
        "sweep_age": env.float("SWEEP_AGE", 5.0, validate=positive),
    }


def _mongodb_uri(env: Env) -> str | None:
    uri: str | None = env.str("MONGODB_URI")
    if uri is not None and (problem := uri_problem(uri)):
        env.mistake("MONGODB_URI", problem)
    return uri


def _http(env: Env) -> HttpLimits:
    return HttpLimits(
        connections=env.int("MAX_CONNECTIONS", HttpLimits.connections, validate=validate.Range(min=1)),
        requests=env.int("MAX_REQUESTS", HttpLimits.requests, validate=validate.Range(min=1)),
        receive=env.float("REQUEST_TIMEOUT", HttpLimits.receive, validate=validate.Range(min=1)),
    )


def _kafka(env: Env) -> KafkaConnection:
    connection = KafkaConnection(
        bootstrap_servers=tuple(env.list("KAFKA_BOOTSTRAP_SERVERS", validate=validate.Length(1)) or ()),
        security_protocol=env.one_of(
            "KAFKA_SECURITY_PROTOCOL", "PLAINTEXT", ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
        ),
        sasl_mechanism=env.one_of("KAFKA_SASL_MECHANISM", "SCRAM-SHA-512", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]),
        username=env.str("KAFKA_USERNAME", None),
        password=env.str("KAFKA_PASSWORD", None),
        ca_file=env.str("KAFKA_CA_FILE", None),
        cert_file=env.str("KAFKA_CERT_FILE", None),
        key_file=env.str("KAFKA_KEY_FILE", None),
        idempotent=env.bool("KAFKA_IDEMPOTENT", True),
        topic_prefix=env.str("KAFKA_TOPIC_PREFIX", "", validate=validate.Regexp(r"[A-Za-z0-9._-]{0,80}\Z")),
        fetch_wait_ms=env.int("KAFKA_FETCH_WAIT_MS", 100, validate=validate.Range(1, 10_000)),
    )
    if connection.security_protocol is not None:  # else it is a mistake itself
        for name, problem in connection.mistakes().items():
            env.mistake(f"KAFKA_{name.upper()}", problem)
    return connection


def _logins(env: Env) -> LoginLimits:
    positive = validate.Range(min=1)
    proxies: tuple[Network, ...] = ()
    try:
        proxies = networks(env.list("TRUSTED_PROXIES", []) or [])
    except ValueError as error:
        env.mistake("TRUSTED_PROXIES", str(error))
    return LoginLimits(
        failures=env.int("LOGIN_FAILURES", 10, validate=positive),
        failures_per_address=env.int("LOGIN_FAILURES_PER_ADDRESS", 100, validate=positive),
        window=env.float("LOGIN_WINDOW", 300.0, validate=positive),
        trusted_proxies=proxies,
    )


def _issuers(env: Env) -> tuple[Issuer, ...]:
    """`OIDC_ISSUERS` is a list of `issuer|audience|JWKS address`."""
    issuers = []
    texts: list[str] = env.list("OIDC_ISSUERS", []) or []
    for text in texts:
        parts = text.strip().split("|")
        if len(parts) != 3 or not all(parts):
            env.mistake("OIDC_ISSUERS", "each entry must be issuer|audience|JWKS address")
            continue
        issuers.append(Issuer(issuer=parts[0], audience=parts[1], jwks_url=parts[2]))
    return tuple(issuers)
