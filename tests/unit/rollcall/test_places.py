"""Places in topics as people name them, and filters."""

import argparse
from datetime import UTC, datetime, timedelta

import pytest

from device_events import catalog
from rollcall.filters import Filter, type_pattern
from rollcall.places import place, time, written
from tests.unit.rollcall.sent import DEVICE, lost, pushed, record, triggered


def test_places_are_named_in_several_ways() -> None:
    assert (place("beginning"), place("end"), place("17")) == ("beginning", "end", 17)
    assert place("2:1041") == {2: 1041}
    assert place("0:5,3:7") == {0: 5, 3: 7}
    assert place(written({3: 7, 0: 5})) == {0: 5, 3: 7}
    assert place("2026-11-22T09:30:00+01:00") == datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
    assert place("2026-11-22") == datetime(2026, 11, 22, tzinfo=UTC)
    for text, age in (("90s", 90), ("10m", 600), ("2h", 7_200), ("7d", 604_800)):
        assert abs(datetime.now(UTC) - timedelta(seconds=age) - time(text)) < timedelta(seconds=5)


@pytest.mark.parametrize("text", ["", "soon", "-1", "1:", ":1", "1:2,", "1:2,1:3", "10", "10x", "2026-13-01", "٣"])
def test_what_is_no_place_is_refused(text: str) -> None:
    if text == "10":
        with pytest.raises(argparse.ArgumentTypeError):
            time(text)
    else:
        with pytest.raises(argparse.ArgumentTypeError):
            place(text)


def test_types_are_named_short_long_or_by_a_pattern() -> None:
    push, status = record(pushed("p")), record(lost())
    for pattern in ("push.registered", catalog.PUSH_REGISTERED, "push.*", "*.registered"):
        assert Filter(types=[type_pattern(pattern)]).takes(push)
        assert not Filter(types=[pattern]).takes(status)
    assert Filter(types=["push.*", "device.*"]).takes(status)
    with pytest.raises(argparse.ArgumentTypeError, match=r"push\.registered"):
        type_pattern("push")


def test_devices_are_named_with_their_runtime_or_without() -> None:
    assert Filter(device=DEVICE).takes(record(lost()))
    assert Filter(device="d").takes(record(lost()))
    for other in ("myruntime", "x/d", "", "3:00", "/d"):
        assert not Filter(device=other).takes(record(lost()))
    # A compacted status without a value is about the device that its headers name; what names none is about none.
    assert Filter(device="d").takes(record(value=None, headers=[("ce_subject", DEVICE.encode())]))
    assert not Filter(device="d").takes(record(value=b"{}"))


def test_payloads_answer_for_runtimes_and_applications() -> None:
    assert Filter(runtime="myruntime", application="myapp").takes_event(pushed("p"))
    assert not Filter(application="myapp").takes_event(triggered("t"))
    assert not Filter(runtime="other").takes_event(triggered("t"))
    assert (Filter(runtime="r").asks_payloads, Filter(device="d").asks_payloads) == (True, False)
