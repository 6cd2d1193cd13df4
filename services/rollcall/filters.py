"""Filters: which events are meant, by type, runtime, application and device."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from chassis.records import header
from device_events import Event
from device_events.catalog import CATALOG
from device_events.window import Record

_PREFIX, _SUFFIX = "rollcall.", ".v1"


def short(type_: str) -> str:
    """An event type without what all of them have."""
    return type_.removeprefix(_PREFIX).removesuffix(_SUFFIX)


def type_pattern(text: str) -> str:
    """A pattern of event types that fits at least one of the catalogue's. Raises ArgumentTypeError."""
    if any(_fits(text, type_) for type_ in CATALOG):
        return text
    raise argparse.ArgumentTypeError(f"no event type is like {text!r}; there are {', '.join(map(short, CATALOG))}")


def add_filters(parser: argparse.ArgumentParser) -> None:
    """The options that every filter has: by what a record's headers say."""
    parser.add_argument(
        "--type",
        action="append",
        default=[],
        type=type_pattern,
        metavar="TYPE",
        help="only events of this type, such as push.registered or 'push.*'; may be repeated",
    )
    parser.add_argument("--device", metavar="[RUNTIME/]ID", help="only events about this device")


@dataclass(frozen=True, slots=True)
class Filter:
    """What is asked for; nothing asked lets everything through."""

    types: Sequence[str] = ()
    device: str | None = None
    runtime: str | None = None
    application: str | None = None

    def takes(self, record: Record) -> bool:
        """Whether the record's headers let it through, be it an event or not."""
        if self.types:
            type_ = header(record, "ce_type") or ""
            if not any(_fits(pattern, type_) for pattern in self.types):
                return False
        return self.device is None or self.device in _devices(record)

    def takes_event(self, event: Event) -> bool:
        """Whether what only the payload says lets it through."""
        if self.runtime is not None and event.data.get("runtime") != self.runtime:
            return False
        application = event.data.get("applicationId") or event.data.get("clientId")
        return self.application is None or application == self.application

    @property
    def asks_payloads(self) -> bool:
        """Whether headers alone cannot answer it."""
        return self.runtime is not None or self.application is not None


def _fits(pattern: str, type_: str) -> bool:
    return fnmatchcase(type_, pattern) or fnmatchcase(short(type_), pattern)


def _devices(record: Record) -> set[str]:
    """What the record's device, or its subject where that is one, may be called."""
    names = [name for name in (header(record, "ce_deviceid"), header(record, "ce_subject")) if name and "/" in name]
    return {*names, *(name.partition("/")[2] for name in names)}
