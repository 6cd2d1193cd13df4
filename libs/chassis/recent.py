"""What this process has written lately, so that the next decision on it need not read it again.

Never trusted: a write is conditional on the version, so one that rests on something old is a lost race and is decided
again; and a decision that writes nothing is made again on what MongoDB has. Seen at idle, reading first was a third
of a lone write's time. Rejected: remembering what was only read, which costs memory for what may never be written.
"""

from collections import OrderedDict

import bson

from chassis.decisions import Aggregate
from chassis.mongo import CODEC
from chassis.staging import OutboxSize, Remembered, Staged

DOCUMENTS = 2_048
LARGEST = 4_096  # bytes of state; together at the most 8 MiB


class Recent:
    """The newest of the documents written, as BSON, so that no decision can change what another will see."""

    def __init__(self) -> None:
        self._states: OrderedDict[str, tuple[bytes, int, int, OutboxSize]] = OrderedDict()

    def __contains__(self, id: str) -> bool:
        return id in self._states

    def __len__(self) -> int:
        return len(self._states)

    def get(self, id: str) -> Remembered | None:
        """The aggregate as it was written, and the most that its outbox can hold, or None."""
        if id not in self._states:
            return None
        state, version, sequence, outbox = self._states[id]
        return Aggregate(id, bson.decode(state, CODEC) or None, version, sequence), outbox

    def keep(self, one: Staged) -> None:
        """Remember what has become durable; a state too large to be worth it is forgotten."""
        if one.raw_state is None or len(one.raw_state.raw) > LARGEST:
            self.forget(one.document_id)
            return
        written = one.aggregate
        self._states[one.document_id] = (bytes(one.raw_state.raw), written.version, written.sequence, one.pending)
        self._states.move_to_end(one.document_id)
        if len(self._states) > DOCUMENTS:
            self._states.popitem(last=False)

    def forget(self, id: str) -> None:
        """Whatever is remembered of it has turned out to be old, or may."""
        self._states.pop(id, None)
