"""The operations: load, call a use case, dump. The order of the checks is part of the contract (see README.md)."""

from aiohttp import web
from chassis.web import AUTH, json_response

from chassis.auth import Principal
from chassis.bodies import load_json, require_content_type
from mobile_platform import schemas, usecases
from mobile_platform.settings import Backend

RESOURCES = web.AppKey("resources", usecases.Resources)
JSON = ("application/json",)

routes = web.RouteTableDef()


@routes.post("/mobile/platform/devices/register")
async def register(request: web.Request) -> web.Response:
    caller, backend = await admit(request)
    payload = await load_json(request, schemas.REGISTRATION, media_types=JSON)
    device_id = request.headers.get("Oracle-Mobile-Device-ID")
    registration = await usecases.register(request.app[RESOURCES], backend, caller, payload, device_id)
    return json_response(schemas.CLIENT.dump(registration.client), status=201 if registration.created else 200)


@routes.post("/mobile/platform/devices/deregister")
async def deregister(request: web.Request) -> web.Response:
    _, backend = await admit(request)
    payload = await load_json(request, schemas.DEREGISTRATION, media_types=JSON)
    await usecases.deregister(request.app[RESOURCES], backend, payload)
    return web.Response()


async def admit(request: web.Request) -> tuple[Principal, Backend]:
    """Who calls, for which backend. Nothing of the body is read for a caller who is refused here."""
    resources = request.app[RESOURCES]
    anonymous = usecases.anonymous_caller(resources, basic_credential(request))
    caller = anonymous or await request.app[AUTH].either(request)
    require_content_type(request, JSON)
    return caller, usecases.admit(resources, request.headers.get("Oracle-Mobile-Backend-ID"), caller)


def basic_credential(request: web.Request) -> str:
    """What follows `Basic`, as it stands: a backend's anonymous key is sent there unencoded."""
    scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
    return credential.strip() if scheme.lower() == "basic" else ""
