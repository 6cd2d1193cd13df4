"""What the handlers have in common: who is calling, which list is meant, in which format it is answered."""

import re
from collections.abc import Callable
from typing import Any

from aiohttp import web
from lxml import etree
from marshmallow import fields

from chassis.errors import NotAcceptable, Overloaded, TooManyFailures, Unavailable
from chassis.media import require_accept
from chassis.web import AUTH, json_response
from chassis.xml import write_xml
from contacts import errors, usecases
from contacts.errors import MEDIA_TYPES, XML_TYPES
from contacts.settings import ContactList

RESOURCES = web.AppKey("resources", usecases.Resources)
LISTS = "/contactLists"
ONE_LIST = LISTS + "/{contactListId}"
ONE_LIST_ID = {
    "contactListId": fields.Integer(metadata={"description": "A contact list of the catalogue.", "minimum": 0})
}
ANY = (errors.Unauthorized, NotAcceptable, TooManyFailures, Unavailable, Overloaded)
ANY_OF_A_LIST = (errors.ContactListIdInvalid, errors.ContactListNotFound, errors.NotPermitted, *ANY)
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,40}")

routes = web.RouteTableDef()


async def authorized_list(request: web.Request, action: str) -> ContactList:
    """The path's contact list, which the caller may "read" or "write"."""
    granted = await roles(request)
    text = request.match_info["contactListId"]
    if not _WHOLE_NUMBER.fullmatch(text):
        raise errors.ContactListIdInvalid
    return usecases.find_list(request.app[RESOURCES], int(text), granted, action)


async def roles(request: web.Request) -> frozenset[str]:
    """What the caller may do: a user's roles, or what an issuer granted in a token's roles or scopes."""
    principal = await request.app[AUTH].either(request)
    return principal.roles | principal.scopes


def accepted(request: web.Request) -> str:
    """The media type to answer in. Raises NotAcceptable."""
    return require_accept(request, MEDIA_TYPES)


def answer(data: Any, media_type: str, element: Callable[[Any], etree._Element]) -> web.Response:
    """The data as JSON, or as the XML element that they make."""
    if media_type in XML_TYPES:
        return web.Response(body=write_xml(element(data)), content_type=media_type, charset="utf-8")
    response = json_response(data)
    response.content_type = media_type
    return response
