"""The administration API and the token endpoint: load, call, dump."""

from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from chassis.auth import Principal, basic_credentials
from chassis.bodies import load_json, load_query, read_body, require_content_type
from chassis.errors import Forbidden, Refusal, UnsupportedMediaType
from chassis.media import require_accept
from chassis.web import AUTH, json_response
from device_admin import errors, schemas, usecases
from device_admin.model.page import PageRequest
from device_admin.model.transaction import TransactionState

RESOURCES = web.AppKey("resources", usecases.Resources)
CHANGERS = frozenset({"mfpadmin", "mfpdeployer", "mfpoperator"})
READERS = CHANGERS | {"mfpmonitor"}
WRITES = ("application/json",)
_RUNTIME = "/mfpadmin/management-apis/2.0/runtimes/{runtime}"
_NOT_STORED = {"Cache-Control": "no-store", "Pragma": "no-cache"}
routes = web.RouteTableDef()


@routes.put(_RUNTIME + "/devices/{deviceId}")
async def change_status(request: web.Request) -> web.Response:
    """Mark a device as active, lost, stolen, disabled or expired."""
    principal, resources, runtime = await _admit(request, CHANGERS)
    query = load_query(request, schemas.CHANGE_QUERY)
    payload = await load_json(request, schemas.STATUS_PAYLOAD)
    transaction = await usecases.change_status(
        resources,
        runtime=runtime,
        device_id=request.match_info["deviceId"],
        status=payload["status"],
        user=principal.name,
        asynchronous=query["asynchronous"] == "true",
    )
    return _answer(request, schemas.change_result(transaction))


@routes.get(_RUNTIME + "/devices")
async def list_devices(request: web.Request) -> web.Response:
    """Part of the list of a runtime's devices."""
    _, resources, runtime = await _admit(request, READERS)
    query = load_query(request, schemas.DEVICES_QUERY)
    page = PageRequest(order_by=query["order_by"], size=query["size"], bookmark=query["bookmark"])
    return _answer(
        request, schemas.DEVICE_PAGE.dump(await resources.store.devices(runtime, query=query["query"], page=page))
    )


@routes.get(_RUNTIME + "/transactions")
async def list_transactions(request: web.Request) -> web.Response:
    """Part of the list of a runtime's transactions."""
    _, resources, runtime = await _admit(request, READERS)
    query = load_query(request, schemas.TRANSACTIONS_QUERY)
    page = PageRequest(
        order_by=query["order_by"], size=query["size"], bookmark=query["bookmark"], offset=query["offset"]
    )
    found = await resources.store.transactions(runtime, failed_only=query["mode"] == "errors", page=page)
    return _answer(request, schemas.TRANSACTION_PAGE.dump(found))


@routes.get(_RUNTIME + "/transactions/{id}")
async def show_transaction(request: web.Request) -> web.Response:
    """One transaction."""
    return _answer(request, schemas.TRANSACTION.dump(await _transaction(request)))


@routes.get(_RUNTIME + "/transactions/{id}/cascade")
async def show_cascade(request: web.Request) -> web.Response:
    """Which service has carried out a transaction's change, what that did and how long it took."""
    return _answer(request, schemas.CASCADE.dump(await _transaction(request)))


@routes.post("/{runtime}/api/az/v1/token")
async def issue_token(request: web.Request) -> web.Response:
    """An access token for a confidential client."""
    resources, runtime = request.app[RESOURCES], request.match_info["runtime"]
    try:
        client = await usecases.authenticate(resources, basic_credentials(request.headers.get("Authorization")))
        usecases.require_runtime(resources, runtime)
        token = usecases.issue_token(resources, client, runtime=runtime, form=await _form(request))
    except Refusal as refusal:
        refusal.headers.update(_NOT_STORED)
        raise
    return json_response(token, headers=_NOT_STORED)


@routes.get("/{runtime}/api/az/v1/jwks")
async def show_keys(request: web.Request) -> web.Response:
    """The public keys of our tokens."""
    keys = usecases.public_keys(request.app[RESOURCES], request.match_info["runtime"])
    return json_response(keys, headers={"Cache-Control": "public, max-age=300"})


async def _admit(request: web.Request, roles: frozenset[str]) -> tuple[Principal, usecases.Resources, str]:
    """Who is calling, and for which runtime; refused before the query or the body is looked at."""
    principal = await request.app[AUTH].basic(request)
    if not principal.roles & roles:
        raise Forbidden
    require_accept(request, WRITES)
    resources, runtime = request.app[RESOURCES], request.match_info["runtime"]
    usecases.require_runtime(resources, runtime)
    return principal, resources, runtime


async def _transaction(request: web.Request) -> TransactionState:
    _, resources, runtime = await _admit(request, READERS)
    load_query(request, schemas.QUERY)
    found = await resources.store.transaction(runtime, request.match_info["id"])
    if found is None:
        raise errors.TransactionNotFound(runtime=runtime, transaction_id=request.match_info["id"])
    return found


def _answer(request: web.Request, content: dict[str, Any]) -> web.Response:
    return json_response({**content, "productVersion": request.app[RESOURCES].settings.product_version})


async def _form(request: web.Request) -> dict[str, str]:
    """The form of a token request. RFC 6749 forbids a parameter to be there twice; an empty one is as good as none."""
    try:
        require_content_type(request, ("application/x-www-form-urlencoded",))
        fields = parse_qsl((await read_body(request)).decode("utf-8"), errors="strict", max_num_fields=50)
    except UnsupportedMediaType as refusal:
        raise errors.InvalidTokenRequest(problem="it must be a form") from refusal
    except ValueError as error:
        raise errors.InvalidTokenRequest(problem="the form cannot be read") from error
    form = dict(fields)
    if len(form) != len(fields):
        raise errors.InvalidTokenRequest(problem="a parameter is given more than once")
    return form
