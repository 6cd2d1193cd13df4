"""Verification keys of trusted issuers, fetched from their JWKS and kept for a while."""

import asyncio
import time
from typing import Any

import aiohttp
import orjson
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, Key, KeySet, RSAKey

from chassis.errors import Unavailable

log = structlog.get_logger()
TTL = 300.0  # seconds a key set is used without asking again
GAP = 10.0  # seconds between fetches, however many unknown key ids come in
LARGEST = 1_000_000  # bytes of a key set
LAST_RESORT = 86_400.0  # seconds a key set is used at most while its issuer does not answer


class Jwks:
    """One issuer's keys. An unknown key id is asked for again, but never more often than every `GAP` seconds.

    `generation` changes with the keys: what was verified with an earlier one has to be verified again.
    """

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.generation = 0
        self._session = session
        self._url = url
        self._document: Any = None
        self._keys: KeySet | None = None
        self._fetched = 0.0
        self._tried = float("-inf")
        self._lock = asyncio.Lock()

    async def keys(self, kid: str) -> KeySet:
        """The key set, refreshed if it is old or lacks `kid`. Raises Unavailable while none could be fetched."""
        # While another call asks, a key that is merely old will do: an issuer that hangs must not hold everybody up.
        if not (self._lock.locked() and self._holds(kid)):
            async with self._lock:
                if not self.fresh(kid) and time.monotonic() - self._tried >= (GAP if self._keys else 0.5):
                    self._tried = time.monotonic()
                    await self._fetch()
        if self._keys is None or time.monotonic() - self._fetched >= LAST_RESORT:
            raise Unavailable()
        return self._keys

    def fresh(self, kid: str) -> bool:
        """Whether the key is in the set, and the set was fetched lately."""
        return self._holds(kid) and time.monotonic() - self._fetched < TTL

    def _holds(self, kid: str) -> bool:
        return self._keys is not None and kid in {key.kid for key in self._keys.keys}

    async def _fetch(self) -> None:
        try:
            async with self._session.get(self._url, timeout=aiohttp.ClientTimeout(total=3)) as response:
                response.raise_for_status()
                document = orjson.loads(await _body(response))
            keys = _usable(document)
        except (aiohttp.ClientError, TimeoutError, ValueError, TypeError, KeyError) as error:
            # The keys known so far stay in use: an issuer that is away must not lock everybody out.
            log.warning("jwks_fetch_failed", error=type(error).__name__)
            return
        if document != self._document:
            self.generation += 1
        self._document, self._keys, self._fetched = document, keys, time.monotonic()


async def _body(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > LARGEST:
            raise ValueError("too large for a key set")
    return bytes(body)


def _usable(document: Any) -> KeySet:
    """The keys that can verify our tokens. Others are passed over (RFC 7517): one must not keep the rest from us."""
    found: list[Key] = []
    for entry in document["keys"]:
        try:
            key = JWKRegistry.import_key(entry)
        except (JoseError, ValueError, TypeError, KeyError, AttributeError):
            continue
        if isinstance(key, ECKey | RSAKey) and entry.get("use", "sig") == "sig":
            found.append(key)
    return KeySet(found)
