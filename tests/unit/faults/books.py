"""A small, balanced set of books: one device, registered, marked LOST and applied everywhere, and one mail."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.faults.audit.auditor import Auditor
from tests.faults.audit.documents import Document, Store
from tests.faults.audit.losses import ADMIN, CONTACTS, MOBILE, PUSH
from tests.faults.audit.records import STATUS_TOPIC, Log, Record
from tests.faults.figures import Figures
from tests.faults.journal import Acknowledged, Journal

DEVICE, CLIENT, CONTACT = "myruntime/d1", "client:backend:digest", "contact:3:aa"
LOST = "changed-2"


def record(topic: str, type_: str, source: str, subject: str, sequence: int, **given: Any) -> Record:
    """An event; what is not given is nothing."""
    blank: dict[str, Any] = {"device": DEVICE, "cause": None, "status_sequence": None, "correlation": None, "data": {}}
    found = {"id": f"{source}-{subject}-{sequence}", "place": (0, sequence), "time": datetime(2026, 1, 1, tzinfo=UTC)}
    values = {**blank, **found, **given}
    return Record(topic=topic, key=subject, type=type_, source=source, subject=subject, sequence=sequence, **values)


def _events() -> list[Record]:
    push, mobile, contacts = "rollcall.push-registrations", "rollcall.mobile-clients", "rollcall.contacts"
    applied, changed = "rollcall.device.status-applied.v1", "rollcall.device.status-changed.v1"
    registration = {"applicationId": "myapp", "userId": "u1", "tokenDigest": "t"}
    because: dict[str, Any] = {"cause": LOST, "status_sequence": 2}
    status = {"status": "LOST", "previous": "ACTIVE", "transactionId": 7}
    alert = {"customEvent": "SendDeviceLostAlert", "cause": "status"}
    triggered = "rollcall.contact.custom-event-triggered.v1"
    return [
        record(push, "rollcall.push.registered.v1", PUSH, DEVICE, 1, correlation="c1", data=registration),
        record(STATUS_TOPIC, changed, ADMIN, DEVICE, 1, data={"status": "ACTIVE"}),
        record(mobile, "rollcall.mobile-client.registered.v1", MOBILE, CLIENT, 1, correlation="c2"),
        record(contacts, "rollcall.contact.created.v1", CONTACTS, CONTACT, 1, correlation="c3"),
        record(STATUS_TOPIC, changed, ADMIN, DEVICE, 2, id=LOST, data=status),
        record(push, "rollcall.push.token-removed.v1", PUSH, DEVICE, 2, data=registration, **because),
        record(push, applied, PUSH, DEVICE, 3, **because),
        record(mobile, "rollcall.mobile-client.deregistered.v1", MOBILE, CLIENT, 2, **because),
        record(mobile, applied, MOBILE, DEVICE, 1, **because),
        record("rollcall.custom-events", triggered, CONTACTS, CONTACT, 2, data=alert, **because),
        record(contacts, applied, CONTACTS, DEVICE, 1, **because),
    ]


def _documents() -> dict[tuple[str, str], Document]:
    registered = {"application": "myapp", "user_id": "u1"}
    values = [{"k": "Email", "v": '"d1@example.com"'}, {"k": "FirstName", "v": '"n1"'}]
    device = {"id": "d1", "status": "LOST", "statussequence": 2}
    states: dict[tuple[str, str], tuple[int, Document]] = {
        (PUSH, DEVICE): (3, {"status": "LOST", "status_sequence": 2, "registrations": [registered]}),
        (ADMIN, DEVICE): (2, {"kind": "device", "status": "LOST"}),
        (MOBILE, CLIENT): (2, {"device": DEVICE}),
        (MOBILE, DEVICE): (1, {"status": "LOST", "sequence": 2, "applied": 2}),
        (CONTACTS, CONTACT): (2, {"values": values, "devices": [device]}),
        (CONTACTS, DEVICE): (1, {"status": "LOST", "statussequence": 2, "applied": 2}),
        (ADMIN, "transaction:7"): (0, {"kind": "transaction", "status": "SUCCESS"}),
    }
    return {key: {"_id": key[1], "sequence": number, "state": state} for key, (number, state) in states.items()}


def _journal() -> Journal:
    journal = Journal()
    journal.acknowledged += [
        Acknowledged(PUSH, ("rollcall.push.registered.v1",), "c1"),
        Acknowledged(MOBILE, ("rollcall.mobile-client.registered.v1",), "c2"),
        Acknowledged(CONTACTS, ("rollcall.contact.created.v1",), "c3"),
        Acknowledged(ADMIN, (), "c4", transaction=7),
    ]
    journal.named("d1@example.com", "n1")
    return journal


@dataclass
class Books:
    """Balanced until a test changes something. `mails` are the ids of the events that were mailed."""

    events: list[Record] = field(default_factory=_events)
    documents: dict[tuple[str, str], Document] = field(default_factory=_documents)
    journal: Journal = field(default_factory=_journal)
    mails: list[str] = field(default_factory=lambda: [f"{CONTACTS}-{CONTACT}-2"])
    unsettled: list[str] = field(default_factory=list)
    lag: dict[str, int] = field(default_factory=dict)
    dead_letters: list[str] = field(default_factory=list)

    def find(self, source: str, subject: str, sequence: int) -> Record:
        """The event with this sequence."""
        return next(one for one in self.events if (*one.stream, one.sequence) == (source, subject, sequence))

    def again(self, event: Record, **changed: Any) -> None:
        """Deliver an event once more, changed or not, at the end of its partition."""
        last = max(one.place[1] for one in self.events)
        self.events.append(replace(event, **{"place": (0, last + 1), **changed}))

    async def balance(self, mailbox: Path, *, dead_letters: int = 0) -> Figures:
        """What the auditor says of them."""
        for number, id in enumerate(self.mails):
            name = hashlib.sha256(id.encode()).hexdigest()[:40]
            (mailbox / f"{number}.eml").write_text(f"Message-ID: <{name}@example.com>\n\n")
        auditor = Auditor(_Log(self), _Store(self), mailbox)
        return await auditor.balance(self.journal, dead_letters=dead_letters)


class _Log(Log):
    def __init__(self, books: Books) -> None:
        self._books = books

    async def events(self) -> list[Record]:
        return self._books.events

    async def dead_letters(self) -> list[str]:
        return self._books.dead_letters

    async def lag(self) -> dict[str, int]:
        return self._books.lag


class _Store(Store):
    def __init__(self, books: Books) -> None:
        self._books = books

    async def documents(self) -> dict[tuple[str, str], Document]:
        return self._books.documents

    async def unsettled(self) -> list[str]:
        return self._books.unsettled


def counts(figures: Figures) -> dict[str, int]:
    """The figures that are not zero."""
    names: Sequence[str] = ("lost", "phantom", "duplicates", "repeated", "out_of_order", "stuck", "readable", "failed")
    return {name: getattr(figures, name) for name in names if getattr(figures, name)}
