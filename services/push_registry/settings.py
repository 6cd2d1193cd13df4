"""The settings of push-registry: the shared ones, its applications, and the key of the token digests."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Self

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, post_load, validate

from chassis.settings import CATALOGUE, ChassisSettings, Env, read_settings
from chassis.tokens import TokenDigest

NAME = validate.Regexp(r"[A-Za-z0-9._-]{1,128}\Z")

Applications = Mapping[str, str]
"""Application id to the name of its runtime."""


class ApplicationSchema(Schema):
    """One application of the catalogue."""

    class Meta:
        unknown = RAISE

    id = fields.String(required=True, validate=NAME)
    runtime = fields.String(required=True, validate=NAME)


class CatalogueSchema(Schema):
    """The part of the catalogue file that push-registry reads."""

    class Meta:
        unknown = EXCLUDE

    applications = fields.List(fields.Nested(ApplicationSchema), required=True)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Applications:
        """The runtimes by application."""
        applications = {one["id"]: one["runtime"] for one in data["applications"]}
        if len(applications) != len(data["applications"]):
            raise ValidationError("two applications have the same id")
        return MappingProxyType(applications)


@dataclass(frozen=True, kw_only=True)
class Settings(ChassisSettings):
    """What push-registry is told."""

    applications: Applications
    token_digest: TokenDigest

    @classmethod
    def from_env(cls) -> Self:
        """Read the environment. Raises SettingsError, listing every mistake."""
        return read_settings(cls, read)


def read(env: Env) -> dict[str, Any]:
    """Its own variables."""
    return {
        "applications": env.yaml("CATALOGUE_FILE", CatalogueSchema(), about=CATALOGUE),
        "token_digest": TokenDigest(
            env.secret(
                "TOKEN_DIGEST_KEY",
                about="what push tokens are named by in events, the same in both: base64url, 32 bytes or more",
            )
        ),
    }
