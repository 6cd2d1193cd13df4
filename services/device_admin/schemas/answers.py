"""What the administration API answers. Each function takes what the store holds and gives what is written."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from marshmallow import Schema, fields, validate

from device_admin.errors.problems import said
from device_admin.model.device import DeviceState
from device_admin.model.page import Page
from device_admin.model.transaction import TransactionState, TransactionStatus, TransactionType, cascade, is_well
from device_admin.schemas.requests import APPLICATION_STATUSES
from device_events.statuses import DeviceStatus

Translate = Callable[[str], str]
_STATUSES = [status.value for status in DeviceStatus]


class Timestamp(fields.Field[datetime]):
    """ISO 8601 in UTC, with milliseconds and `Z`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"type": "string", "format": "date-time"}, **kwargs)

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _one_of(*values: str) -> fields.String:
    return fields.String(validate=validate.OneOf(values))


class Description(Schema):
    """What a transaction changes: `appName` for an application of the device only."""

    appName = fields.String()
    deviceId = fields.String()
    status = _one_of(*_STATUSES, *APPLICATION_STATUSES)


class ErrorDetails(Schema):
    """One reason why a transaction did not succeed."""

    details = fields.String()


class Project(Schema):
    """The runtime."""

    name = fields.String()


class Transaction(Schema):
    """A transaction, as a change answers with it and as the list shows it."""

    appServerId = fields.String(attribute="server")
    description = fields.Nested(Description)
    errors = fields.List(fields.Nested(ErrorDetails))
    id = fields.Integer()
    project = fields.Nested(Project)
    status = _one_of(*TransactionStatus)
    timeCreated = Timestamp(attribute="created")
    timeUpdated = Timestamp(attribute="updated")
    type = _one_of(*TransactionType)
    userName = fields.String(attribute="user")


class TransactionResult(Schema):
    """The answer to a change."""

    ok = fields.Boolean()
    productVersion = fields.String()
    transaction = fields.Nested(Transaction)


class OneTransaction(Transaction):
    """A transaction by itself."""

    productVersion = fields.String()


class UserId(Schema):
    """One user of a device."""

    str = fields.String()


class ApplicationDeviceAssociation(Schema):
    """An application that is on a device."""

    appId = fields.String()
    appName = fields.String()
    certSerialNumber = fields.String()
    deviceId = fields.String()
    deviceStatus = _one_of(*_STATUSES)
    status = _one_of(*APPLICATION_STATUSES)


class Device(Schema):
    """A device, as the list shows it."""

    id = fields.String(attribute="device_id")
    deviceDisplayName = fields.String(attribute="name")
    deviceModel = fields.String(attribute="model")
    deviceOs = fields.String(attribute="platform")
    lastAccessed = Timestamp(attribute="last_accessed")
    status = _one_of(*_STATUSES)
    userIds = fields.List(fields.Nested(UserId))
    applicationDeviceAssociations = fields.List(fields.Nested(ApplicationDeviceAssociation))


class _Page(Schema):
    startIndex = fields.Integer(attribute="start")
    pageNumber = fields.Integer(attribute="number")
    pageSize = fields.Integer(attribute="size")
    totalListSize = fields.Integer(attribute="total")
    prevPageBookmark = fields.String(attribute="previous", allow_none=True)
    nextPageBookmark = fields.String(attribute="next", allow_none=True)
    productVersion = fields.String()


class DevicePage(_Page):
    """Part of the list of devices."""

    items = fields.List(fields.Nested(Device))


class TransactionPage(_Page):
    """Part of the list of transactions."""

    items = fields.List(fields.Nested(Transaction))


class ServicePart(Schema):
    """One service's part in carrying out a change: what it counted, and when it said so."""

    service = fields.String()
    applied = fields.Boolean()
    effects = fields.Dict(keys=fields.String(), values=fields.Integer())
    milliseconds = fields.Integer(allow_none=True)


class Cascade(Schema):
    """Who has carried out a transaction's change: not in the vendor's documents."""

    transactionId = fields.Integer(attribute="id")
    transactionStatus = _one_of(*TransactionStatus)
    deviceId = fields.String(attribute="device_id")
    status = _one_of(*_STATUSES, *APPLICATION_STATUSES)
    services = fields.List(fields.Nested(ServicePart))
    productVersion = fields.String()


class AdminError(Schema):
    """A refusal."""

    errorCode = fields.String()
    message = fields.String()
    correlationId = fields.String()


def change_result(state: TransactionState, product_version: str, translate: Translate = str) -> dict[str, Any]:
    """The answer to a change."""
    return {"ok": is_well(state), "productVersion": product_version, "transaction": _transaction(state, translate)}


def one_transaction(state: TransactionState, product_version: str, translate: Translate = str) -> dict[str, Any]:
    """A transaction by itself."""
    return {**_transaction(state, translate), "productVersion": product_version}


def transaction_page(page: Page[TransactionState], product_version: str, translate: Translate = str) -> dict[str, Any]:
    """Part of the list of transactions."""
    items = [_transaction(state, translate) for state in page.items]
    return {"items": items, **_PAGE.dump(page), "productVersion": product_version}


def device_page(page: Page[DeviceState], product_version: str) -> dict[str, Any]:
    """Part of the list of devices."""
    return {"items": [_device(state) for state in page.items], **_PAGE.dump(page), "productVersion": product_version}


def cascade_view(state: TransactionState, product_version: str) -> dict[str, Any]:
    """Which service has carried out a transaction's change."""
    view = {
        **state,
        "transactionStatus": state["status"],
        "status": state["device_status"],
        "services": list(cascade(state)),
    }
    return {**_dump(_CASCADE, view), "productVersion": product_version}


def _transaction(state: TransactionState, translate: Translate) -> dict[str, Any]:
    description = {"deviceId": state["device_id"], "status": state["device_status"]}
    if "application" in state:
        description = {"appName": state["application"], **description}
    nested = {
        "description": description,
        "errors": [{"details": said(problem, translate)} for problem in state["errors"]],
        "project": {"name": state["runtime"]},
    }
    return _dump(_TRANSACTION, {**state, **nested})


def _device(state: DeviceState) -> dict[str, Any]:
    nested = {
        "userIds": [{"str": user} for user in state["users"]],
        "applicationDeviceAssociations": [_association(state, held["id"]) for held in state["applications"]],
    }
    return _dump(_DEVICE, {**state, **nested})


def _association(state: DeviceState, application: str) -> Mapping[str, str]:
    return {
        "appId": application,
        "appName": application,
        "certSerialNumber": "",
        "deviceId": state["device_id"],
        "deviceStatus": state["status"],
        "status": "DISABLED" if application in state.get("disabled", []) else "ENABLED",
    }


def _dump(schema: Schema, data: Any) -> dict[str, Any]:
    dumped: dict[str, Any] = schema.dump(data)
    return dumped


_TRANSACTION, _DEVICE, _CASCADE, _PAGE = Transaction(), Device(), Cascade(), _Page()
