"""Without a drain delay, a balancer that tries an idempotent request again hides a restart, and only such a one."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from device_events import KafkaConnection, catalog
from tests.support.announced import announced
from tests.support.balancer import balancing
from tests.support.polling import eventually
from tests.support.service_processes import Backends, Replica
from tests.support.tokens import TokenIssuer, serving

DEVICES = 16
PATH = "/imfpush/v1/apps/myapp/devices"
SCOPE = "devices.write devices.read push.application.myapp"
PAUSE = 0.02  # seconds between two requests for one device

pytestmark = pytest.mark.timeout(180)


@dataclass
class Load:
    """One client a device, each request after the answer to the one before."""

    http: aiohttp.ClientSession
    acknowledged: dict[str, list[str]] = field(default_factory=dict)  # device -> user ids, in order
    failures: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    over: bool = False

    async def register(self, device: str) -> None:
        """POST, which the balancer sends once."""
        user = self._user(device)
        body = {"deviceId": device, "platform": "A", "token": f"token-of-{device}", "userId": user}
        await self._change("POST", PATH, 201, device, user, body)

    async def update(self, device: str) -> None:
        """PUT."""
        user = self._user(device)
        await self._change("PUT", f"{PATH}/{device}", 200, device, user, {"deviceId": device, "userId": user})

    async def check(self, device: str) -> None:
        """GET: what was acknowledged last is there."""
        status, user = await self._send("GET", f"{PATH}/{device}", None)
        if status != 200 or user != self.acknowledged[device][-1]:
            self.failures.append(f"GET {device}: {status} {user}, not {self.acknowledged[device][-1]}")

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The load, while inside."""
        devices = [f"device-{number}" for number in range(DEVICES)]
        await asyncio.gather(*(self.register(device) for device in devices))
        assert self.failures == []
        tasks = [asyncio.create_task(self._go_on(device)) for device in devices]
        try:
            yield
        finally:
            self.over = True
            await asyncio.gather(*tasks)

    async def _go_on(self, device: str) -> None:
        while not self.over:
            await self.update(device)
            await self.check(device)
            await asyncio.sleep(PAUSE)

    def _user(self, device: str) -> str:
        return f"{device}-user-{len(self.acknowledged.get(device, ()))}"

    async def _change(
        self, method: str, path: str, expected: int, device: str, user: str, body: dict[str, str]
    ) -> None:
        status, _ = await self._send(method, path, body)
        if status == expected:
            self.acknowledged.setdefault(device, []).append(user)
        else:
            self.failures.append(f"{method} {device}: {status}")

    async def _send(self, method: str, path: str, body: dict[str, str] | None) -> tuple[int, str]:
        self.counts[method] += 1
        try:
            async with self.http.request(method, path, json=body) as answer:
                given = await answer.json()
                return answer.status, given.get("userId", "")
        except aiohttp.ClientError as error:
            return 0, type(error).__name__


async def restart(replica: Replica) -> float:
    """SIGTERM, and a start once it has ended by itself; returns the seconds to its end."""
    began = time.monotonic()
    replica.terminate()
    assert await asyncio.wait_for(replica.ended(), 30) == 0
    seconds = time.monotonic() - began
    await replica.start()
    return seconds


async def test_nobody_notices_a_restart_without_a_drain_delay(
    mongodb_uri: str, database_name: str, kafka: KafkaConnection, tmp_path: Path
) -> None:
    async with serving(TokenIssuer()) as issuer, contextlib.AsyncExitStack() as stack:
        backends = Backends(tmp_path, mongodb_uri, database_name, kafka, issuer)
        replicas = backends.replicas("push-registry", 2, DRAIN_DELAY="0", SHUTDOWN_TIMEOUT="5")
        await asyncio.gather(*(stack.enter_async_context(replica) for replica in replicas))
        balancer = await stack.enter_async_context(balancing([replica.url for replica in replicas]))
        http = await stack.enter_async_context(aiohttp.ClientSession(balancer.url, headers=issuer.headers(SCOPE)))
        # The balancer learns of a stop by a refused connection, and may repeat only what is idempotent.
        load, seconds = Load(http), []
        async with load.running():
            for replica in replicas:
                seconds.append(await restart(replica))
        print(
            f"\n{dict(load.counts)}, failed {len(load.failures)}, tried again "
            f"{balancer.counts['tried_again']}, stops {[round(one, 1) for one in seconds]} s"
        )
        assert load.failures == []
        assert balancer.counts["given_up"] == 0
        assert load.counts["PUT"] > 100
        for device in load.acknowledged:
            await load.check(device)
        assert load.failures == []
        wanted = {(device, user) for device, users in load.acknowledged.items() for user in users}

        async def all_announced() -> bool:
            events = await announced(kafka, catalog.PUSH_TOPIC)
            missing = wanted - {(event.data["deviceId"], event.data["userId"]) for event in events}
            assert not missing, f"{len(missing)} of {len(wanted)} not announced, such as {sorted(missing)[:3]}"
            return True

        await eventually(all_announced, within=30, every=0.5)
