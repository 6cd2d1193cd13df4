"""Window: the records of one partition that have been read and whose offsets are not yet committed.

Records of one key are settled in order, those of different keys side by side; the offset to commit is that of the
first record that is not settled yet, so a slow or failing key delays the commit and never loses a record.
"""

import asyncio
from collections import deque
from collections.abc import Sequence

from aiokafka import ConsumerRecord

Key = bytes | int
Record = ConsumerRecord[bytes, bytes]


def key_of(record: Record) -> Key:
    """What the record has to keep its order in; one without a key has none, and is alone."""
    key = record.key
    return key if key is not None else record.offset


class Window:
    """Bookkeeping only; whoever owns it runs the handlers.

    A record is first in the `queue`. Whoever takes it from there either settles it at once, and nothing is kept of it,
    or holds it: its key is then in hand, and later records of that key wait in its chain.
    """

    def __init__(self, start: int | None = None) -> None:
        """`start` is the offset it begins at, to be committed though nothing has been read yet."""
        self.queue: deque[Record] = deque()  # that nobody has looked at, in the order read
        self.chains: dict[Key, deque[Record]] = {}  # of the keys in hand; the first record is being settled
        self.tasks: set[asyncio.Future[None]] = set()  # what is in hand
        self.closing = asyncio.Event()  # revoked or stopping: what has not begun is left for the next owner
        self.closed = False  # the same, for who looks often
        self._unsettled: dict[int, int] = {}  # offsets of what is held, in their order, and their values' bytes
        self.bytes = 0  # of what is held
        self._next = start
        self._committed: int | None = None

    def __len__(self) -> int:
        return len(self.queue) + len(self._unsettled)

    def close(self) -> None:
        """Begin nothing more, and wake what waits between tries."""
        self.closed = True
        self.closing.set()

    @property
    def position(self) -> int | None:
        """The offset of the first record not settled yet."""
        for offset in self._unsettled:
            return offset
        return self.queue[0].offset if self.queue else self._next

    def add(self, records: Sequence[Record]) -> None:
        """Take records in the order read."""
        if records:
            self.queue.extend(records)
            self._next = records[-1].offset + 1

    def hold(self, record: Record) -> None:
        """A record taken from the queue is not settled at once: it is in hand, or waits for others of its key."""
        self.chains.setdefault(key_of(record), deque()).append(record)
        size = len(record.value or b"")
        self._unsettled[record.offset] = size
        self.bytes += size

    def settle(self, key: Key) -> None:
        """The first record of this key's chain is done with."""
        chain = self.chains[key]
        self.bytes -= self._unsettled.pop(chain.popleft().offset)
        if not chain:
            del self.chains[key]

    def to_commit(self) -> int | None:
        """The offset to commit now, or None when it has been committed already."""
        position = self.position
        return None if position == self._committed else position

    def committed(self, offset: int) -> None:
        """That offset has been committed."""
        self._committed = offset
