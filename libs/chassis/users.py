"""People who may call with HTTP Basic: name, password hash and roles, from a secret file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate


@dataclass(frozen=True, slots=True)
class User:
    """`password_hash` is an argon2 hash; roles are free text, their meaning is each service's."""

    name: str
    password_hash: str = field(repr=False)
    roles: frozenset[str]


Users = Mapping[str, User]


class UserSchema(Schema):
    """One user of the file."""

    class Meta:
        unknown = RAISE

    name = fields.String(required=True, validate=[validate.Length(1, 254), validate.ContainsNoneOf(":")])
    password_hash = fields.String(required=True, validate=validate.Regexp(r"\$argon2id\$"))
    roles = fields.List(fields.String(), load_default=list)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> User:
        """The loaded user."""
        return User(data["name"], data["password_hash"], frozenset(data["roles"]))


class UsersSchema(Schema):
    """The users file: `users: [{name, password_hash, roles}]`, names unique."""

    class Meta:
        unknown = RAISE

    users = fields.List(fields.Nested(UserSchema), required=True)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Users:
        """The users by name."""
        users = {user.name: user for user in data["users"]}
        if len(users) != len(data["users"]):
            raise ValidationError("two users have the same name")
        return MappingProxyType(users)
