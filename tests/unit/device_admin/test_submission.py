"""How transactions take effect on a device: once, in order, each on its own part."""

from typing import Any

import pytest

from device_admin.errors import ApplicationNotFound, DeviceNotFound
from device_admin.model import device, submission
from device_admin.model.device import DeviceState, StatusChange
from device_admin.model.submission import by_transaction
from device_events.statuses import BLOCKING, DeviceStatus
from tests.unit.device_admin.builders import (
    NOON,
    a_device,
    a_removal,
    a_sighting,
    a_switch,
    a_transaction,
    later,
    submitted,
)

STATUSES = list(DeviceStatus)
STATUS = "CHANGE_DEVICE_STATUS"


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("previous", STATUSES)
def test_any_status_may_follow_any_and_is_announced_also_when_set_again(
    previous: DeviceStatus, status: DeviceStatus
) -> None:
    state, change = submitted(a_device(previous), a_transaction(7, status), sequence=4)
    assert state["status"] == status
    assert state["transactions"] == [{"id": 7, "about": STATUS, "sequence": 5, "time": NOON}]
    assert change == StatusChange(
        runtime="myruntime",
        device_id="12345-6789",
        status=status,
        reason="operator",
        previous=previous,
        transaction_id=7,
    )


def test_a_transaction_takes_effect_once() -> None:
    state, _ = submitted(a_device(), a_transaction(1))
    changed, _ = submitted(state, a_transaction(2, "ACTIVE"), sequence=2)
    again, change = submitted(changed, a_transaction(1), sequence=3)
    assert again is changed
    assert change is None


def test_an_unknown_device_takes_no_status() -> None:
    with pytest.raises(DeviceNotFound):
        submission.submit(None, 0, a_transaction(), NOON)


def test_a_slow_transaction_still_takes_effect_after_a_later_one() -> None:
    state, _ = submitted(a_device(), a_transaction(2, "ACTIVE"))
    state, change = submitted(state, a_transaction(1, "LOST"), sequence=2)
    assert state["status"] == "LOST"
    assert change is not None


def test_a_recovered_transaction_goes_on_when_no_later_one_took_effect() -> None:
    state, _ = submitted(a_device(), a_transaction(1, "ACTIVE"))
    state, change = submitted(state, a_transaction(2, "LOST"), sequence=2, recovering=True)
    assert state["status"] == "LOST"
    assert change is not None


def test_a_recovered_transaction_that_was_overtaken_never_takes_effect() -> None:
    state, _ = submitted(a_device(), a_transaction(2, "ACTIVE"))
    state, change = submitted(state, a_transaction(1, "LOST"), sequence=2, recovering=True)
    assert (state["status"], change) == ("ACTIVE", None)
    assert by_transaction(state)[1] == {"id": 1, "about": STATUS, "overtaken_by": 2}
    # Its first process was only slow, and comes after all.
    again, change = submitted(state, a_transaction(1, "LOST"), sequence=2)
    assert again is state
    assert change is None


def test_one_that_was_overtaken_overtakes_nobody() -> None:
    state = a_device(transactions=[{"id": 9, "overtaken_by": 12}])
    state, change = submitted(state, a_transaction(5), recovering=True)
    assert change is not None


def test_a_device_remembers_a_bounded_number_of_transactions() -> None:
    state = a_device()
    for id in range(1, 50):
        state, _ = submitted(state, a_transaction(id), sequence=id)
    assert [*by_transaction(state)] == [*range(18, 50)]


def test_a_removed_device_keeps_only_what_shuts_it_out() -> None:
    state, _ = submitted(a_device(DeviceStatus.LOST), a_switch(1), sequence=7)
    removed, change = submitted(state, a_removal(2), sequence=7)
    assert change is None
    assert removed["kind"] == "removed-device"
    assert (removed["status"], removed["disabled"], removed["removed"]) == ("LOST", ["myapp"], NOON)
    assert (removed["name"], removed["model"], removed["platform"]) == ("", "", "")
    assert (removed["users"], removed["applications"]) == ([], [])
    assert "Jeremy" not in str(removed)
    assert by_transaction(removed)[2] == {"id": 2, "about": "REMOVE_DEVICE", "time": NOON}


def test_a_removal_takes_effect_once_and_a_second_one_finds_no_device() -> None:
    removed, _ = submitted(a_device(), a_removal(1))
    again, change = submitted(removed, a_removal(1), recovering=True)
    assert again is removed
    assert change is None
    with pytest.raises(DeviceNotFound):
        submitted(removed, a_removal(2))
    with pytest.raises(DeviceNotFound):
        submitted(removed, a_switch(3))


