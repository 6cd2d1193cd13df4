"""Sightings: a record as it was read, and the event in it, for people and for programs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from chassis.records import header
from device_events import BLOCKING, Event, Rejected, catalog
from device_events.envelope import decode
from device_events.window import Record
from rollcall.colours import BLUE, BOLD, CYAN, DIM, GREEN, MAGENTA, RED, YELLOW, Paint, printable
from rollcall.filters import short
from rollcall.outcome import moment

_COLOURS = {
    catalog.DEVICE_ADMIN: CYAN,
    catalog.PUSH_REGISTRY: YELLOW,
    catalog.MOBILE_PLATFORM: MAGENTA,
    catalog.CONTACTS: BLUE,
}
_ID = 24  # characters of a contact's long id, for people
_HIDDEN = "values"  # of contacts, in custom events
WIDTH = max(len(short(type_)) for type_ in catalog.CATALOG)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A record of a topic, named as in the catalogue; `problem` says why there is no event in it."""

    topic: str
    record: Record = field(repr=False)
    event: Event | None
    problem: str | None = None

    @property
    def type(self) -> str:
        """The event's type, as far as the record names one."""
        return self.event.type if self.event else header(self.record, "ce_type") or "-"

    @property
    def time(self) -> datetime:
        """When it was announced; of what is no event, when the brokers got it."""
        return self.event.time if self.event else datetime.fromtimestamp(self.record.timestamp / 1000, UTC)

    @property
    def about(self) -> str:
        """The device, else what else it is about."""
        if self.event is None:
            return header(self.record, "ce_deviceid") or header(self.record, "ce_subject") or "-"
        return self.event.deviceid or self.event.subject

    @property
    def place(self) -> str:
        """Where it stands."""
        return f"{self.topic}:{self.record.partition}:{self.record.offset}"


def seen(record: Record, topic: str) -> Sighting:
    """The sighting of a record."""
    try:
        return Sighting(topic, record, decode(record.key, record.value, record.headers))
    except Rejected as error:
        return Sighting(topic, record, None, str(error))


def plain(sighting: Sighting, *, values: bool) -> dict[str, Any]:
    """JSON-plain. The values of contacts are left out unless `values`."""
    record, event = sighting.record, sighting.event
    place = {"topic": sighting.topic, "partition": record.partition, "offset": record.offset}
    if event is None:
        return {**place, "time": moment(record.timestamp), "type": sighting.type, "undecodable": sighting.problem}
    attributes = {
        "id": event.id,
        "source": event.source,
        "subject": event.subject,
        "sequence": event.sequence,
        "deviceid": event.deviceid,
        "causationid": event.causationid,
        "statussequence": event.statussequence,
        "correlationid": event.correlationid,
    }
    given = {name: value for name, value in attributes.items() if value is not None}
    data = {name: value for name, value in event.data.items() if values or name != _HIDDEN}
    return {**place, "time": iso(event.time), "type": event.type, **given, "data": data}


def iso(time: datetime) -> str:
    """A time in ISO 8601, in milliseconds."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def clock(time: datetime) -> str:
    """The time of day."""
    return f"{time.astimezone(UTC):%H:%M:%S}.{time.microsecond // 1000:03d}"


def said(sighting: Sighting, paint: Paint, *, values: bool, about: bool = True) -> str:
    """A line about it, without its time; `about` names the device, too."""
    if sighting.event is None:
        why = f"{sighting.place} is no event of ours: {sighting.problem}"
        return f"{paint(printable(short(sighting.type)).ljust(WIDTH), RED)}  {paint(printable(why), RED)}"
    type_ = paint(short(sighting.type).ljust(WIDTH), _COLOURS.get(sighting.event.source, ""))
    device = f"{paint(printable(sighting.about), BOLD)}  " if about else ""
    return f"{type_}  {device}{details(sighting.event, paint, values=values)}".rstrip()


def status(name: str, paint: Paint) -> str:
    """A device's status, red where it shuts the device out."""
    return paint(name, BOLD, RED) if name in BLOCKING else paint(name, GREEN)


