"""The payload of each event type: the only place where one is described.

A payload of a published version only gains optional fields, so readers ignore what they do not know. The JSON Schemas
in `schemas/` and the AsyncAPI document are made from these classes, their docstrings and their fields' descriptions.
"""

from typing import Any

from marshmallow import EXCLUDE, Schema, fields, validate

from device_events.statuses import DeviceStatus

_STATUS = validate.OneOf([status.value for status in DeviceStatus])
_NOT_EMPTY = validate.Length(min=1)


def _is(description: str) -> dict[str, Any]:
    """What a field is, for those who read the schema."""
    return {"description": description}


class Payload(Schema):
    """What every payload has."""

    class Meta:
        unknown = EXCLUDE

    runtime = fields.String(
        required=True,
        validate=_NOT_EMPTY,
        metadata=_is("The name of the MobileFirst runtime that the device belongs to."),
    )


class DevicePayload(Payload):
    """A payload about one device."""

    deviceId = fields.String(required=True, validate=_NOT_EMPTY, metadata=_is("The device's id within its runtime."))


class StatusChanged(DevicePayload):
    """`previous` is absent when the device is first seen; it equals `status` when a status was set again."""

    status = fields.String(required=True, validate=_STATUS, metadata=_is("The device's status from now on."))
    previous = fields.String(validate=_STATUS, metadata=_is("Its status until now; absent when it is first seen."))
    transactionId = fields.Integer(
        strict=True, metadata=_is("The transaction of device-admin that made the change, if one did.")
    )
    reason = fields.String(
        required=True,
        validate=validate.OneOf(["first-seen", "operator", "inactivity", "contact"]),
        metadata=_is("Why: `inactivity` made it EXPIRED, `contact` ACTIVE again after that."),
    )


class StatusApplied(DevicePayload):
    """`service` has done its part of the change to `status`; `effects` counts what it did, by name."""

    service = fields.String(required=True, metadata=_is("The service that has done its part."))
    status = fields.String(required=True, validate=_STATUS, metadata=_is("The status that it has applied."))
    effects = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(strict=True),
        required=True,
        metadata=_is("How many of what it changed, by name, such as tokensRemoved; a name may be absent."),
    )


class PushRegistration(DevicePayload):
    """A device's registration with one application; `tokenDigest` is a keyed digest of its push token."""

    applicationId = fields.String(required=True, metadata=_is("The application that the device registered with."))
    platform = fields.String(allow_none=True, metadata=_is("What it registered for, such as A (Apple) or G (Google)."))
    userId = fields.String(allow_none=True, metadata=_is("Who uses the device, as its application names people."))
    tokenDigest = fields.String(
        allow_none=True, metadata=_is("A keyed digest of its push token: enough to match, useless to send with.")
    )


class PushTokenRemoved(PushRegistration):
    """`reason`: the device's status shut it out, or another device took the token over."""

    tokenDigest = fields.String(required=True, metadata=_is("A keyed digest of the token that is gone."))
    reason = fields.String(
        required=True,
        validate=validate.OneOf(["status", "taken-over"]),
        metadata=_is("The device's status shut it out, or another device registered with the same token."),
    )


class MobileClient(Payload):
    """A mobile client of one backend; `clientId` is the application id that the backend's catalogue names."""

    backendId = fields.String(required=True, metadata=_is("The mobile backend that the client belongs to."))
    clientId = fields.String(required=True, metadata=_is("The application id, as the backend's catalogue names it."))
    platform = fields.String(required=True, metadata=_is("The client's platform, such as IOS or ANDROID."))
    notificationProvider = fields.String(
        required=True, allow_none=True, metadata=_is("What delivers its notifications, such as APNS.")
    )
    tokenDigest = fields.String(required=True, metadata=_is("A keyed digest of its notification token."))
    deviceId = fields.String(allow_none=True, metadata=_is("Its device, where that is known."))
    user = fields.String(allow_none=True, metadata=_is("Who registered it."))


class MobileClientDeregistered(MobileClient):
    """`reason`: the client asked for it, or the device's status shut it out."""

    reason = fields.String(
        required=True,
        validate=validate.OneOf(["request", "status"]),
        metadata=_is("The client asked for it, or its device's status shut it out."),
    )


class Contact(Payload):
    """`contactId` is the encrypted id that the API gives out."""

    listId = fields.Integer(required=True, strict=True, metadata=_is("The contact list."))
    contactId = fields.String(required=True, metadata=_is("The contact's encrypted id, as the API gives it out."))


class ContactWritten(Contact):
    """A contact was created or updated: which of its values, never their content."""

    fields_ = fields.List(
        fields.String(), data_key="fields", required=True, metadata=_is("The names of the values that were written.")
    )


class ContactDeviceRegistered(Contact):
    """A contact registered a device."""

    deviceId = fields.String(required=True, metadata=_is("The device's id within its runtime."))
    deviceType = fields.Integer(strict=True, allow_none=True, metadata=_is("The kind of device, as the caller said."))


class CustomEventTriggered(Contact):
    """One contact and one named custom event. `values` are the contact's, for handlers only: personal data."""

    customEvent = fields.String(required=True, metadata=_is("The custom event to run, such as SendWelcomeEmail."))
    cause = fields.String(
        required=True,
        validate=validate.OneOf(["call", "registered", "status"]),
        metadata=_is("The call asked for it, or its list names it for a registration or for a device's status."),
    )
    status = fields.String(validate=_STATUS, metadata=_is("The device's status, where that is the cause."))
    deviceId = fields.String(allow_none=True, metadata=_is("The device that it is about."))
    values = fields.Dict(
        keys=fields.String(), required=True, metadata=_is("The contact's values by field name: personal data.")
    )
