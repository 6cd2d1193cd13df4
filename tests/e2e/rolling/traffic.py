"""Steady callers of all four services, each request after the answer to the one before, and what they were told."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from deploy.local.demo.device import ADMIN, BACKEND, LIST, MOBILE_APP, PUSH, SCOPE
from deploy.local.people import PEOPLE
from tests.support.polling import eventually
from tests.support.services import basic
from tests.support.tokens import TokenIssuer

OPERATED = 6  # devices that an operator marks LOST and ACTIVE, in turn, over and over
CALLERS = 2  # of each of the three others
PAUSE = 0.1  # seconds between two rounds of one caller
OPERATOR_PAUSE = 0.2
REGISTER = f"/contactLists/{LIST}/registerDevice?match=Email"
CLIENTS = "/mobile/platform/devices"
_PEOPLE = {person.part: basic(person.name, person.password) for person in PEOPLE}
Acknowledged = dict[str, list[str]]


@dataclass
class Traffic:
    """`urls` of the services by name. What was acknowledged is kept by device or contact, in order."""

    urls: Mapping[str, str]
    http: aiohttp.ClientSession
    issuer: TokenIssuer
    users: Acknowledged = field(default_factory=dict)  # user ids that a registration was given
    names: Acknowledged = field(default_factory=dict)  # first names that a contact was given
    clients: Acknowledged = field(default_factory=dict)  # versions that a mobile client was registered with
    transactions: Acknowledged = field(default_factory=dict)  # ids of status changes
    failures: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def operated(self) -> list[str]:
        """The devices whose status changes."""
        return [f"operated-{number}" for number in range(OPERATED)]

    async def prepare(self) -> None:
        """Everybody is there once, and device-admin knows the devices that it will be asked about."""
        for device in self.operated:
            await self.give_user(device)
            await self.give_name(device)
            await self.register_client(device)
        await asyncio.gather(*(eventually(lambda one=one: self._known(one), within=30) for one in self.operated))  # type: ignore[misc]
        assert self.failures == []
        self.counts.clear()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The traffic, while inside."""
        over = asyncio.Event()
        callers = [self._callers(f"caller-{number}") for number in range(CALLERS)]
        rounds = [
            *(self._go_on(over, PAUSE, each) for one in callers for each in one),
            *(self._go_on(over, OPERATOR_PAUSE, self._operator(device)) for device in self.operated),
        ]
        tasks = [asyncio.create_task(one) for one in rounds]
        try:
            yield
        finally:
            over.set()
            await asyncio.gather(*tasks)

    async def give_user(self, device: str) -> None:
        """POST of a registration, which a balancer sends once."""
        user = _next(self.users, device)
        body = {"deviceId": device, "platform": "A", "token": f"token-of-{device}", "userId": user}
        if await self._ask("push-registry", "POST", PUSH, body, 201):
            self.users.setdefault(device, []).append(user)

    async def change_user(self, device: str) -> None:
        """PUT of a registration; what was acknowledged is there."""
        user = _next(self.users, device)
        if await self._ask("push-registry", "PUT", f"{PUSH}/{device}", {"deviceId": device, "userId": user}, 200):
            self.users[device].append(user)
        found = await self._ask("push-registry", "GET", f"{PUSH}/{device}", None, 200)
        if found and found["userId"] != self.users[device][-1]:
            self.failures.append(f"GET {device}: {found['userId']}, not {self.users[device][-1]}")

    async def give_name(self, contact: str) -> None:
        """POST of a contact with its device, and with a custom event that carries the name."""
        name = _next(self.names, contact)
        values = {"Email": f"{contact}@example.com", "FirstName": name}
        body = {"ContactDTO": {"Values": values}, "DeviceType": 1, "DeviceId": contact}
        if await self._ask("contacts", "POST", f"{REGISTER}&customevents=SendEventInvite", body, 200):
            self.names.setdefault(contact, []).append(name)

    async def register_client(self, device: str) -> None:
        """POST of a mobile client."""
        version = _next(self.clients, device)
        client = {"id": MOBILE_APP, "platform": "IOS", "version": version}
        body = {"mobileClient": client, "notificationToken": f"apns-{device}"}
        if await self._ask("mobile-platform", "POST", f"{CLIENTS}/register", body, 200, 201, device=device):
            self.clients.setdefault(device, []).append(version)

    async def change_status(self, device: str) -> None:
        """PUT of a status, LOST and ACTIVE in turn."""
        changed = self.transactions.setdefault(device, [])
        status = "ACTIVE" if len(changed) % 2 else "LOST"
        answer = await self._ask("device-admin", "PUT", f"{ADMIN}/devices/{device}", {"status": status}, 200)
        if answer:
            changed.append(str(answer["transaction"]["id"]))

    def _callers(self, name: str) -> list[Callable[[int], Awaitable[None]]]:
        async def registration(number: int) -> None:
            await (self.change_user(name) if number % 5 else self.give_user(name))

        async def contact(_: int) -> None:
            await self.give_name(name)

        async def client(_: int) -> None:
            await self.register_client(name)

        return [registration, contact, client]

    def _operator(self, device: str) -> Callable[[int], Awaitable[None]]:
        async def operator(_: int) -> None:
            await self.change_status(device)

        return operator

    async def _known(self, device: str) -> bool:
        path = f"{self.urls['device-admin']}{ADMIN}/devices/{device}"
        async with self.http.put(path, json={"status": "ACTIVE"}, headers=_PEOPLE["operator"]) as answer:
            return answer.status == 200

    @staticmethod
    async def _go_on(over: asyncio.Event, pause: float, one_round: Callable[[int], Awaitable[None]]) -> None:
        number = 0
        while not over.is_set():
            await one_round(number)
            number += 1
            await asyncio.sleep(pause)

    async def _ask(
        self, service: str, method: str, path: str, body: Any, *expected: int, device: str | None = None
    ) -> Any:
        """The body of an answer with an expected status; anything else is a failure."""
        self.counts[service] += 1
        headers = self._headers(service, device)
        try:
            url = f"{self.urls[service]}{path}"
            async with self.http.request(method, url, json=body, headers=headers) as answer:
                told = await answer.json(content_type=None)
                if answer.status in expected:
                    return told
                self.failures.append(f"{service} {method}: {answer.status} {told}")
        except (aiohttp.ClientError, TimeoutError) as error:
            self.failures.append(f"{service} {method}: {type(error).__name__}")
        return None

    def _headers(self, service: str, device: str | None) -> dict[str, str]:
        if service == "push-registry":
            return self.issuer.headers(SCOPE)
        if service == "mobile-platform":
            own = {"Oracle-Mobile-Backend-ID": BACKEND, "Oracle-Mobile-Device-ID": device or ""}
            return {**_PEOPLE["mobile_user"], **own}
        return _PEOPLE["operator" if service == "device-admin" else "contacts"]


def _next(acknowledged: Acknowledged, name: str) -> str:
    return f"{name}-{len(acknowledged.get(name, ()))}"
