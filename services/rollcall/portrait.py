"""Portrait: a device for people, service by service, and then its timeline."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from rollcall.colours import BOLD, DIM, Paint, printable
from rollcall.services import CONTACTS, DEVICE_ADMIN, MOBILE_PLATFORM, PUSH_REGISTRY
from rollcall.sightings import clock, effects, iso, said, status
from rollcall.timeline import Timeline, unread

_TRANSACTIONS = 3  # of those that a device remembers; all of them are in the JSON
_MARGIN = 18
_LAST = 10**12


def portrait(
    device: str,
    profile: Mapping[str, Mapping[str, Any] | None],
    events: Timeline,
    since: datetime,
    paint: Paint,
    *,
    values: bool,
) -> list[str]:
    """The lines."""
    lines = [paint(printable(device), BOLD), ""]
    for name, tell in _SERVICES.items():
        known = profile[name]
        told = list(tell(known, paint)) if known else [paint("has never known it", DIM)]
        lines += [f"{name if not number else '':<{_MARGIN}}{line}" for number, line in enumerate(told)]
    lines += ["", *_timeline(events, since, paint, values=values)]
    return lines


def _device_admin(known: Mapping[str, Any], paint: Paint) -> Iterator[str]:
    what = "removed, " if "removed" in known else ""
    accessed = f"last accessed {_time(known['lastAccessed'])}"
    yield f"{what}{status(known['status'], paint)} since {_time(known['statusTime'])}, {accessed}"
    about = [known[name] for name in ("platform", "model") if name in known]
    about += [f"used by {', '.join(known['users'])}"] if known["users"] else []
    about += [f"with {_application(one)}" for one in known["applications"]]
    if about:
        yield printable(", ".join(about))
    transactions: Sequence[Mapping[str, Any]] = known["transactions"]
    for one in transactions[:_TRANSACTIONS]:
        yield (
            f"transaction {one['id']}  {_change(one, paint)} by {printable(one['user'])}  {one['status']}  "
            f"{paint(_time(one['created']), DIM)}"
        )
        for part in sorted(one["services"], key=lambda part: part.get("milliseconds", _LAST)):
            yield f"  {_part(part)}"
    if len(transactions) > _TRANSACTIONS:
        yield paint(f"and {len(transactions) - _TRANSACTIONS} earlier transactions: --json shows them", DIM)


def _application(one: Mapping[str, Any]) -> str:
    return f"{one['id']}{' (disabled)' if one.get('disabled') else ''}"


def _change(one: Mapping[str, Any], paint: Paint) -> str:
    match one["type"]:
        case "REMOVE_DEVICE":
            return "removed"
        case "CHANGE_DEVICE_APPLICATION_STATUS":
            return f"{printable(one.get('application', ''))} {one['to']}"
    return status(one["to"], paint)


def _part(part: Mapping[str, Any]) -> str:
    if not part["applied"]:
        return f"     …     {part['service']:<16} has not applied it yet"
    return f"{part['milliseconds']:>5} ms  {part['service']:<16} {effects(part['effects'])}"


def _push_registry(known: Mapping[str, Any], paint: Paint) -> Iterator[str]:
    yield _block(known, paint)
    for one in known["registrations"]:
        phone = f"  phone {printable(one['phoneNumber'])}" if "phoneNumber" in one else ""
        what = f"{printable(one['application'])}  {one['platform']}  user {printable(one['userId'])}"
        yield f"{what}  {_token(one)}{phone}  {paint(_time(one['updated']), DIM)}"
    if not known["registrations"]:
        yield paint("no registrations", DIM)
    if known["reservedTokens"]:
        its = "its token stays" if known["reservedTokens"] == 1 else f"its {known['reservedTokens']} tokens stay"
        yield paint(f"{its} reserved: no other device may register what it had", DIM)


def _mobile_platform(known: Mapping[str, Any], paint: Paint) -> Iterator[str]:
    yield _block(known, paint)
    for one in known["clients"]:
        if one["registered"]:
            user = f"  user {printable(one['user'])}" if "user" in one else ""
            yield (
                f"{printable(one['clientId'])}  {one['platform']} {one['provider']}{user}  {_token(one)}  "
                f"{paint(_time(one['modified']), DIM)}"
            )
        else:
            why = f" by status {one['takenAwayBy']}" if "takenAwayBy" in one else ""
            yield f"a client of backend {printable(one['backend'])}  {paint(f'deregistered{why}', DIM)}"
    if not known["clients"]:
        yield paint("no clients", DIM)


def _contacts(known: Mapping[str, Any], paint: Paint) -> Iterator[str]:
    yield _block(known, paint)
    for one in known["contacts"]:
        its = f"  {status(one['status'], paint)}" if "status" in one else ""
        triggered = one.get("customEventsTriggered", 0)
        count = f"  triggered {triggered} custom event{'s' if triggered != 1 else ''}" if triggered else ""
        yield f"list {one['listId']}  {printable(one['encContactId'])}{its}{count}"
        if "values" in one:
            yield "  " + ", ".join(f"{printable(name)} {printable(value)}" for name, value in one["values"].items())
    if not known["contacts"]:
        yield paint("no contact has it", DIM)


def _block(known: Mapping[str, Any], paint: Paint) -> str:
    if "status" not in known:
        return "not blocked"
    word = "blocked" if known["blocked"] else "not blocked"
    number = paint(f"(status {known.get('statusSequence')})", DIM)
    return f"{word}: {status(known['status'], paint)} {number}"


def _token(one: Mapping[str, Any]) -> str:
    return f"token {one['tokenDigest']}…" if "tokenDigest" in one else "no token"


def _time(text: str) -> str:
    return text[:19].replace("T", " ")


def _timeline(events: Timeline, since: datetime, paint: Paint, *, values: bool) -> Iterator[str]:
    title = f"Timeline since {_time(iso(since))} UTC"
    yield from (unread(topic) for topic in events.unread)
    if not events.moments:
        yield f"{title}: no events"
        return
    yield f"{title}; what followed from a status change is under it, with the milliseconds since"
    if events.left_out:
        yield paint(f"  {events.left_out} earlier events are left out", DIM)
    day = None
    for moment in events.moments:
        sighting = moment.sighting
        if (its := sighting.time.date()) != day:
            day = its
            yield paint(f"  {day}", DIM)
        earlier = sighting.event and sighting.event.causationid
        note = paint("  (effect of an earlier change)", DIM) if earlier else ""
        yield f"  {paint(clock(sighting.time), DIM)}  {said(sighting, paint, values=values, about=False)}{note}"
        for effect in moment.effects:
            after = f"+{moment.after(effect)} ms"
            yield f"  {after:>12}    {said(effect, paint, values=values, about=False)}"


_SERVICES = {
    DEVICE_ADMIN.name: _device_admin,
    PUSH_REGISTRY.name: _push_registry,
    MOBILE_PLATFORM.name: _mobile_platform,
    CONTACTS.name: _contacts,
}
