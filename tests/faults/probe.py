"""Trying to get in: every way that a device which is shut out might have, at both replicas of each service."""

import asyncio
from collections.abc import Iterable
from itertools import chain

import aiohttp

from deploy.local.demo.device import APPLICATION, BACKEND, LIST, MOBILE_APP, PUSH
from tests.faults.load.life import basic
from tests.faults.stack import Stack

AT_ONCE = 8


async def ways_in(stack: Stack, bearer: str, devices: Iterable[str]) -> list[str]:
    """What let one of these devices (runtime/id, shut out) in, or showed its token; empty if nothing did."""
    turn = asyncio.Semaphore(AT_ONCE)
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:

        async def probe(device: str) -> list[str]:
            async with turn:
                return await _Probe(session, stack, bearer, device.partition("/")[2]).found()

        return [*chain.from_iterable(await asyncio.gather(*(probe(device) for device in devices)))]


class _Probe:
    def __init__(self, session: aiohttp.ClientSession, stack: Stack, bearer: str, device: str) -> None:
        self._session = session
        self._stack = stack
        self._bearer = bearer
        self._device = device

    async def found(self) -> list[str]:
        device = self._device
        push = {"deviceId": device, "token": f"sneaked-{device}"}
        client = {"mobileClient": {"id": MOBILE_APP, "platform": "IOS"}, "notificationToken": f"apns-{device}"}
        contact = {"ContactDTO": {"Values": {"Email": f"{device}@example.com"}}, "DeviceId": device}
        backend = {"Oracle-Mobile-Backend-ID": BACKEND, "Oracle-Mobile-Device-ID": device}
        mobile, owner = {"Authorization": basic("mobile_user"), **backend}, {"Authorization": basic("contacts")}
        register = f"/contactLists/{LIST}/registerDevice?match=Email"
        back_end = {"Authorization": self._bearer}
        refused = [
            ("push-registry", "POST", PUSH, back_end, {**push, "platform": "A"}, {401}),
            ("push-registry", "PUT", f"{PUSH}/{device}", back_end, push, {401, 404}),
            ("mobile-platform", "POST", "/mobile/platform/devices/register", mobile, client, {401}),
            ("contacts", "POST", register, owner, contact, {403}),
        ]
        wrong = []
        for url in self._stack.urls("push-registry"):
            status, body = await self._ask("GET", f"{url}{PUSH}/{device}", back_end, None)
            if status not in (200, 404) or "token" in (body if isinstance(body, dict) else {}):
                wrong.append(f"{device}: GET of its registration with {APPLICATION} answers {status}: {body}")
        for service, method, path, headers, sent, statuses in refused:
            for url in self._stack.urls(service):
                status, _ = await self._ask(method, url + path, headers, sent)
                if status not in statuses:
                    wrong.append(f"{device}: {method} {service}{path} answers {status}")
        return wrong

    async def _ask(self, method: str, url: str, headers: dict[str, str], body: object) -> tuple[int, object]:
        async with self._session.request(method, url, headers=headers, json=body) as answer:
            return answer.status, await answer.json(content_type=None) if await answer.read() else None
