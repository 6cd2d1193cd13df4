"""Poison: records that are none of our events, on every topic, while the devices' lives go on."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from device_events import header_names
from tests.faults import outsider
from tests.faults.audit.records import READS
from tests.faults.figures import Figures
from tests.faults.outsider import Written
from tests.faults.registry import row
from tests.faults.world import World

header_names.replace()  # the auditor reads with aiokafka, too, and would stop at such a name
HUGE = 1_000_000  # bytes; a topic takes 1 MiB
# An event that stands on each topic, and the groups that act on it.
MODELS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "rollcall.device-status": (
        "rollcall.device.status-changed.v1",
        ("push-registry", "mobile-platform", "contacts"),
    ),
    "rollcall.push-registrations": ("rollcall.push.registered.v1", ("device-admin",)),
    "rollcall.mobile-clients": ("rollcall.mobile-client.registered.v1", ("device-admin", "mobile-platform")),
    "rollcall.contacts": ("rollcall.contact.device-registered.v1", ("device-admin", "contacts")),
    "rollcall.custom-events": ("rollcall.contact.custom-event-triggered.v1", ("email-handlers",)),
}


def _with(name: str, value: bytes) -> Callable[[Written], Written]:
    def change(model: Written) -> Written:
        return model._replace(headers=[*((known, old) for known, old in model.headers if known != name), (name, value)])

    return change


def _without(*names: str) -> Callable[[Written], Written]:
    return lambda model: model._replace(headers=[one for one in model.headers if one[0] not in names])


def _valued(value: bytes | None) -> Callable[[Written], Written]:
    return lambda model: model._replace(value=value)


def _misnamed(model: Written) -> Written:
    return model._replace(
        headers=[*(one for one in model.headers if one[0] != "ce_id"), ("x-odd-name", b"1")],
        exchanged=(b"x-odd-name", b"x-\xff\xfed-name"),
    )


@dataclass(frozen=True)
class Poison:
    """How it is made of a real event, and why it is given up; by every group that reads the topic, if `by_all`.

    Without a reason it is passed over by all.
    """

    name: str
    make: Callable[[Written], Written]
    reason: str = ""
    by_all: bool = False

    def victims(self, topic: str) -> list[str]:
        """The groups that have to give it up."""
        if not self.reason:
            return []
        readers = [group for group, topics in READS.items() if topic in topics]
        return readers if self.by_all else [*MODELS[topic][1]]


KINDS = (
    Poison("no value", _valued(None), "has no value"),
    Poison("not JSON", _valued(b"{"), "is no JSON"),
    Poison("not UTF-8", _valued(b"\xff\xfe\x00"), "is no JSON"),
    Poison("JSON null", _valued(b"null"), "no JSON object"),
    Poison("no headers", lambda model: model._replace(headers=[]), "missing", by_all=True),
    Poison("no type", _without("ce_type"), "type missing", by_all=True),
    Poison("empty type", _with("ce_type", b""), "type missing", by_all=True),
    Poison("no id", _without("ce_id"), "id missing"),
    Poison("another key", lambda model: model._replace(key=b"another"), "the key is not the subject"),
    Poison("schema broken", _valued(b'{"runtime": 7}'), "the payload breaks"),
    Poison("huge", _valued(b'{"filler": "' + b"x" * HUGE + b'"}'), "the payload breaks"),
    Poison("a header not UTF-8", _with("ce_correlationid", b"\xff\xfe"), "no CloudEvent: UnicodeDecodeError"),
    Poison("a header's name not UTF-8", _misnamed, "id missing"),
    Poison("foreign source", _with("ce_source", b"/elsewhere"), "announces no"),
    Poison("no sequence", _with("ce_sequence", b"-1"), "sequence is no whole number"),
    Poison("no time", _with("ce_time", b"yesterday"), "no CloudEvent: ValueError"),
    Poison("another specversion", _with("ce_specversion", b"0.3"), "not CloudEvents 1.0"),
    Poison("another's type", _with("ce_type", b"rollcall.device.status-changed.v2")),
    Poison("a type not UTF-8", _with("ce_type", b"\xff\xfe")),
)


@row("poison of every kind on every topic", group="events")
async def poisoned(world: World, rounds: int, rng: random.Random) -> Figures:
    """Whatever is no event of ours is given up with its reason by those who would act on it; all others go on."""
    await world.stack.start()
    await world.fleet.begin()
    due: dict[tuple[str, str], tuple[Poison, str]] = {}  # by group and place
    async with world.load():
        models = await _models(world)
    for _ in range(rounds):
        poison = [(kind, topic) for kind in KINDS for topic in MODELS]
        rng.shuffle(poison)
        async with world.load():
            places = await outsider.put(world, [kind.make(rng.choice(models[topic])) for kind, topic in poison])
            ended = time.monotonic()
        for (kind, topic), place in zip(poison, places, strict=True):
            due |= {(group, place): (kind, topic) for group in kind.victims(topic)}
        await world.recovered(ended)
    kinds = f"{len(KINDS)} kinds on {len(MODELS)} topics"
    figures = await world.audit(dead_letters=len(due), notes=(kinds, f"{len(due)} dead letters, each with its reason"))
    _compare(figures, due, await world.auditor.log.dead_letters(), world.stack.prefix)
    return figures


async def _models(world: World) -> dict[str, list[Written]]:
    found: dict[str, list[Written]] = {}
    for topic, (type_, _) in MODELS.items():
        records = await world.auditor.log.raw(topic)
        found[topic] = [
            Written(topic, one.key, one.value, list(one.headers)) for one in records if _type_of(one) == type_
        ]
    return found


def _type_of(record: Any) -> str:
    return next((value.decode() for name, value in record.headers if name == "ce_type"), "")


def _compare(
    figures: Figures, due: Mapping[tuple[str, str], tuple[Poison, str]], letters: Sequence[str], prefix: str
) -> None:
    given_up = {}
    for letter in letters:
        group, _, told = letter.removeprefix(prefix).partition(".dead-letters: ")
        place, _, reason = told.partition(" ")
        given_up[group, place] = reason
    for (group, place), (kind, topic) in due.items():
        reason = given_up.pop((group, place), "nothing")
        if kind.reason not in reason:
            figures.find("lost", f"{kind.name} on {topic}: {group} gave as its reason {reason}")
    figures.find("phantom", *(f"{group} gave up {place}: {why}" for (group, place), why in given_up.items()))
