"""The AsyncAPI documents are valid by AsyncAPI's own schema, and say of each service what it does."""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

import jsonschema_rs
import pytest
from aiohttp.test_utils import TestClient, TestServer

from chassis.openapi import API
from device_events import catalog
from device_events.contract.asyncapi import asyncapi
from device_events.contract.published import EVERYTHING
from tests.contract.openapi.four import NAMES, Four, room, variables
from tests.support.node.packages import node_modules

PREFIX = "site."
SOURCES = {name: f"/rollcall/{name}" for name in NAMES}


@pytest.fixture(scope="module")
async def documents(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, dict[str, Any]]:
    """What each service answers at /asyncapi.json, and the document in the package."""
    four = Four(variables(tmp_path_factory.mktemp("asyncapi") / "secrets", KAFKA_TOPIC_PREFIX=PREFIX))
    served = {}
    for name in NAMES:
        app = four.application(name)
        app.cleanup_ctx.clear()  # no backends are needed to say what it does
        async with TestClient(TestServer(app)) as client:
            answer = await client.get("/asyncapi.json")
            assert answer.content_type == "application/json"
            served[name] = await answer.json()
            assert served[name]["info"]["title"] == app[API].title
    return {**served, "the package": asyncapi(EVERYTHING)}


@pytest.fixture(scope="module")
def official() -> jsonschema_rs.Draft7Validator:
    """AsyncAPI's own schema of its documents."""
    file = node_modules() / "@asyncapi" / "specs" / "schemas" / "3.0.0.json"
    return jsonschema_rs.Draft7Validator(json.loads(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", [*NAMES, "the package"])
def test_the_document_is_valid(
    documents: Mapping[str, dict[str, Any]], official: jsonschema_rs.Draft7Validator, name: str
) -> None:
    assert [error.message for error in official.iter_errors(documents[name])] == []
    assert list(dangling(documents[name], documents[name])) == []


def test_a_document_that_is_wrong_is_not(
    documents: Mapping[str, dict[str, Any]], official: jsonschema_rs.Draft7Validator
) -> None:
    for path, value in (
        (("operations", "send-rollcall.contacts", "action"), "publish"),
        (("channels", "rollcall.contacts", "bindings", "kafka", "partitions"), "six"),
        (("components", "messages", catalog.CONTACT_CREATED, "payload"), {"type": "text"}),
    ):
        wrong = deepcopy(documents["contacts"])
        place: Any = wrong
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        assert not official.is_valid(wrong), path
    wrong = deepcopy(documents["contacts"])
    del wrong["components"]["schemas"][catalog.CONTACT_CREATED]
    assert list(dangling(wrong, wrong)) == [f"#/components/schemas/{catalog.CONTACT_CREATED}"]


@pytest.mark.parametrize("name", [*NAMES, "the package"])
def test_it_has_every_topic_and_every_type_with_its_example(documents: Mapping[str, dict[str, Any]], name: str) -> None:
    document, prefix = documents[name], "" if name == "the package" else PREFIX
    addresses = {channel["address"] for channel in document["channels"].values()}
    group = "{group}" if name == "the package" else name
    aside = {catalog.dead_letter_topic(group), catalog.retry_topic(group)}
    assert addresses == {f"{prefix}{topic}" for topic in {*catalog.TOPICS, *aside}}
    for topic in catalog.TOPICS.values():
        channel = document["channels"][topic.name]
        types = {kind.name for kind in catalog.CATALOG.values() if topic.name in kind.topics.values()}
        assert set(channel["messages"]) == types
        kafka = channel["bindings"]["kafka"]
        assert (kafka["topic"], kafka["partitions"]) == (f"{prefix}{topic.name}", topic.partitions)
        assert kafka["topicConfiguration"]["cleanup.policy"] == [topic.settings["cleanup.policy"]]
    for type_ in catalog.CATALOG:
        message = document["components"]["messages"][type_]
        (example,) = message["examples"]
        assert fits(document, message["payload"], example["payload"])
        assert fits(document, message["headers"], example["headers"])
        assert not fits(document, message["headers"], {**example["headers"], "ce_type": "another"})


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_the_service_sends_and_receives(documents: Mapping[str, dict[str, Any]], name: str) -> None:
    said: dict[str, set[str]] = {"send": set(), "receive": set()}
    for operation in documents[name]["operations"].values():
        topic = last(operation["channel"])
        said[operation["action"]] |= {f"{topic} {last(message)}" for message in operation["messages"]}
        if operation["action"] == "receive" and topic != "retries":
            assert operation["bindings"]["kafka"]["groupId"]["enum"] == [f"{PREFIX}{name}"]
    announced = {
        f"{topic} {kind.name}"
        for kind in catalog.CATALOG.values()
        for source, topic in kind.topics.items()
        if source == SOURCES[name]
    }
    assert said["send"] == announced | {"dead-letters dead-letters"}
    received = {one.partition(" ")[2] for one in said["receive"]}
    assert received == {*room(name, "reactions").REACTIONS, "retries"}


def last(reference: Mapping[str, str]) -> str:
    """The last name of a reference."""
    return reference["$ref"].rpartition("/")[2]


def fits(document: dict[str, Any], schema: dict[str, Any], value: Any) -> bool:
    """Whether the value is as the schema within the document says."""
    return jsonschema_rs.Draft7Validator({**schema, "components": document["components"]}).is_valid(value)


def dangling(node: Any, document: dict[str, Any]) -> Iterator[str]:
    """The references that lead nowhere, of which AsyncAPI's schema says nothing."""
    if isinstance(node, list):
        for one in node:
            yield from dangling(one, document)
    elif isinstance(node, dict):
        if isinstance(reference := node.get("$ref"), str):
            place: Any = document
            for step in reference.removeprefix("#/").split("/"):
                place = place.get(step) if isinstance(place, dict) else None
            if place is None:
                yield reference
        for one in node.values():
            yield from dangling(one, document)
