"""Letters: the events that one consumer group has given up, and what an operator has done about them.

Letters stay in the group's dead-letter topic until it forgets them. That one is settled is said by a record after it,
a mark: it repeats the letter's origin and has no value. A letter is handed again by the group's topic of retries, to
that group alone; the topic that it came from is read by others.
"""

import base64
from collections.abc import AsyncIterable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from chassis.records import header, headers_without
from device_events.catalog import dead_letter_topic, retry_topic
from device_events.dead_letters import HANDLER
from device_events.publisher import OutgoingRecord
from device_events.window import Record
from rollcall.outcome import moment

Settled = Literal["replayed", "discarded"]
PREFIX = "dead-letter-"
SETTLED = "dead-letter-settled"  # on marks only
RETRIED_FROM = "retried-from"  # on retries: where the record first came from
_PLACE = ("dead-letter-letter-partition", "dead-letter-letter-offset")  # on marks: which letter, should there be two


@dataclass(frozen=True, slots=True)
class Letter:
    """One event at fault. `id` is where it came from: topic, partition and offset. Nothing else has the same.

    What one of several handlers has given up is a letter of its own: the handler's name is behind a `#`.
    """

    id: str
    record: Record = field(repr=False)
    settled: Settled | None = None

    @property
    def origin(self) -> str:
        """Where it first came from, if it has been replayed before, else its id."""
        return header(self.record, RETRIED_FROM) or self.id

    @property
    def place(self) -> str:
        """Where it came from, whichever handler gave it up."""
        return self.id.partition("#")[0]

    @property
    def topic(self) -> str:
        """The topic that it first came from."""
        return self.origin.rsplit(":", 2)[0]

    @property
    def type(self) -> str | None:
        """The event's type, where it names one."""
        return header(self.record, "ce_type")

    @property
    def event_id(self) -> str | None:
        """The event's id, where it has one."""
        return header(self.record, "ce_id")

    def summary(self) -> dict[str, Any]:
        """What a list shows: nothing of the payload."""
        return {
            "id": self.id,
            "topic": self.topic,
            "type": self.type,
            "eventId": self.event_id,
            "time": moment(self.record.timestamp),
            "reason": header(self.record, "dead-letter-reason"),
            **({"handler": handler} if (handler := header(self.record, HANDLER)) else {}),
            "settled": self.settled,
            **({"firstId": self.origin} if self.origin != self.id else {}),
        }

    def whole(self) -> dict[str, Any]:
        """Everything, the payload too; what is no text is given in base64."""
        headers = [{"name": name, **_readable(value)} for name, value in self.record.headers]
        return {
            **self.summary(),
            "key": _readable(self.record.key),
            "headers": headers,
            "value": _readable(self.record.value),
        }

    def retry(self, group: str) -> OutgoingRecord:
        """The record as it came, for the group alone."""
        return retry_of(self.record, group, self.id)

    def mark(self, group: str, settled: Settled) -> OutgoingRecord:
        """The word that it is settled."""
        topic, partition, offset = self.place.rsplit(":", 2)
        place = (str(self.record.partition), str(self.record.offset))
        names = (SETTLED, *(f"{PREFIX}{name}" for name in ("topic", "partition", "offset")), *_PLACE)
        values = (settled, topic, partition, offset, *place)
        headers = [(name, value.encode()) for name, value in zip(names, values, strict=True)]
        if handler := header(self.record, HANDLER):
            headers.append((HANDLER, handler.encode()))
        return OutgoingRecord(dead_letter_topic(group), self.record.key, None, headers)


def retry_of(record: Record, group: str, origin: str) -> OutgoingRecord:
    """The record as it came, for the group alone, with where it first came from: `origin` unless it says so itself."""
    headers = list(headers_without(record, PREFIX))
    if header(record, RETRIED_FROM) is None:
        headers.append((RETRIED_FROM, origin.encode()))
    return OutgoingRecord(retry_topic(group), record.key, record.value, headers)


async def letters_in(records: AsyncIterable[Record]) -> list[Letter]:
    """The letters of a dead-letter topic in their order, each with what has become of it.

    A record that was given up twice, by a member that died in between, is one letter.
    """
    newest: dict[str, Record] = {}
    marks: dict[str, list[tuple[Settled, int, int]]] = {}
    async for record in records:
        origin = [header(record, f"{PREFIX}{name}") for name in ("topic", "partition", "offset")]
        if None in origin:
            continue  # whoever wrote this, no subscriber of ours did
        handler = header(record, HANDLER)
        id = ":".join(map(str, origin)) + (f"#{handler}" if handler else "")
        if settled := _settled(record):
            marks.setdefault(id, []).append((settled, *_place(record)))
        else:
            newest.pop(id, None)
            newest[id] = record
    return [Letter(id, record, _fate(record, marks.get(id, ()))) for id, record in newest.items()]


def chosen(letters: Sequence[Letter], *, topic: str | None, type: str | None, ids: Collection[str]) -> Iterator[Letter]:
    """Those that all of the given filters let through; `ids` are letters', places' or events'."""
    for letter in letters:
        if topic is not None and letter.topic != topic:
            continue
        if type is not None and letter.type != type:
            continue
        if ids and not {letter.id, letter.place, letter.event_id} & {*ids}:
            continue
        yield letter


def unknown(letters: Sequence[Letter], ids: Collection[str]) -> list[str]:
    """Those ids that no letter has."""
    known = {name for letter in letters for name in (letter.id, letter.place, letter.event_id)}
    return sorted(set(ids) - known)


def _settled(record: Record) -> Settled | None:
    match header(record, SETTLED):
        case "replayed":
            return "replayed"
        case "discarded":
            return "discarded"
    return None


def _place(mark: Record) -> tuple[int, int]:
    partition, offset = (header(mark, name) or "" for name in _PLACE)
    return (int(partition), int(offset)) if partition.isdecimal() and offset.isdecimal() else (-1, -1)


def _fate(letter: Record, marks: Sequence[tuple[Settled, int, int]]) -> Settled | None:
    """A mark is about the letter that was there when it was written, not about one that came after it."""
    valid = {mark for mark, partition, offset in marks if partition == letter.partition and offset >= letter.offset}
    return "replayed" if "replayed" in valid else "discarded" if valid else None


def _readable(value: bytes | None) -> dict[str, str | None]:
    if value is None:
        return {"text": None}
    try:
        return {"text": value.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(value).decode()}
