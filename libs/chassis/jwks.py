"""Verification keys of trusted issuers, fetched from their JWKS and kept for a while."""

import asyncio
import time

import aiohttp
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from chassis.errors import Unavailable

log = structlog.get_logger()
TTL = 300.0  # seconds a key set is used without asking again
GAP = 10.0  # seconds between fetches, however many unknown key ids come in


class Jwks:
    """One issuer's keys. An unknown key id is asked for again, but never more often than every `GAP` seconds."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url
        self._keys: KeySet | None = None
        self._fetched = 0.0
        self._tried = float("-inf")
        self._lock = asyncio.Lock()

    async def keys(self, kid: str) -> KeySet:
        """The key set, refreshed if it is old or lacks `kid`. Raises Unavailable while none could be fetched."""
        if self._keys is not None and self.fresh(kid):
            return self._keys
        async with self._lock:
            if not self.fresh(kid) and time.monotonic() - self._tried >= (GAP if self._keys else 0.5):
                self._tried = time.monotonic()
                await self._fetch()
        if self._keys is None:
            raise Unavailable()
        return self._keys

    def fresh(self, kid: str) -> bool:
        """Whether the key is in the set, and the set was fetched lately."""
        held = self._keys is not None and kid in {key.kid for key in self._keys.keys}
        return held and time.monotonic() - self._fetched < TTL

    async def _fetch(self) -> None:
        try:
            async with self._session.get(self._url, timeout=aiohttp.ClientTimeout(total=3)) as response:
                response.raise_for_status()
                document = await response.json(content_type=None)
            self._keys = KeySet.import_key_set(document)
            self._fetched = time.monotonic()
        except (aiohttp.ClientError, TimeoutError, ValueError, TypeError, KeyError, JoseError) as error:
            # The keys known so far stay in use: an issuer that is away must not lock everybody out.
            log.warning("jwks_fetch_failed", error=type(error).__name__)
