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


class _MobileClientSchema(_Lenient):
    """The application on one platform; `version` is sent when registering."""

    id = _text(254, required=True)
    platform = fields.String(required=True, validate=validate.OneOf(PLATFORMS))
    version = _text(254)


class _DeregistrationSchema(_Lenient):
    mobile_client = fields.Nested(_MobileClientSchema, required=True, data_key="mobileClient")
    token = _text(4096, required=True, data_key="notificationToken")
    provider = fields.String(validate=validate.OneOf(PROVIDERS), data_key="notificationProvider")


class _RegistrationSchema(_DeregistrationSchema):
    user = _text(254)


class _ClientAnswerSchema(Schema):
    """A registered client; what is not known is left out."""

    id = fields.String()
    user = fields.String()
    notificationToken = fields.String(attribute="token")
    notificationProvider = fields.String(attribute="provider")
    mobileClient = fields.Method("_mobile_client")
    modifiedOn = fields.Method("_modified_on")

    def _mobile_client(self, client: Any) -> dict[str, str]:
        shown = {"id": client["client_id"], "version": client.get("version"), "platform": client["platform"]}
        return {name: value for name, value in shown.items() if value is not None}

    def _modified_on(self, client: Any) -> str:
        moment: datetime = client["modified_on"].astimezone(UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


REGISTRATION = _RegistrationSchema()
DEREGISTRATION = _DeregistrationSchema()
CLIENT = _ClientAnswerSchema()
