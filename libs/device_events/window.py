"""Window: the records of one partition that have been read and whose offsets are not yet committed.

Records of one key are settled in order, those of different keys side by side; the offset to commit is that of the
first record that is not settled yet, so a slow or failing key delays the commit and never loses a record.
"""

import asyncio
from collections import deque
from collections.abc import Iterable

from aiokafka import ConsumerRecord

Key = bytes | int
Record = ConsumerRecord[bytes, bytes]


class Window:
    """Bookkeeping only; whoever owns it runs the handlers."""

    def __init__(self, start: int | None = None) -> None:
        """`start` is the offset it begins at, to be committed though nothing has been read yet."""
        self.chains: dict[Key, deque[Record]] = {}
        self.ready: deque[Key] = deque()  # whose chains nobody has begun
        self.tasks: set[asyncio.Future[None]] = set()  # what is in hand
        self.closing = asyncio.Event()  # revoked or stopping: what has not begun is left for the next owner
        self._unsettled: dict[int, int] = {}  # offsets in the order they were read, and their values' bytes
        self.bytes = 0  # of what is not settled
        self._next = start
        self._committed: int | None = None

    def __len__(self) -> int:
        return len(self._unsettled)

    @property
    def closed(self) -> bool:
        """Whether the partition is going or gone."""
        return self.closing.is_set()

    def close(self) -> None:
        """Begin nothing more, and wake what waits between tries."""
        self.closing.set()

    @property
    def position(self) -> int | None:
        """The offset of the first record not settled yet."""
        return next(iter(self._unsettled), self._next)

    def add(self, records: Iterable[Record]) -> list[Key]:
        """Take records in the order read; returns the keys that had nothing waiting, which are now ready, too."""
        fresh: list[Key] = []
        for record in records:
            # A record without a key has no order to keep.
            key: Key = record.key if record.key is not None else record.offset
            chain = self.chains.get(key)
            if chain is None:
                chain = self.chains[key] = deque()
                fresh.append(key)
            chain.append(record)
            size = len(record.value or b"")
            self._unsettled[record.offset] = size
            self.bytes += size
            self._next = record.offset + 1
        self.ready.extend(fresh)
        return fresh

    def settle(self, key: Key) -> None:
        """The first record of this key's chain is done with."""
        chain = self.chains[key]
        self.bytes -= self._unsettled.pop(chain.popleft().offset)
        if not chain:
            del self.chains[key]

    def to_commit(self) -> int | None:
        """The offset to commit now, or None when it has been committed already."""
        return None if self.position == self._committed else self.position

    def committed(self, offset: int) -> None:
        """That offset has been committed."""
        self._committed = offset
