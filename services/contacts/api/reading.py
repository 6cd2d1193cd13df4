"""Contact lists, their fields, and contacts."""

from aiohttp import web

from chassis.operations import Example, operation
from contacts import errors, schemas, usecases
from contacts.api.calls import (
    ANY,
    ANY_OF_A_LIST,
    LISTS,
    ONE_LIST,
    ONE_LIST_ID,
    RESOURCES,
    accepted,
    answer,
    authorized_list,
    roles,
    routes,
)
from contacts.api.examples import CONTACT, CONTACT_LIST, FIELD
from contacts.errors import MEDIA_TYPES

READ = ("contacts:read:{contactListId}",)


@routes.get(LISTS)
@operation(
    id="showLists",
    summary="The contact lists that the caller may read",
    security=("basic", "bearer"),
    scopes=READ,
    responses={200: schemas.CONTACT_LISTS},
    response_types=MEDIA_TYPES,
    refusals=ANY,
    examples=(Example(name="one list", response=[CONTACT_LIST]),),
)
async def show_lists(request: web.Request) -> web.Response:
    granted = await roles(request)
    media_type = accepted(request)
    shown = await usecases.lists(request.app[RESOURCES], granted)
    return answer(schemas.CONTACT_LISTS.dump(shown), media_type, schemas.xml.contact_lists)


@routes.get(ONE_LIST)
@operation(
    id="showList",
    summary="A contact list",
    security=("basic", "bearer"),
    scopes=READ,
    path=ONE_LIST_ID,
    responses={200: schemas.ContactsList},
    response_types=MEDIA_TYPES,
    refusals=ANY_OF_A_LIST,
    examples=(Example(name="a list", response=CONTACT_LIST),),
)
async def show_list(request: web.Request) -> web.Response:
    contact_list = await authorized_list(request, "read")
    media_type = accepted(request)
    shown = await usecases.view_list(request.app[RESOURCES], contact_list)
    return answer(schemas.CONTACT_LIST.dump(shown), media_type, schemas.xml.contact_list)


@routes.get(ONE_LIST + "/fields")
@operation(
    id="showFields",
    summary="The fields of a contact list",
    security=("basic", "bearer"),
    scopes=READ,
    path=ONE_LIST_ID,
    responses={200: schemas.FIELDS},
    response_types=MEDIA_TYPES,
    refusals=ANY_OF_A_LIST,
    examples=(Example(name="one field", response=[FIELD]),),
)
async def show_fields(request: web.Request) -> web.Response:
    contact_list = await authorized_list(request, "read")
    media_type = accepted(request)
    return answer(schemas.FIELDS.dump(contact_list.fields.values()), media_type, schemas.xml.fields)


@routes.get("/contacts/{EncContactId}")
@operation(
    id="showContact",
    summary="A contact",
    security=("basic", "bearer"),
    scopes=READ,
    responses={200: schemas.Contact},
    response_types=MEDIA_TYPES,
    refusals=(errors.ContactNotFound, errors.NotPermitted, *ANY),
    examples=(Example(name="a contact", response=CONTACT),),
)
async def show_contact(request: web.Request) -> web.Response:
    granted = await roles(request)
    media_type = accepted(request)
    shown = await usecases.find_contact(request.app[RESOURCES], request.match_info["EncContactId"], granted)
    return answer(schemas.CONTACT.dump(shown), media_type, schemas.xml.contact)
