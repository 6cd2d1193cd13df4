"""TypedIntake: from a record to the handler of its type, with the filters and the repeat filter on the way."""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from device_events.catalog import CATALOG, EventType
from device_events.deliveries import RepeatFilter
from device_events.device_event import Checked, DeviceEvent
from device_events.envelope import DIGITS, decode
from device_events.errors import Undecodable
from device_events.intake import Taken
from device_events.plain import looker
from device_events.seen_store import SeenStore
from device_events.selection import Selection
from device_events.window import Record

log = logging.getLogger(__name__)
TypedHandler = Callable[[DeviceEvent[Any]], Awaitable[None]]
_KNOWN = {name.encode() for name in CATALOG}


class _Wanted:
    """A type that has a handler."""

    def __init__(self, kind: EventType, handler: TypedHandler) -> None:
        self.name = kind.name
        self.handler = handler
        self._sources = frozenset(source.encode() for source in kind.topics)
        self._plainly_valid = looker(kind.schema)

    def check(self, record: Record) -> Checked:
        """Headers and payload of the record. Raises Undecodable if it is no event."""
        headers = dict(record.headers)
        payload = self._plainly_read(record, headers)
        if payload is None:
            # Not plainly an event: the full look says what is wrong, or that nothing is.
            payload = decode(record.key, record.value, record.headers).data
        return Checked(headers, payload)

    def _plainly_read(self, record: Record, headers: Mapping[str, bytes]) -> Any:
        """The payload of a record that is beyond doubt an event of ours; None proves nothing."""
        try:
            sequence = headers["ce_sequence"]
            if not (
                headers["ce_specversion"] == b"1.0"
                and headers["ce_source"] in self._sources
                and headers["ce_id"]
                and (subject := headers["ce_subject"])
                and (record.key == subject or record.key is None)
                and sequence.isdigit()
                and len(sequence) <= DIGITS
                and headers["content-type"] == b"application/json"
                and headers.get("ce_statussequence", b"0").isdigit()
                and b"".join(headers.values()).isascii()
                and datetime.fromisoformat(headers["ce_time"].decode()).tzinfo is not None
            ):
                return None
            payload = orjson.loads(record.value or b"")
        except (KeyError, TypeError, ValueError, AttributeError):
            return None
        return payload if type(payload) is dict and self._plainly_valid(payload) else None


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
        self._wanted = {name.encode(): _Wanted(CATALOG[name], handler) for name, handler in handlers.items()}
        self._selection = None if selection.takes_all else selection
        self._repeats = repeats
        self._known = repeats.known
        self._by_device = repeats.by_device
        self._group = group
        self._store = store

    def take(self, record: Record) -> Taken | None:
        """The handler of its type and the event, if it is wanted and no repeat. Raises Undecodable.

        Looks at no more than it has to: what is not filtered by its payload is checked when somebody looks at it.
        """
        headers = record.headers
        if len(headers) > 7 and headers[3][0] == "ce_type" and headers[7][0] == "ce_sequence":
            # The order that the services write; any other is found by name. A key other than the subject is found out
            # when the event is looked at.
            type_, counter = headers[3][1], headers[7][1]
            if self._by_device:
                key: bytes | None = record.key
            else:
                key = headers[2][1] if headers[2][0] == "ce_id" else b""
        else:
            key, type_, counter = None, b"", b""
        if not type_ or not counter or not key:
            type_, key, counter = self._found(dict(headers))
        wanted = self._wanted.get(type_)
        if wanted is None:
            if not type_:
                raise Undecodable("the record names no event type")
            self.counts["skipped" if type_ in _KNOWN else "unknown"] += 1
            return None
        try:
            sequence = int(counter)
        except ValueError:
            raise Undecodable("sequence is no whole number") from None
        event: DeviceEvent[Any] = DeviceEvent(record, wanted, key, sequence)
        if self._selection is not None and not self._selection.takes(event.check().payload):
            self.counts["filtered"] += 1
            return None
        if key in self._known[record.topic]:
            why = self._repeats.outdated(record.topic, key, sequence)
            if why is not None:
                self.counts[why] += 1
                return None
        return wanted.handler, event

    def _found(self, headers: Mapping[str, bytes]) -> tuple[bytes, bytes, bytes]:
        """Type, subject or id, and sequence; empty where there is none."""
        told_by = "ce_subject" if self._by_device else "ce_id"
        type_, key, counter = (headers.get(name) or b"" for name in ("ce_type", told_by, "ce_sequence"))
        return type_, key, counter

    def handled(self, record: Record, event: DeviceEvent[Any]) -> None:
        """The event counts as seen from now on."""
        self._repeats.handled(record.topic, event.told_by, event.counter)

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
