"""TypedIntake: from a record to the handler of its type, with the filters and the repeat filter on the way."""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from device_events.catalog import CATALOG, EventType
from device_events.deliveries import RepeatFilter
from device_events.device_event import DeviceEvent
from device_events.envelope import decode
from device_events.errors import Undecodable
from device_events.intake import Taken
from device_events.plain import Looker, looker
from device_events.seen_store import SeenStore
from device_events.selection import Selection
from device_events.window import Record

log = logging.getLogger(__name__)
TypedHandler = Callable[[DeviceEvent[Any]], Awaitable[None]]
_KNOWN = {name.encode() for name in CATALOG}


@dataclass(frozen=True, slots=True)
class _Wanted:
    name: str
    handler: TypedHandler
    sources: frozenset[bytes]
    plainly_valid: Looker


class TypedIntake:
    """`counts` has handled, skipped (not asked for), unknown (newer than this version), filtered, repeated, stale."""

    def __init__(
        self,
        handlers: Mapping[str, TypedHandler],
        selection: Selection,
        repeats: RepeatFilter,
        group: str = "",
        store: SeenStore | None = None,
    ) -> None:
        """`handlers` by event type. `store`, if given, keeps what the repeat filter knows of this group."""
        self.counts: Counter[str] = Counter()
        self._wanted = {name.encode(): _wanted(CATALOG[name], handler) for name, handler in handlers.items()}
        self._selection = None if selection.takes_all else selection
        self._repeats = repeats
        self._group = group
        self._store = store

    def take(self, record: Record) -> Taken | None:
        """The handler of its type and the event, if it is wanted and no repeat. Raises Undecodable."""
        headers: dict[str, bytes] = dict(record.headers)
        type_ = headers.get("ce_type")
        wanted = self._wanted.get(type_) if type_ else None
        if wanted is None:
            if not type_:
                raise Undecodable("the record names no event type")
            self.counts["skipped" if type_ in _KNOWN else "unknown"] += 1
            return None
        payload = _plainly_read(record, headers, wanted)
        if payload is None:
            # Not plainly an event: the full look says what is wrong, or that nothing is.
            payload = decode(record.key, record.value, record.headers).data
        if self._selection is not None and not self._selection.takes(payload):
            self.counts["filtered"] += 1
            return None
        why = self._repeats.outdated(record.topic, headers["ce_subject"], headers["ce_id"], int(headers["ce_sequence"]))
        if why is not None:
            self.counts[why] += 1
            return None
        return wanted.handler, DeviceEvent(record, wanted.name, headers, payload)

    def handled(self, record: Record, event: DeviceEvent[Any]) -> None:
        """The event counts as seen from now on."""
        headers = event._headers
        self._repeats.handled(record.topic, headers["ce_subject"], headers["ce_id"], int(headers["ce_sequence"]))

    async def recall(self, records: Sequence[Record]) -> None:
        """Ask the store for what the memory does not know of these. Raises what the store raises."""
        if self._store is not None and (names := self._repeats.unknown(records)):
            self._repeats.learn(await self._store.load(self._group, names))

    async def keep(self) -> bool:
        """Have the store keep what was handled; False when it did not."""
        if self._store is None:
            return True
        changes = self._repeats.changes()
        try:
            if changes:
                await self._store.save(self._group, changes)
        except Exception as error:
            self._repeats.unkept(changes)
            log.warning("seen_store_unavailable", extra={"group": self._group, "error": type(error).__name__})
            return False
        return True


def _wanted(kind: EventType, handler: TypedHandler) -> _Wanted:
    return _Wanted(kind.name, handler, frozenset(source.encode() for source in kind.topics), looker(kind.schema))


def _plainly_read(record: Record, headers: Mapping[str, bytes], wanted: _Wanted) -> Any:
    """The payload of a record that is beyond doubt an event of ours; None proves nothing."""
    try:
        sequence = headers["ce_sequence"]
        if not (
            headers["ce_specversion"] == b"1.0"
            and headers["ce_source"] in wanted.sources
            and headers["ce_id"]
            and (subject := headers["ce_subject"])
            and (record.key == subject or record.key is None)
            and sequence.isdigit()
            and len(sequence) <= 18
            and headers["content-type"] == b"application/json"
            and headers.get("ce_statussequence", b"0").isdigit()
            and b"".join(headers.values()).isascii()
            and datetime.fromisoformat(headers["ce_time"].decode()).tzinfo is not None
        ):
            return None
        payload = orjson.loads(record.value or b"")
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    return payload if type(payload) is dict and wanted.plainly_valid(payload) else None
