"""One device in the demo, and what its owner, its apps and an operator do with it, one method each."""

import secrets
from dataclasses import dataclass
from typing import Any

from deploy.local.demo.calls import Answer, Calls

RUNTIME, APPLICATION, LIST = "myruntime", "myapp", 3
BACKEND, MOBILE_APP = "ABCD9278-091f-41aa-9cb2-184bd0586fce", "com.oracle.myapplication"
SCOPE = f"devices.read devices.write push.application.{APPLICATION}"
ADMIN = f"/mfpadmin/management-apis/2.0/runtimes/{RUNTIME}"
PUSH = f"/imfpush/v1/apps/{APPLICATION}/devices"


@dataclass(frozen=True, slots=True)
class Device:
    """New ids each time, so that the story can be played again on the same stack."""

    calls: Calls
    bearer: str
    id: str
    mail: str

    @classmethod
    async def fresh(cls, calls: Calls) -> "Device":
        """A device that nobody knows yet, and a token for its application's back end."""
        form = {"grant_type": "client_credentials", "scope": SCOPE}
        path = f"/{RUNTIME}/api/az/v1/token"
        told = await calls.call("device-admin", "POST", path, calls.basic("confidential_client"), form=form)
        name = secrets.token_hex(4)
        return cls(calls, f"Bearer {told.require(200).data['access_token']}", f"demo-{name}", f"ada.{name}@example.com")

    async def register_for_push(self) -> Answer:
        """The app's back end gives the push token."""
        body = {"deviceId": self.id, "platform": "A", "token": f"push-{self.id}"}
        return await self.calls.call("push-registry", "POST", PUSH, self.bearer, body=body)

    async def registration(self) -> Answer:
        """The registration as it is."""
        return await self.calls.call("push-registry", "GET", f"{PUSH}/{self.id}", self.bearer)

    async def renew_push_token(self) -> Answer:
        """The device reports a new token, as devices do from time to time."""
        body = {"deviceId": self.id, "token": f"renewed-{self.id}"}
        return await self.calls.call("push-registry", "PUT", f"{PUSH}/{self.id}", self.bearer, body=body)

    async def sign_up(self) -> Answer:
        """The owner becomes a contact with this device, and is welcomed."""
        return await self._contact("?match=Email&customevents=SendWelcomeEmail")

    async def register_contact_again(self) -> Answer:
        """The same contact, found by its address, with the same device."""
        return await self._contact("?match=Email")

    async def register_mobile_client(self) -> Answer:
        """The mobile app registers with its backend, naming the device that it runs on."""
        return await self._mobile("register")

    async def deregister_mobile_client(self) -> Answer:
        """The mobile app takes itself off."""
        return await self._mobile("deregister")

    async def seen_by_admin(self) -> dict[str, Any]:
        """The device as the operator's list shows it; empty while it does not."""
        path = f"{ADMIN}/devices?orderBy=-lastAccessed"
        listed = await self.calls.call("device-admin", "GET", path, self.calls.basic("monitor"))
        found = (item for item in listed.require(200).data["items"] if item["id"] == self.id)
        return next(found, {})

    async def mark_lost(self) -> Answer:
        """The operator hears that it is gone."""
        path = f"{ADMIN}/devices/{self.id}?async=false"
        return await self.calls.call("device-admin", "PUT", path, self.calls.basic("operator"), body={"status": "LOST"})

    async def cascade(self, transaction: int) -> dict[str, dict[str, Any]]:
        """By service, what it has done about a transaction."""
        path = f"{ADMIN}/transactions/{transaction}/cascade"
        told = await self.calls.call("device-admin", "GET", path, self.calls.basic("operator"))
        return {part["service"]: part for part in told.require(200).data["services"]}

    async def _mobile(self, operation: str) -> Answer:
        client = {"id": MOBILE_APP, "platform": "IOS", "version": "1.0"}
        body = {"mobileClient": client, "notificationProvider": "APNS", "notificationToken": f"apns-{self.id}"}
        headers = {"Oracle-Mobile-Backend-ID": BACKEND, "Oracle-Mobile-Device-ID": self.id}
        path = f"/mobile/platform/devices/{operation}"
        return await self.calls.call(
            "mobile-platform", "POST", path, self.calls.basic("mobile_user"), body=body, headers=headers
        )

    async def _contact(self, query: str) -> Answer:
        contact = {"Values": {"Email": self.mail, "FirstName": "Ada", "Mobile": "353871234567"}}
        body = {"ContactDTO": contact, "DeviceType": 1, "DeviceId": self.id}
        path = f"/contactLists/{LIST}/registerDevice{query}"
        return await self.calls.call("contacts", "POST", path, self.calls.basic("contacts"), body=body)
