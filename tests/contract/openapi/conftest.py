"""The four services: their documents without any backend, and running on real ones."""

import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient

from chassis.openapi import API, build_document
from chassis.topics import create_topics
from deploy.local.roster import AUDIENCE, ISSUER, JWKS_PATH
from tests.contract.openapi.counted import LINES
from tests.contract.openapi.four import NAMES, Four, creator, variables
from tests.support.services import GROUPS, Running, running
from tests.support.topics import delete_topics


@pytest.fixture(scope="package")
def four(tmp_path_factory: pytest.TempPathFactory) -> Four:
    """The four with no backends."""
    return Four(variables(tmp_path_factory.mktemp("openapi") / "secrets"))


@pytest.fixture(scope="package")
def documents(four: Four) -> Mapping[str, dict[str, Any]]:
    """The document of each service."""
    applications = {name: four.application(name) for name in NAMES}
    return {name: build_document(app, app[API]) for name, app in applications.items()}


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def served(
    tmp_path_factory: pytest.TempPathFactory, mongodb_uri: str, kafka_bootstrap: str, kafka_is_real: bool
) -> AsyncIterator[Mapping[str, Running]]:
    """The four running; push-registry trusts the tokens of device-admin."""
    database = f"test_{uuid.uuid4().hex[:16]}"
    four = Four(
        variables(
            tmp_path_factory.mktemp("openapi") / "secrets",
            MONGODB_URI=mongodb_uri,
            MONGODB_DATABASE=database,
            KAFKA_BOOTSTRAP_SERVERS=kafka_bootstrap,
            KAFKA_IDEMPOTENT=str(kafka_is_real),
            KAFKA_TOPIC_PREFIX=f"t{uuid.uuid4().hex[:12]}.",
            KAFKA_FETCH_WAIT_MS="10",
            DEVICE_PATIENCE="0",
        )
    )
    created = await create_topics(four.settings("contacts").kafka, GROUPS, replicas=1, partitions=2)
    async with AsyncExitStack() as stack:
        admin = await stack.enter_async_context(running(creator("device-admin"), four.settings("device-admin")))
        trusted = f"{ISSUER}|{AUDIENCE}|{admin.url}{JWKS_PATH}"
        others = {
            name: await stack.enter_async_context(running(creator(name), four.settings(name, OIDC_ISSUERS=trusted)))
            for name in NAMES
            if name != "device-admin"
        }
        yield {"device-admin": admin, **others}
    await delete_topics(kafka_bootstrap, created)
    async with AsyncMongoClient[dict[str, object]](mongodb_uri) as client:
        await client.drop_database(database)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What schemathesis has counted."""
    if lines := config.stash.get(LINES, []):
        terminalreporter.section("schemathesis")
        for line in lines:
            terminalreporter.write_line(line)
