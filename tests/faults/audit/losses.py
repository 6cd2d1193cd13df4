"""Lost and phantom: what was acknowledged or saved against what was announced, both ways."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.faults.audit.documents import Document
from tests.faults.audit.records import Record
from tests.faults.journal import Acknowledged, Journal

Documents = Mapping[tuple[str, str], Document]
Streams = Mapping[tuple[str, str], Mapping[int, Record]]
PUSH, ADMIN = "/rollcall/push-registry", "/rollcall/device-admin"
MOBILE, CONTACTS = "/rollcall/mobile-platform", "/rollcall/contacts"
TRIGGERED = "rollcall.contact.custom-event-triggered.v1"


def streams_of(events: Sequence[Record]) -> dict[tuple[str, str], dict[int, Record]]:
    """The events of each document by sequence, each once."""
    streams: defaultdict[tuple[str, str], dict[int, Record]] = defaultdict(dict)
    for event in events:
        streams[event.stream].setdefault(event.sequence, event)
    return dict(streams)


def unannounced(documents: Documents, streams: Streams) -> Iterator[str]:
    """Sequences that a document has counted and Kafka has not: lost events."""
    for (source, subject), document in documents.items():
        known = streams.get((source, subject), {})
        missing = [number for number in range(1, document["sequence"] + 1) if number not in known]
        yield from (f"{source} {subject}: event {number} is nowhere" for number in missing)


def uncounted(documents: Documents, events: Sequence[Record]) -> Iterator[str]:
    """Events that their document never announced: phantoms. Each such id once."""
    ids: defaultdict[tuple[str, str, int], set[str]] = defaultdict(set)
    for event in events:
        ids[(*event.stream, event.sequence)].add(event.id)
        if event.key != event.subject:
            yield f"{event}: its key is {event.key}"
    for (source, subject, sequence), own in ids.items():
        if len(own) > 1:
            yield f"{source} {subject} #{sequence} has {len(own)} ids: {sorted(own)}"
        document = documents.get((source, subject))
        if document is None or sequence > document["sequence"]:
            yield f"{source} {subject} #{sequence}: the document has counted {document and document['sequence']}"


def refused_and_announced(journal: Journal, events: Sequence[Record]) -> Iterator[str]:
    """Events of requests that push-registry refused, which changes nothing before it has decided: phantoms."""
    for event in events:
        if event.source == PUSH and event.cause is None and event.correlation in journal.refused:
            yield f"{event}: its request was refused"


def unkept(journal: Journal, documents: Documents, events: Sequence[Record]) -> Iterator[str]:
    """Acknowledged writes without their event, or whose transaction came to nothing: lost."""
    correlated: defaultdict[str | None, list[Record]] = defaultdict(list)
    transacted: dict[int, Record] = {}
    for event in events:
        correlated[event.correlation].append(event)
        if event.source == ADMIN and "transactionId" in event.data:
            transacted[event.data["transactionId"]] = event
    for written in journal.acknowledged:
        if written.transaction is None:
            yield from _without_event(written, correlated[written.correlation])
        elif written.transaction not in transacted:
            document = documents.get((ADMIN, f"transaction:{written.transaction}"))
            became = document["state"]["status"] if document else "unknown"
            # An asynchronous change is acknowledged as accepted; a later one may overtake it before it is made.
            if not (written.promised and became == "CANCELED"):
                yield f"transaction {written.transaction} is {became} and no event names it"


def _without_event(written: Acknowledged, found: Sequence[Record]) -> Iterator[str]:
    own = [event for event in found if event.source == written.source]
    if not any(event.type in written.types for event in own):
        yield f"{written.correlation}: none of {', '.join(written.types)}"
    triggered = {event.data["customEvent"] for event in own if event.type == TRIGGERED}
    yield from (
        f"{written.correlation}: {name} was not triggered" for name in written.triggers if name not in triggered
    )


def misremembered(journal: Journal, documents: Documents, streams: Streams) -> Iterator[str]:
    """Documents whose state is not what their events, taken in order, make of it."""
    for (source, subject), document in documents.items():
        told = [event for _, event in sorted(streams.get((source, subject), {}).items())]
        state: dict[str, Any] = document["state"]
        if source == PUSH and (wrong := _push_differs(state, told)):
            yield f"{source} {subject}: {wrong}"
        if source == MOBILE and subject.startswith("client:") and (wrong := _client_differs(state, told)):
            yield f"{source} {subject}: {wrong}"
    yield from _names_differ(journal, documents)


def _push_differs(state: Mapping[str, Any], told: Sequence[Record]) -> str:
    expected: dict[str, tuple[str, str | None]] = {}
    for event in told:
        application = event.data.get("applicationId", "")
        match event.type:
            case "rollcall.push.registered.v1" | "rollcall.push.updated.v1":
                expected[application] = (event.data["userId"], event.data.get("tokenDigest"))
            case "rollcall.push.token-removed.v1":
                expected[application] = (event.data["userId"], None)
            case "rollcall.push.deregistered.v1":
                expected.pop(application, None)
    held = {one["application"]: (one["user_id"], one.get("token_digest")) for one in state["registrations"]}
    return "" if held == expected else f"has {held}, its events say {expected}"


def _client_differs(state: Mapping[str, Any], told: Sequence[Record]) -> str:
    expected = bool(told) and told[-1].type == "rollcall.mobile-client.registered.v1"
    held = bool(state.get("registered"))
    return "" if held == expected else f"registered is {held}, its last event is {told[-1] if told else 'none'}"


def _names_differ(journal: Journal, documents: Documents) -> Iterator[str]:
    held: dict[str, str] = {}
    for (source, subject), document in documents.items():
        if source == CONTACTS and subject.startswith("contact:"):
            values = {value["k"]: value["v"].strip('"') for value in document["state"]["values"]}
            held[values.get("Email", subject)] = values.get("FirstName", "")
    for mail, names in journal.first_names.items():
        if (name := held.get(mail, "")) not in names:
            yield f"the contact {mail} is called {name!r}, not one of {names}"
