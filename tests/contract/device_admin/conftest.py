"""device-admin on real backends, one for each file of tests, with the people and the runtimes of the document."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
import pytest_asyncio

from device_admin.settings import Settings
from tests.integration.device_admin.admin import Admin
from tests.integration.device_admin.conftest import admin_running, own_kafka, runtime, runtimes, settings
from tests.support.services import users

__all__ = ["own_kafka", "runtime", "runtimes", "settings"]
PEOPLE = users(
    demouser=["mfpadmin"],
    admin=["mfpadmin"],
    deployer=["mfpdeployer"],
    operator=["mfpoperator"],
    monitor=["mfpmonitor"],
    nobody=[],
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def admin(settings: Settings) -> AsyncIterator[Admin]:
    """The service, and what tests say to it."""
    async with admin_running(replace(settings, users=PEOPLE)) as one:
        yield one


@pytest.fixture(scope="module")
def device_ids() -> Iterator[str]:
    """Ids not yet given out, for tests in the document's own runtime."""
    return (f"12345-{number:04}" for number in range(10_000))


@pytest.fixture
def device_id(device_ids: Iterator[str]) -> str:
    """A device that nobody has heard of."""
    return next(device_ids)
