"""deploy/rights.yaml says what the services' own wiring needs, and no more."""

from typing import Any
from unittest.mock import Mock

import pytest
from aiohttp import web

import contacts.app
import device_admin.app
import mobile_platform.app
import push_registry.app
from chassis.comparison import topics_of
from chassis.service import ServiceSpec
from device_events import KafkaConnection
from device_events.catalog import TOPICS, dead_letter_topic, retry_topic
from device_events.handlers.mongodb import MongoSettings
from device_events.handlers.runner import Runner
from device_events.handlers.settings import RunnerSettings, Told
from email_handlers.handlers import handlers
from email_handlers.smtp import Smtp
from rollcall.cli import COMMANDS
from tests.support.secured.rights import table

APPS = {
    "push-registry": push_registry.app,
    "device-admin": device_admin.app,
    "contacts": contacts.app,
    "mobile-platform": mobile_platform.app,
}

HANDLERS = "email-handlers"


def spec_of(name: str, monkeypatch: pytest.MonkeyPatch) -> ServiceSpec[Any]:
    """The service's wiring, nothing of it started."""
    caught: list[ServiceSpec[Any]] = []

    def catch(spec: ServiceSpec[Any]) -> web.Application:
        caught.append(spec)
        return web.Application()

    monkeypatch.setattr(APPS[name], "create_service_app", catch)
    APPS[name].create_app(Mock())
    return caught[0]


@pytest.mark.parametrize("name", APPS)
def test_kafka(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spec, rights = spec_of(name, monkeypatch), table()["kafka"][name]
    written = topics_of(spec.source)
    assert sorted(rights["writes"]) == sorted([*written, dead_letter_topic(name)])
    assert sorted(rights["reads"]) == sorted({*spec.topics, *written, retry_topic(name)})
    assert rights["group"] == spec.name == name
    assert set(spec.needed_topics()) == {*rights["writes"], *rights["reads"]}


@pytest.mark.parametrize("name", APPS)
def test_mongodb(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert table()["mongodb"]["collections"][name] == spec_of(name, monkeypatch).collection


def test_every_command_of_the_operator_has_its_rights() -> None:
    rights = table()["commands"]
    assert tuple(rights) == COMMANDS
    named = {topic for one in rights.values() for part in ("reads", "writes", "configs") for topic in one.get(part, ())}
    groups = [*APPS, HANDLERS, "<group>"]
    assert named <= {*TOPICS, *map(dead_letter_topic, groups), *map(retry_topic, groups)}
    assert set(rights["events"]["reads"]) == set(rights["device"]["reads"]) == set(TOPICS)


async def test_the_handlers_needs() -> None:
    handlers.settings = Smtp(host="localhost", sender="hello@rollcall.example")
    kafka, mongodb = KafkaConnection(bootstrap_servers=("localhost:9092",)), MongoSettings(mongodb_uri="mongodb://db")
    runner = Runner(handlers, Told(RunnerSettings(), kafka, mongodb), HANDLERS)
    rights = table()["kafka"][HANDLERS]
    assert rights["reads"] == list(runner.subscriber.topics)
    assert rights["writes"] == [dead_letter_topic(HANDLERS)]
    assert rights["group"] == runner.subscriber.group
    assert set(runner.needed_topics) == {*rights["writes"], *rights["reads"]}
    assert table()["mongodb"]["collections"][HANDLERS] == handlers.records
    await runner.close()


def test_all_topics_are_made_by_the_one_that_makes_topics() -> None:
    rights = table()["kafka"]
    used = {topic for name in (*APPS, HANDLERS) for topic in (*rights[name]["writes"], *rights[name]["reads"])}
    assert set(rights["topics"]["creates"]) == used
    assert set(rights) == {*APPS, HANDLERS, "topics"}
