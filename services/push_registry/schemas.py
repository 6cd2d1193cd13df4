"""Request and response bodies of the push API, and its list query."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from chassis.errors import InvalidQuery
from chassis.ids import device_id
from push_registry.model import Registration

PLATFORMS = ("A", "G", "W", "WEB_CHROME", "WEB_FIREFOX", "WEB_SAFARI", "APPEXT_CHROME")
USER_ID_LIMIT = 254  # characters, after the document
PAGE_DEFAULT = 100
PAGE_LIMIT = 500
_FILTER = re.compile(r"(?P<name>[A-Za-z]+)(?P<operator>==|=@)(?P<value>.*)", re.DOTALL)


def known_device_id(text: str) -> None:
    """A device id as all services take it."""
    try:
        device_id(text)
    except ValueError as error:
        raise ValidationError(str(error)) from error


class _Body(Schema):
    class Meta:
        unknown = RAISE

    deviceId = fields.String(validate=known_device_id)
    phoneNumber = fields.String(validate=validate.Length(max=64))
    token = fields.String(validate=validate.Length(min=1, max=4_096))
    userId = fields.String(validate=validate.Length(max=USER_ID_LIMIT))


class RegisterBody(_Body):
    """POST. A device without a token can still be reached by SMS, so one of the two is required."""

    deviceId = fields.String(required=True, validate=known_device_id)
    platform = fields.String(required=True, validate=validate.OneOf(PLATFORMS))


class UpdateBody(_Body):
    """PUT. Everything is optional; `deviceId` repeats the path's."""


class ListQuery(Schema):
    """The query of the list, but for `filter`, which may be repeated."""

    class Meta:
        unknown = RAISE

    expand = fields.Boolean(load_default=False)
    offset = fields.Integer(load_default=0, validate=validate.Range(0, 10_000_000))
    size = fields.Integer(load_default=PAGE_DEFAULT, validate=validate.Range(1, PAGE_LIMIT))
    userId = fields.String(load_default=None, validate=validate.Length(max=USER_ID_LIMIT))


class NoQuery(Schema):
    """An operation without query parameters."""

    class Meta:
        unknown = RAISE


REGISTER = RegisterBody()
UPDATE = UpdateBody()
LIST = ListQuery()
NO_QUERY = NoQuery()


def platform_filters(filters: Sequence[str]) -> list[frozenset[str]]:
    """`platform==A` or `platform==A,platform==G`: a comma is OR, a repeated filter AND. Raises InvalidQuery."""
    return [frozenset(_platform(part) for part in re.split(r"(?<!\\),", one)) for one in filters]


def _platform(expression: str) -> str:
    match = _FILTER.fullmatch(expression)
    if match is None or match["name"] != "platform" or match["operator"] != "==":
        raise InvalidQuery(errors={"filter": ["Only platform==VALUE can be filtered by."]})
    return re.sub(r"\\(.)", r"\1", match["value"])


def registration_body(device_id: str, registration: Registration, *, with_agent: bool = False) -> dict[str, Any]:
    """A registration as the API shows it; what it does not have is left out."""
    body = {
        "deviceId": device_id,
        "userId": registration["user_id"],
        "platform": registration["platform"],
        "phoneNumber": registration.get("phone_number"),
        "token": registration.get("token"),
        "createdMode": "API",
        "createdTime": _time(registration["created"]),
        "lastUpdatedTime": _time(registration["updated"]),
        "userAgent": registration.get("user_agent") if with_agent else None,
    }
    return {name: value for name, value in body.items() if value is not None}


def row_body(device_id: str, registration: Registration, *, expand: bool) -> dict[str, Any]:
    """A registration in the list: the short form, or with its times when expanded."""
    body = registration_body(device_id, registration)
    if not expand:
        for name in ("createdMode", "createdTime", "lastUpdatedTime"):
            del body[name]
    return body


def _time(moment: datetime) -> str:
    # Whole seconds: this API's documents print no fraction.
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
