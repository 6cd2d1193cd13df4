"""The events' half of /docs: every topic, type, field and example of the AsyncAPI document can be read there."""

import re
from typing import Any

import pytest
from lxml import html

from chassis.openapi.events import section
from device_events import catalog
from device_events.contract.asyncapi import Application, asyncapi

THINGS = Application(
    name="things",
    title="Things",
    version="1",
    source=catalog.CONTACTS,
    group="things",
    handles={catalog.DEVICE_STATUS_TOPIC: frozenset({catalog.DEVICE_STATUS_CHANGED})},
    topic=lambda name: f"<p>.{name}",
)


@pytest.fixture(scope="module")
def page() -> Any:
    """The section, as a browser has it."""
    return html.fragment_fromstring(section(asyncapi(THINGS)))


def test_every_topic_type_field_and_example_is_there(page: Any) -> None:
    document = asyncapi(THINGS)
    text = page.text_content()
    for channel in document["channels"].values():
        assert channel["address"] in text
    details = page.findall(".//details")
    for name, message in document["components"]["messages"].items():
        shown = [one for one in details if one.find("summary/code").text == name]
        assert len(shown) == sum(name in channel["messages"] for channel in document["channels"].values())
        schema = document["components"]["schemas"].get(name, {"properties": {}})
        codes = {code.text for code in shown[0].findall(".//td/code")}
        assert set(schema["properties"]) <= codes
        assert len(shown[0].findall(".//pre")) == len(message.get("examples", ()))
    headers = document["components"]["schemas"]["cloud-event"]["properties"]
    assert set(headers) <= {code.text for code in page.findall(".//td/code")}


def test_what_the_service_does_is_marked_and_stands_first(page: Any) -> None:
    heads = {head.find("code").text: [mark.text for mark in head.findall("b")] for head in page.findall(".//h2[code]")}
    assert heads == {
        "<p>.rollcall.device-status": ["receives"],
        "<p>.rollcall.contacts": ["sends"],
        "<p>.rollcall.custom-events": ["sends"],
        "<p>.things.dead-letters": ["sends"],
        "<p>.things.retries": ["receives"],
        "<p>.rollcall.push-registrations": [],
        "<p>.rollcall.mobile-clients": [],
    }
    assert list(heads)[-2:] == ["<p>.rollcall.push-registrations", "<p>.rollcall.mobile-clients"]


def test_every_link_has_its_target_once_and_there_is_no_script(page: Any) -> None:
    ids = [one.get("id") for one in page.iter() if one.get("id")]
    assert len(ids) == len(set(ids))
    assert {link.get("href") for link in page.iter("a")} <= {f"#{id}" for id in ids}
    assert not {"script", "style", "link", "img"} & {one.tag for one in page.iter()}
    assert not [one for one in page.iter() if one.get("style") or any(name.startswith("on") for name in one.attrib)]


def test_types_are_told_in_words(page: Any) -> None:
    rows = {
        row.find("td/code").text: row.findall("td")[1].text_content()
        for row in page.findall(".//tr[td]")
        if row.find("td/code") is not None
    }
    assert rows["effects"] == "map of integers"
    assert rows["values"] == "map"
    assert rows["fields"] == "list of strings"
    assert rows["platform"] in ("string", "string or null")
    assert re.match("string.*ACTIVE, LOST", rows["previous"])
