"""Clock: the MongoDB server's time, so that replicas whose own clocks disagree still agree on durations."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase


class Clock:
    """`now()` never goes to the server: it adds this process's monotonic clock to the last synchronisation."""

    def __init__(self, *, synchronised: bool = True) -> None:
        """`synchronised` False: nothing may be dated by it before it has been, as this process's time may be wrong."""
        self.synchronised = synchronised
        self._base = datetime.now(UTC)
        self._monotonic = time.monotonic()

    def now(self) -> datetime:
        """The time in UTC, cut to the milliseconds that MongoDB keeps."""
        moment = self._base + timedelta(seconds=time.monotonic() - self._monotonic)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    async def synchronise(self, database: AsyncDatabase[Any]) -> None:
        """Take the server's time, halving the round trip. Raises PyMongoError when it does not answer."""
        before = time.monotonic()
        reply = await database.command("hello")
        after = time.monotonic()
        self._base = reply["localTime"].replace(tzinfo=UTC) + timedelta(seconds=(after - before) / 2)
        self._monotonic = after
        self.synchronised = True
