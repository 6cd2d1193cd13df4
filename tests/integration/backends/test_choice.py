"""The servers of this very run are what its first lines promised, and a run that could prove nothing is refused."""

import socket
import time
from pathlib import Path

import pytest
from pymongo import AsyncMongoClient

from deploy.local.backends import BackendError, kafka_jars
from tests.support import backends, containers
from tests.support.topics import create_topics, delete_topics


async def test_the_chosen_mongodb_takes_writes(mongodb_uri: str, database_name: str) -> None:
    async with AsyncMongoClient[dict[str, object]](mongodb_uri) as client:
        await client[database_name]["devices"].insert_one({"_id": "phone"})
        assert await client[database_name]["devices"].count_documents({}) == 1


async def test_the_chosen_broker_takes_topics(kafka_bootstrap: str) -> None:
    await create_topics(kafka_bootstrap, ["choice"])
    await delete_topics(kafka_bootstrap, ["choice"])


@pytest.fixture
def undecided(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A machine without servers, containers, Java or a cache, about to choose anew."""
    for name in ("MONGODB_URI", "KAFKA_BOOTSTRAP_SERVERS", "JAVA_HOME", "CI", "REQUIRE_KAFKA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(containers, "has_image", lambda _: False)
    monkeypatch.setattr(containers, "engine", lambda: None)
    monkeypatch.setenv("ROLLCALL_CACHE", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(backends, "kafka", backends.kafka.__wrapped__)
    monkeypatch.setattr(backends, "mongodb", backends.mongodb.__wrapped__)
    return monkeypatch


def test_without_java_the_broker_from_pip_is_taken_and_the_reason_told(undecided: pytest.MonkeyPatch) -> None:
    assert "Tansu" in backends.kafka().label
    assert "no java on the PATH" in backends.kafka().label
    assert not backends.kafka().is_kafka_itself


@pytest.mark.parametrize("name", ["CI", "REQUIRE_KAFKA"])
def test_where_kafka_is_required_a_stand_in_is_refused(undecided: pytest.MonkeyPatch, name: str) -> None:
    undecided.setenv(name, "1")
    with pytest.raises(BackendError, match="needs Java"):
        backends.kafka()


async def test_the_callers_own_servers_come_first(undecided: pytest.MonkeyPatch, tmp_path: Path) -> None:
    undecided.setenv("KAFKA_BOOTSTRAP_SERVERS", "broker.example:9092")
    undecided.setenv("MONGODB_URI", "mongodb://someone:secret@db.example")
    assert "secret" not in backends.mongodb().label
    async with backends.kafka().start(tmp_path) as bootstrap, backends.mongodb().start(tmp_path) as uri:
        assert (bootstrap, uri) == ("broker.example:9092", "mongodb://someone:secret@db.example")


def test_a_container_is_preferred_to_what_pip_and_maven_have(undecided: pytest.MonkeyPatch) -> None:
    undecided.setattr(containers, "has_image", lambda _: True)
    assert backends.mongodb().label == "mongo:8.0 (container)"
    assert backends.kafka().label == "apache/kafka:4.3.1 (container)"
    assert backends.kafka().is_kafka_itself


def test_an_engine_that_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{silent.getsockname()[1]}")
        began = time.monotonic()
        assert containers.engine.__wrapped__() is None
    assert time.monotonic() - began < 2 * containers.ANSWERS_WITHIN


def test_half_a_download_is_not_taken_for_a_broker(undecided: pytest.MonkeyPatch, tmp_path: Path) -> None:
    maven = tmp_path / "mvn"
    maven.write_text("#!/bin/sh\necho 'no route to the repository'\nexit 1\n")
    maven.chmod(0o755)
    with pytest.raises(BackendError, match="no route"):
        kafka_jars.fetch()
    assert not kafka_jars.fetched()
    assert list(tmp_path.iterdir()) == [maven]
