"""The operations of the MobileFirst push API on device registrations: load, run a use case, dump."""

from typing import Any

from aiohttp import web
from marshmallow import Schema, fields

from chassis.bodies import load_json, load_query, require_content_type
from chassis.errors import InvalidPayload
from chassis.ids import device_id
from chassis.media import require_accept
from chassis.operations import Example, operation
from chassis.web import AUTH, json_response
from push_registry import errors, schemas, usecases
from push_registry.errors import DeviceNotFound, NotAuthorized
from push_registry.model import Details
from push_registry.usecases import Resources

RESOURCES = web.AppKey("resources", Resources)
JSON = ("application/json",)
DEVICES = "/imfpush/v1/apps/{applicationId}/devices"
DEVICE = DEVICES + "/{deviceId}"
APPLICATION = "push.application.{applicationId}"
IN_DEVICES = {"applicationId": fields.String(metadata={"description": "An application of the catalogue."})}
IN_DEVICE = {**IN_DEVICES, "deviceId": fields.String(metadata=schemas.DEVICE_ID)}
LANGUAGE = {"Accept-Language": "Languages for error messages, with quality values. English where there is none."}
NEVER_BODY = (errors.NotAuthorized, errors.ApplicationNotFound, errors.UnsupportedAccept, errors.RetryLater)
ANY_READ = (*NEVER_BODY, errors.UnknownParameter)
ANY_WRITE = (
    *(errors.UnsupportedContentType, errors.BadJson, errors.InvalidPayload, errors.BadProperty, errors.UserIdTooLong),
    *(errors.UnknownProperty, errors.DeviceBlocked, errors.TokenReserved, *ANY_READ),
)
EXAMPLE = {"deviceId": "12345-6789", "phoneNumber": "123456789", "token": "xyz"}
TIMES = {"createdTime": "2015-05-20T11:42:11Z", "lastUpdatedTime": "2015-05-20T11:42:11Z"}
REGISTERED = {**EXAMPLE, **TIMES, "createdMode": "API", "platform": "A"}

routes = web.RouteTableDef()


@routes.post(DEVICES)
@operation(
    id="registerDevice",
    summary="Register a device, or replace its registration",
    security=("bearer",),
    scopes=("devices.write", APPLICATION),
    path=IN_DEVICES,
    optional_headers=LANGUAGE,
    request=schemas.RegisterBody,
    responses={201: schemas.RegistrationBody},
    refusals=ANY_WRITE,
    examples=(
        Example(
            name="register",
            request={**EXAMPLE, "platform": "A"},
            response={**REGISTERED, "userId": "anonymous", "userAgent": "curl/8.5.0"},
            status=201,
        ),
    ),
)
async def register_device(request: web.Request) -> web.Response:
    """Register a device; one that is registered already is replaced."""
    application = await authorize(request, "devices.write")
    payload = await _body(request, schemas.REGISTER)
    if not payload.get("token") and not payload.get("phoneNumber"):
        raise InvalidPayload(errors={"token": ["Missing data for required field."]})
    details = _details(payload, user_agent=request.headers.get("User-Agent", "")[:512])
    registration = await usecases.register(request.app[RESOURCES], application, payload["deviceId"], details)
    body = schemas.registration_body(payload["deviceId"], registration, with_agent=True)
    return json_response(body, status=201)


@routes.put(DEVICE)
@operation(
    id="updateDevice",
    summary="Update a registration with a new user id, phone number or token",
    security=("bearer",),
    scopes=("devices.write", APPLICATION),
    path=IN_DEVICE,
    optional_headers=LANGUAGE,
    request=schemas.UpdateBody,
    responses={200: schemas.RegistrationBody},
    refusals=(*ANY_WRITE, errors.DeviceNotFound),
    examples=(
        Example(name="as printed", request={**EXAMPLE, "userId": "admin"}, response={**REGISTERED, "userId": "admin"}),
    ),
)
async def update_device(request: web.Request) -> web.Response:
    """Update a registration with a new user id, phone number or token."""
    application = await authorize(request, "devices.write")
    device = _device_id(request)
    payload = await _body(request, schemas.UPDATE)
    if payload.get("deviceId", device) != device:
        raise InvalidPayload(errors={"deviceId": ["It differs from the path's."]})
    registration = await usecases.update(request.app[RESOURCES], application, device, _details(payload))
    return json_response(schemas.registration_body(device, registration))


