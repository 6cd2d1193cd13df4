"""Logins with a name and a password: verified at the same cost for everybody, and throttled where they fail."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from chassis.addresses import Network
from chassis.errors import TooManyFailures
from chassis.passwords import PasswordVerifier
from chassis.throttle import Throttle

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class LoginLimits:
    """How many failed logins within a window of so many seconds, and which proxies may say where a caller is."""

    failures: int
    failures_per_address: int
    window: float
    trusted_proxies: Sequence[Network]


class Logins:
    """Failures count for a name from an address, and for the address whatever the names.

    So nobody is shut out by what others try elsewhere, and trying many names from one place ends as well.
    """

    def __init__(self, passwords: PasswordVerifier, limits: LoginLimits) -> None:
        self._passwords = passwords
        self._names = Throttle(limit=limits.failures, window=limits.window)
        self._addresses = Throttle(limit=limits.failures_per_address, window=limits.window)
        self._key = secrets.token_bytes(32)
        self.counts = {"failed": 0, "throttled": 0}

    async def fits(self, name: str, password: str, stored_hash: str | None, *, address: str) -> bool:
        """Whether the password is right. Raises TooManyFailures, also for a right one, and Overloaded."""
        # The stored hash keeps a user and a client of the same name apart.
        named, placed = self._digest(name, stored_hash or "", address), self._digest(address)
        self._require_open(named, placed, address)
        fits = await self._passwords.verify(name, password, stored_hash)
        # Of guesses sent at once, those beyond the limit learn nothing.
        self._require_open(named, placed, address)
        if fits:
            # Not the address's: whoever has a login could guess at others for ever.
            self._names.forget(named)
        else:
            self._names.fail(named)
            self._addresses.fail(placed)
            self.counts["failed"] += 1
        return fits

    def _require_open(self, named: bytes, placed: bytes, address: str) -> None:
        wait = max(self._names.closed_for(named), self._addresses.closed_for(placed))
        if wait:
            self.counts["throttled"] += 1
            log.info("login_throttled", address=address, seconds=wait)
            raise TooManyFailures(headers={"Retry-After": str(wait)})

    def _digest(self, *parts: str) -> bytes:
        hashed = hashlib.blake2b(key=self._key, digest_size=16)
        for part in parts:
            encoded = part.encode("utf-8", "surrogatepass")
            hashed.update(b"%d:%b" % (len(encoded), encoded))
        return hashed.digest()
