"""The operations: load, call a use case, dump. The order of the checks is part of the contract (see README.md)."""

from aiohttp import web

from chassis.auth import Principal
from chassis.bodies import load_json, require_content_type
from chassis.operations import Example, Security, operation
from chassis.web import AUTH, json_response
from mobile_platform import errors, schemas, usecases
from mobile_platform.settings import Backend

RESOURCES = web.AppKey("resources", usecases.Resources)
JSON = ("application/json",)

BACKEND = {"Oracle-Mobile-Backend-ID": "The id of the mobile backend that the call is for."}
DEVICE = {"Oracle-Mobile-Device-ID": "The device that the client is on. A backend may require it."}
SECURITY: tuple[Security, ...] = ("basic", "anonymous", "bearer")
ANY = (
    *(errors.Unauthorized, errors.MediaTypeUnsupported, errors.BackendHeaderMissing, errors.BackendNotFound),
    *(errors.BodyMalformed, errors.PropertyInvalid, errors.ProviderInvalid, errors.SeveralIssues),
    *(errors.MobileClientInvalid, errors.TooManyFailures, errors.Busy),
)
CLIENT = {"id": "com.oracle.myapplication", "platform": "IOS"}
PRINTED = {
    "mobileClient": CLIENT,
    "notificationProvider": "APNS",
    "notificationToken": "03767dea-29ac-4440-b4f6-75a755845ade",
}
INFERRED = {"notificationToken": "b14d6dfbd9d56e09f098", "mobileClient": {"id": "my.app.id", "platform": "IOS"}}
REGISTERED = {
    **PRINTED,
    "id": "8a8a1eff-7a3c-4a5e-9d0b-2f6c1d1e9b10",
    "user": "mobile.user@example.com",
    "modifiedOn": "2014-05-05T12:09:33.281Z",
}

routes = web.RouteTableDef()


@routes.post("/mobile/platform/devices/register")
@operation(
    id="registerMobileClient",
    summary="Register a mobile client instance, or bring its registration up to date",
    security=SECURITY,
    headers=BACKEND,
    optional_headers=DEVICE,
    request=schemas.RegisterBody,
    responses={200: schemas.ClientBody, 201: schemas.ClientBody},
    refusals=(*ANY, errors.DeviceIdInvalid, errors.DeviceIdMissing, errors.DeviceBlocked),
    examples=(
        Example(name="a new client", request=PRINTED, response=REGISTERED, status=201),
        Example(name="one that is registered", request=PRINTED, response=REGISTERED),
    ),
)
async def register(request: web.Request) -> web.Response:
    caller, backend = await admit(request)
    payload = await load_json(request, schemas.REGISTRATION, media_types=JSON)
    device_id = request.headers.get("Oracle-Mobile-Device-ID")
    registration = await usecases.register(request.app[RESOURCES], backend, caller, payload, device_id)
    return json_response(schemas.CLIENT.dump(registration.client), status=201 if registration.created else 200)


@routes.post("/mobile/platform/devices/deregister")
@operation(
    id="deregisterMobileClient",
    summary="Deregister a mobile client instance, which gets no more notifications",
    security=SECURITY,
    headers=BACKEND,
    request=schemas.DeregisterBody,
    responses={200: None},
    refusals=(*ANY, errors.MobileClientNotFound),
    examples=(
        Example(name="with the notification provider", request=PRINTED),
        Example(name="without it", request=INFERRED),
    ),
)
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
