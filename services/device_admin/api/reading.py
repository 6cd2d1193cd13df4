"""The operations that read: load, look up, dump."""

from aiohttp import web

from chassis.bodies import load_query
from chassis.operations import operation
from device_admin import errors, schemas
from device_admin.api import described
from device_admin.api.calls import READERS, RUNTIME, Call, admit, routes
from device_admin.model.page import PageRequest
from device_admin.model.transaction import TransactionState


@routes.get(RUNTIME + "/devices")
@operation(
    id="listDevices",
    summary="Part of the list of a runtime's devices",
    path=described.RUNTIME,
    query=schemas.DevicesQuery,
    responses={200: schemas.DevicePage},
    refusals=described.LIST,
    examples=described.DEVICES_EXAMPLES,
    **described.ADMIN,
)
async def list_devices(request: web.Request) -> web.Response:
    """Part of the list of a runtime's devices."""
    call = await admit(request, READERS)
    query = load_query(request, schemas.DEVICES_QUERY)
    part = PageRequest(order_by=query["order_by"], size=query["size"], bookmark=query["bookmark"])
    page = await call.resources.store.devices(call.runtime, query=query["query"], page=part)
    return call.answer("devices", schemas.device_page(page, call.version))


@routes.get(RUNTIME + "/transactions")
@operation(
    id="listTransactions",
    summary="Part of the list of a runtime's transactions",
    path=described.RUNTIME,
    query=schemas.TransactionsQuery,
    responses={200: schemas.TransactionPage},
    refusals=described.LIST,
    **described.ADMIN,
)
async def list_transactions(request: web.Request) -> web.Response:
    """Part of the list of a runtime's transactions."""
    call = await admit(request, READERS)
    query = load_query(request, schemas.TRANSACTIONS_QUERY)
    part = PageRequest(
        order_by=query["order_by"], size=query["size"], bookmark=query["bookmark"], offset=query["offset"]
    )
    page = await call.resources.store.transactions(call.runtime, failed_only=query["mode"] == "errors", page=part)
    return call.answer("transactions", schemas.transaction_page(page, call.version, call.translate))


@routes.get(RUNTIME + "/transactions/{id}")
@operation(
    id="showTransaction",
    summary="One transaction",
    path=described.TRANSACTION,
    query=schemas.Query,
    responses={200: schemas.OneTransaction},
    refusals=(*described.READ, errors.TransactionNotFound),
    **described.ADMIN,
)
async def show_transaction(request: web.Request) -> web.Response:
    """One transaction."""
    call = await admit(request, READERS)
    transaction = await _transaction(call)
    return call.answer("transaction", schemas.one_transaction(transaction, call.version, call.translate))


@routes.get(RUNTIME + "/transactions/{id}/cascade")
@operation(
    id="showCascade",
    summary="Which service has carried out a transaction's change, what that did and how long it took",
    path=described.TRANSACTION,
    query=schemas.Query,
    responses={200: schemas.Cascade},
    refusals=(*described.READ, errors.TransactionNotFound),
    **described.ADMIN,
)
async def show_cascade(request: web.Request) -> web.Response:
    """Which service has carried out a transaction's change."""
    call = await admit(request, READERS)
    return call.answer("cascade", schemas.cascade_view(await _transaction(call), call.version))


async def _transaction(call: Call) -> TransactionState:
    load_query(call.request, schemas.QUERY)
    id = call.request.match_info["id"]
    found = await call.resources.store.transaction(call.runtime, id)
    if found is None:
        raise errors.TransactionNotFound(runtime=call.runtime, transaction_id=id)
    return found
