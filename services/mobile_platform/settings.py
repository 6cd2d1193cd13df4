"""This service's settings, read once from the environment and the catalogue file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, post_load, validate, validates_schema

from chassis.settings import CATALOGUE, ChassisSettings, Env, read_settings

PLATFORMS = ("IOS", "ANDROID", "WINDOWS", "WEB")
# The one value the vendor documents; a deployment names its own build.
RUNTIME_VERSION = "15.4.1-201506162222"
_VISIBLE = re.compile(r"[!-~]{1,256}\Z")  # what may go into a header


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """A mobile backend: its runtime, who may call it without a user, and its clients' platforms by application id."""

    id: str
    runtime: str
    require_device_id: bool
    anonymous_key: str | None = field(repr=False)
    clients: Mapping[str, frozenset[str]]

    @property
    def role(self) -> str:
        """The role that a caller of this backend needs."""
        return f"mobile:{self.id}"

    @property
    def team_role(self) -> str:
        """The role of those who may register a client in another user's name."""
        return f"mobile:{self.id}:team"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What this service needs of the one catalogue file: the backends by id."""

    backends: Mapping[str, Backend]


class _Strict(Schema):
    class Meta:
        unknown = RAISE


def _name() -> fields.String:
    # Names are parts of document ids, where ":" and "/" separate.
    problem = "must be 1 to 128 characters without spaces, ':' and '/'"
    return fields.String(required=True, validate=validate.Regexp(re.compile(r"[^\s:/]{1,128}\Z"), error=problem))


class _RuntimeSchema(_Strict):
    name = _name()


class _ClientSchema(_Strict):
    id = fields.String(required=True, validate=validate.Length(min=1))
    platforms = fields.List(
        fields.String(validate=validate.OneOf(PLATFORMS)), required=True, validate=validate.Length(min=1)
    )


class _BackendSchema(_Strict):
    id = _name()
    runtime = fields.String(required=True)
    require_device_id = fields.Boolean(data_key="requireDeviceId", load_default=False)
    anonymous_key = fields.String(
        data_key="anonymousKey", load_default=None, allow_none=True, validate=validate.Regexp(_VISIBLE)
    )
    clients = fields.List(fields.Nested(_ClientSchema), required=True)

    @validates_schema
    def _clients_are_distinct(self, data: dict[str, Any], **_: Any) -> None:
        _require_distinct("clients", [client["id"] for client in data["clients"]])

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Backend:
        clients = {client["id"]: frozenset(client["platforms"]) for client in data.pop("clients")}
        return Backend(clients=clients, **data)


class CatalogueSchema(Schema):
    """The parts of the catalogue file that this service reads."""

    class Meta:
        unknown = EXCLUDE

    runtimes = fields.List(fields.Nested(_RuntimeSchema), required=True)
    backends = fields.List(fields.Nested(_BackendSchema), load_default=list)

    @validates_schema
    def _is_consistent(self, data: dict[str, Any], **_: Any) -> None:
        runtimes = {runtime["name"] for runtime in data["runtimes"]}
        backends: list[Backend] = data["backends"]
        strays = sorted({backend.runtime for backend in backends} - runtimes)
        if strays:
            raise ValidationError(f"no such runtime: {', '.join(strays)}", "backends")
        _require_distinct("backends", [backend.id for backend in backends])
        keys = [backend.anonymous_key for backend in backends if backend.anonymous_key]
        if len(keys) != len(set(keys)):
            raise ValidationError("two backends have the same anonymousKey", "backends")

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Catalogue:
        return Catalogue(backends={backend.id: backend for backend in data["backends"]})


def _require_distinct(name: str, ids: list[str]) -> None:
    twice = sorted({id_ for id_ in ids if ids.count(id_) > 1})
    if twice:
        raise ValidationError(f"named more than once: {', '.join(twice)}", name)


@dataclass(frozen=True, kw_only=True)
class Settings(ChassisSettings):
    """Everything this service is told from outside."""

    catalogue: Catalogue
    token_digest_key: bytes = field(repr=False)
    runtime_version: str = RUNTIME_VERSION

    @classmethod
    def from_env(cls) -> "Settings":
        return read_settings(cls, read)


def read(env: Env) -> dict[str, Any]:
    """Its own variables."""
    return {
        "catalogue": env.yaml("CATALOGUE_FILE", CatalogueSchema(), about=CATALOGUE),
        "token_digest_key": env.secret(
            "TOKEN_DIGEST_KEY",
            about="what push tokens are named by in events, the same in both: base64url, 32 bytes or more",
        ),
        "runtime_version": env.str(
            "RUNTIME_VERSION",
            RUNTIME_VERSION,
            validate=validate.Regexp(_VISIBLE),
            about="its `Oracle-Mobile-Runtime-Version` header",
        ),
    }
