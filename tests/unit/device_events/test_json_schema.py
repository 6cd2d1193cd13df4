"""The JSON Schemas say what the code does: both judge every value alike, and what cannot be said is refused."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator, meta
from marshmallow import EXCLUDE, Schema, fields, validate

from device_events import catalog
from device_events.contract import json_schema
from device_events.contract.golden import golden_record
from tests.unit.device_events.examples import PAYLOADS

TYPES = sorted(catalog.CATALOG)
# Not 2.0, the one difference: JSON Schema cannot tell it from 2, and the code refuses it. No JSON writer makes it of 2.
VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    7,
    -1,
    1.5,
    2**70,
    "",
    "x",
    "LOST",
    "ACTIVE",
    "status",
    "7",
    [],
    [1],
    ["a"],
    {},
    {"a": 1},
)


def variants(type_: str) -> Iterator[dict[str, Any]]:
    """The example with each field left out, and with each value that might be there instead."""
    payload = PAYLOADS[type_]
    named = [field.data_key or name for name, field in catalog.CATALOG[type_].schema.fields.items()]
    for name in [*named, "unknown"]:
        yield {field: value for field, value in payload.items() if field != name}
        for value in VALUES:
            yield from ({**payload, name: given} for given in (value, {"k": value}, ["a", value]))


@pytest.mark.parametrize("type_", TYPES)
def test_schema_and_code_judge_every_payload_alike(type_: str) -> None:
    kind = catalog.CATALOG[type_]
    schema = Draft202012Validator(json_schema.document(kind))
    differing = [one for one in variants(type_) if schema.is_valid(one) == bool(kind.schema.validate(one))]
    assert differing == []


@pytest.mark.parametrize("type_", TYPES)
def test_it_is_a_schema_with_a_stable_name_and_tells_what_each_field_is(type_: str) -> None:
    schema = json_schema.document(catalog.CATALOG[type_])
    assert meta.is_valid(schema)
    assert schema["$id"] == f"urn:rollcall:event:{type_}"
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert all(field["description"].endswith(".") for field in schema["properties"].values())


@pytest.mark.parametrize("type_", TYPES)
def test_every_field_of_the_golden_record_is_declared(type_: str) -> None:
    golden, schema = golden_record(type_), json_schema.document(catalog.CATALOG[type_])
    assert golden.payload.keys() <= schema["properties"].keys()
    Draft202012Validator(schema).validate(golden.payload)


def test_bounds_and_null_are_translated() -> None:
    class Bounded(Schema):
        class Meta:
            unknown = EXCLUDE

        name = fields.String(validate=validate.Length(min=1, max=5), allow_none=True)
        mood = fields.String(validate=validate.OneOf(["good", "bad"]), allow_none=True, data_key="m")

    properties = json_schema.payload(Bounded())["properties"]
    assert properties["name"] == {"type": ["string", "null"], "minLength": 1, "maxLength": 5}
    assert properties["m"] == {"type": ["string", "null"], "enum": ["good", "bad", None]}


@pytest.mark.parametrize(
    "field",
    [
        fields.Email(),
        fields.UUID(),
        fields.Float(),
        fields.Integer(),
        fields.Boolean(),
        fields.Dict(),
        fields.Dict(keys=fields.String(validate=validate.Length(max=3))),
        fields.String(validate=validate.Regexp("x")),
        fields.String(validate=lambda text: text != "x"),
        fields.List(fields.String(), validate=validate.Length(min=1)),
    ],
)
def test_what_cannot_be_said_alike_is_refused(field: Any) -> None:
    schema = Schema.from_dict({"odd": field})
    with pytest.raises(TypeError, match="odd"):
        json_schema.payload(schema(unknown=EXCLUDE))


def test_a_payload_that_refuses_unknown_fields_is_none_of_ours() -> None:
    with pytest.raises(TypeError, match="unknown"):
        json_schema.payload(Schema.from_dict({"a": fields.String()})())
