"""Ids in calls: all rights in the first place are none in the second, nor a way to reach it from the first."""

from collections.abc import Mapping
from typing import Any

import pytest
from yarl import URL

from tests.integration.security.operations import BY_NAME, OPERATIONS, Operation
from tests.integration.security.roles import as_user
from tests.integration.security.shapes import in_shape
from tests.integration.security.world import (
    ADMIN,
    ANONYMOUS_KEY,
    CONTACTS,
    FIRST,
    MOBILE,
    PUSH,
    SECOND,
    Place,
    World,
)

# A place is in no other way closed to them, and showLists has no place: it is looked at below.
CLOSED = [one for one in OPERATIONS if one.id not in ("issueToken", "showKeys", "showLists")]
REFUSED = {PUSH: 401, ADMIN: 403, CONTACTS: 403, MOBILE: 401}
NOWHERE = Place("no-runtime", "no-application", "no-backend", 99)
ALL = as_user("everything")


def everything(world: World, service: str) -> list[Mapping[str, str]]:
    """Credentials with every right in the first place, by each scheme that the service takes."""
    bearer = world.issuer.headers(FIRST.scope())
    given: Mapping[str, list[Mapping[str, str]]] = {
        PUSH: [bearer],
        ADMIN: [ALL],
        CONTACTS: [ALL, bearer],
        MOBILE: [ALL, bearer, {"Authorization": f"Basic {ANONYMOUS_KEY}"}],
    }
    return given[service]


@pytest.mark.parametrize("operation", CLOSED, ids=lambda one: f"{one.service} {one.id}")
async def test_all_rights_here_are_none_there(world: World, operation: Operation) -> None:
    await world.footprint.settle()
    for credentials in everything(world, operation.service):
        status, body, _ = await operation.send(world, SECOND, credentials)
        assert status == REFUSED[operation.service], body
        assert in_shape(operation.service, body)
        assert await world.footprint.changes() == []


@pytest.mark.parametrize("operation", CLOSED, ids=lambda one: f"{one.service} {one.id}")
async def test_the_same_call_is_right_for_who_has_rights_there(world: World, operation: Operation) -> None:
    """So that what is refused above is refused for the caller's rights and for nothing else."""
    device = world.new(operation.id)
    if operation.prepare:
        await operation.prepare(world, SECOND, device)
    credentials = as_user("mfpadmin") if operation.service == ADMIN else world.issuer.headers(SECOND.scope())
    status, body, _ = await operation.send(world, SECOND, credentials, device=device)
    assert status == operation.success, body


@pytest.mark.parametrize(
    ("service", "name", "status"),
    [
        *((PUSH, name, 404) for name in ("readDevice", "updateDevice", "deleteDevice")),
        *((ADMIN, name, 404) for name in ("changeDeviceStatus", "removeDevice", "changeDeviceApplicationStatus")),
        *((ADMIN, name, 404) for name in ("showTransaction", "showCascade")),
        *((CONTACTS, name, 417) for name in ("registerDevice", "putDevice", "patchDevice")),
        (MOBILE, "deregisterMobileClient", 404),
    ],
)
async def test_what_is_there_cannot_be_reached_from_here(world: World, service: str, name: str, status: int) -> None:
    """The path and the headers name the first place, where the caller may do everything; the ids are the second's."""
    operation = BY_NAME[service, name]
    smuggled = Smuggling(world)
    await world.footprint.settle()
    for credentials in everything(world, service):
        foreign = "client-of-" + SECOND.backend if service == MOBILE else world.device(SECOND)
        given, body, _ = await operation.send(smuggled, FIRST, credentials, device=foreign)  # type: ignore[arg-type]
        assert given == status, body
        assert in_shape(service, body)
        assert await world.footprint.changes() == []


class Smuggling:
    """The world, but the first place's contact and transaction are the second's."""

    def __init__(self, world: World) -> None:
        self.services = world.services
        self.contact_ids = {FIRST: world.contact_ids[SECOND]}
        self.transactions = {FIRST: world.transactions[SECOND]}


async def test_a_body_cannot_name_another_list(world: World) -> None:
    await world.footprint.settle()
    body = {"ContactDTO": {"ListId": SECOND.number, "Values": {"Email": "x@example.com"}}, "DeviceId": "d"}
    path = f"/contactLists/{FIRST.number}/registerDevice"
    status, answer, _ = await world.services[CONTACTS].request("POST", path, json=body, headers=ALL)
    assert (status, answer["Code"]) == (417, "list_id_mismatch")
    assert await world.footprint.changes() == []


async def test_lists_of_others_are_not_shown(world: World) -> None:
    for credentials in everything(world, CONTACTS):
        status, shown, _ = await world.services[CONTACTS].request("GET", "/contactLists", headers=credentials)
        assert (status, [one["Id"] for one in shown]) == (200, [FIRST.number])
    _, shown, _ = await world.services[CONTACTS].request("GET", "/contactLists", headers=as_user("no role"))
    assert shown == []


@pytest.mark.parametrize(
    ("service", "path", "shows"),
    [
        (PUSH, f"/imfpush/v1/apps/{FIRST.application}/devices", World.device(FIRST)),
        (ADMIN, f"/mfpadmin/management-apis/2.0/runtimes/{FIRST.runtime}/devices?query=device-of", World.device(FIRST)),
        (ADMIN, f"/mfpadmin/management-apis/2.0/runtimes/{FIRST.runtime}/transactions", World.device(FIRST)),
    ],
)
async def test_a_list_holds_nothing_of_another_place(world: World, service: str, path: str, shows: str) -> None:
    (credentials,) = everything(world, service)
    status, body, _ = await world.services[service].request("GET", path, headers=credentials)
    assert status == 200
    assert f"'{shows}'" in str(body)
    assert f"'{world.device(SECOND)}'" not in str(body)


@pytest.mark.parametrize("operation", CLOSED, ids=lambda one: f"{one.service} {one.id}")
async def test_what_is_nowhere_is_no_way_in_either(world: World, operation: Operation) -> None:
    world.contact_ids[NOWHERE], world.transactions[NOWHERE] = "x" * 60, 0
    await world.footprint.settle()
    for credentials in everything(world, operation.service):
        status, body, _ = await operation.send(world, NOWHERE, credentials, device="nothing")
        assert status in (REFUSED[operation.service], 404), body
        assert in_shape(operation.service, body)
        assert await world.footprint.changes() == []


@pytest.mark.parametrize(
    "application",
    ["myapp%2F..%2Fmyapp2", "MYAPP2", "myapp2%20", "myapp2%00", "%6Dyapp2", "myapp2%2F", "myapp%20myapp2", "*", "."],
)
async def test_no_spelling_of_an_application_gets_past_its_scope(world: World, application: str) -> None:
    push: Any = world.services[PUSH]
    await world.footprint.settle()
    url = URL(f"{push.url}/imfpush/v1/apps/{application}/devices/{world.device(SECOND)}", encoded=True)
    status, body, _ = await push.request("DELETE", url, headers=world.issuer.headers(FIRST.scope()))
    assert status in (401, 404), body
    assert in_shape(PUSH, body)
    assert await world.footprint.changes() == []
