"""What the AsyncAPI document says of headers and dead letters is what our code writes."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from jsonschema_rs import Draft7Validator

from device_events import catalog
from device_events.contract import cloud_event
from device_events.contract.asyncapi import Application, asyncapi
from device_events.dead_letters import dead_letter
from device_events.envelope import ATTRIBUTES, encode
from device_events.window import Record
from tests.unit.device_events.examples import example

THINGS = Application(name="things", title="Things", version="1", group="things", topic=lambda name: f"site.{name}")
OPTIONAL = ("deviceid", "causationid", "statussequence", "correlationid", "traceparent")


@pytest.mark.parametrize("type_", sorted(catalog.CATALOG))
def test_the_headers_that_we_write_are_described_all_of_them(type_: str) -> None:
    document = asyncapi(THINGS)
    schema = {**document["components"]["messages"][type_]["headers"], "components": document["components"]}
    full, bare = example(type_), example(type_, **dict.fromkeys(OPTIONAL))
    for event in (full, bare):
        headers = {name: text.decode() for name, text in encode(event)[2]}
        Draft7Validator(schema).validate(headers)
        assert headers.keys() <= cloud_event.headers()["properties"].keys()
    assert set(cloud_event.headers()["required"]) == headers.keys(), "the bare event has what each has, and no more"


def test_no_attribute_of_an_event_is_forgotten() -> None:
    described = {name.removeprefix("ce_") for name in cloud_event.headers()["properties"]}
    assert described == {*ATTRIBUTES, "specversion", "content-type"}


def test_a_dead_letter_has_the_headers_that_are_described() -> None:
    key, value, headers = encode(example(catalog.PUSH_SEEN))
    record: Any = SimpleNamespace(topic="t", partition=1, offset=7, key=key, value=value, headers=headers)
    letter = dead_letter(cast(Record, record), "things", ValueError())
    added = {name: text.decode() for name, text in letter.headers[len(headers) :]}
    described = asyncapi(THINGS)["components"]["messages"]["dead-letters"]["headers"]
    assert added.keys() == set(described["required"])
    Draft7Validator(described).validate(added)


def test_a_groups_own_topics_are_named_as_on_the_cluster_with_how_they_are_kept() -> None:
    channels = asyncapi(THINGS)["channels"]
    for name in ("dead-letters", "retries"):
        kafka = channels[name]["bindings"]["kafka"]
        assert channels[name]["address"] == kafka["topic"] == f"site.things.{name}"
        assert (kafka["partitions"], kafka["topicConfiguration"]["cleanup.policy"]) == (1, ["delete"])
    assert (
        asyncapi(Application(name="x", title="X", version="1"))["channels"]["retries"]["address"] == "{group}.retries"
    )
