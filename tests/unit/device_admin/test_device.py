"""Devices: how they become known, how their status is set, how they expire and come back."""

from datetime import timedelta

import pytest

from device_admin.model import device
from device_admin.model.device import StatusChange
from device_events.statuses import DeviceStatus
from tests.unit.device_admin.builders import NOON, a_device, a_sighting, a_transaction, later, submitted

STATUSES = list(DeviceStatus)


def test_a_device_first_seen_is_active_and_announced_without_a_previous_status() -> None:
    decided = device.learn(None, a_sighting(time=later(seconds=-5)), NOON)
    assert decided is not None
    state, change = decided
    assert (state["status"], state["last_accessed"], state["status_time"]) == ("ACTIVE", later(seconds=-5), NOON)
    assert (state["name"], state["model"], state["platform"]) == ("12345-6789", "", "iOS")
    assert (state["users"], state["applications"]) == (["Jeremy"], [{"id": "myapp", "user": "Jeremy"}])
    assert change == StatusChange(
        runtime="myruntime", device_id="12345-6789", status="ACTIVE", reason="first-seen", previous=None
    )


def test_what_is_no_contact_makes_no_device_known() -> None:
    assert device.learn(None, a_sighting(contact=False), NOON) is None


def test_a_time_in_the_future_is_not_believed() -> None:
    decided = device.learn(None, a_sighting(time=later(days=400)), NOON)
    assert decided is not None
    assert decided[0]["last_accessed"] == NOON


def test_the_last_access_is_stored_at_most_once_a_minute_and_announces_nothing() -> None:
    state = a_device()
    soon = a_sighting(application=None, time=later(seconds=59))
    assert device.learn(state, soon, soon.time) == (state, None)
    decided = device.learn(state, soon, soon.time)
    assert decided is not None
    assert decided[0] is state
    minute = a_sighting(application=None, time=later(seconds=60))
    assert device.learn(state, minute, minute.time) == ({**state, "last_accessed": minute.time}, None)


def test_an_old_event_does_not_set_the_last_access_back() -> None:
    state = a_device()
    old = a_sighting(application=None, time=later(days=-1))
    decided = device.learn(state, old, later(days=1))
    assert decided is not None
    assert decided[0] is state


@pytest.mark.parametrize("status", STATUSES)
def test_a_contact_changes_no_status_but_expired(status: DeviceStatus) -> None:
    decided = device.learn(a_device(status), a_sighting(time=later(hours=1), sequence=2), later(hours=1))
    assert decided is not None
    state, change = decided
    assert state["last_accessed"] == later(hours=1)
    if status is DeviceStatus.EXPIRED:
        assert (state["status"], state["status_time"]) == ("ACTIVE", later(hours=1))
        assert change is not None
        assert (change.reason, change.previous, change.transaction_id) == ("contact", "EXPIRED", None)
    else:
        assert (state["status"], change) == (status, None)


@pytest.mark.parametrize("time", [later(seconds=-1), NOON])
def test_a_contact_that_is_not_later_than_the_expiry_wakes_nobody(time: object) -> None:
    state = a_device(DeviceStatus.EXPIRED)
    decided = device.learn(state, a_sighting(time=time, application=None), later(hours=1))
    assert decided is not None
    assert decided[0]["status"] == "EXPIRED"
    assert decided[1] is None


def test_an_effect_of_a_status_change_wakes_nobody() -> None:
    effect = a_sighting(contact=False, time=later(hours=1), sequence=2)
    decided = device.learn(a_device(DeviceStatus.EXPIRED), effect, later(hours=1))
    assert decided is not None
    state, change = decided
    assert (state["status"], state["last_accessed"], change) == ("EXPIRED", NOON, None)


def test_applications_and_users_are_learnt_and_forgotten() -> None:
    state = a_device()
    for sighting in (
        a_sighting(sequence=2, application="other", user="Ann"),
        a_sighting(sequence=3, application="third", user=None),
    ):
        decided = device.learn(state, sighting, NOON)
        assert decided is not None
        state = decided[0]
    assert state["users"] == ["Ann", "Jeremy"]
    assert [held["id"] for held in state["applications"]] == ["myapp", "other", "third"]
    gone = device.learn(state, a_sighting(sequence=4, contact=False, gone=True), NOON)
    assert gone is not None
    assert gone[0]["users"] == ["Ann"]
    assert [held["id"] for held in gone[0]["applications"]] == ["other", "third"]


@pytest.mark.parametrize("sequence", [1, 2])
def test_a_repeated_or_stale_registration_changes_nothing(sequence: int) -> None:
    decided = device.learn(a_device(), a_sighting(sequence=2, contact=False, gone=True), NOON)
    assert decided is not None
    again = device.learn(decided[0], a_sighting(sequence=sequence), NOON)
    assert again is not None
    assert again[0] is decided[0]


def test_sequences_of_different_streams_are_not_compared_and_few_are_kept() -> None:
    state = a_device()
    for number in range(20):
        decided = device.learn(state, a_sighting(subject=f"subject-{number}", application=f"app-{number}"), NOON)
        assert decided is not None
        state = decided[0]
    assert len(state["applications"]) == 21
    assert len(state["heard"]) == 8


def test_unknown_fields_survive() -> None:
    state = a_device(from_the_next_version=7)
    decided = device.learn(state, a_sighting(sequence=2, time=later(hours=1)), later(hours=1))
    assert decided is not None
    changed, _ = submitted(decided[0], a_transaction())
    assert changed["from_the_next_version"] == 7  # type: ignore[typeddict-item]


@pytest.mark.parametrize("status", STATUSES)
def test_only_an_active_device_expires(status: DeviceStatus) -> None:
    decided = device.expire(a_device(status), later(seconds=1), later(days=90))
    if status is not DeviceStatus.ACTIVE:
        assert decided is None
        return
    assert decided is not None
    state, change = decided
    assert (state["status"], state["status_time"], state["last_accessed"]) == ("EXPIRED", later(days=90), NOON)
    assert change is not None
    assert (change.reason, change.previous, change.transaction_id) == ("inactivity", "ACTIVE", None)


@pytest.mark.parametrize("heard_since", [timedelta(0), timedelta(milliseconds=1)])
def test_a_device_that_was_heard_of_meanwhile_does_not_expire(heard_since: timedelta) -> None:
    state = a_device(last_accessed=NOON + heard_since)
    assert device.expire(state, NOON, later(days=90)) is None


def test_an_unknown_device_does_not_expire() -> None:
    assert device.expire(None, NOON, NOON) is None
