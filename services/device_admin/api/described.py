"""What the operations have in common in their description, and their examples: those of the ledger."""

from typing import Any

from marshmallow import fields

from chassis.operations import Example
from device_admin import errors
from device_admin.model.transaction import TransactionType


def _id(description: str) -> fields.String:
    return fields.String(metadata={"description": description})


RUNTIME = {"runtime": _id("A runtime of the catalogue")}
DEVICE = {**RUNTIME, "deviceId": _id("The device's id")}
APPLICATION = {**DEVICE, "applicationId": _id("An application that the device has registered with")}
TRANSACTION = {**RUNTIME, "id": _id("The transaction's number")}
ADMIN: dict[str, Any] = {
    "security": ("basic",),
    "optional_headers": {"Accept-Language": "The languages of messages; `locale` is looked at first"},
    "response_types": errors.MEDIA_TYPES,
}

READ = (
    errors.Unauthenticated,
    errors.Forbidden,
    errors.NotAcceptable,
    errors.RuntimeNotFound,
    errors.InvalidParameters,
    errors.TooManyFailures,
    errors.Unavailable,
)
LIST = (*READ, errors.InvalidBookmark)
CHANGE = (*READ, errors.DeviceNotFound)
CHANGE_WITH_PAYLOAD = (*CHANGE, errors.UnsupportedMediaType, errors.MalformedPayload, errors.InvalidPayload)
NO_APPLICATION = errors.ApplicationNotFound
NO_TOKEN = (
    errors.InvalidClient,
    errors.RuntimeNotFound,
    errors.InvalidTokenRequest,
    errors.UnsupportedGrantType,
    errors.InvalidScope,
    errors.TooManyFailures,
    errors.Unavailable,
)


def _result(type: TransactionType, status: str, **description: str) -> dict[str, Any]:
    """A change as the vendor's pages print it, without their slips."""
    return {
        "ok": False,
        "productVersion": "8.0",
        "transaction": {
            "appServerId": "Tomcat",
            "description": {**description, "deviceId": "12345-6789", "status": status},
            "errors": [{"details": "An internal error occured."}],
            "id": 1,
            "project": {"name": "myproject"},
            "status": "FAILURE",
            "timeCreated": "2014-04-13T00:18:36.979Z",
            "timeUpdated": "2014-04-14T00:18:36.979Z",
            "type": type.value,
            "userName": "demouser",
        },
    }


_XML = """<?xml version="1.0" encoding="UTF-8"?>
<{root} ok="false" productVersion="8.0">
  <transaction appServerId="Tomcat" id="1" status="FAILURE" timeCreated="2014-04-13T00:18:36.979Z"
      timeUpdated="2014-04-14T00:18:36.979Z" type="{type}" userName="demouser">
    <description {description}/>
    <errors>
      <error details="An internal error occured."/>
    </errors>
    <project name="myproject"/>
  </transaction>
</{root}>
"""


def _examples(root: str, type: TransactionType, status: str, request: Any = None, **about: str) -> tuple[Example, ...]:
    answer = _result(type, status, **about)
    description = " ".join(f'{name}="{value}"' for name, value in answer["transaction"]["description"].items())
    xml = _XML.format(root=root, type=type.value, description=description)
    return (
        Example(name="as printed", request=request, response=answer),
        *(Example(name="as printed", response=xml, media_type=media_type) for media_type in errors.MEDIA_TYPES[1:]),
    )


STATUS_EXAMPLES = _examples(
    "set-device-status-result", TransactionType.CHANGE_DEVICE_STATUS, "LOST", request={"status": "LOST"}
)
REMOVAL_EXAMPLES = _examples("remove-device-result", TransactionType.REMOVE_DEVICE, "LOST")
APPLICATION_EXAMPLES = _examples(
    "set-applicationdevice-status-result",
    TransactionType.CHANGE_DEVICE_APPLICATION_STATUS,
    "DISABLED",
    request={"status": "DISABLED"},
    appName="myapp",
)
DEVICES_EXAMPLES = (
    Example(
        name="one lost device",
        response={
            "items": [
                {
                    "id": "12345-6789",
                    "deviceDisplayName": "12345-6789",
                    "deviceModel": "",
                    "deviceOs": "Android",
                    "lastAccessed": "2014-05-13T00:18:36.979Z",
                    "status": "LOST",
                    "userIds": [{"str": "Jeremy"}],
                    "applicationDeviceAssociations": [
                        {
                            "appId": "myapp",
                            "appName": "myapp",
                            "certSerialNumber": "",
                            "deviceId": "12345-6789",
                            "deviceStatus": "LOST",
                            "status": "ENABLED",
                        }
                    ],
                }
            ],
            "startIndex": 0,
            "pageNumber": 1,
            "pageSize": 100,
            "totalListSize": 1,
            "prevPageBookmark": None,
            "nextPageBookmark": None,
            "productVersion": "8.0",
        },
    ),
)
TOKEN_EXAMPLES = (
    Example(
        name="two scopes",
        request="grant_type=client_credentials&scope=devices.read%20push.application.myapp",
        response={
            "access_token": "eyJhbGciOiJFUzI1NiJ9...",
            "token_type": "Bearer",
            "expires_in": 3600,
            "scope": "devices.read push.application.myapp",
        },
        request_media_type="application/x-www-form-urlencoded",
    ),
)
