"""The operations over HTTP: authenticate, authorize, load, call a use case, dump."""

import re
from typing import Any

from aiohttp import web

from chassis.bodies import load_json, load_query
from chassis.media import require_accept
from chassis.web import AUTH, json_response
from contacts import errors, schemas, usecases
from contacts.model import Registration
from contacts.settings import ContactList

RESOURCES = web.AppKey("resources", usecases.Resources)
# The document lists these three as one format.
JSON_TYPES = ("application/json", "text/json", "application/csp-report")
LISTS = "/contactLists"
ONE_LIST = LISTS + "/{contactListId}"
REGISTER_DEVICE = ONE_LIST + "/registerDevice"
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,40}")
routes = web.RouteTableDef()


@routes.get(LISTS)
async def show_lists(request: web.Request) -> web.Response:
    roles = await _roles(request)
    accepted = require_accept(request, JSON_TYPES)
    shown = await usecases.lists(request.app[RESOURCES], roles)
    return _answer(schemas.CONTACT_LISTS.dump(shown), accepted)


@routes.get(ONE_LIST)
async def show_list(request: web.Request) -> web.Response:
    contact_list = await _contact_list(request, "read")
    accepted = require_accept(request, JSON_TYPES)
    shown = await usecases.view_list(request.app[RESOURCES], contact_list)
    return _answer(schemas.CONTACT_LIST.dump(shown), accepted)


@routes.get(ONE_LIST + "/fields")
async def show_fields(request: web.Request) -> web.Response:
    contact_list = await _contact_list(request, "read")
    accepted = require_accept(request, JSON_TYPES)
    return _answer(schemas.FIELDS.dump(contact_list.fields.values()), accepted)


@routes.get("/contacts/{EncContactId}")
async def show_contact(request: web.Request) -> web.Response:
    roles = await _roles(request)
    accepted = require_accept(request, JSON_TYPES)
    shown = await usecases.find_contact(request.app[RESOURCES], request.match_info["EncContactId"], roles)
    return _answer(schemas.CONTACT.dump(shown), accepted)


@routes.post(REGISTER_DEVICE)
@routes.put(REGISTER_DEVICE)
@routes.patch(REGISTER_DEVICE)
async def register_device(request: web.Request) -> web.Response:
    contact_list = await _contact_list(request, "write")
    accepted = require_accept(request, JSON_TYPES)
    query = load_query(request, schemas.PATCH_QUERY if request.method == "PATCH" else schemas.QUERY)
    body = await load_json(request, schemas.REGISTRATION, media_types=JSON_TYPES)
    registration = Registration(**body, **query)
    shown = await usecases.register_device(request.app[RESOURCES], contact_list, registration)
    return _answer(schemas.CONTACT.dump(shown), accepted)


async def _contact_list(request: web.Request, action: str) -> ContactList:
    roles = await _roles(request)
    text = request.match_info["contactListId"]
    if not _WHOLE_NUMBER.fullmatch(text):
        raise errors.ContactListIdInvalid
    return usecases.find_list(request.app[RESOURCES], int(text), roles, action)


async def _roles(request: web.Request) -> frozenset[str]:
    """What the caller may do: a user's roles, or what an issuer granted in a token's roles or scopes."""
    principal = await request.app[AUTH].either(request)
    return principal.roles | principal.scopes


def _answer(data: Any, media_type: str) -> web.Response:
    response = json_response(data)
    response.content_type = media_type
    return response
