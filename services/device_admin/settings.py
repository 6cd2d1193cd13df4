"""What device-admin is told: the runtimes, the confidential clients, the key of their tokens, and its bounds."""

from collections.abc import Mapping
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

from chassis.settings import ChassisSettings, Env, read_settings


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
    signing_key: jwk.ECKey = field(repr=False)
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
        return read_settings(cls, _read)


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


def _read(env: Env) -> dict[str, Any]:
    positive = validate.Range(min=0, min_inclusive=False)
    return {
        "runtimes": env.yaml("CATALOGUE_FILE", CatalogueSchema()),
        "clients": env.yaml("CLIENTS_FILE", ClientsSchema()),
        "signing_key": _signing_key(env),
        "token_issuer": env.str("TOKEN_ISSUER"),
        "token_audience": env.str("TOKEN_AUDIENCE"),
        "token_lifetime": env.int("TOKEN_LIFETIME", 3_600, validate=positive),
        "product_version": env.str("PRODUCT_VERSION", "8.0"),
        "app_server_id": env.str("APP_SERVER_ID", "rollcall"),
        "device_patience": env.float("DEVICE_PATIENCE", 1.0, validate=validate.Range(0, 10)),
        "acknowledgement_timeout": _seconds(env, "ACKNOWLEDGEMENT_TIMEOUT", 300.0),
        "orphan_age": _seconds(env, "ORPHAN_AGE", 30.0),
        "transactions_every": env.float("TRANSACTIONS_EVERY", 5.0, validate=positive),
        "inactivity": timedelta(days=env.float("INACTIVITY_DAYS", 90.0, validate=validate.Range(0, 36_500)) or 0),
        "expiry_every": env.float("EXPIRY_EVERY", 3_600.0, validate=positive),
    }


def _seconds(env: Env, name: str, default: float) -> timedelta:
    return timedelta(seconds=env.float(name, default, validate=validate.Range(0, 86_400)) or 0)


def _signing_key(env: Env) -> jwk.ECKey | None:
    """A private P-256 key as a JWK. What is wrong with it is not repeated: it is a secret."""
    text = env.str("SIGNING_KEY")
    if not text:
        return None
    try:
        key = jwk.ECKey.import_key(orjson.loads(text))
    except (JoseError, ValueError, TypeError, KeyError):
        key = None
    if key is None or not key.is_private or key.curve_name != "P-256":
        env.mistake("SIGNING_KEY", "must be a private P-256 key as a JSON Web Key")
        return None
    key.ensure_kid()
    return key
