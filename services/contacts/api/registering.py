"""registerDevice, by its three methods."""

from typing import Any

from aiohttp import web

from chassis.bodies import load, load_query, parse_json, read_body, require_content_type
from chassis.operations import Example, operation
from contacts import errors, schemas, usecases
from contacts.api import examples
from contacts.api.calls import (
    ANY_OF_A_LIST,
    ONE_LIST,
    ONE_LIST_ID,
    RESOURCES,
    accepted,
    answer,
    authorized_list,
    routes,
)
from contacts.errors import MEDIA_TYPES, XML_TYPES
from contacts.model import Registration
from contacts.settings import ContactList

REGISTER_DEVICE = ONE_LIST + "/registerDevice"
_ABOUT = "Inserts a contact or updates those that are meant, and gives the device to the one updated last."
_COMMON: dict[str, Any] = {
    "security": ("basic", "bearer"),
    "scopes": ("contacts:write:{contactListId}",),
    "path": ONE_LIST_ID,
    "query": schemas.Query,
    "request": schemas.RegisterContactDeviceRequest,
    "request_types": MEDIA_TYPES,
    "responses": {200: schemas.Contact},
    "response_types": MEDIA_TYPES,
    "refusals": (
        *(errors.InvalidParameters, errors.BodyMalformed, errors.MediaTypeUnsupported, errors.ListIdMismatch),
        *(errors.FieldUnknown, errors.CustomEventUnknown, errors.MatchUnknown, errors.MatchValueMissing),
        *(errors.MatchAmbiguous, errors.MatchTooWide, errors.ContactIdInvalid, errors.OldDeviceIdAlone),
        *(errors.ValuesTooLarge, errors.TooManyDevices, errors.DeviceBlocked, *ANY_OF_A_LIST),
    ),
}


@routes.post(REGISTER_DEVICE)
@operation(
    id="registerDevice",
    summary="Create or update a contact, and store its device",
    description=_ABOUT,
    examples=(
        Example(name="sample", request=examples.REQUEST, response=examples.CONTACT),
        Example(name="a contact alone", request=examples.CONTACT_ALONE, response=examples.CONTACT),
        Example(
            name="sample in XML",
            request=examples.REQUEST_XML,
            response=examples.CONTACT_XML,
            media_type="application/xml",
        ),
    ),
    **_COMMON,
)
async def register_device(request: web.Request) -> web.Response:
    return await _register(request)


@routes.put(REGISTER_DEVICE)
@operation(
    id="putDevice",
    summary="The same as POST",
    description=_ABOUT,
    examples=(Example(name="corrected", request=examples.CONTACT_ALONE, response=examples.CONTACT),),
    **_COMMON,
)
async def put_device(request: web.Request) -> web.Response:
    return await _register(request)


@routes.patch(REGISTER_DEVICE)
@operation(
    id="patchDevice",
    summary="The same, matching on values in the query",
    description=f"{_ABOUT} Each property that `match` names is a parameter of the query. The body may be left out.",
    examples=(Example(name="new values", request=examples.NEW_VALUES, response=examples.CONTACT),),
    **_COMMON,
)
async def patch_device(request: web.Request) -> web.Response:
    return await _register(request)


async def _register(request: web.Request) -> web.Response:
    contact_list = await authorized_list(request, "write")
    media_type = accepted(request)
    query = load_query(request, schemas.PATCH_QUERY if request.method == "PATCH" else schemas.QUERY)
    body = load(schemas.REGISTRATION, await _body(request, contact_list))
    registration = Registration(**body, **query)
    shown = await usecases.register_device(request.app[RESOURCES], contact_list, registration)
    return answer(schemas.CONTACT.dump(shown), media_type, schemas.xml.contact)


async def _body(request: web.Request, contact_list: ContactList) -> Any:
    if request.method == "PATCH" and not request.body_exists and "Content-Type" not in request.headers:
        return {}  # as the document prints it
    require_content_type(request, MEDIA_TYPES)
    raw = await read_body(request)
    return schemas.read_xml(raw, contact_list.fields) if request.content_type in XML_TYPES else parse_json(raw)
