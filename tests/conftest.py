"""The backends of a test run: chosen before the first test, started when a test first asks, stopped at the end."""

import signal
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import hypothesis
import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient

from chassis import logs
from deploy.local.backends import BackendError, kafka_jars
from tests.support import backends
from tests.support.leaks import leaks_below
from tests.support.services import kafka  # noqa: F401 - a fixture

# A time-out of an example says how busy the machine is, and nothing of the code.
hypothesis.settings.register_profile("rollcall", deadline=None)
hypothesis.settings.load_profile("rollcall")
logs.configure("WARNING", service="tests", console=True)
# A run that a shell has put in the background has Ctrl-C ignored, and so would have all processes that it starts.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
TESTS = Path(__file__).parent
NEEDS_NOTHING = TESTS / "unit"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Said here because pytest asks only the outermost conftest for options; tests/contract prints the table."""
    parser.addoption(
        "--ledger", action="store_true", help="print each statement of the vendors' documents and its proof"
    )


def pytest_report_header(config: pytest.Config) -> str:
    """Say in the first lines what the tests will run against, and refuse a run that could prove nothing."""
    if only_unit_tests(config):
        return "backends: none, unit tests need none"
    if not kafka_jars.fetched() and (terminal := config.pluginmanager.get_plugin("terminalreporter")):
        terminal.write_line("choosing the backends; Apache Kafka may have to be fetched once (45 MB) ...")
    try:
        return f"backends: {backends.mongodb().label}, {backends.kafka().label}"
    except BackendError as missing:
        raise pytest.UsageError(f"No backend to test against: {missing}") from missing


def only_unit_tests(config: pytest.Config) -> bool:
    """Whether every path on the command line lies among the unit tests."""
    paths = [(config.invocation_params.dir / argument.split("::")[0]).resolve() for argument in config.args]
    return bool(paths) and all(path.is_relative_to(NEEDS_NOTHING) for path in paths)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with the reason, what only Apache Kafka can show where a stand-in was chosen."""
    marked = [item for item in items if item.get_closest_marker("apache_kafka")]
    if marked and not backends.kafka().is_kafka_itself:
        for item in marked:
            item.add_marker(pytest.mark.skip(reason=f"needs Apache Kafka, not {backends.kafka().label}"))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run in which any process of ours wrote a secret to its log, whatever its tests looked at."""
    if hasattr(session.config, "workerinput"):
        return  # one of several; whoever started them looks at the folders of all
    factory: pytest.TempPathFactory = session.config._tmp_path_factory  # type: ignore[attr-defined]  # set by pytest
    leaks = list(leaks_below(factory.getbasetemp()))
    if leaks and (terminal := session.config.pluginmanager.get_plugin("terminalreporter")):
        terminal.write_line("")
        for leak in leaks:
            terminal.write_line(f"LEAK: {leak}", red=True)
    if leaks:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def backends_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data and logs of the servers of this run; pytest keeps the folders of its last three runs."""
    return tmp_path_factory.mktemp("backends")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def mongodb_uri(backends_folder: Path) -> AsyncIterator[str]:
    """A MongoDB that is the primary of its replica set."""
    async with backends.mongodb().start(backends_folder) as uri:
        yield uri


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def kafka_bootstrap(backends_folder: Path) -> AsyncIterator[str]:
    """A broker that speaks Kafka's protocol and makes no topic by itself."""
    async with backends.kafka().start(backends_folder) as bootstrap:
        yield bootstrap


@pytest.fixture(scope="session")
def kafka_is_real() -> bool:
    """Whether the broker is Apache Kafka: a stand-in refuses an idempotent producer."""
    return backends.kafka().is_kafka_itself


@pytest_asyncio.fixture
async def database_name(mongodb_uri: str) -> AsyncIterator[str]:
    """The name of a database that this test has to itself; it is dropped afterwards."""
    name = f"test_{uuid.uuid4().hex[:16]}"
    yield name
    async with AsyncMongoClient[dict[str, object]](mongodb_uri) as client:
        await client.drop_database(name)
