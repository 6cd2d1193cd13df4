"""The operations that change a device: load, call, dump."""

from aiohttp import web

from chassis.bodies import load_json, load_query
from chassis.operations import operation
from device_admin import schemas, usecases
from device_admin.api import described
from device_admin.api.calls import CHANGERS, RUNTIME, admit, routes

DEVICE = RUNTIME + "/devices/{deviceId}"


@routes.put(DEVICE)
@operation(
    id="changeDeviceStatus",
    summary="Mark a device as active, lost, stolen, disabled or expired",
    path=described.DEVICE,
    query=schemas.ChangeQuery,
    request=schemas.StatusPayload,
    responses={200: schemas.TransactionResult},
    refusals=described.CHANGE_WITH_PAYLOAD,
    examples=described.STATUS_EXAMPLES,
    **described.ADMIN,
)
async def change_status(request: web.Request) -> web.Response:
    """Set the status of a device."""
    call = await admit(request, CHANGERS)
    query = load_query(request, schemas.CHANGE_QUERY)
    payload = await load_json(request, schemas.STATUS_PAYLOAD)
    transaction = await usecases.change_status(
        call.resources,
        runtime=call.runtime,
        device_id=request.match_info["deviceId"],
        status=payload["status"],
        user=call.user,
        asynchronous=query["asynchronous"] == "true",
    )
    return call.answer("set-device-status-result", schemas.change_result(transaction, call.version, call.translate))


@routes.delete(DEVICE)
@operation(
    id="removeDevice",
    summary="Remove a device: its personal data go, its block stays",
    path=described.DEVICE,
    query=schemas.ChangeQuery,
    responses={200: schemas.TransactionResult},
    refusals=described.CHANGE,
    examples=described.REMOVAL_EXAMPLES,
    **described.ADMIN,
)
async def remove_device(request: web.Request) -> web.Response:
    """Remove a device from the list."""
    call = await admit(request, CHANGERS)
    query = load_query(request, schemas.CHANGE_QUERY)
    transaction = await usecases.remove_device(
        call.resources,
        runtime=call.runtime,
        device_id=request.match_info["deviceId"],
        user=call.user,
        asynchronous=query["asynchronous"] == "true",
    )
    return call.answer("remove-device-result", schemas.change_result(transaction, call.version, call.translate))


@routes.put(DEVICE + "/applications/{applicationId}")
@operation(
    id="changeDeviceApplicationStatus",
    summary="Mark an application as enabled or disabled on a device",
    path=described.APPLICATION,
    query=schemas.ChangeQuery,
    request=schemas.ApplicationStatusPayload,
    responses={200: schemas.TransactionResult},
    refusals=(*described.CHANGE_WITH_PAYLOAD, described.NO_APPLICATION),
    examples=described.APPLICATION_EXAMPLES,
    **described.ADMIN,
)
async def change_application_status(request: web.Request) -> web.Response:
    """Set the status of an application on a device."""
    call = await admit(request, CHANGERS)
    query = load_query(request, schemas.CHANGE_QUERY)
    payload = await load_json(request, schemas.APPLICATION_STATUS_PAYLOAD)
    transaction = await usecases.change_application_status(
        call.resources,
        runtime=call.runtime,
        device_id=request.match_info["deviceId"],
        application=request.match_info["applicationId"],
        status=payload["status"],
        user=call.user,
        asynchronous=query["asynchronous"] == "true",
    )
    result = schemas.change_result(transaction, call.version, call.translate)
    return call.answer("set-applicationdevice-status-result", result)
