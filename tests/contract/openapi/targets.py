"""The four services as schemathesis meets them: with what is there already, and with credentials that are valid."""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from deploy.local import people
from tests.contract.openapi.fuzzing import Target
from tests.support.polling import eventually
from tests.support.services import Running, basic

DEVICES = 20  # for device-admin: a removed one is found no more
RUNTIME, APPLICATION, LIST = "myruntime", "myapp", 3
CLIENT, BACKEND = "com.oracle.myapplication", people.BACKEND.removeprefix("mobile:")
SCOPES = f"devices.read devices.write push.application.{APPLICATION}"
PEOPLE = {person.part: person for person in people.PEOPLE}
ADMIN = f"/mfpadmin/management-apis/2.0/runtimes/{RUNTIME}"


async def target(name: str, served: Mapping[str, Running]) -> Target:
    """What to try on a service, after something was made that can be found."""
    return await _TARGETS[name](served)


async def _push(served: Mapping[str, Running]) -> Target:
    push, token, device = served["push-registry"], await _token(served["device-admin"]), _new_device()
    await _push_device(push, token, device)
    return Target(
        url=push.url,
        authorization=f"Bearer {token}",
        values={"path.applicationId": [APPLICATION], "path.deviceId": [device], "body.deviceId": [device]},
    )


async def _admin(served: Mapping[str, Running]) -> Target:
    admin, devices = served["device-admin"], [_new_device() for _ in range(DEVICES)]
    token = await _token(admin)
    for device in devices:
        await _push_device(served["push-registry"], token, device)
        await eventually(lambda device=device: _known(admin, device))  # type: ignore[misc]
    changed = await _asked(admin, "PUT", f"{ADMIN}/devices/{devices[0]}", part="admin", json={"status": "ACTIVE"})
    return Target(
        url=admin.url,
        authorization=_authorization("admin"),
        values={
            "path.runtime": [RUNTIME],
            "path.deviceId": devices,
            "path.applicationId": [APPLICATION],
            "path.id": [str(changed["transaction"]["id"])],
            "body.grant_type": ["client_credentials"],
        },
        exceptions={"/{runtime}/api/az/v1/token": basic(people.CLIENT_ID, people.CLIENT_SECRET)["Authorization"]},
    )


async def _contacts(served: Mapping[str, Running]) -> Target:
    contacts, device = served["contacts"], _new_device()
    body = {"DeviceId": device, "Values": {"Email": f"{device}@example.com"}}
    made = await _asked(contacts, "POST", f"/contactLists/{LIST}/registerDevice", part="contacts", json=body)
    return Target(
        url=contacts.url,
        authorization=_authorization("contacts"),
        values={
            "path.contactListId": [LIST],
            "path.EncContactId": [made["EncContactId"]],
            "query.customevents": ["SendWelcomeEmail"],
            "body.ContactDTO.ListId": [LIST],
            "body.ContactDTO.EncContactId": [made["EncContactId"]],
            "body.DeviceId": [device],
        },
    )


async def _mobile(served: Mapping[str, Running]) -> Target:
    mobile, tokens = served["mobile-platform"], [uuid.uuid4().hex for _ in range(5)]
    for one in tokens:
        body = {"mobileClient": {"id": CLIENT, "platform": "IOS"}, "notificationToken": one}
        headers = {"Authorization": _authorization("mobile_user"), "Oracle-Mobile-Backend-ID": BACKEND}
        status, answer, _ = await mobile.request(
            "POST", "/mobile/platform/devices/register", json=body, headers=headers
        )
        assert status == 201, answer
    return Target(
        url=mobile.url,
        authorization=_authorization("mobile_user"),
        values={
            "header.Oracle-Mobile-Backend-ID": [BACKEND],
            "body.mobileClient.id": [CLIENT],
            "body.mobileClient.platform": ["IOS"],
            "body.notificationToken": tokens,
            "body.notificationProvider": ["APNS"],
        },
    )


_TARGETS: Mapping[str, Callable[[Mapping[str, Running]], Awaitable[Target]]] = {
    "push-registry": _push,
    "device-admin": _admin,
    "contacts": _contacts,
    "mobile-platform": _mobile,
}


def _new_device() -> str:
    return f"device-{uuid.uuid4().hex[:8]}"


def _authorization(part: str) -> str:
    return basic(PEOPLE[part].name, PEOPLE[part].password)["Authorization"]


async def _token(admin: Running) -> str:
    status, answer, _ = await admin.request(
        "POST",
        f"/{RUNTIME}/api/az/v1/token",
        data={"grant_type": "client_credentials", "scope": SCOPES},
        headers=basic(people.CLIENT_ID, people.CLIENT_SECRET),
    )
    assert status == 200, answer
    return str(answer["access_token"])


async def _push_device(push: Running, token: str, device: str) -> None:
    body = {"deviceId": device, "platform": "A", "token": uuid.uuid4().hex}
    headers = {"Authorization": f"Bearer {token}"}
    status, answer, _ = await push.request(
        "POST", f"/imfpush/v1/apps/{APPLICATION}/devices", json=body, headers=headers
    )
    assert status == 201, answer


async def _known(admin: Running, device: str) -> bool:
    """Whether device-admin has heard of the device."""
    answer = await _asked(admin, "GET", f"{ADMIN}/devices?query={device}", part="admin")
    return device in str(answer)


async def _asked(service: Running, method: str, path: str, *, part: str, **given: Any) -> Any:
    headers = {"Authorization": _authorization(part)}
    status, answer, _ = await service.request(method, path, headers=headers, **given)
    assert status == 200, answer
    return answer
