"""The bodies of requests and answers, as the vendor's documents name their properties."""

from datetime import UTC, datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, fields, validate

from mobile_platform.settings import PLATFORMS

PROVIDERS = ("APNS", "GCM", "FCM", "WNS", "SYNIVERSE")


class _Lenient(Schema):
    # The documents refuse what is missing or malformed, never what is more; SDKs send more.
    class Meta:
        unknown = EXCLUDE


def _text(longest: int, **options: Any) -> fields.String:
    return fields.String(validate=validate.Length(min=1, max=longest), **options)


class MobileClientBody(_Lenient):
    """The application on one platform; `version` is sent when registering."""

    id = _text(254, required=True, metadata={"description": "The application's id with the backend."})
    platform = fields.String(required=True, validate=validate.OneOf(PLATFORMS))
    version = _text(254)


class DeregisterBody(_Lenient):
    """A client instance: an application of the backend and the token that notifications are sent to."""

    mobile_client = fields.Nested(MobileClientBody, required=True, data_key="mobileClient")
    token = _text(4096, required=True, data_key="notificationToken")
    provider = fields.String(validate=validate.OneOf(PROVIDERS), data_key="notificationProvider")


class RegisterBody(DeregisterBody):
    """The same, and for whom; only the backend's team may say so."""

    user = _text(254)


class _Moment(fields.DateTime):
    """UTC with milliseconds, which marshmallow would leave out on the second."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        moment: datetime | None = value
        if moment is None:
            return None
        return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _Within(fields.Nested):
    """An object in the answer whose properties stand in the client itself."""

    def get_value(self, obj: Any, attr: str, accessor: Any = None, default: Any = None) -> Any:
        return obj


class _ClientOfAnswer(Schema):
    id = fields.String(required=True, attribute="client_id")
    version = fields.String()
    platform = fields.String(required=True, validate=validate.OneOf(PLATFORMS))


class ClientBody(Schema):
    """A registered client; what is not known is left out."""

    id = fields.String(required=True, metadata={"description": "Of this registration, made by the service."})
    user = fields.String()
    notificationToken = fields.String(required=True, attribute="token")
    notificationProvider = fields.String(required=True, attribute="provider", validate=validate.OneOf(PROVIDERS))
    mobileClient = _Within(_ClientOfAnswer, required=True)
    modifiedOn = _Moment(required=True, attribute="modified_on")


class ErrorDetail(Schema):
    """One thing that is wrong with a call."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    error_code = fields.String(required=True, data_key="o:errorCode", metadata={"pattern": r"^MOBILE-\d{5}$"})
    error_path = fields.String(required=True, data_key="o:errorPath")
    ecid = fields.String(required=True, data_key="o:ecid", metadata={"description": "X-Correlation-ID and `, 0`."})


class ErrorBody(ErrorDetail):
    """Why a call was refused; the details where several things are wrong with its body."""

    error_details = fields.List(fields.Nested(ErrorDetail), data_key="o:errorDetails")


REGISTRATION = RegisterBody()
DEREGISTRATION = DeregisterBody()
CLIENT = ClientBody()
