"""Counting failures: so many in a window, then a wait that is told; the table is bounded."""

import pytest

from chassis import throttle
from chassis.throttle import Throttle


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(throttle, "time", clock)
    return clock


def failing(one: Throttle, key: bytes, times: int) -> None:
    for _ in range(times):
        one.fail(key)


def test_a_key_is_closed_after_its_last_allowed_failure_until_the_window_ends(clock: Clock) -> None:
    one = Throttle(limit=3, window=60)
    failing(one, b"a", 2)
    assert one.closed_for(b"a") == 0
    clock.now += 20.5
    one.fail(b"a")
    assert one.closed_for(b"a") == 40
    clock.now += 39.4
    assert one.closed_for(b"a") == 1
    clock.now += 0.2
    assert one.closed_for(b"a") == 0
    failing(one, b"a", 2)
    assert one.closed_for(b"a") == 0


def test_failures_long_ago_do_not_count(clock: Clock) -> None:
    one = Throttle(limit=2, window=60)
    for _ in range(10):
        one.fail(b"a")
        clock.now += 61
        assert one.closed_for(b"a") == 0


def test_keys_do_not_touch_each_other(clock: Clock) -> None:
    one = Throttle(limit=1, window=60)
    one.fail(b"a")
    assert (one.closed_for(b"a"), one.closed_for(b"b")) == (60, 0)


def test_a_success_makes_failures_forgotten(clock: Clock) -> None:
    one = Throttle(limit=3, window=60)
    failing(one, b"a", 2)
    one.forget(b"a")
    failing(one, b"a", 2)
    assert one.closed_for(b"a") == 0


def test_the_table_is_bounded_and_forgets_the_oldest_first(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "KEYS", 3)
    one = Throttle(limit=1, window=60)
    for key in (b"a", b"b", b"c", b"d"):
        one.fail(key)
    assert [one.closed_for(key) for key in (b"a", b"b", b"c", b"d")] == [0, 60, 60, 60]
    assert len(one._windows) == 3
