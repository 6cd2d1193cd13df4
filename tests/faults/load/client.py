"""An HTTP client as a good caller is one: what fails for the moment is tried again, at the other replica."""

import asyncio
import itertools
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.faults.journal import Journal

PATIENCE = 60.0  # seconds a request is tried for
ANSWERS_WITHIN = 8.0  # seconds; a little more than a service waits for an unknown outcome
PAUSE = 0.1
LATER = frozenset({429, 502, 503, 504})


class GaveUp(Exception):
    """A request was not answered however often it was tried, or the load is over."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, the JSON body, the correlation id of the attempt that was answered, and how many went before."""

    status: int
    data: Any
    correlation: str
    attempts: int = 1


class Client:
    """Calls services at any of their addresses. Attempts whose outcome nobody knows go into the journal."""

    def __init__(
        self, session: aiohttp.ClientSession, addresses: Mapping[str, Sequence[str]], journal: Journal, name: str
    ) -> None:
        """`name` begins the correlation ids, so no two clients may have the same."""
        self.stopping = False
        self.journal = journal
        self._session = session
        self._addresses = addresses
        self._name = name
        self._numbers = itertools.count(1)

    async def call(
        self,
        service: str,
        method: str,
        path: str,
        authorization: str,
        rng: random.Random,
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request, tried until it is answered. Raises GaveUp."""
        number, deadline = next(self._numbers), time.monotonic() + PATIENCE
        addresses = self._addresses[service]
        first = rng.randrange(len(addresses))
        last = ""
        for attempt in itertools.count(1):
            correlation = f"{self._name}.{number}.{attempt}"
            url = addresses[(first + attempt) % len(addresses)] + path
            sent = {"Authorization": authorization, "X-Correlation-ID": correlation, **(headers or {})}
            try:
                answer = await self._once(method, url, sent, body, correlation, attempt)
                if answer.status not in LATER:
                    return answer
                last = f"answered {answer.status}"
            except (aiohttp.ClientError, TimeoutError) as error:
                last = repr(error)
            if self.stopping:
                raise GaveUp(f"{method} {path}: the load is over")
            if time.monotonic() > deadline:
                self.journal.failed.append(f"{method} {path}: not within {PATIENCE:.0f} s, at last {last}")
                raise GaveUp(self.journal.failed[-1])
            await asyncio.sleep(PAUSE * min(attempt, 5))
        raise AssertionError("count() has no end")

    async def _once(
        self, method: str, url: str, headers: Mapping[str, str], body: Any, correlation: str, attempt: int
    ) -> Answer:
        timeout = aiohttp.ClientTimeout(total=ANSWERS_WITHIN)
        try:
            async with self._session.request(method, url, headers=headers, json=body, timeout=timeout) as answer:
                data = await answer.json(content_type=None) if await answer.read() else None
                if answer.status >= 500:
                    self.journal.unknown.add(correlation)  # 503 may stand for an outcome that the service does not know
                return Answer(answer.status, data, correlation, attempt)
        except aiohttp.ClientConnectorError:
            raise  # nobody has seen it
        except BaseException:
            self.journal.unknown.add(correlation)
            raise
