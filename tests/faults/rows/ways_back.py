"""Ways back: a device that is shut out tries whatever the three APIs offer, under its own and under other names."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import aiohttp

from deploy.local.demo.device import ADMIN, BACKEND, LIST, MOBILE_APP, PUSH
from tests.faults.figures import Figures
from tests.faults.load.crowd import crowd, each
from tests.faults.load.life import Life, basic
from tests.faults.registry import row
from tests.faults.world import World

OTHER_APP = "my.app.id"
STATUSES = ("LOST", "STOLEN", "DISABLED")


@dataclass
class Intruder:
    """A device that is shut out, one of its owner's that is not, and what it finds open."""

    world: World
    session: aiohttp.ClientSession
    life: Life
    other: Life
    open: list[str]
    tried: int = 0

    async def try_all(self, stage: str) -> None:
        """Every way, at both replicas. `stage` says what has been done to the device before."""
        for number in range(2):
            for name, service, method, path, headers, body, refusals in self._ways(stage, number):
                url = self.world.stack.urls(service)[number] + path
                status, told = await self._ask(method, url, headers, body)
                self.tried += 1
                if status not in refusals:
                    self.open.append(f"{self.life.key}, {stage}: {name} at replica {number + 1}: {status} {told}")
            await self._read(stage, number)

    def _ways(self, stage: str, number: int) -> list[tuple[str, str, str, str, Mapping[str, str], Any, set[int]]]:
        tag = f"{self.life.id}-{stage.replace(' ', '-')}-{number}"
        return [*self._push(tag), *self._contacts(tag), *self._mobile(tag)]

    def _push(self, tag: str) -> list[tuple[str, str, str, str, Mapping[str, str], Any, set[int]]]:
        id, other, held = self.life.id, self.other.id, self._push_token
        who = {"Authorization": self.world.bearer}
        new = {"deviceId": id, "platform": "A", "token": f"new-{tag}"}
        ways = [
            ("POST with its token", "POST", PUSH, {**new, "token": held}, {401}),
            ("POST with a new token", "POST", PUSH, new, {401}),
            ("POST without a token", "POST", PUSH, {"deviceId": id, "platform": "G"}, {400, 401}),
            ("POST for another user", "POST", PUSH, {**new, "userId": "somebody"}, {401}),
            ("PUT with its token", "PUT", f"{PUSH}/{id}", {"deviceId": id, "token": held}, {401, 404}),
            ("PUT with a new token", "PUT", f"{PUSH}/{id}", {"deviceId": id, "token": f"new-{tag}"}, {401, 404}),
            ("PUT of a user", "PUT", f"{PUSH}/{id}", {"deviceId": id, "userId": "somebody"}, {401, 404}),
            ("its token under a new id", "POST", PUSH, {**new, "deviceId": f"{id}-again", "token": held}, {401}),
            ("its token in capitals' id", "POST", PUSH, {**new, "deviceId": id.upper(), "token": held}, {401}),
            ("its token on another", "PUT", f"{PUSH}/{other}", {"deviceId": other, "token": held}, {401}),
            ("its id in another's PUT", "PUT", f"{PUSH}/{other}", {"deviceId": id, "token": f"new-{tag}"}, {400, 401}),
        ]
        return [
            (name, "push-registry", method, path, who, body, refusals) for name, method, path, body, refusals in ways
        ]

    def _contacts(self, tag: str) -> list[tuple[str, str, str, str, Mapping[str, str], Any, set[int]]]:
        who, path = {"Authorization": basic("contacts")}, f"/contactLists/{LIST}/registerDevice"
        id, other = self.life.id, self.other.id
        mine, stranger = {"Values": {"Email": self.life.mail}}, {"Values": {"Email": f"{tag}@example.com"}}
        bodies = {
            "its contact": {"ContactDTO": mine, "DeviceId": id},
            "a stranger": {"ContactDTO": stranger, "DeviceId": id},
            "as another type": {"ContactDTO": mine, "DeviceId": id, "DeviceType": 2},
            "replacing itself": {"ContactDTO": mine, "DeviceId": id, "OldDeviceId": id},
            "under a new id": {"ContactDTO": mine, "DeviceId": f"{id}-again", "OldDeviceId": id},
            "a stranger under a new id": {"ContactDTO": stranger, "DeviceId": f"{tag}-again", "OldDeviceId": id},
            "in place of another": {"ContactDTO": mine, "DeviceId": id, "OldDeviceId": other},
        }
        queries = ("?match=Email", "", "?match=Email&customevents=SendWelcomeEmail")
        return [
            (f"{method} {name} {query}", "contacts", method, path + query, who, body, {403})
            for (name, body), query, method in product(bodies.items(), queries, ("POST", "PUT"))
        ]

    def _mobile(self, tag: str) -> list[tuple[str, str, str, str, Mapping[str, str], Any, set[int]]]:
        backend = {"Authorization": basic("mobile_user"), "Oracle-Mobile-Backend-ID": BACKEND}
        own, other = (
            {**backend, "Oracle-Mobile-Device-ID": self.life.id},
            {**backend, "Oracle-Mobile-Device-ID": self.other.id},
        )
        app = {"id": MOBILE_APP, "platform": "IOS"}
        ways = [
            ("its token", own, app, self._client_token),
            ("a new token", own, app, f"new-{tag}"),
            ("its token for another app", own, {"id": OTHER_APP, "platform": "ANDROID"}, self._client_token),
            ("a new token for another app", own, {"id": OTHER_APP, "platform": "ANDROID"}, f"newer-{tag}"),
            ("its token under another id", other, app, self._client_token),
            ("its token and no id", backend, app, self._client_token),
            ("its push token", own, app, self._push_token),
            ("its push token under another id", other, app, self._push_token),
            ("its push token and no id", backend, app, self._push_token),
        ]
        path = "/mobile/platform/devices/register"
        return [
            (name, "mobile-platform", "POST", path, who, {"mobileClient": client, "notificationToken": token}, {401})
            for name, who, client, token in ways
        ]

    async def _read(self, stage: str, number: int) -> None:
        """No token is shown, neither alone nor in the list."""
        url, who = self.world.stack.urls("push-registry")[number], {"Authorization": self.world.bearer}
        for path in (f"{PUSH}/{self.life.id}", f"{PUSH}?expand=true&size=500"):
            status, told = await self._ask("GET", url + path, who, None)
            self.tried += 1
            if self._push_token in str(told) or status not in (200, 404):
                self.open.append(f"{self.life.key}, {stage}: GET {path}: {status} {told}")

    async def _ask(self, method: str, url: str, headers: Mapping[str, str], body: Any) -> tuple[int, Any]:
        async with self.session.request(method, url, headers=headers, json=body) as answer:
            return answer.status, await answer.json(content_type=None) if await answer.read() else None

    @property
    def _push_token(self) -> str:
        return f"push-{self.life.id}-1"

    @property
    def _client_token(self) -> str:
        return f"apns-{self.life.id}"


