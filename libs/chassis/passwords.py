"""Password checks: argon2id in a small thread pool, with a short cache of successes only."""

import asyncio
import hmac
import secrets
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from chassis.errors import Overloaded

# OWASP's minimum profile; the library's default would occupy every core for each login.
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
CACHE_SECONDS = 60.0
CACHE_SIZE = 10_000
WAITING = 64


class PasswordVerifier:
    """Verifies a password against a stored hash; None stands for an unknown user and costs the same.

    Two threads are a bulkhead: argon2 leaves the GIL, and more at once would starve the service.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._verified: OrderedDict[bytes, float] = OrderedDict()
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="argon2")
        self._waiting = 0
        self._decoy = HASHER.hash(secrets.token_hex())

    async def verify(self, name: str, password: str, stored_hash: str | None) -> bool:
        """Whether the password fits. Raises Overloaded while too many checks wait."""
        digest = self._digest(name, password, stored_hash or "")
        if self._verified.get(digest, 0.0) > time.monotonic():
            return True
        if self._waiting >= WAITING:
            raise Overloaded()
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            fits = await loop.run_in_executor(self._pool, _fits, stored_hash or self._decoy, password)
        finally:
            self._waiting -= 1
        if not fits or stored_hash is None:
            return False
        self._verified[digest] = time.monotonic() + CACHE_SECONDS
        if len(self._verified) > CACHE_SIZE:
            self._verified.popitem(last=False)
        return True

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _digest(self, name: str, password: str, stored_hash: str) -> bytes:
        # The stored hash is part of the key, so a changed password misses at once; lengths keep parts apart.
        parts = [part.encode("utf-8", "surrogatepass") for part in (name, stored_hash, password)]
        return hmac.digest(self._key, b"".join(b"%d:%b" % (len(part), part) for part in parts), "sha256")


def _fits(stored_hash: str, password: str) -> bool:
    try:
        return HASHER.verify(stored_hash, password.encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False
