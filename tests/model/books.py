"""The books: everything that was ever announced, found in the outboxes, and what each call owes."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from chassis.outbox import encode_entry
from device_events import Event, catalog
from device_events.envelope import decode
from tests.model.calls import Call, Outcome

Documents = Mapping[str, Mapping[str, Any]]
"""The documents of one service by id."""


class Books:
    """Fed after each step with all documents. Every look at them checks what one event is never to be."""

    def __init__(self) -> None:
        self.events: dict[str, Event] = {}  # by id, in the order found
        self._places: defaultdict[tuple[str, str], dict[int, Event]] = defaultdict(dict)  # by source, subject, sequence
        self._entries: dict[str, Any] = {}
        self._left: set[str] = set()  # ids that have been removed from their outbox
        self._calls: dict[str, tuple[Call, int, int]] = {}
        self.accepted: list[Mapping[str, Any]] = []  # transactions as they were answered
        self._custom_events: list[tuple[str, str, str]] = []

    def begin(self, call: Call) -> None:
        """From now on the call may have announced its event."""
        if call.announces:
            self._calls[call.name] = (call, 0, 1)

    def end(self, call: Call, outcome: Outcome) -> None:
        """Whoever called has an answer, or never gets one."""
        if call.announces and not outcome.unknown:
            least, most = call.bounds if outcome.refusal is None else (0, call.despite_refusal)
            self._calls[call.name] = (call, least, most)

    def owe_custom_events(self, call: str, contact_id: str, names: Iterable[str]) -> None:
        """The call, by its name, was acknowledged and asked for these custom events of this contact."""
        self._custom_events += [(call, contact_id, name) for name in names]

    def enter(self, source: str, documents: Documents) -> None:
        """Take in one service's outboxes."""
        pending: set[str] = set()
        for subject, document in documents.items():
            for entry in document.get("outbox", ()):
                pending.add(entry["id"])
                if self._entries.setdefault(entry["id"], entry) is entry:
                    self._enter(decode(*encode_entry(source, subject, entry)))
                assert self._entries[entry["id"]] == entry, f"{entry} was {self._entries[entry['id']]} before"
            announced = self.of(source, subject)
            assert [event.sequence for event in announced] == list(range(1, document.get("sequence", 0) + 1)), (
                f"{source} {subject}: gaps in {announced}"
            )
            if latest := document.get("latest"):
                assert latest["id"] == announced[-1].id, f"{subject} keeps {latest}, not {announced[-1]}"
        assert not pending & self._left, "an entry came back to its outbox"
        self._left |= {id for id, event in self.events.items() if event.source == source and id not in pending}

    def of(self, source: str, subject: str) -> list[Event]:
        """What one document has announced, in order."""
        return [event for _, event in sorted(self._places[source, subject].items())]

    def named(self, *types: str) -> list[Event]:
        """All events of these types, in the order found."""
        return [event for event in self.events.values() if event.type in types]

    def check_calls(self) -> None:
        """An acknowledged call is reflected, once; no call is reflected twice; a refused one as far as it may be."""
        found: defaultdict[str | None, list[Event]] = defaultdict(list)
        for event in self.events.values():
            found[event.correlationid].append(event)
        for name, (call, least, most) in self._calls.items():
            own = [event for event in found[name] if event.type in call.announces]
            assert least <= len(own) <= most, f"{name} has announced {own}, not {least} to {most} of {call.announces}"
        self._check_custom_events()

    def _check_custom_events(self) -> None:
        triggered = Counter(
            (event.correlationid, event.data["contactId"], event.data["customEvent"], event.data["cause"])
            for event in self.named(catalog.CUSTOM_EVENT_TRIGGERED)
            if event.causationid is None
        )
        assert set(triggered.values()) <= {1}, f"a call triggered a custom event twice: {triggered}"
        for owed in self._custom_events:
            assert (*owed, "call") in triggered, f"{owed} was never triggered"

    def _enter(self, event: Event) -> None:
        self.events[event.id] = event
        place = self._places[event.source, event.subject].setdefault(event.sequence, event)
        assert place.id == event.id, f"two ids in one place: {place} and {event}"
