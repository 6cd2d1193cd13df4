"""Every operation of the four services as a right call in one place; whether it is let in is up to its caller."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.integration.security.world import ADMIN, CONTACTS, MOBILE, PUSH, Place, World


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, but for the credentials."""

    method: str
    path: str
    json: Any = None
    data: Any = None
    headers: Mapping[str, str] = ()  # type: ignore[assignment]  # an empty mapping would be shared and mutable


@dataclass(frozen=True, slots=True)
class Operation:
    """`make` gives the request in a place; `device` is a device that is there for this very call."""

    service: str
    id: str
    success: int
    make: Callable[[World, Place, str], Request]
    prepare: Callable[[World, Place, str], Awaitable[None]] | None = None

    async def send(
        self, world: World, place: Place, credentials: Mapping[str, str], *, device: str | None = None
    ) -> tuple[int, Any, Mapping[str, str]]:
        """Status, body and headers of the answer."""
        sent = self.make(world, place, world.device(place) if device is None else device)
        headers = {**dict(sent.headers), **credentials}
        return await world.services[self.service].request(
            sent.method, sent.path, json=sent.json, data=sent.data, headers=headers
        )


def _push(world: World, place: Place) -> str:
    return f"/imfpush/v1/apps/{place.application}/devices"


def _admin(world: World, place: Place) -> str:
    return f"/mfpadmin/management-apis/2.0/runtimes/{place.runtime}"


def _list(world: World, place: Place) -> str:
    return f"/contactLists/{place.number}"


def _transaction(world: World, place: Place) -> str:
    return f"{_admin(world, place)}/transactions/{world.transactions[place]}"


def _contact(world: World, place: Place, device: str) -> Any:
    return {
        "ContactDTO": {"EncContactId": world.contact_ids[place], "Values": {"Email": f"new@{place.number}"}},
        "DeviceId": device,
    }


def _mobile(world: World, place: Place, token: str, what: str) -> Request:
    body = {
        "mobileClient": {"id": "my.app.id", "platform": "IOS"},
        "notificationToken": token,
        "notificationProvider": "APNS",
    }
    return Request("POST", f"/mobile/platform/devices/{what}", body, None, {"Oracle-Mobile-Backend-ID": place.backend})


async def _registered(world: World, place: Place, device: str) -> None:
    await world.register(place, device)


async def _known(world: World, place: Place, device: str) -> None:
    await world.learn(place, device)


async def _installed(world: World, place: Place, device: str) -> None:
    install = next(one for one in OPERATIONS if one.id == "registerMobileClient")
    status, answer, _ = await install.send(world, place, world.issuer.headers(place.scope()), device=device)
    assert status == 201, answer


OPERATIONS = (
    Operation(
        PUSH,
        "registerDevice",
        201,
        lambda w, p, d: Request("POST", _push(w, p), {"deviceId": d, "platform": "A", "token": f"new-token-of-{d}"}),
    ),
    Operation(
        PUSH,
        "updateDevice",
        200,
        lambda w, p, d: Request("PUT", f"{_push(w, p)}/{d}", {"userId": "new"}),
        _registered,
    ),
    Operation(PUSH, "readDevice", 200, lambda w, p, d: Request("GET", f"{_push(w, p)}/{d}"), _registered),
    Operation(PUSH, "listDevices", 200, lambda w, p, d: Request("GET", _push(w, p))),
    Operation(PUSH, "deleteDevice", 204, lambda w, p, d: Request("DELETE", f"{_push(w, p)}/{d}"), _registered),
    Operation(
        ADMIN,
        "changeDeviceStatus",
        200,
        lambda w, p, d: Request("PUT", f"{_admin(w, p)}/devices/{d}?async=false", {"status": "DISABLED"}),
        _known,
    ),
    Operation(
        ADMIN,
        "removeDevice",
        200,
        lambda w, p, d: Request("DELETE", f"{_admin(w, p)}/devices/{d}?async=false"),
        _known,
    ),
    Operation(
        ADMIN,
        "changeDeviceApplicationStatus",
        200,
        lambda w, p, d: Request(
            "PUT", f"{_admin(w, p)}/devices/{d}/applications/{p.application}?async=false", {"status": "DISABLED"}
        ),
        _known,
    ),
    Operation(ADMIN, "listDevices", 200, lambda w, p, d: Request("GET", f"{_admin(w, p)}/devices")),
    Operation(ADMIN, "listTransactions", 200, lambda w, p, d: Request("GET", f"{_admin(w, p)}/transactions")),
    Operation(ADMIN, "showTransaction", 200, lambda w, p, d: Request("GET", _transaction(w, p))),
    Operation(ADMIN, "showCascade", 200, lambda w, p, d: Request("GET", f"{_transaction(w, p)}/cascade")),
    Operation(
        ADMIN,
        "issueToken",
        200,
        lambda w, p, d: Request(
            "POST", f"/{p.runtime}/api/az/v1/token", data={"grant_type": "client_credentials", "scope": "devices.read"}
        ),
    ),
    Operation(ADMIN, "showKeys", 200, lambda w, p, d: Request("GET", f"/{p.runtime}/api/az/v1/jwks")),
    Operation(CONTACTS, "showLists", 200, lambda w, p, d: Request("GET", "/contactLists")),
    Operation(CONTACTS, "showList", 200, lambda w, p, d: Request("GET", _list(w, p))),
    Operation(CONTACTS, "showFields", 200, lambda w, p, d: Request("GET", f"{_list(w, p)}/fields")),
    Operation(CONTACTS, "showContact", 200, lambda w, p, d: Request("GET", f"/contacts/{w.contact_ids[p]}")),
    Operation(
        CONTACTS,
        "registerDevice",
        200,
        lambda w, p, d: Request("POST", f"{_list(w, p)}/registerDevice", _contact(w, p, d)),
    ),
    Operation(
        CONTACTS, "putDevice", 200, lambda w, p, d: Request("PUT", f"{_list(w, p)}/registerDevice", _contact(w, p, d))
    ),
    Operation(
        CONTACTS,
        "patchDevice",
        200,
        lambda w, p, d: Request("PATCH", f"{_list(w, p)}/registerDevice", _contact(w, p, d)),
    ),
    Operation(MOBILE, "registerMobileClient", 201, lambda w, p, d: _mobile(w, p, d, "register")),
    Operation(
        MOBILE,
        "deregisterMobileClient",
        200,
        lambda w, p, d: _mobile(w, p, d, "deregister"),
        _installed,
    ),
)
BY_NAME = {(one.service, one.id): one for one in OPERATIONS}
