"""The body and the query of a registration. An XML body is read into the same form first (xml_reading).

Property names are taken in any case, as the vendor's own examples use both `Values` and `values`.
"""

from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, pre_load, validate, validates_schema

from chassis.ids import DEVICE_ID_LIMIT, device_id

INT32, INT64 = 2**31, 2**63
QUERY_PARAMETERS = ("customevents", "match")
DEVICE_ID = {"maxLength": DEVICE_ID_LIMIT, "pattern": r"^[^\u0000-\u001f\u007f-\u009f]*$"}


class _WholeNumber(fields.Integer):
    """A JSON integer: neither a string nor true."""

    def __init__(self, bound: int, **kwargs: Any) -> None:
        super().__init__(validate=validate.Range(-bound, bound - 1), load_default=None, allow_none=True, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if type(value) is not int:
            raise self.make_error("invalid", input=value)
        return value


class _Text(fields.String):
    """A text that may be left out; clients without one also send null or an empty text."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(load_default=None, allow_none=True, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        return super()._deserialize(value, attr, data, **kwargs) or None


class _Names(fields.Field[tuple[str, ...]]):
    """Names between commas, each once, in their order."""

    def __init__(self, description: str, **kwargs: Any) -> None:
        metadata = {"type": "string", "description": description, "pattern": r"^[^,\s][^,]*(,[^,\s][^,]*)*$"}
        super().__init__(load_default=(), metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(name.strip() for name in value.split(",")))
        if not all(names):
            raise ValidationError("Names are separated by single commas and none is empty.")
        return names


class _AnyCase(Schema):
    class Meta:
        unknown = RAISE

    @pre_load
    def _rename(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        names = {str(field.data_key).lower(): str(field.data_key) for field in self.load_fields.values()}
        renamed = {names.get(name.lower(), name): value for name, value in data.items()}
        if len(renamed) != len(data):
            raise ValidationError("A property is given twice, in different cases.")
        return renamed


def _is_device_id(value: str | None) -> None:
    try:
        device_id(value or "-")
    except ValueError as error:
        raise ValidationError(str(error)) from error


def _is_storable(value: Any) -> None:
    """Numbers fit 64 bits, and keys hold no NUL, wherever they are in the value."""
    if isinstance(value, Mapping):
        if any("\0" in key for key in value):
            raise ValidationError("A key holds a NUL character.")
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            _is_storable(inner)
    elif type(value) is int and not -INT64 <= value < INT64:
        raise ValidationError("A number does not fit 64 bits.")


class ContactDTO(_AnyCase):
    """Contact, as a request has it. ValidationWarnings are ours to say: a caller's are read and dropped."""

    validation_warnings = fields.Raw(
        data_key="ValidationWarnings", load_default=None, allow_none=True, metadata={"description": "Ignored."}
    )
    contact_id = _Text(data_key="EncContactId", metadata={"description": "Selects this contact."})
    list_id = _WholeNumber(INT64, data_key="ListId", metadata={"description": "The path's, if given."})
    values = fields.Dict(
        data_key="Values",
        load_default=dict,
        allow_none=True,
        validate=_is_storable,
        metadata={"description": "Values by the names of the contact list's fields."},
    )


class RegisterContactDeviceRequest(_AnyCase):
    """The request, or a Contact alone, as the document's example for `match` sends it."""

    contact = fields.Nested(ContactDTO, data_key="ContactDTO", load_default=None, allow_none=True)
    device_type = _WholeNumber(INT32, data_key="DeviceType")
    device_id = _Text(data_key="DeviceId", validate=_is_device_id, metadata=DEVICE_ID)
    old_device_id = _Text(data_key="OldDeviceId", validate=_is_device_id, metadata=DEVICE_ID)

    @pre_load
    def _gather_contact(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, Mapping) or any(name.lower() == "contactdto" for name in data):
            return data
        inner = {str(field.data_key).lower() for field in ContactDTO().fields.values()}
        bare = {name: value for name, value in data.items() if name.lower() in inner}
        return {**{name: value for name, value in data.items() if name not in bare}, "ContactDTO": bare}

    @post_load
    def _flatten(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        contact = data.pop("contact") or {}
        named = {"contact_id": contact.get("contact_id"), "list_id": contact.get("list_id")}
        return {**data, **named, "values": contact.get("values") or {}}


class Query(Schema):
    """POST and PUT: the names alone, since the values to match on are in the body."""

    class Meta:
        unknown = RAISE

    custom_events = _Names("Custom events to run for each contact written, between commas.", data_key="customevents")
    match = _Names("Fields whose values say which contacts to update, between commas.")


class _PatchQuery(Query):
    """PATCH: the values to match on are parameters named as the properties are."""

    match_values = fields.Dict(load_default=None)

    @pre_load
    def _gather_values(self, data: Mapping[str, str], **_: Any) -> dict[str, Any]:
        own = {name: data[name] for name in QUERY_PARAMETERS if name in data}
        return {**own, "match_values": {name: text for name, text in data.items() if name not in own}}

    @validates_schema
    def _are_all_matched(self, data: dict[str, Any], **_: Any) -> None:
        if strays := sorted(set(data["match_values"]) - set(data.get("match", ()))):
            raise ValidationError(f"not named by match: {', '.join(strays)}")


REGISTRATION = RegisterContactDeviceRequest()
QUERY, PATCH_QUERY = Query(), _PatchQuery()