@pytest.mark.parametrize("status", STATUSES)
def test_only_the_block_of_a_removed_device_can_be_changed(status: DeviceStatus) -> None:
    removed, _ = submitted(a_device(status), a_removal(1))
    if status in ("ACTIVE", "EXPIRED"):
        with pytest.raises(DeviceNotFound):
            submitted(removed, a_transaction(2, "LOST"))
        return
    lifted, change = submitted(removed, a_transaction(2, "ACTIVE"), sequence=3)
    assert (lifted["kind"], lifted["status"]) == ("removed-device", "ACTIVE")
    assert change is not None
    assert (change.status, change.previous, change.transaction_id) == ("ACTIVE", status, 2)


@pytest.mark.parametrize("status", sorted(BLOCKING))
def test_a_removed_device_comes_back_with_its_block(status: DeviceStatus) -> None:
    removed, _ = submitted(a_device(status), a_removal(1))
    state, change = come_back(removed)
    assert (state["kind"], state["status"], "removed" in state) == ("device", status, False)
    assert change is not None
    assert (change.status, change.previous, change.reason) == (status, None, "first-seen")
    assert (state["users"], state["last_accessed"]) == (["Ann"], later(seconds=1))
    assert by_transaction(state).keys() == {1}


@pytest.mark.parametrize("status", [DeviceStatus.ACTIVE, DeviceStatus.EXPIRED])
def test_a_removed_device_without_a_block_comes_back_active(status: DeviceStatus) -> None:
    removed, _ = submitted(a_device(status), a_removal(1))
    state, change = come_back(removed)
    assert state["status"] == "ACTIVE"
    assert change is not None
    assert change.previous is None


def test_only_a_later_contact_brings_a_removed_device_back_and_nothing_is_learnt_before() -> None:
    removed, _ = submitted(a_device(), a_removal(1))
    for sighting in (
        a_sighting(sequence=2, time=NOON),
        a_sighting(sequence=2, time=later(hours=1), contact=False),
        a_sighting(sequence=2, time=later(hours=1), contact=False, gone=True),
    ):
        assert device.learn(removed, sighting, later(hours=2)) is None


def test_a_removed_device_does_not_expire() -> None:
    removed, _ = submitted(a_device(), a_removal(1))
    assert device.expire(removed, later(days=100), later(days=190)) is None


def test_a_stale_registration_stays_forgotten_after_the_return() -> None:
    removed, _ = submitted(a_device(), a_removal(1))
    state, _ = come_back(removed, application=None)
    assert state["applications"] == []
    decided = device.learn(state, a_sighting(sequence=1), later(hours=1))
    assert decided is not None
    assert decided[0]["applications"] == []


def test_an_application_is_disabled_and_enabled_without_an_event() -> None:
    state, change = submitted(a_device(), a_switch(1), sequence=4)
    assert (state["disabled"], change) == (["myapp"], None)
    assert by_transaction(state)[1] == {"id": 1, "about": "CHANGE_DEVICE_APPLICATION_STATUS myapp", "time": NOON}
    state, _ = submitted(state, a_switch(2), sequence=4)
    assert state["disabled"] == ["myapp"]
    state, _ = submitted(state, a_switch(3, "ENABLED"), sequence=4)
    assert state["disabled"] == []
    assert state["status"] == "ACTIVE"


def test_an_application_that_the_device_does_not_have_cannot_be_switched() -> None:
    with pytest.raises(ApplicationNotFound):
        submitted(a_device(), a_switch(1, application="other"))


def test_a_disabled_application_stays_so_when_the_device_registers_anew() -> None:
    state, _ = submitted(a_device(), a_switch(1))
    gone = device.learn(state, a_sighting(sequence=2, contact=False, gone=True), NOON)
    assert gone is not None
    assert gone[0]["applications"] == []
    enabled, _ = submitted(gone[0], a_switch(2, "ENABLED"))
    assert enabled["disabled"] == []
    back = device.learn(gone[0], a_sighting(sequence=3), NOON)
    assert back is not None
    assert (back[0]["applications"], back[0]["disabled"]) == ([{"id": "myapp", "user": "Jeremy"}], ["myapp"])


def test_only_a_later_transaction_about_the_same_part_overtakes() -> None:
    state, _ = submitted(a_device(), a_switch(5))
    state, change = submitted(state, a_transaction(4), recovering=True)
    assert (state["status"], change is None) == ("LOST", False)
    state, _ = submitted(state, a_switch(3, "ENABLED"), recovering=True)
    assert state["disabled"] == ["myapp"]
    assert by_transaction(state)[3]["overtaken_by"] == 5


def test_what_the_first_version_remembered_counts_as_a_status_change() -> None:
    state = a_device(transactions=[{"id": 9, "sequence": 4, "time": NOON}])
    state, change = submitted(state, a_transaction(5), recovering=True)
    assert (by_transaction(state)[5]["overtaken_by"], change) == (9, None)


def come_back(removed: DeviceState, **changes: Any) -> tuple[DeviceState, StatusChange | None]:
    """The removed device after a contact a second later."""
    contact = a_sighting(sequence=2, time=later(seconds=1), **{"user": "Ann", **changes})
    decided = device.learn(removed, contact, later(hours=1))
    assert decided is not None
    return decided
