"""What the quick look at a payload takes, marshmallow takes too; and it does take what the services announce."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_events import catalog
from device_events.catalog import CATALOG
from device_events.plain import plainly_valid

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=5),
    st.sampled_from(["LOST", "ACTIVE", "status", "operator", "", "push-registry"]),
    st.lists(st.text(max_size=3), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)
KINDS = st.sampled_from(sorted(CATALOG))


@given(st.data(), KINDS)
def test_what_is_plainly_valid_is_valid(data: st.DataObject, kind: str) -> None:
    schema = CATALOG[kind].schema
    names = [field.data_key or name for name, field in schema.fields.items()]
    payload = data.draw(st.dictionaries(st.sampled_from([*names, "unknown"]), VALUES, max_size=8))
    assert not plainly_valid(schema, payload) or not schema.validate(payload)


STATUS = {"runtime": "r", "deviceId": "d", "status": "LOST", "previous": "ACTIVE", "reason": "operator"}


@pytest.mark.parametrize(
    ("changes", "plain"),
    [
        ({}, True),
        ({"transactionId": 5}, True),
        ({"newer": [1]}, True),
        ({"status": "GONE"}, False),
        ({"status": 5}, False),
        ({"deviceId": ""}, False),
        ({"transactionId": "5"}, False),
        ({"transactionId": True}, False),
    ],
)
def test_a_status_change_is_seen_at_a_glance(changes: dict[str, Any], plain: bool) -> None:
    assert plainly_valid(CATALOG[catalog.DEVICE_STATUS_CHANGED].schema, STATUS | changes) is plain


def test_a_missing_field_is_not_plainly_valid() -> None:
    schema = CATALOG[catalog.DEVICE_STATUS_CHANGED].schema
    assert not plainly_valid(schema, {name: value for name, value in STATUS.items() if name != "reason"})
