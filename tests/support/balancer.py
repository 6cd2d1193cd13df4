"""A small load balancer: it asks replicas for their health, takes turns, and tries an idempotent request again."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

HEALTH_EVERY = 0.1  # seconds
TRIES = 20
PAUSE = 0.1  # seconds between two tries
IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
# Of one connection only (RFC 9110, section 7.6.1), or made anew for the next one.
HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "content-length"})


class Balancer:
    """Forwards to `urls`. `counts` has what was forwarded, tried again, and given up (answered 502)."""

    def __init__(self, urls: Sequence[str], session: aiohttp.ClientSession) -> None:
        self.counts: Counter[str] = Counter()
        self._urls = list(urls)
        self._ready = dict.fromkeys(urls, True)
        self._turn = 0
        self._session = session
        self.url = ""

    async def forward(self, request: web.Request) -> web.Response:
        """The first answer that is none of "try again"; a request that is not idempotent is sent once."""
        body = await request.read()
        headers = CIMultiDict((name, value) for name, value in request.headers.items() if _travels(name))
        headers.popall("Host", None)
        last: web.Response | None = None
        for _ in range(TRIES if request.method in IDEMPOTENT else 1):
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                last = await self._ask(request, headers, body)
                if last.status != 503:
                    self.counts["forwarded"] += 1
                    return last
            self.counts["tried_again"] += 1
            await asyncio.sleep(PAUSE)
        self.counts["given_up"] += 1
        return last or web.Response(status=502)

    async def look(self) -> None:
        """Ask every replica for its readiness, for ever."""
        while True:
            for url in self._urls:
                self._ready[url] = await self._is_ready(url)
            await asyncio.sleep(HEALTH_EVERY)

    async def _ask(self, request: web.Request, headers: CIMultiDict[str], body: bytes) -> web.Response:
        url = self._next()
        async with self._session.request(
            request.method, f"{url}{request.raw_path}", headers=headers, data=body or None
        ) as answer:
            passed = CIMultiDict((name, value) for name, value in answer.headers.items() if _travels(name))
            return web.Response(status=answer.status, headers=passed, body=await answer.read())

    def _next(self) -> str:
        self._turn += 1
        candidates = [url for url in self._urls if self._ready[url]] or self._urls
        return candidates[self._turn % len(candidates)]

    async def _is_ready(self, url: str) -> bool:
        try:
            async with self._session.get(f"{url}/health/ready", timeout=aiohttp.ClientTimeout(total=2)) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False


def _travels(name: str) -> bool:
    return name.lower() not in HOP_BY_HOP


@asynccontextmanager
async def balancing(urls: Sequence[str]) -> AsyncIterator[Balancer]:
    """A balancer on a free port."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
        balancer = Balancer(urls, session)
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", balancer.forward)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        balancer.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        looking = asyncio.create_task(balancer.look())
        try:
            yield balancer
        finally:
            looking.cancel()
            await asyncio.wait([looking])
            await runner.cleanup()
