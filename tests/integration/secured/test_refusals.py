"""Settings that a backend turns away: the service is never ready, says why, and writes no secret."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from deploy.local.backends.ports import LOOPBACK
from tests.support.secured import rights
from tests.support.secured.backends import Secured
from tests.support.secured.kafka import ADMIN
from tests.support.secured.process import NAME, Process, push_registry, variables
from tests.support.secured.rights import Kind

WRONG = "wrong-pass-7f3a"
Changes = Callable[[Secured], dict[str, str]]


def mongodb(**changes: str) -> Changes:
    """Another address: its password, host or options."""

    def change(backends: Secured) -> dict[str, str]:
        asked = {"password": backends.passwords[NAME], **changes}
        if asked.get("tlsCAFile") == "stranger":
            asked["tlsCAFile"] = str(backends.stranger.file)
        if "host" in asked:
            asked["host"] = f"{asked['host']}:{backends.mongod.port}"
        return {"MONGODB_URI": backends.mongod.uri_for(NAME, **asked)}

    return change


def kafka(**changes: str) -> Changes:
    """Other variables about Kafka."""

    def change(backends: Secured) -> dict[str, str]:
        known = {"PORT": str(backends.kafka.port), "STRANGER": str(backends.stranger.file)}
        return {f"KAFKA_{name}": value.format(**known) for name, value in changes.items()}

    return change


def silent(process: Process, backends: Secured) -> None:
    """It has written no password, neither as it is nor as an address spells it."""
    told = [WRONG, backends.passwords[NAME]]
    assert [word for word in (*told, *(quote(word, safe="") for word in told)) if word in process.log] == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(mongodb(password=WRONG), "AuthenticationFailed", id="password"),
        pytest.param(mongodb(tlsCAFile="stranger"), "certificate not accepted", id="authority"),
        pytest.param(mongodb(tlsCAFile=""), "certificate not accepted", id="the system's authorities"),
        pytest.param(
            mongodb(host="localhost", replicaSet="", directConnection="true"), "Hostname mismatch", id="hostname"
        ),
        pytest.param(mongodb(tls="", tlsCAFile=""), "may want TLS", id="plaintext"),
    ],
)
async def test_mongodb_turns_it_away(backends: Secured, tmp_path: Path, change: Changes, reason: str) -> None:
    async with push_registry(tmp_path, variables(backends, tmp_path) | change(backends)) as process:
        await process.waits_for("mongodb", "indexes")
        await process.logged("waiting_for_mongodb", lambda line: reason in line["error"])
        silent(process, backends)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(kafka(PASSWORD=WRONG), "login refused", id="password"),
        pytest.param(kafka(USERNAME="nobody"), "login refused", id="user"),
        pytest.param(kafka(SASL_MECHANISM="PLAIN"), "login refused", id="mechanism"),
        pytest.param(kafka(CA_FILE="{STRANGER}"), "certificate not accepted", id="authority"),
        pytest.param(kafka(BOOTSTRAP_SERVERS="localhost:{PORT}"), "Hostname mismatch", id="hostname"),
        pytest.param(
            kafka(SECURITY_PROTOCOL="PLAINTEXT", USERNAME="", PASSWORD="", CA_FILE=""), "closed", id="plaintext"
        ),
        pytest.param(kafka(SECURITY_PROTOCOL="SASL_PLAINTEXT", CA_FILE=""), "closed", id="login in the clear"),
        pytest.param(kafka(SECURITY_PROTOCOL="SSL", USERNAME="", PASSWORD=""), "closed", id="no login"),
    ],
)
async def test_kafka_turns_it_away(backends: Secured, tmp_path: Path, change: Changes, reason: str) -> None:
    async with push_registry(tmp_path, variables(backends, tmp_path) | change(backends)) as process:
        await process.waits_for("kafka")
        await process.logged("kafka_refuses", lambda line: reason in line["reason"])
        await process.logged("subscriber_disconnected", lambda line: reason in (line.get("reason") or ""))
        silent(process, backends)


async def test_without_the_right_to_a_topic_it_is_not_ready_and_names_it(backends: Secured, tmp_path: Path) -> None:
    admin, topic = backends.kafka.connection(ADMIN), "rollcall.push-registrations"
    missing = [right for right in rights.kafka_rights(NAME) if right.name == topic]
    await rights.revoke(admin, NAME, missing)
    try:
        async with push_registry(tmp_path, variables(backends, tmp_path)) as process:
            await process.waits_for("topics")
            await process.logged("topics_missing", lambda line: line["topics"] == [topic])
            await rights.grant(admin, NAME, missing)
            await process.service_is_ready()
    finally:
        await rights.grant(admin, NAME, missing)


async def test_without_the_right_to_its_group_it_says_so(backends: Secured, tmp_path: Path) -> None:
    admin = backends.kafka.connection(ADMIN)
    missing = [right for right in rights.kafka_rights(NAME) if right.kind is Kind.GROUP]
    await rights.revoke(admin, NAME, missing)
    try:
        async with push_registry(tmp_path, variables(backends, tmp_path)) as process:
            await process.logged(
                "subscriber_disconnected", lambda line: line["error"] == "GroupAuthorizationFailedError"
            )
            await rights.grant(admin, NAME, missing)
            await process.service_is_ready()
    finally:
        await rights.grant(admin, NAME, missing)


async def test_a_certificate_of_a_stranger_lets_nobody_in(backends: Secured) -> None:
    certificate, key = backends.stranger.issue(NAME)
    stranger = backends.kafka.certified(NAME, cert_file=str(certificate), key_file=str(key))
    assert "connection closed" in (await stranger.refusal() or "")
    anonymous = backends.kafka.certified(NAME, cert_file=None, key_file=None)
    assert "connection closed" in (await anonymous.refusal() or "")
    assert await backends.kafka.certified(NAME).refusal() is None


async def test_a_broker_that_is_away_turns_nobody_away(backends: Secured) -> None:
    assert await backends.kafka.connection(NAME, bootstrap_servers=(f"{LOOPBACK}:1",)).refusal() is None
