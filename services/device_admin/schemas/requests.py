"""Payloads and queries of the administration API."""

from collections.abc import Mapping

from marshmallow import EXCLUDE, RAISE, Schema, fields, validate

from chassis.bodies import WholeNumber
from device_admin.store import DEVICE_ORDERS, TRANSACTION_ORDERS
from device_events.statuses import DeviceStatus

PAGE_SIZE = 100
LARGEST_PAGE = 1_000
APPLICATION_STATUSES = ("ENABLED", "DISABLED")
_LARGEST_OFFSET = 2**31 - 1
# What no name or user id can hold, and no MongoDB pattern.
_PLAIN_TEXT = r"[^\x00-\x1f\x7f\ud800-\udfff]{0,254}\Z"


def _one_of_orders(orders: Mapping[str, str]) -> validate.OneOf:
    return validate.OneOf([*orders, *(f"-{order}" for order in orders)])


class StatusPayload(Schema):
    """The payload of a status change."""

    class Meta:
        unknown = RAISE

    status = fields.String(required=True, validate=validate.OneOf([status.value for status in DeviceStatus]))


class ApplicationStatusPayload(Schema):
    """The payload that enables or disables an application on a device."""

    class Meta:
        unknown = RAISE

    status = fields.String(required=True, validate=validate.OneOf(APPLICATION_STATUSES))


class Query(Schema):
    """What every query may hold. Parameters that the documents do not name are ignored."""

    class Meta:
        unknown = EXCLUDE

    locale = fields.String(metadata={"description": "The language of messages, for example de_DE"})


class ChangeQuery(Query):
    """The query of any change."""

    asynchronous = fields.String(data_key="async", load_default="false", validate=validate.OneOf(["true", "false"]))


class PageQuery(Query):
    """The query of any list."""

    size = WholeNumber(data_key="pageSize", load_default=PAGE_SIZE, validate=validate.Range(1, LARGEST_PAGE))
    bookmark = fields.String(load_default=None, validate=validate.Length(1, 8_000))


class DevicesQuery(PageQuery):
    """The query of the list of devices."""

    query = fields.String(load_default="", validate=validate.Regexp(_PLAIN_TEXT))
    order_by = fields.String(data_key="orderBy", load_default="uid", validate=_one_of_orders(DEVICE_ORDERS))


class TransactionsQuery(PageQuery):
    """The query of the list of transactions. A file of them (`file=true`) cannot be had."""

    order_by = fields.String(data_key="orderBy", load_default="created", validate=_one_of_orders(TRANSACTION_ORDERS))
    offset = WholeNumber(load_default=0, validate=validate.Range(0, _LARGEST_OFFSET))
    mode = fields.String(load_default="", validate=validate.Equal("errors"))
    file = fields.String(validate=validate.Equal("false"))


STATUS_PAYLOAD, APPLICATION_STATUS_PAYLOAD = StatusPayload(), ApplicationStatusPayload()
CHANGE_QUERY, DEVICES_QUERY, TRANSACTIONS_QUERY, QUERY = ChangeQuery(), DevicesQuery(), TransactionsQuery(), Query()
