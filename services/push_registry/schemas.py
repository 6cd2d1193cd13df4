"""Request and response bodies of the push API, and its list query."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from chassis.bodies import WholeNumber
from chassis.errors import InvalidQuery
from chassis.ids import DEVICE_ID_LIMIT, device_id
from push_registry.errors import TOO_LONG
from push_registry.model import Registration

PLATFORMS = ("A", "G", "W", "WEB_CHROME", "WEB_FIREFOX", "WEB_SAFARI", "APPEXT_CHROME")
USER_ID_LIMIT = 254  # characters, after the document
PAGE_DEFAULT = 100
PAGE_LIMIT = 500
OFFSET_LIMIT = 10_000_000
_FILTER = re.compile(r"(?P<name>[A-Za-z]+)(?P<operator>==|=@)(?P<value>.*)", re.DOTALL)
MOMENT = {"description": "UTC, whole seconds.", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
DEVICE_ID = {
    "description": "The device, unique within the application's runtime.",
    "minLength": 1,
    "maxLength": DEVICE_ID_LIMIT,
    "pattern": r"^[^\u0000-\u001f\u007f-\u009f]*$",
}


def known_device_id(text: str) -> None:
    """A device id as all services take it."""
    try:
        device_id(text)
    except ValueError as error:
        raise ValidationError(str(error)) from error


class _Body(Schema):
    class Meta:
        unknown = RAISE

    deviceId = fields.String(validate=known_device_id, metadata=DEVICE_ID)
    phoneNumber = fields.String(validate=validate.Length(max=64), metadata={"description": "For SMS."})
    token = fields.String(
        validate=validate.Length(min=1, max=4_096), metadata={"description": "The device's token at its push provider."}
    )
    userId = fields.String(
        validate=validate.Length(max=USER_ID_LIMIT, error=TOO_LONG), metadata={"description": "Who uses the device."}
    )


class RegisterBody(_Body):
    """POST. A device without a token can still be reached by SMS, so one of the two is required."""

    deviceId = fields.String(required=True, validate=known_device_id, metadata=DEVICE_ID)
    platform = fields.String(required=True, validate=validate.OneOf(PLATFORMS))


class UpdateBody(_Body):
    """PUT. Everything is optional; `deviceId` repeats the path's."""


class ListQuery(Schema):
    """The query of the list, but for `filter`, which may be repeated."""

    class Meta:
        unknown = RAISE

    expand = fields.Boolean(load_default=False)
    offset = WholeNumber(load_default=0, validate=validate.Range(0, OFFSET_LIMIT))
    size = WholeNumber(load_default=PAGE_DEFAULT, validate=validate.Range(1, PAGE_LIMIT))
    userId = fields.String(load_default=None, validate=validate.Length(max=USER_ID_LIMIT))


class ListParameters(ListQuery):
    """The same with `filter`, as the OpenAPI document shows it."""

    filter = fields.List(
        fields.String(metadata={"pattern": r"^platform==[A-Z_]+(,platform==[A-Z_]+)*$"}),
        metadata={"description": "`platform==A`. A comma is OR, a repeated filter AND."},
    )


class NoQuery(Schema):
    """An operation without query parameters."""

    class Meta:
        unknown = RAISE


class DeviceRow(Schema):
    """A registration in the list. What it does not have is left out; the times are there when it is expanded."""

    deviceId = fields.String(required=True)
    userId = fields.String(required=True, metadata={"description": "`anonymous` where none was given."})
    platform = fields.String(required=True, validate=validate.OneOf(PLATFORMS))
    phoneNumber = fields.String()
    token = fields.String()
    createdMode = fields.String(validate=validate.Equal("API"))
    createdTime = fields.DateTime(metadata=MOMENT)
    lastUpdatedTime = fields.DateTime(metadata=MOMENT)


class RegistrationBody(DeviceRow):
    """A registration. `userAgent` is in the answer to POST only."""

    createdMode = fields.String(required=True, validate=validate.Equal("API"))
    createdTime = fields.DateTime(required=True, metadata=MOMENT)
    lastUpdatedTime = fields.DateTime(required=True, metadata=MOMENT)
    userAgent = fields.String()


class PageInfo(Schema):
    """Numbers are texts here, after the document; a page that does not exist has an empty link."""

    count = fields.String(required=True, metadata={"description": "On this page.", "pattern": r"^\d+$"})
    next = fields.String(required=True)
    previous = fields.String(required=True)
    totalCount = fields.String(required=True, metadata={"description": "On all pages.", "pattern": r"^\d+$"})


class DeviceListBody(Schema):
    """A page of an application's registrations."""

    devices = fields.List(fields.Nested(DeviceRow), required=True)
    pageInfo = fields.Nested(PageInfo, required=True)


class ErrorBody(Schema):
    """Why a call was refused; the message is in a language of Accept-Language."""

    code = fields.String(required=True, metadata={"pattern": r"^FPWSE\d{4}E$"})
    message = fields.String(required=True)
    correlationId = fields.String(required=True)


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
