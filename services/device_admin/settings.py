"""What device-admin is told: the runtimes, the confidential clients, the key of their tokens, and its bounds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import orjson
from environs import validate
from joserfc import jwk
from joserfc.errors import JoseError
from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, post_load
from marshmallow.validate import Length, Regexp

from chassis.settings import CATALOGUE, ChassisSettings, Env, read_settings


@dataclass(frozen=True, slots=True)
class Client:
    """A confidential client; `allowed_scope` holds patterns in which `*` stands for any run of characters."""

    id: str
    secret_hash: str = field(repr=False)
    display_name: str
    allowed_scope: str


@dataclass(frozen=True, kw_only=True)
class Settings(ChassisSettings):
    """device-admin's settings."""

    runtimes: frozenset[str]
    clients: Mapping[str, Client]
    signing_keys: Sequence[jwk.ECKey] = field(repr=False)
    token_issuer: str
    token_audience: str
    token_lifetime: int
    product_version: str
    app_server_id: str
    device_patience: float
    acknowledgement_timeout: timedelta
    orphan_age: timedelta
    transactions_every: float
    inactivity: timedelta
    expiry_every: float

    @classmethod
    def from_env(cls) -> "Settings":
        """The settings of this process. Raises SettingsError, listing every mistake."""
        return read_settings(cls, read)


class RuntimeSchema(Schema):
    """One runtime of the catalogue."""

    class Meta:
        unknown = RAISE

    name = fields.String(required=True, validate=Regexp(r"[^/\x00-\x1f\x7f]{1,254}\Z"))


class CatalogueSchema(Schema):
    """What device-admin needs of the catalogue."""

    class Meta:
        unknown = EXCLUDE

    runtimes = fields.List(fields.Nested(RuntimeSchema), required=True, validate=Length(min=1))

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> frozenset[str]:
        """The names of the runtimes."""
        return frozenset(runtime["name"] for runtime in data["runtimes"])


class ClientSchema(Schema):
    """One confidential client. Its id is what HTTP Basic and the token's claims carry: plain ASCII, no colon."""

    class Meta:
        unknown = RAISE

    id = fields.String(required=True, validate=Regexp(r"[\x21-\x39\x3b-\x7e]{1,254}\Z"))
    secret_hash = fields.String(required=True, validate=Regexp(r"\$argon2id\$"))
    display_name = fields.String(data_key="displayName")
    allowed_scope = fields.String(data_key="allowedScope", required=True, validate=Regexp(r"[\x20-\x7e]*\Z"))

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Client:
        """The loaded client, named by its id unless it has a name of its own."""
        return Client(data["id"], data["secret_hash"], data.get("display_name", data["id"]), data["allowed_scope"])


class ClientsSchema(Schema):
    """The clients file: `clients: [{id, secret_hash, displayName, allowedScope}]`, ids unique."""

    class Meta:
        unknown = RAISE

    clients = fields.List(fields.Nested(ClientSchema), required=True)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Mapping[str, Client]:
        """The clients by id."""
        clients = {client.id: client for client in data["clients"]}
        if len(clients) != len(data["clients"]):
            raise ValidationError("two clients have the same id")
        return MappingProxyType(clients)


def read(env: Env) -> dict[str, Any]:
    """Its own variables."""
    positive = validate.Range(min=0, min_inclusive=False)
    return {
        "runtimes": env.yaml("CATALOGUE_FILE", CatalogueSchema(), about=CATALOGUE),
        "clients": env.yaml(
            "CLIENTS_FILE",
            ClientsSchema(),
            about="confidential clients: YAML `clients: [{id, secret_hash, displayName, allowedScope}]`",
        ),
        "signing_keys": _signing_keys(env),
        "token_issuer": env.str("TOKEN_ISSUER", about="the `iss` of the tokens it issues"),
        "token_audience": env.str("TOKEN_AUDIENCE", about="their `aud`"),
        "token_lifetime": env.int("TOKEN_LIFETIME", 3_600, validate=positive, about="how long they are valid"),
        "product_version": env.str("PRODUCT_VERSION", "8.0", about="what its answers call the product's version"),
        "app_server_id": env.str("APP_SERVER_ID", "rollcall", about="what its transactions call the server"),
        "device_patience": env.float(
            "DEVICE_PATIENCE",
            1.0,
            validate=validate.Range(0, 10),
            about="how long an unknown device is looked for before 404: it may be on its way",
        ),
        "acknowledgement_timeout": _seconds(
            env,
            "ACKNOWLEDGEMENT_TIMEOUT",
            300.0,
            about="after which an asynchronous transaction fails, naming who is late",
        ),
        "orphan_age": _seconds(env, "ORPHAN_AGE", 30.0, about="from which age a transaction counts as left behind"),
        "transactions_every": env.float(
            "TRANSACTIONS_EVERY", 5.0, validate=positive, about="how often those are looked for"
        ),
        "inactivity": timedelta(
            days=env.float(
                "INACTIVITY_DAYS",
                90.0,
                validate=validate.Range(0, 36_500),
                about="days without contact that make a device EXPIRED",
            )
            or 0
        ),
        "expiry_every": env.float("EXPIRY_EVERY", 3_600.0, validate=positive, about="how often that is looked for"),
    }


def _seconds(env: Env, name: str, default: float, *, about: str) -> timedelta:
    return timedelta(seconds=env.float(name, default, validate=validate.Range(0, 86_400), about=about) or 0)


def _signing_keys(env: Env) -> Sequence[jwk.ECKey]:
    """P-256 keys as a JSON Web Key Set, or one key. What is wrong with them is not repeated: they are secrets.

    The first is private and signs; the others only go on being published, so they may be public.
    """
    about = "P-256 keys as a JSON Web Key Set, or one as a JSON Web Key, the same in all replicas; the first signs"
    text = env.str("SIGNING_KEY", about=about, secret=True)
    if not text:
        return ()
    try:
        keys = [jwk.ECKey.import_key(entry) for entry in _entries(orjson.loads(text))]
    except (JoseError, ValueError, TypeError, KeyError):
        keys = []
    if not keys or not keys[0].is_private or any(key.curve_name != "P-256" for key in keys):
        env.mistake("SIGNING_KEY", "must be P-256 keys as JSON Web Key Set, or one as JSON Web Key; the first private")
        return ()
    for key in keys:
        key.ensure_kid()
    if len({key.kid for key in keys}) != len(keys):
        env.mistake("SIGNING_KEY", "two keys have the same kid")
    return keys


def _entries(document: Any) -> Sequence[Any]:
    entries = document["keys"] if isinstance(document, dict) and "keys" in document else [document]
    if not isinstance(entries, list):
        raise TypeError("keys is no array")
    return entries
