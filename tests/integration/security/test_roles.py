"""Each kind of caller on each operation: let in where the table says so, refused and without effect elsewhere."""

import pytest
import pytest_asyncio

from chassis.operations import operation_of
from tests.integration.security.operations import BY_NAME
from tests.integration.security.roles import CALLERS, RIGHTS, Right, refusal
from tests.integration.security.shapes import in_shape
from tests.integration.security.world import FIRST, SERVICES, World

# A call that is let in changes something, so those come last.
CELLS = [(right, name) for right in RIGHTS for name in right.operations]


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def quiet(world: World) -> None:
    """What earlier tests did has come to rest."""
    await world.footprint.settle()


async def test_the_table_has_every_operation_of_the_services(world: World) -> None:
    routed = {
        (service, described.id)
        for service in SERVICES
        for route in world.services[service].app.router.routes()
        if route.method != "HEAD" and (described := operation_of(route.handler))
    }
    assert routed == set(BY_NAME)
    assert sorted((right.service, name) for right, name in CELLS) == sorted(BY_NAME)


@pytest.mark.parametrize(("right", "name"), CELLS, ids=lambda value: value if isinstance(value, str) else "")
async def test_nobody_else_gets_in_and_nothing_changes(world: World, right: Right, name: str) -> None:
    operation = BY_NAME[right.service, name]
    for caller in CALLERS:
        if right.admits(caller):
            continue
        status, body, headers = await operation.send(world, FIRST, caller.credentials(world))
        assert status == refusal(right.service, name, caller), (caller.name, body)
        assert in_shape(right.service, body, token_endpoint=name == "issueToken"), body
        assert ("WWW-Authenticate" in headers) is (status == 401), caller.name
        assert await world.footprint.changes() == [], caller.name


@pytest.mark.parametrize(("right", "name"), CELLS, ids=lambda value: value if isinstance(value, str) else "")
async def test_whoever_the_table_names_gets_in(world: World, right: Right, name: str) -> None:
    operation = BY_NAME[right.service, name]
    for caller in filter(right.admits, CALLERS):
        device = world.new(name)
        if operation.prepare:
            await operation.prepare(world, FIRST, device)
        status, body, _ = await operation.send(world, FIRST, caller.credentials(world), device=device)
        assert status == operation.success, (caller.name, body)
