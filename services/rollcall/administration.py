"""device-admin as its API lets operators use it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from rollcall.outcome import Misused, Unfinished
from rollcall.settings import Account

_LIMIT = aiohttp.ClientTimeout(total=30, sock_connect=5)
_API = "/mfpadmin/management-apis/2.0/runtimes"
_LATER = frozenset({408, 425, 429})


class NotThere(Exception):
    """device-admin knows no such device, runtime or transaction; the text is its own."""


@dataclass(frozen=True, slots=True)
class Administration:
    """Calls device-admin. Every call raises NotThere, Misused when it is refused, and Unfinished to be repeated."""

    session: aiohttp.ClientSession
    url: str

    async def set_status(self, runtime: str, device: str, status: str, *, asynchronous: bool) -> dict[str, Any]:
        """The transaction that sets a device's status."""
        path = f"{quote(runtime, safe='')}/devices/{quote(device, safe='')}?async={str(asynchronous).lower()}"
        answer: dict[str, Any] = (await self._call("PUT", path, json={"status": status}))["transaction"]
        return answer

    async def cascade(self, runtime: str, transaction: int) -> dict[str, Any]:
        """Who has carried out a transaction."""
        return await self._call("GET", f"{quote(runtime, safe='')}/transactions/{transaction}/cascade")

    async def _call(self, method: str, path: str, **kwargs: Any) -> dict[str, Any]:
        address = URL(f"{self.url}{_API}/{path}", encoded=True)
        try:
            async with self.session.request(method, address, allow_redirects=False, **kwargs) as response:
                body: Any = await response.json(content_type=None) if response.content_type.endswith("json") else None
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise Unfinished(
                f"device-admin at {self.url} does not answer ({type(error).__name__}); try again"
            ) from None
        if response.status == 200 and isinstance(body, dict):
            return body
        said = _said(response.status, body)
        if response.status == 404 and isinstance(body, dict):
            raise NotThere(said)
        if response.status >= 500 or response.status in _LATER:
            raise Unfinished(f"device-admin cannot do it now: {said}; try again")
        raise Misused(f"device-admin refuses it: {said}")


@asynccontextmanager
async def administration(account: Account, *, calls: int = 1) -> AsyncIterator[Administration]:
    """With at most so many calls at once."""
    login = aiohttp.BasicAuth(account.user, account.password, encoding="utf-8")
    connector = aiohttp.TCPConnector(limit=calls)
    headers = {"Accept": "application/json"}
    async with aiohttp.ClientSession(auth=login, connector=connector, headers=headers, timeout=_LIMIT) as session:
        yield Administration(session, account.url.rstrip("/"))


def _said(status: int, body: Mapping[str, Any] | None) -> str:
    if not isinstance(body, Mapping):
        return f"status {status}, and not in the words of device-admin; is DEVICE_ADMIN_URL right?"
    reference = f" (correlation id {body['correlationId']})" if body.get("correlationId") else ""
    return f"{body.get('message', 'no reason given')}{reference}"
