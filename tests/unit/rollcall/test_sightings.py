"""How an event is said to people and to programs: in colour or not, without secrets, harmless to a terminal."""

from collections.abc import Iterator

import pytest

from device_events import Event, catalog
from rollcall.colours import Paint, paint, printable
from rollcall.sightings import effects, plain, said, seen
from rollcall.timeline import arranged
from tests.unit.rollcall.sent import BEGIN, DEVICE, applied, lost, pushed, record, triggered

PLAIN, COLOURED = Paint(False), Paint(True)


def line(event: Event, painter: Paint = PLAIN, *, values: bool = False) -> str:
    return said(seen(record(event), "t"), painter, values=values)


def test_each_line_says_what_has_happened() -> None:
    device = f"  {DEVICE}  "
    assert line(lost()) == f"{'device.status-changed':<30}{device}ACTIVE → LOST  operator, transaction 2"
    assert line(applied("a", after=1)) == (
        f"{'device.status-applied':<30}{device}push-registry has applied LOST: tokensRemoved 1"
    )
    assert line(pushed("p")) == f"{'push.registered':<30}{device}myapp A alice  token 01234567…"
    again = lost(after=0)
    assert "LOST → LOST again" in line(Event(**{**_fields(again), "data": {**again.data, "previous": "LOST"}}))


def test_values_of_contacts_are_said_when_asked_for() -> None:
    for told in (line(triggered("t")), str(plain(seen(record(triggered("t")), "t"), values=False))):
        assert "SendWelcomeEmail" in told
        assert "ada@example.com" not in told
    assert line(triggered("t"), values=True).endswith("Email=ada@example.com")
    assert plain(seen(record(triggered("t")), "t"), values=True)["data"]["values"] == {"Email": "ada@example.com"}


def test_programs_get_what_the_event_has() -> None:
    assert plain(seen(record(lost(), offset=7), "rollcall.device-status"), values=False) == {
        "topic": "rollcall.device-status",
        "partition": 0,
        "offset": 7,
        "time": "2026-11-22T23:59:59.900Z",
        "type": catalog.DEVICE_STATUS_CHANGED,
        "id": "lost",
        "source": catalog.DEVICE_ADMIN,
        "subject": DEVICE,
        "sequence": 1,
        "deviceid": DEVICE,
        "data": dict(lost().data),
    }


def test_what_is_no_event_is_said_to_be_none() -> None:
    sighting = seen(record(value=b"{", headers=[("ce_type", b"odd\x1b[2J")]), "t")
    assert plain(sighting, values=False)["undecodable"].startswith("no CloudEvent of ours: specversion")
    assert said(sighting, PLAIN, values=False).startswith("odd\\x1b[2J")
    assert "t:0:0 is no event of ours" in said(sighting, PLAIN, values=False)
    assert seen(record(value=None), "t").problem == "the record has no value"


def test_names_from_outside_cannot_move_the_cursor() -> None:
    assert "\\x1b[2J\\nforged" in line(pushed("p", user="\033[2J\nforged"))
    assert printable("Ada → d") == "Ada → d"


def test_colours_are_for_terminals_without_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    assert line(lost(), COLOURED).count("\033[") == 8
    assert "\033[1;31mLOST\033[0m" in line(lost(), COLOURED)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    for terminal, no_color, coloured in ((True, "", True), (True, "1", False), (False, "", False)):
        monkeypatch.setattr("sys.stdout.isatty", lambda terminal=terminal: terminal)
        monkeypatch.setenv("NO_COLOR", no_color)
        assert paint("auto").on is coloured
        assert (paint("always").on, paint("never").on) == (True, False)


def test_counts_of_nothing_are_left_out() -> None:
    assert effects({"customEvents": 0, "contactDevices": 2}) == "contactDevices 2"
    assert effects({"tokensRemoved": 0}) == "nothing to do"


def test_effects_stand_under_their_cause_with_milliseconds_since() -> None:
    events = [pushed("p"), lost(after=100), lost("other", after=150), applied("a", after=171), applied("a", after=171)]
    events.append(applied("b", after=180, causationid="long-ago"))
    first, cause, other, lone = arranged(seen(record(one), "t") for one in events)
    assert [one.event.id for one in _events([cause.sighting, *cause.effects])] == ["lost", "a"]
    assert cause.after(cause.effects[0]) == 71
    assert [len(one.effects) for one in (first, other, lone)] == [0, 0, 0]
    assert lone.sighting.event
    assert (lone.sighting.event.id, lone.sighting.time > BEGIN) == ("b", True)


def _events(sightings: list) -> Iterator:  # type: ignore[type-arg]  # of a test
    return (one for one in sightings if one.event)


def _fields(event: Event) -> dict:  # type: ignore[type-arg]  # of a test
    return {name: getattr(event, name) for name in Event.__dataclass_fields__}