@row("a shut-out device tries every way back in", group="statuses")
async def every_way(world: World, rounds: int, rng: random.Random) -> Figures:
    """After the status, after it has deregistered, and after device-admin has forgotten it; then it is let in again."""
    await world.stack.start()
    found: list[str] = []
    tried = 0
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
        for number in range(rounds):
            lives, others = (crowd(world, rng, f"{name}-{number}", len(STATUSES)) for name in ("intruder", "decent"))
            await each([*lives, *others], Life.begin)
            await world.settle()
            for life, status in zip(lives, STATUSES, strict=True):
                await life.change_status(status, asynchronous=False)
            await world.settle()
            intruders = [
                Intruder(world, session, life, other, found) for life, other in zip(lives, others, strict=True)
            ]
            await each(intruders, lambda one: one.try_all("shut out"))
            await each(lives, Life.deregister_from_push)
            await each(lives, Life.deregister_mobile_client)
            await each(intruders, lambda one: one.try_all("deregistered"))
            await each(lives, _forget)
            await world.settle()
            await each(intruders, lambda one: one.try_all("forgotten"))
            tried += sum(one.tried for one in intruders)
            found += await _let_in(world, lives[0])
    figures = await world.audit(notes=(f"{tried} attempts by {rounds * len(STATUSES)} devices, none got in",))
    figures.find("readable", *found)
    return figures


async def _let_in(world: World, life: Life) -> list[str]:
    """What still refuses the device when it is ACTIVE again: the refusals must have been its status's."""
    await life.change_status("ACTIVE", asynchronous=False)
    await world.settle()
    answers = [await life.register_for_push(), await life.sign_up(), await life.register_mobile_client()]
    return [f"{life.key} is ACTIVE and got {one.status}: {one.data}" for one in answers if one.status not in (200, 201)]


async def _forget(life: Life) -> None:
    path = f"{ADMIN}/devices/{life.id}?async=false"
    answer = await life.client.call("device-admin", "DELETE", path, basic("operator"), life.rng)
    if answer.status != 200:
        life.client.journal.failed.append(f"DELETE of {life.key} answered {answer.status}: {answer.data}")
