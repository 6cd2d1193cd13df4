"""The payload of each event type: the only place where one is described.

A payload of a published version only gains optional fields, so readers ignore what they do not know.
"""

from marshmallow import EXCLUDE, Schema, fields, validate

from device_events.statuses import DeviceStatus

_STATUS = validate.OneOf([status.value for status in DeviceStatus])


class Payload(Schema):
    """What every payload has. `runtime` is the name of the MobileFirst runtime that the device belongs to."""

    class Meta:
        unknown = EXCLUDE

    runtime = fields.String(required=True, validate=validate.Length(min=1))


class DevicePayload(Payload):
    """A payload about one device."""

    deviceId = fields.String(required=True, validate=validate.Length(min=1))


class StatusChanged(DevicePayload):
    """`previous` is absent when the device is first seen; it equals `status` when a status was set again."""

    status = fields.String(required=True, validate=_STATUS)
    previous = fields.String(validate=_STATUS)
    transactionId = fields.Integer(strict=True)
    reason = fields.String(required=True, validate=validate.OneOf(["first-seen", "operator", "inactivity", "contact"]))


class StatusApplied(DevicePayload):
    """`service` has done its part of the change to `status`; `effects` counts what it did, by name."""

    service = fields.String(required=True)
    status = fields.String(required=True, validate=_STATUS)
    effects = fields.Dict(keys=fields.String(), values=fields.Integer(strict=True), required=True)


class PushRegistration(DevicePayload):
    """A device's registration with one application; `tokenDigest` is a keyed digest of its push token."""

    applicationId = fields.String(required=True)
    platform = fields.String(allow_none=True)
    userId = fields.String(allow_none=True)
    tokenDigest = fields.String(allow_none=True)


class PushTokenRemoved(PushRegistration):
    """`reason`: the device's status shut it out, or another device took the token over."""

    tokenDigest = fields.String(required=True)
    reason = fields.String(required=True, validate=validate.OneOf(["status", "taken-over"]))


class MobileClient(Payload):
    """A mobile client of one backend; `clientId` is the application id that the backend's catalogue names."""

    backendId = fields.String(required=True)
    clientId = fields.String(required=True)
    platform = fields.String(required=True)
    notificationProvider = fields.String(required=True, allow_none=True)
    tokenDigest = fields.String(required=True)
    deviceId = fields.String(allow_none=True)
    user = fields.String(allow_none=True)


class MobileClientDeregistered(MobileClient):
    """`reason`: the client asked for it, or the device's status shut it out."""

    reason = fields.String(required=True, validate=validate.OneOf(["request", "status"]))


class Contact(Payload):
    """`contactId` is the encrypted id that the API gives out; `fields` names the values that were written."""

    listId = fields.Integer(required=True, strict=True)
    contactId = fields.String(required=True)


class ContactWritten(Contact):
    """A contact was created or updated: which of its values, never their content."""

    fields_ = fields.List(fields.String(), data_key="fields", required=True)


class ContactDeviceRegistered(Contact):
    """A contact registered a device."""

    deviceId = fields.String(required=True)
    deviceType = fields.Integer(strict=True, allow_none=True)


class CustomEventTriggered(Contact):
    """One contact and one named custom event. `values` are the contact's, for handlers only: personal data."""

    customEvent = fields.String(required=True)
    cause = fields.String(required=True, validate=validate.OneOf(["call", "registered", "status"]))
    status = fields.String(validate=_STATUS)
    deviceId = fields.String(allow_none=True)
    values = fields.Dict(keys=fields.String(), required=True)
