"""Every API called with canaries in every field, rightly and wrongly."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from deploy.local.demo.device import ADMIN, BACKEND, MOBILE_APP, PUSH, RUNTIME, SCOPE
from tests.integration.secured.canaries import CONTACT, DEVICES, PHONE, TOKENS, USER_ID, WRONG

CONTACTS = "/contactLists/3/registerDevice"
MOBILE = "/mobile/platform/devices"
JSON = {"Content-Type": "application/json"}


@dataclass
class Caller:
    """Calls the services of a stack; `refusals` are all answers that were no success, by what was asked."""

    record: Mapping[str, Any]
    http: aiohttp.ClientSession
    bearer: str = ""
    refusals: dict[str, str] = field(default_factory=dict)

    def basic(self, who: str, password: str | None = None) -> dict[str, str]:
        """An Authorization header; another password makes it a wrong one."""
        name, own = self.record["credentials"][who]
        return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password or own}".encode()).decode()}

    async def call(
        self, service: str, method: str, path: str, who: Mapping[str, str], body: Any, **headers: str
    ) -> int:
        """The status; `body` is JSON, or bytes sent as they are, or a form as text."""
        data = body if isinstance(body, bytes | str) else json.dumps(body).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if isinstance(body, str) else JSON
        told = {**kind, **who, **{name.replace("_", "-"): value for name, value in headers.items()}}
        url = self.record["services"][service] + path
        async with self.http.request(method, url, headers=told, data=data) as answer:
            text = await answer.text()
            if answer.status >= 400:
                self.refusals[f"{len(self.refusals)}: {answer.status} of {service} {method}"] = (
                    f"{answer.headers}{text}"
                )
            elif path.endswith("/token"):
                self.bearer = json.loads(text)["access_token"]
            return answer.status

    async def token(self, secret: str | None = None) -> int:
        """Get a bearer token."""
        form = f"grant_type=client_credentials&scope={SCOPE.replace(' ', '%20')}"
        who = self.basic("confidential_client", secret)
        return await self.call("device-admin", "POST", f"/{RUNTIME}/api/az/v1/token", who, form)

    async def push(self, device: str, token: Any, method: str = "POST", **more: Any) -> int:
        """Register or update a device; a bearer other than ours, and headers, may be given."""
        body = {"deviceId": device, "token": token, "phoneNumber": PHONE, "userId": USER_ID}
        body |= {"platform": "A"} if method == "POST" else {}
        headers = more.pop("headers", {})
        who = {"Authorization": f"Bearer {more.pop('bearer', self.bearer)}"}
        path = PUSH if method == "POST" else f"{PUSH}/{device}"
        return await self.call("push-registry", method, path, who, body | more, **headers)

    async def contact(self, device: str, *, query: str = "", who: Any = None, **more: Any) -> int:
        """Register a contact's device."""
        headers = more.pop("headers", {})
        values = more.pop("values", CONTACT)
        body = {"ContactDTO": {"Values": values}, "DeviceType": 1, "DeviceId": device, **more}
        path = f"{CONTACTS}?match=Email{query}"
        return await self.call("contacts", "POST", path, who or self.basic("contacts"), body, **headers)

    async def mobile(self, operation: str, token: Any, *, who: Any = None, **headers: str) -> int:
        """Register or deregister a mobile client."""
        body = {"notificationToken": token, "mobileClient": {"id": MOBILE_APP, "platform": "IOS"}}
        more = {"Oracle_Mobile_Backend_ID": BACKEND, "Oracle_Mobile_Device_ID": DEVICES["device"], **headers}
        return await self.call(
            "mobile-platform", "POST", f"{MOBILE}/{operation}", who or self.basic("mobile_user"), body, **more
        )

    async def status(self, device: str, status: str, *, who: Any = None, **headers: str) -> int:
        """Set a device's status."""
        path = f"{ADMIN}/devices/{device}?async=false"
        return await self.call(
            "device-admin", "PUT", path, who or self.basic("operator"), {"status": status}, **headers
        )

    async def rightly(self) -> list[int]:
        """What ends well."""
        return [
            await self.token(),
            await self.push(DEVICES["device"], TOKENS["first"]),
            await self.push(DEVICES["device"], TOKENS["second"], "PUT"),
            await self.push(DEVICES["thief"], TOKENS["taken"]),
            await self.push(DEVICES["thief"], TOKENS["second"], "PUT"),
            await self.contact(DEVICES["device"], query="&customevents=SendWelcomeEmail"),
            # A value of the wrong type is passed over with a warning.
            await self.contact(DEVICES["device"], values=CONTACT | {"ReferanceAccountId": f"{CONTACT['Mobile']}x"}),
            await self.mobile("register", TOKENS["apns"]),
        ]

    async def wrongly(self) -> list[int]:
        """What is refused: whoever calls may not, or what is sent is wrong."""
        stolen = {"Authorization": f"Bearer {self.bearer[:-4]}AAAA"}
        bad, raw = TOKENS["bad"], f'{{"token": "{TOKENS["bad"]}", "Email": "{CONTACT["Email"]}'.encode()
        wrong = WRONG["wrong password"]
        push = {"Authorization": f"Bearer {self.bearer}"}
        return [
            await self.token(WRONG["wrong client secret"]),
            await self.push(DEVICES["device"], bad, bearer=f"{self.bearer[:-4]}AAAA"),
            await self.push(DEVICES["device"], bad, bearer=bad),
            await self.push(DEVICES["device"], [bad]),
            await self.push(DEVICES["device"], bad, unknown=PHONE),
            await self.push(DEVICES["device"], bad * 400),
            await self.call("push-registry", "POST", PUSH, push, raw),
            await self.contact(DEVICES["device"], who=self.basic("contacts", wrong)),
            await self.contact(DEVICES["device"], who=stolen),
            await self.contact(DEVICES["device"], values=CONTACT | {"Unknown": CONTACT["Mobile"]}),
            await self.contact(DEVICES["device"], EncContactId=CONTACT["Mobile"]),
            await self.call("contacts", "POST", CONTACTS, self.basic("contacts"), raw),
            await self.mobile("register", bad, who=self.basic("mobile_user", wrong)),
            await self.mobile("register", bad, Oracle_Mobile_Backend_ID="unknown"),
            await self.mobile("register", [bad]),
            await self.mobile("deregister", bad),
            await self.call("mobile-platform", "POST", f"{MOBILE}/register", self.basic("mobile_user"), raw),
            await self.status(DEVICES["device"], "LOST", who=self.basic("operator", wrong)),
            await self.status(DEVICES["device"], bad),
            await self.call("device-admin", "PUT", f"{ADMIN}/devices/x", self.basic("operator"), raw),
        ]

    async def faultily(self, *kinds: str) -> list[int]:
        """What fails inside, in every service."""
        told = []
        for kind in kinds:
            headers = {"X_Correlation_ID": kind}
            told += [
                await self.push(DEVICES["device"], TOKENS["first"], headers=headers),
                await self.contact(DEVICES["device"], headers=headers),
                await self.mobile("register", TOKENS["apns"], **headers),
                await self.status(DEVICES["device"], "EXPIRED", **headers),
            ]
        return told
