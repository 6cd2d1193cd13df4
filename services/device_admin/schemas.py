"""Request and response bodies of the administration API."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, fields, validate

from device_admin.model.device import DeviceState
from device_admin.model.transaction import TransactionState, cascade, is_well
from device_admin.store import DEVICE_ORDERS, TRANSACTION_ORDERS
from device_events.statuses import DeviceStatus

PAGE_SIZE = 100
LARGEST_PAGE = 1_000
_LARGEST_OFFSET = 2**31 - 1
# What no name or user id can hold, and no MongoDB pattern.
_PLAIN_TEXT = r"[^\x00-\x1f\x7f\ud800-\udfff]{0,254}\Z"


class Timestamp(fields.Field[datetime]):
    """ISO 8601 in UTC, with milliseconds and `Z`."""

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _one_of_orders(orders: Mapping[str, str]) -> validate.OneOf:
    return validate.OneOf([*orders, *(f"-{order}" for order in orders)])


class StatusPayload(Schema):
    """The payload of a status change."""

    status = fields.String(required=True, validate=validate.OneOf([status.value for status in DeviceStatus]))


class Query(Schema):
    """What every query may hold. Parameters that the documents do not name are ignored."""

    class Meta:
        unknown = EXCLUDE

    locale = fields.String()


class ChangeQuery(Query):
    """The query of a status change."""

    asynchronous = fields.String(data_key="async", load_default="false", validate=validate.OneOf(["true", "false"]))


class PageQuery(Query):
    """The query of any list."""

    size = fields.Integer(data_key="pageSize", load_default=PAGE_SIZE, validate=validate.Range(1, LARGEST_PAGE))
    bookmark = fields.String(load_default=None, validate=validate.Length(1, 8_000))


class DevicesQuery(PageQuery):
    """The query of the list of devices."""

    query = fields.String(load_default="", validate=validate.Regexp(_PLAIN_TEXT))
    order_by = fields.String(data_key="orderBy", load_default="uid", validate=_one_of_orders(DEVICE_ORDERS))


class TransactionsQuery(PageQuery):
    """The query of the list of transactions. A file of them (`file=true`) cannot be had."""

    order_by = fields.String(data_key="orderBy", load_default="created", validate=_one_of_orders(TRANSACTION_ORDERS))
    offset = fields.Integer(load_default=0, validate=validate.Range(0, _LARGEST_OFFSET))
    mode = fields.String(load_default="", validate=validate.Equal("errors"))
    file = fields.String(validate=validate.Equal("false"))


class Transaction(Schema):
    """A transaction, as a change answers with it and as the list shows it."""

    appServerId = fields.String(attribute="server")
    description = fields.Function(lambda state: {"deviceId": state["device_id"], "status": state["device_status"]})
    errors = fields.Function(lambda state: [{"details": details} for details in state["errors"]])
    id = fields.Integer()
    project = fields.Function(lambda state: {"name": state["runtime"]})
    status = fields.String()
    timeCreated = Timestamp(attribute="created")
    timeUpdated = Timestamp(attribute="updated")
    type = fields.String()
    userName = fields.String(attribute="user")


class Device(Schema):
    """A device, as the list shows it."""

    id = fields.String(attribute="device_id")
    deviceDisplayName = fields.String(attribute="name")
    deviceModel = fields.String(attribute="model")
    deviceOs = fields.String(attribute="platform")
    lastAccessed = Timestamp(attribute="last_accessed")
    status = fields.String()
    userIds = fields.Function(lambda state: [{"str": user} for user in state["users"]])
    applicationDeviceAssociations = fields.Function(lambda state: [*_associations(state)])


class _Page(Schema):
    startIndex = fields.Integer(attribute="start")
    pageNumber = fields.Integer(attribute="number")
    pageSize = fields.Integer(attribute="size")
    totalListSize = fields.Integer(attribute="total")
    prevPageBookmark = fields.String(attribute="previous")
    nextPageBookmark = fields.String(attribute="next")


class DevicePage(_Page):
    """Part of the list of devices."""

    items = fields.List(fields.Nested(Device))


class TransactionPage(_Page):
    """Part of the list of transactions."""

    items = fields.List(fields.Nested(Transaction))


class _ServicePart(Schema):
    service = fields.String()
    applied = fields.Boolean()
    effects = fields.Dict()
    milliseconds = fields.Integer()


class Cascade(Schema):
    """Who has carried out a transaction's change: not in the vendor's documents."""

    transactionId = fields.Integer(attribute="id")
    transactionStatus = fields.String(attribute="status")
    deviceId = fields.String(attribute="device_id")
    status = fields.String(attribute="device_status")
    services = fields.Function(lambda state: _ServicePart(many=True).dump(cascade(state)))


def change_result(state: TransactionState) -> dict[str, Any]:
    """The answer to a status change."""
    return {"ok": is_well(state), "transaction": TRANSACTION.dump(state)}


def _associations(state: DeviceState) -> Any:
    for application in state["applications"]:
        yield {
            "appId": application["id"],
            "appName": application["id"],
            "certSerialNumber": "",
            "deviceId": state["device_id"],
            "deviceStatus": state["status"],
            "status": "ENABLED",
        }


STATUS_PAYLOAD = StatusPayload()
CHANGE_QUERY, DEVICES_QUERY, TRANSACTIONS_QUERY, QUERY = ChangeQuery(), DevicesQuery(), TransactionsQuery(), Query()
TRANSACTION, DEVICE_PAGE, TRANSACTION_PAGE, CASCADE = Transaction(), DevicePage(), TransactionPage(), Cascade()
