"""deploy/rights.yaml says what the services' own wiring needs, and no more."""

from typing import Any
from unittest.mock import Mock

import pytest
from aiohttp import web

import contacts.app
import device_admin.app
import email_handlers.app
import mobile_platform.app
import push_registry.app
from chassis.comparison import topics_of
from chassis.service import ServiceSpec
from device_events.catalog import TOPICS, dead_letter_topic, retry_topic
from rollcall.cli import COMMANDS
from tests.support.secured.rights import table

APPS = {
    "push-registry": push_registry.app,
    "device-admin": device_admin.app,
    "contacts": contacts.app,
    "mobile-platform": mobile_platform.app,
    "email-handlers": email_handlers.app,
}


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
    assert list(rights) == [command.__name__.rpartition(".")[2].replace("_", "-") for command in COMMANDS]
    named = {topic for one in rights.values() for part in ("reads", "writes", "configs") for topic in one.get(part, ())}
    groups = [*APPS, "<group>"]
    assert named <= {*TOPICS, *map(dead_letter_topic, groups), *map(retry_topic, groups)}
    assert set(rights["events"]["reads"]) == set(rights["device"]["reads"]) == set(TOPICS)


def test_all_topics_are_made_by_the_one_that_makes_topics() -> None:
    rights = table()["kafka"]
    used = {topic for name in APPS for topic in (*rights[name]["writes"], *rights[name]["reads"])}
    assert set(rights["topics"]["creates"]) == used
    assert set(rights) == {*APPS, "topics"}
