"""JSON Schema 2020-12 of the event types, made from their marshmallow schemas.

Only what both say alike is translated; anything else is refused, so that a published schema never says less than the
code does.
"""

from typing import Any

from marshmallow import EXCLUDE, Schema, fields, validate
from marshmallow.fields import Field

from device_events.catalog import EventType

DIALECT = "https://json-schema.org/draft/2020-12/schema"
JsonSchema = dict[str, Any]


def schema_id(type_: str) -> str:
    """The `$id` of an event type's schema: a name, and no address to fetch it from."""
    return f"urn:rollcall:event:{type_}"


def document(kind: EventType) -> JsonSchema:
    """The schema of an event type's payload as it stands in its file. Raises TypeError for what cannot be said."""
    about = " ".join((kind.payload.__doc__ or "").split())
    return {
        "$schema": DIALECT,
        "$id": schema_id(kind.name),
        "title": kind.name,
        "description": " ".join(dict.fromkeys((kind.when, about))),
        **payload(kind.schema),
    }


def payload(schema: Schema) -> JsonSchema:
    """The schema of an object; fields that it does not name are allowed."""
    if schema.unknown != EXCLUDE:
        raise TypeError(f"{type(schema).__name__} does not ignore unknown fields")
    named = {field.data_key or name: field for name, field in schema.fields.items()}
    return {
        "type": "object",
        "required": sorted(name for name, field in named.items() if field.required),
        "properties": {name: _field(field) for name, field in named.items()},
    }


def _field(field: "Field[Any]") -> JsonSchema:
    said = _kind(field)
    for validator in field.validators:
        said |= _bound(validator, field)
    if field.allow_none:
        said["type"] = [said["type"], "null"]
        if "enum" in said:
            said["enum"] = [*said["enum"], None]
    if "description" in field.metadata:
        said["description"] = field.metadata["description"]
    return said


def _kind(field: "Field[Any]") -> JsonSchema:
    # Exactly these classes: one derived from them, such as Email or UUID, takes less.
    if type(field) is fields.String:
        return {"type": "string"}
    if type(field) is fields.Integer and field.strict:
        return {"type": "integer"}
    if type(field) is fields.List:
        return {"type": "array", "items": _field(field.inner)}
    if type(field) is fields.Dict and type(field.key_field) is fields.String and not field.key_field.validators:
        return {"type": "object", "additionalProperties": _field(field.value_field) if field.value_field else True}
    raise TypeError(f"{field.name}: this {type(field).__name__} has no translation")


def _bound(validator: object, field: "Field[Any]") -> JsonSchema:
    if type(validator) is validate.OneOf:
        return {"enum": list(validator.choices)}
    if type(validator) is validate.Length and type(field) is fields.String and validator.equal is None:
        limits = {"minLength": validator.min, "maxLength": validator.max}
        return {name: limit for name, limit in limits.items() if limit is not None}
    raise TypeError(f"{field.name}: {type(validator).__name__} has no translation")
