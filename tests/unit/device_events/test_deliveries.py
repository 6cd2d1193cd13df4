"""The repeat filter: what it drops, what it remembers, and how much of it."""

import pytest

from device_events import EVERY, LATEST
from device_events.deliveries import RepeatFilter

TOPIC = "t"


def told(one: RepeatFilter, subject: str, sequence: int) -> str | None:
    """Whether the event would be dropped; handled if not."""
    key = subject if one.by_device else f"{subject}-{sequence}"
    why = one.outdated(TOPIC, key.encode(), sequence)
    if why is None:
        one.handled(TOPIC, key.encode(), sequence)
    return why


def test_latest_drops_repeats_and_stale_events_of_a_device() -> None:
    one = RepeatFilter(LATEST, 100, recording=False)
    assert [told(one, "a", sequence) for sequence in (1, 3, 2, 3, 4)] == [None, None, "stale", "repeated", None]
    assert told(one, "b", 2) is None


def test_every_drops_repeats_alone() -> None:
    one = RepeatFilter(EVERY, 100, recording=False)
    assert [told(one, "a", sequence) for sequence in (1, 3, 2, 3, 4)] == [None, None, None, "repeated", None]


def test_nothing_counts_as_seen_before_it_was_handled() -> None:
    one = RepeatFilter(LATEST, 100, recording=False)
    assert one.outdated(TOPIC, b"a", 1) is None
    assert one.outdated(TOPIC, b"a", 1) is None


def test_two_topics_have_devices_of_their_own() -> None:
    one = RepeatFilter(LATEST, 100, recording=False)
    one.handled("t", b"a", 5)
    assert one.outdated("u", b"a", 5) is None


def test_a_full_memory_forgets_what_was_met_longest_ago() -> None:
    one = RepeatFilter(LATEST, 80, recording=False)
    for number in range(80):
        one.handled(TOPIC, b"%d" % number, 5)
    one.handled(TOPIC, b"0", 6)
    one.handled(TOPIC, b"new", 5)
    known = {number for number in range(80) if one.outdated(TOPIC, b"%d" % number, 5)}
    assert known == {0, *range(11, 80)}
    assert one.outdated(TOPIC, b"new", 5) == "repeated"
    assert len(one) == 71


def test_a_memory_never_holds_more_than_it_may() -> None:
    one = RepeatFilter(EVERY, 1_000, recording=False)
    for number in range(20_000):
        one.handled(f"t{number % 3}", b"%d" % number, 1)
        assert len(one) <= 1_000


def test_changes_are_given_once_and_again_if_they_could_not_be_kept() -> None:
    one = RepeatFilter(LATEST, 100, recording=True)
    assert told(one, "a", 1) is None
    first = one.changes()
    assert first == {(TOPIC, b"a"): 1}
    assert one.changes() == {}
    assert told(one, "a", 2) is None
    one.unkept({**first, (TOPIC, b"b"): 1})
    assert one.changes() == {(TOPIC, b"a"): 2, (TOPIC, b"b"): 1}


def test_what_was_handled_long_ago_can_be_learnt() -> None:
    one = RepeatFilter(LATEST, 100, recording=True)
    one.learn({(TOPIC, b"a"): 7})
    assert (told(one, "a", 7), told(one, "a", 6), told(one, "a", 8)) == ("repeated", "stale", None)
    assert one.changes() == {(TOPIC, b"a"): 8}


def test_a_memory_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="room"):
        RepeatFilter(LATEST, 1, recording=False)
