"""The typed payloads say what the schemas say, field by field, and nothing else."""

import types
import typing
from dataclasses import MISSING, fields
from typing import Any

import pytest
from marshmallow import fields as schema_fields
from marshmallow.validate import OneOf

import device_events
from device_events import DeviceStatus, TypedPayload
from device_events.catalog import CATALOG
from device_events.typed_payloads import PAYLOADS, spelled, typed
from tests.unit.device_events.examples import PAYLOADS as EXAMPLES

NAMES = sorted(CATALOG)
KINDS: dict[type, Any] = {schema_fields.String: str, schema_fields.Integer: int}


def parts(hint: Any) -> tuple[Any, bool]:
    """A type without None, and whether None is one of its values."""
    if isinstance(hint, types.UnionType):
        (kind,) = [part for part in typing.get_args(hint) if part is not types.NoneType]
        return kind, True
    return hint, False


def test_every_type_has_its_class_and_the_package_names_it() -> None:
    assert set(PAYLOADS) == set(CATALOG)
    assert len(set(PAYLOADS.values())) == len(PAYLOADS)
    for payload in PAYLOADS.values():
        assert getattr(device_events, payload.__name__) is payload
        assert payload.__name__ in device_events.__all__
        assert payload.__doc__
        assert issubclass(payload, TypedPayload)


@pytest.mark.parametrize("name", NAMES)
def test_a_class_has_the_fields_of_its_schema_with_their_types(name: str) -> None:
    payload, schema = PAYLOADS[name], CATALOG[name].schema
    described = {spelled(field.data_key or key): field for key, field in schema.fields.items()}
    hints = typing.get_type_hints(payload)
    assert {field.name for field in fields(payload)} == set(described)
    for own in fields(payload):
        field, (kind, may_be_none) = described[own.name], parts(hints[own.name])
        assert may_be_none == (field.allow_none or not field.required), own.name
        assert (own.default is not MISSING) == (not field.required), own.name
        choices = [one.choices for one in field.validators if isinstance(one, OneOf)]
        if kind is DeviceStatus:
            assert [set(one) for one in choices] == [set(DeviceStatus)], own.name
        elif typing.get_origin(kind) is typing.Literal:
            assert [set(one) for one in choices] == [set(typing.get_args(kind))], own.name
        else:
            assert choices == [], own.name
            assert (typing.get_origin(kind) or kind) in (KINDS.get(type(field)), *containers(field)), own.name


def containers(field: Any) -> list[Any]:
    if isinstance(field, schema_fields.Dict):
        return [typing.get_origin(typing.Mapping[str, Any])]
    return [list] if isinstance(field, schema_fields.List) else []


@pytest.mark.parametrize("name", NAMES)
def test_a_payload_becomes_attributes_and_what_it_leaves_out_is_none(name: str) -> None:
    data = EXAMPLES[name]
    made = typed(name, {**data, "aFieldOfTomorrow": 1})
    assert type(made) is PAYLOADS[name]
    given = {spelled(key): value for key, value in data.items()}
    assert {field.name: getattr(made, field.name) for field in fields(made)} == {
        field.name: given.get(field.name) for field in fields(made)
    }


def test_statuses_are_statuses() -> None:
    made = typed("rollcall.device.status-changed.v1", EXAMPLES["rollcall.device.status-changed.v1"])
    assert isinstance(made, device_events.DeviceStatusChanged)
    assert made.status is DeviceStatus.LOST
    assert made.previous is DeviceStatus.ACTIVE
