"""The short version of `make faults`: a replica of every service dies once at every named point, and nothing is lost.

And its proof: with a guard of the product broken, the same run is red.
"""

import random
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deploy.local.backends import BackendError
from device_events.points import POINTS
from tests.faults import servers
from tests.faults.rows.kill_points import kill_once, mails_excused
from tests.faults.servers import Servers
from tests.faults.world import world
from tests.support.backends import must_be_kafka

pytestmark = pytest.mark.timeout(300)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def backends(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Servers]:
    """Servers of its own, as they are told to fail commands; Apache Kafka itself, as the others lose what they had."""
    try:
        async with servers.running(tmp_path_factory.mktemp("faults")) as running:
            yield running
    except BackendError as missing:
        if must_be_kafka():
            raise
        pytest.skip(f"no Apache Kafka: {missing}")


async def test_whoever_dies_at_whichever_point_loses_nothing_and_repeats_nothing(backends: Servers) -> None:
    rng = random.Random(1)
    async with world(backends, rng) as one:
        await one.stack.start()
        await one.fleet.begin()
        for point in POINTS:
            await kill_once(point, one, rng, numbers=(rng.choice((1, 2)),))
        figures = await one.audit(mails_excused=sum(mails_excused(point, 1) for point in POINTS))
    print(f"\n{figures}")
    assert figures.good, figures.evidence
    assert figures.acknowledged > 500


async def test_a_product_that_announces_what_is_not_saved_yet_is_found_out(backends: Servers) -> None:
    rng = random.Random(2)
    broken = ["tests.faults.broken:publish_before_commit"]
    # It need not come to rest: at no time may there be an event of which the document does not know.
    async with world(backends, rng, prepared=broken, patience=3.0) as one:
        await one.stack.start()
        await one.fleet.begin()
        await kill_once("before-commit", one, rng, numbers=(1,))
        figures = await one.audit(mails_excused=mails_excused("before-commit", 1))
    assert figures.phantom > 0
    assert not figures.good
