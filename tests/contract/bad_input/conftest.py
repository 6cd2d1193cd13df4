"""The four services, once for the whole suite, and the count at the end."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.contract.bad_input.stage import Stage, staged
from tests.contract.bad_input.tally import Tally

TALLY = pytest.StashKey[Tally]()


def pytest_configure(config: pytest.Config) -> None:
    """Make the place for the count."""
    config.stash[TALLY] = Tally()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the count, if anything was sent."""
    tally = config.stash[TALLY]
    if tally.groups:
        terminalreporter.section("bad input")
        for line in tally.lines():
            terminalreporter.write_line(line)


@pytest.fixture
def tally(pytestconfig: pytest.Config) -> Tally:
    return pytestconfig.stash[TALLY]


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def stage(mongodb_uri: str, kafka_bootstrap: str, kafka_is_real: bool) -> AsyncIterator[Stage]:
    async with staged(mongodb_uri, kafka_bootstrap, idempotent=kafka_is_real) as stage:
        yield stage
