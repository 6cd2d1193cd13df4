"""The catalogue: every type has its topics, its writers and its payload, and no topic has two writers."""

import re
from typing import Any

import pytest

from device_events import catalog
from device_events.statuses import BLOCKING, DeviceStatus
from tests.unit.device_events.examples import PAYLOADS

TYPES = sorted(catalog.CATALOG)


def test_every_type_has_an_example_here() -> None:
    assert set(PAYLOADS) == set(catalog.CATALOG)


def test_names_are_ours_and_versioned() -> None:
    assert all(re.fullmatch(r"rollcall\.[a-z-]+\.[a-z-]+\.v[0-9]+", name) for name in catalog.CATALOG)
    constants = {
        value for name, value in vars(catalog).items() if name.isupper() and re.search(r"\.v[0-9]+$", str(value))
    }
    assert constants == set(catalog.CATALOG)


@pytest.mark.parametrize("name", TYPES)
def test_each_topic_of_a_type_exists_and_belongs_to_its_announcer(name: str) -> None:
    for source, topic in catalog.CATALOG[name].topics.items():
        assert catalog.TOPICS[topic].writer == source
        assert catalog.topic_for(name, source) == topic


def test_nobody_else_may_announce_a_type() -> None:
    with pytest.raises(KeyError):
        catalog.topic_for(catalog.DEVICE_STATUS_CHANGED, catalog.PUSH_REGISTRY)


def test_only_the_status_topic_is_compacted_and_only_after_a_week() -> None:
    assert [topic.name for topic in catalog.TOPICS.values() if topic.compacted] == [catalog.DEVICE_STATUS_TOPIC]
    settings = catalog.TOPICS[catalog.DEVICE_STATUS_TOPIC].settings
    assert settings["min.compaction.lag.ms"] == str(7 * 24 * 3_600 * 1_000)


@pytest.mark.parametrize("name", TYPES)
def test_a_payload_keeps_its_schema_and_gains_fields_freely(name: str) -> None:
    schema = catalog.CATALOG[name].schema
    assert schema.validate(PAYLOADS[name]) == {}
    assert schema.validate({**PAYLOADS[name], "aFieldOfTomorrow": 1}) == {}


@pytest.mark.parametrize(
    ("name", "missing"),
    [(name, field) for name in TYPES for field in PAYLOADS[name] if field in ("runtime", "status", "reason", "listId")],
)
def test_a_payload_without_what_it_needs_is_refused(name: str, missing: str) -> None:
    schema = catalog.CATALOG[name].schema
    if not schema.fields.get(missing, schema.fields["runtime"]).required:
        pytest.skip("optional here")
    payload = {field: value for field, value in PAYLOADS[name].items() if field != missing}
    assert set(schema.validate(payload)) == {missing}


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        (catalog.DEVICE_STATUS_CHANGED, {"status": "lost"}),
        (catalog.DEVICE_STATUS_CHANGED, {"previous": "GONE"}),
        (catalog.DEVICE_STATUS_CHANGED, {"transactionId": "7"}),
        (catalog.DEVICE_STATUS_CHANGED, {"reason": "mood"}),
        (catalog.DEVICE_STATUS_CHANGED, {"deviceId": ""}),
        (catalog.DEVICE_STATUS_CHANGED, {"deviceId": {"$ne": None}}),
        (catalog.DEVICE_STATUS_APPLIED, {"effects": {"tokensRemoved": "2"}}),
        (catalog.PUSH_TOKEN_REMOVED, {"reason": "request"}),
        (catalog.MOBILE_CLIENT_DEREGISTERED, {"reason": None}),
        (catalog.CONTACT_CREATED, {"fields": "Email"}),
        (catalog.CUSTOM_EVENT_TRIGGERED, {"cause": "whim"}),
        (catalog.CUSTOM_EVENT_TRIGGERED, {"values": []}),
    ],
)
def test_a_value_out_of_its_range_is_refused_by_its_name(name: str, changes: dict[str, Any]) -> None:
    assert set(catalog.CATALOG[name].schema.validate(PAYLOADS[name] | changes)) == set(changes)


def test_three_of_the_five_statuses_shut_a_device_out() -> None:
    assert {status.value for status in DeviceStatus} == {"ACTIVE", "LOST", "STOLEN", "EXPIRED", "DISABLED"}
    assert {"LOST", "STOLEN", "DISABLED"} == BLOCKING