def digest(text: str | None) -> str:
    """Enough of a token's digest to tell it from others."""
    return f"token {text[:8]}…" if text else "no token"


def details(event: Event, paint: Paint, *, values: bool) -> str:
    """What is worth saying of the payload."""
    told = _DETAILS.get(event.type, _anything)(event.data, paint)
    if values and event.data.get(_HIDDEN):
        told += "  " + ", ".join(f"{name}={value}" for name, value in map(_printable, event.data[_HIDDEN].items()))
    return told


def _changed(data: Mapping[str, Any], paint: Paint) -> str:
    new, previous = data["status"], data.get("previous")
    change = status(new, paint) if previous is None else f"{previous} → {status(new, paint)}"
    again = " again" if previous == new else ""
    number = f", transaction {data['transactionId']}" if "transactionId" in data else ""
    return f"{change}{again}  {paint(data['reason'] + number, DIM)}"


def _applied(data: Mapping[str, Any], paint: Paint) -> str:
    return f"{_text(data['service'])} has applied {status(data['status'], paint)}: {effects(data['effects'])}"


def effects(counts: Mapping[str, int]) -> str:
    """What a service has done, counted."""
    done = ", ".join(f"{printable(name)} {count}" for name, count in sorted(counts.items()) if count)
    return done or "nothing to do"


def _push(data: Mapping[str, Any], paint: Paint) -> str:
    return f"{_words(data, 'applicationId', 'platform', 'userId')}  {_token(data, paint)}"


def _client(data: Mapping[str, Any], paint: Paint) -> str:
    return f"{_words(data, 'clientId', 'platform', 'user')}  {_token(data, paint)}"


def _token(data: Mapping[str, Any], paint: Paint) -> str:
    reason = f" ({data['reason']})" if "reason" in data else ""
    return paint(f"{digest(data.get('tokenDigest'))}{reason}", DIM)


def _contact(data: Mapping[str, Any], paint: Paint) -> str:
    fields = f"  {', '.join(map(printable, data['fields']))}" if data.get("fields") else ""
    return f"list {data['listId']}  {paint(printable(data['contactId'][:_ID]) + '…', DIM)}{fields}"


def _custom(data: Mapping[str, Any], paint: Paint) -> str:
    cause = f"{data['cause']} {data.get('status', '')}".strip()
    return f"{paint(printable(data['customEvent']), BOLD)} by {cause}  {_contact(data, paint)}"


def _anything(data: Mapping[str, Any], paint: Paint) -> str:
    return " ".join(f"{name}={value}" for name, value in map(_printable, data.items()) if name != _HIDDEN)


def _words(data: Mapping[str, Any], *names: str) -> str:
    return " ".join(_text(data[name]) for name in names if data.get(name))


def _text(value: Any) -> str:
    return printable(value)


def _printable(pair: tuple[str, Any]) -> tuple[str, str]:
    return printable(pair[0]), printable(pair[1])


_DETAILS: Mapping[str, Callable[[Mapping[str, Any], Paint], str]] = {
    catalog.DEVICE_STATUS_CHANGED: _changed,
    catalog.DEVICE_STATUS_APPLIED: _applied,
    catalog.PUSH_REGISTERED: _push,
    catalog.PUSH_UPDATED: _push,
    catalog.PUSH_SEEN: _push,
    catalog.PUSH_DEREGISTERED: _push,
    catalog.PUSH_TOKEN_REMOVED: _push,
    catalog.MOBILE_CLIENT_REGISTERED: _client,
    catalog.MOBILE_CLIENT_DEREGISTERED: _client,
    catalog.CONTACT_DEVICE_REGISTERED: _contact,
    catalog.CONTACT_CREATED: _contact,
    catalog.CONTACT_UPDATED: _contact,
    catalog.CUSTOM_EVENT_TRIGGERED: _custom,
}