@routes.get(DEVICE, allow_head=False)
@operation(
    id="readDevice",
    summary="Read a registration",
    security=("bearer",),
    scopes=("devices.read", APPLICATION),
    path=IN_DEVICE,
    query=schemas.NoQuery,
    optional_headers=LANGUAGE,
    responses={200: schemas.RegistrationBody},
    refusals=(*ANY_READ, errors.DeviceNotFound),
    examples=(Example(name="a registration", response={**REGISTERED, "userId": "admin"}),),
)
async def read_device(request: web.Request) -> web.Response:
    """Read one registration."""
    application = await authorize(request, "devices.read")
    require_accept(request, JSON)
    load_query(request, schemas.NO_QUERY)
    device = _device_id(request)
    registration = await usecases.read(request.app[RESOURCES], application, device)
    return json_response(schemas.registration_body(device, registration))


@routes.get(DEVICES, allow_head=False)
@operation(
    id="listDevices",
    summary="List the registrations of an application",
    security=("bearer",),
    scopes=("devices.read", APPLICATION),
    path=IN_DEVICES,
    query=schemas.ListParameters,
    optional_headers=LANGUAGE,
    responses={200: schemas.DeviceListBody},
    refusals=(*ANY_READ, errors.InvalidParameter, errors.InvalidOffset, errors.InvalidSize),
    examples=(
        Example(
            name="a page",
            response={
                "devices": [{**EXAMPLE, "platform": "A", "userId": "admin"}],
                "pageInfo": {"count": "1", "next": "", "previous": "", "totalCount": "1"},
            },
        ),
    ),
)
async def list_devices(request: web.Request) -> web.Response:
    """List the registrations of an application, a page at a time."""
    application = await authorize(request, "devices.read")
    require_accept(request, JSON)
    filters = request.query.getall("filter", [])
    query = _list_query(request)
    page = await usecases.list_registrations(
        request.app[RESOURCES],
        application,
        user_id=query["userId"],
        platforms=schemas.platform_filters(filters),
        offset=query["offset"],
        size=query["size"],
    )
    rows = [schemas.row_body(device, one, expand=query["expand"]) for device, one in page.rows]
    return json_response({"devices": rows, "pageInfo": _page_info(request, query, len(rows), page.total)})


@routes.delete(DEVICE)
@operation(
    id="deleteDevice",
    summary="Delete a registration; a block of its device stays",
    security=("bearer",),
    scopes=("devices.write", APPLICATION),
    path=IN_DEVICE,
    query=schemas.NoQuery,
    optional_headers=LANGUAGE,
    responses={204: None},
    refusals=(*ANY_READ, errors.DeviceNotFound),
)
async def delete_device(request: web.Request) -> web.Response:
    """Delete a registration."""
    application = await authorize(request, "devices.write")
    require_accept(request, JSON)
    load_query(request, schemas.NO_QUERY)
    await usecases.deregister(request.app[RESOURCES], application, _device_id(request))
    return web.Response(status=204)


async def authorize(request: web.Request, scope: str) -> str:
    """The application of the path, if the bearer token has both scopes for it. Raises NotAuthorized."""
    principal = await request.app[AUTH].bearer(request)
    application = request.match_info["applicationId"]
    wanted = {scope, f"push.application.{application}"}
    if not wanted <= principal.scopes:
        needed = f'Bearer error="insufficient_scope", scope="{scope}"'
        raise NotAuthorized(headers={"WWW-Authenticate": needed})
    return application


async def _body(request: web.Request, schema: Schema) -> dict[str, Any]:
    # The content type is looked at before Accept: the document lists 405 before 406.
    require_content_type(request, JSON)
    require_accept(request, JSON)
    load_query(request, schemas.NO_QUERY)
    return await load_json(request, schema, media_types=JSON)


def _device_id(request: web.Request) -> str:
    device = request.match_info["deviceId"]
    try:
        return device_id(device)
    except ValueError as error:
        # An id that cannot exist is not found.
        raise DeviceNotFound(name=device) from error


def _details(payload: dict[str, Any], *, user_agent: str | None = None) -> Details:
    return Details(
        platform=payload.get("platform"),
        user_id=payload.get("userId"),
        phone_number=payload.get("phoneNumber"),
        user_agent=user_agent or None,
        token=payload.get("token"),
    )


def _list_query(request: web.Request) -> dict[str, Any]:
    without_filter = request.clone(rel_url=request.rel_url.without_query_params("filter"))
    return load_query(without_filter, schemas.LIST)


def _page_info(request: web.Request, query: dict[str, Any], count: int, total: int) -> dict[str, str]:
    """Numbers as text, as the document prints them; a hyperlink where there is a page before or after."""
    offset, size = query["offset"], query["size"]
    following = offset + size if offset + size < total else None
    preceding = max(offset - size, 0) if offset else None
    return {
        "count": str(count),
        "next": _link(request, following),
        "previous": _link(request, preceding),
        "totalCount": str(total),
    }


def _link(request: web.Request, offset: int | None) -> str:
    return "" if offset is None else str(request.url.update_query(offset=str(offset)))
