"""Timeline: the events about one device by time, each effect of a status change under the change."""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chassis.records import RecordReader, Span
from device_events.catalog import TOPICS
from rollcall.filters import Filter
from rollcall.places import places
from rollcall.sightings import Sighting, plain, seen

LIMIT = 1_000  # events of one device that are kept; the newest


@dataclass(slots=True)
class Moment:
    """An event, and what followed from it."""

    sighting: Sighting
    effects: list[Sighting] = field(default_factory=list)

    def after(self, effect: Sighting) -> int:
        """Milliseconds from the event to its effect, by their announcers' clocks."""
        return round((effect.time - self.sighting.time).total_seconds() * 1000)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Moments in their order; `left_out` counts older ones that are too many, `unread` names topics."""

    moments: Sequence[Moment]
    left_out: int = 0
    unread: Sequence[str] = ()

    def shown(self, *, values: bool) -> list[dict[str, Any]]:
        """JSON-plain."""
        return [
            {
                **plain(moment.sighting, values=values),
                "effects": [
                    {**plain(effect, values=values), "milliseconds": moment.after(effect)} for effect in moment.effects
                ],
            }
            for moment in self.moments
        ]


async def timeline(reader: RecordReader, device: str, since: datetime) -> Timeline:
    """What was announced about a device since then. Raises KafkaError and TimeoutError.

    All that others did since then is read and dropped; brokers find the time, and no more is held than is shown.
    """
    partitions = await reader.partitions(TOPICS)
    held = await places(reader, partitions)
    spans: dict[Any, Span] = await held.between(since, "end")
    about, prefix = Filter(device=device), reader.connection.topic_prefix
    newest: list[tuple[datetime, str, Sighting]] = []
    found = 0
    async for record in reader.between(spans):
        if about.takes(record):
            found += 1
            sighting = seen(record, record.topic.removeprefix(prefix))
            entry = (sighting.time, sighting.place, sighting)
            (heapq.heappush if len(newest) < LIMIT else heapq.heappushpop)(newest, entry)
    moments = arranged(sighting for *_, sighting in sorted(newest, key=lambda one: one[:2]))
    missing = sorted(set(TOPICS) - {one.topic.removeprefix(prefix) for one in partitions})
    return Timeline(moments, found - len(newest), missing)


def unread(topic: str) -> str:
    """The word that a topic is not read."""
    return f"{topic} is not there, or we may not read it"


def arranged(sightings: Iterable[Sighting]) -> list[Moment]:
    """Those that follow from none of the others, in the order given, each with its effects. Repeats are left out."""
    moments: dict[str, Moment] = {}
    waiting: list[Sighting] = []
    for sighting in sightings:
        event = sighting.event
        id = event.id if event else sighting.place
        if id in moments or any(one.event and one.event.id == id for one in waiting):
            continue
        if event and event.causationid:
            waiting.append(sighting)
        moments[id] = Moment(sighting)
    for effect in waiting:
        if effect.event and (cause := moments.get(effect.event.causationid or "")):
            cause.effects.append(effect)
            del moments[effect.event.id]
    return list(moments.values())
