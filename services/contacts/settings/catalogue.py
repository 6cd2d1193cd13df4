"""The contact lists of the catalogue: their fields, custom events, and who may use them."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Context, Decimal
from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, post_load, validate, validates_schema

STRING, INTEGER, NUMBER, BOOLEAN, DATE = TYPES = ("string", "integer", "number", "boolean", "date")
_WHOLE = re.compile(r"[+-]?[0-9]{1,19}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?")
_EXACT = Context(prec=64)  # more digits than the pattern takes, so nothing is rounded


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a contact list: the name of its values, their type and what a new contact gets without one.

    `map_type` and `values` (a choice of values) are shown to callers and mean nothing here.
    """

    id: int
    name: str
    position: int = 0
    type: str = STRING
    default: Any = None
    map_type: str | None = None
    values: Sequence[Mapping[str, Any]] = ()

    def fits(self, value: Any) -> bool:
        """Whether a JSON value is of this field's type; null is of every type."""
        if value is None:
            return True
        if isinstance(value, bool):
            return self.type == BOOLEAN
        if isinstance(value, int | float):
            return self.type == NUMBER or (self.type == INTEGER and isinstance(value, int))
        if isinstance(value, str):
            return self.type == STRING or (self.type == DATE and _is_date(value))
        return False

    def from_text(self, text: str) -> Any:
        """The value that a text in a query or in XML stands for; the text itself where it is none of this type."""
        if self.type in (INTEGER, NUMBER) and _WHOLE.fullmatch(text) and -(2**63) <= int(text) < 2**63:
            return int(text)
        if self.type == NUMBER and _DECIMAL.fullmatch(text) and math.isfinite(float(text)):
            return float(text)
        if self.type == BOOLEAN and text.lower() in ("true", "false"):
            return text.lower() == "true"
        return text

    def match_text(self, value: Any) -> str | None:
        """What values are compared by: 1, 1.0 and "1" are equal in a number. None for what can match nothing."""
        if value is None or value == "" or isinstance(value, Mapping | list):
            return None
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if self.type == BOOLEAN and text.lower() in ("true", "false"):
            return text.lower()
        if self.type in (INTEGER, NUMBER) and _DECIMAL.fullmatch(text):
            return str(Decimal(text).normalize(_EXACT)).removeprefix("-" if not Decimal(text) else "")
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactList:
    """A contact list, its fields by name, and the custom events it runs by itself.

    `readers` and `writers` are roles that may use it besides `contacts:read:<id>` and `contacts:write:<id>`.
    """

    id: int
    name: str
    runtime: str
    fields: Mapping[str, Field]
    custom_events: Sequence[str] = ()
    on_registered: Sequence[str] = ()
    on_status: Mapping[str, Sequence[str]] = field(default_factory=dict)
    readers: Sequence[str] = ()
    writers: Sequence[str] = ()

    def roles_that(self, action: str) -> Sequence[str]:
        """The roles that the catalogue lets "read" or "write" this list."""
        return self.writers if action == "write" else (*self.readers, *self.writers)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What this service needs of the one catalogue file: the contact lists by id."""

    contact_lists: Mapping[int, ContactList]

    def lists_of(self, runtime: str) -> list[ContactList]:
        """The lists whose contacts' devices belong to this runtime."""
        return [one for one in self.contact_lists.values() if one.runtime == runtime]


class _Strict(Schema):
    class Meta:
        unknown = RAISE


class _RuntimeSchema(_Strict):
    # A device's key is "runtime/deviceId", split at the first slash.
    name = fields.String(required=True, validate=validate.Regexp(re.compile(r"[^/]{1,128}\Z")))


class _ChoiceSchema(_Strict):
    id = fields.Integer(required=True, strict=True)
    value = fields.String(required=True)
    order = fields.Integer(strict=True, load_default=0)
    in_use = fields.Boolean(data_key="inUse", load_default=True)


class _FieldSchema(_Strict):
    id = fields.Integer(required=True, strict=True)
    # The query's own parameters cannot also be properties to match on, nor can a name with the list's separator.
    name = fields.String(
        required=True,
        validate=[
            validate.Regexp(re.compile(r"[^,]{1,128}\Z")),
            validate.NoneOf(["match", "customevents"], error="is a parameter of the query"),
        ],
    )
    type = fields.String(load_default=STRING, validate=validate.OneOf(TYPES))
    default = fields.Raw(load_default=None, allow_none=True)
    map_type = fields.String(data_key="mapType", load_default=None, allow_none=True)
    values = fields.List(fields.Nested(_ChoiceSchema), load_default=tuple)

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Field:
        made = Field(**{**data, "map_type": data["map_type"] or data["type"]})
        if not made.fits(made.default):
            raise ValidationError(f"is no {made.type}", "default")
        return made


class _ContactListSchema(_Strict):
    id = fields.Integer(required=True, strict=True, validate=validate.Range(min=0, max=2**63 - 1))
    name = fields.String(required=True)
    runtime = fields.String(required=True)
    fields_ = fields.List(fields.Nested(_FieldSchema), data_key="fields", required=True)
    custom_events = fields.List(fields.String(), data_key="customEvents", load_default=tuple)
    on_registered = fields.List(fields.String(), data_key="onRegistered", load_default=tuple)
    on_status = fields.Dict(
        keys=fields.String(validate=validate.OneOf(["ACTIVE", "LOST", "STOLEN", "EXPIRED", "DISABLED"])),
        values=fields.List(fields.String()),
        data_key="onStatus",
        load_default=dict,
    )
    readers = fields.List(fields.String(), load_default=tuple)
    writers = fields.List(fields.String(), load_default=tuple)

    @validates_schema
    def _is_consistent(self, data: dict[str, Any], **_: Any) -> None:
        _require_distinct("fields", [one.name for one in data["fields_"]])
        _require_distinct("fields", [one.id for one in data["fields_"]])
        named = {*data["on_registered"], *(name for names in data["on_status"].values() for name in names)}
        if strays := sorted(named - set(data["custom_events"])):
            raise ValidationError(f"not among the customEvents: {', '.join(strays)}", "customEvents")

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> ContactList:
        ordered = {one.name: replace(one, position=n) for n, one in enumerate(data.pop("fields_"), start=1)}
        return ContactList(fields=ordered, **data)


class CatalogueSchema(Schema):
    """The parts of the catalogue file that this service reads."""

    class Meta:
        unknown = EXCLUDE

    runtimes = fields.List(fields.Nested(_RuntimeSchema), required=True)
    contact_lists = fields.List(fields.Nested(_ContactListSchema), data_key="contactLists", load_default=list)

    @validates_schema
    def _is_consistent(self, data: dict[str, Any], **_: Any) -> None:
        runtimes = {runtime["name"] for runtime in data["runtimes"]}
        if strays := sorted({one.runtime for one in data["contact_lists"]} - runtimes):
            raise ValidationError(f"no such runtime: {', '.join(strays)}", "contactLists")
        _require_distinct("contactLists", [one.id for one in data["contact_lists"]])

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Catalogue:
        return Catalogue({one.id: one for one in data["contact_lists"]})


def _require_distinct(name: str, ids: Sequence[object]) -> None:
    if twice := sorted({str(one) for one in ids if ids.count(one) > 1}):
        raise ValidationError(f"named more than once: {', '.join(twice)}", name)


def _is_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
