"""The rules of a device and its registrations: pure decisions."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.errors import Refusal
from device_events.statuses import BLOCKING, DeviceStatus
from push_registry import model
from push_registry.errors import DeviceBlocked, TokenReserved
from push_registry.model import Details, Device, DeviceState

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
DEVICE = Device("myruntime", "d1")
LOST, ACTIVE, EXPIRED = DeviceStatus.LOST, DeviceStatus.ACTIVE, DeviceStatus.EXPIRED
OPEN = sorted(set(DeviceStatus) - BLOCKING)


def details(token: str | None = "t", **changes: Any) -> Details:
    digest = f"digest-of-{token}" if token else None
    return Details(platform="A", token=token, token_digest=digest, **changes)


def registered(*applications: str, state: DeviceState | None = None, token: str | None = "t") -> DeviceState:
    for application in applications or ("myapp",):
        state, _ = model.register(state, DEVICE, application, details(token), NOW)
    assert state is not None
    return state


def under(status: DeviceStatus, sequence: int, state: DeviceState | None) -> DeviceState:
    applied = model.apply_status(state, DEVICE, status, sequence)
    assert applied is not None
    return applied[0]


def tokens(state: DeviceState) -> list[str]:
    return [one["token"] for one in state["registrations"] if "token" in one]


def test_a_first_registration_makes_the_device() -> None:
    state, registration = model.register(None, DEVICE, "myapp", details(user_id="anna"), NOW)
    assert (state["runtime"], state["device_id"]) == ("myruntime", "d1")
    assert state["registrations"] == [registration]
    assert (registration["user_id"], registration["token"], registration["created"]) == ("anna", "t", NOW)
    assert registration["seen"] == "2026-01-02"


def test_without_a_user_the_device_is_anonymous() -> None:
    assert registered()["registrations"][0]["user_id"] == "anonymous"


def test_registering_again_replaces_all_but_the_time_of_creation() -> None:
    first = model.register(None, DEVICE, "myapp", details(user_id="anna", phone_number="1"), NOW)[0]
    state, registration = model.register(first, DEVICE, "myapp", details("new"), LATER)
    assert len(state["registrations"]) == 1
    assert (registration["user_id"], registration["phone_number"], registration["token"]) == ("anonymous", None, "new")
    assert (registration["created"], registration["updated"]) == (NOW, LATER)


def test_registering_again_without_a_token_gives_the_old_one_up() -> None:
    state, registration = model.register(registered(), DEVICE, "myapp", details(None, phone_number="1"), LATER)
    assert "token" not in registration
    assert "token_keys" not in state


def test_applications_are_apart() -> None:
    state = registered("myapp", "otherapp")
    assert {one["application"] for one in state["registrations"]} == {"myapp", "otherapp"}
    assert set(state["token_keys"]) == {"myapp:digest-of-t", "otherapp:digest-of-t"}


def test_keys_are_absent_while_there_is_no_token() -> None:
    assert "token_keys" not in registered(token=None)


def test_an_update_changes_what_is_said_and_keeps_the_rest() -> None:
    before = model.register(None, DEVICE, "myapp", details(user_id="anna", user_agent="agent"), NOW)[0]
    _, registration = model.update(before, DEVICE, "myapp", Details(phone_number="1"), LATER)
    assert (registration["user_id"], registration["phone_number"], registration["token"]) == ("anna", "1", "t")
    assert (registration["user_agent"], registration["created"], registration["updated"]) == ("agent", NOW, LATER)


def test_an_update_with_a_token_replaces_its_key() -> None:
    state, _ = model.update(registered(), DEVICE, "myapp", details("new"), LATER)
    assert state["token_keys"] == ["myapp:digest-of-new"]


def test_an_empty_user_is_nobody() -> None:
    before = model.register(None, DEVICE, "myapp", details(user_id="anna"), NOW)[0]
    assert model.update(before, DEVICE, "myapp", Details(user_id=""), LATER)[1]["user_id"] == "anonymous"


@pytest.mark.parametrize("state", [None, registered("otherapp"), model.deregister(registered(), "myapp")])
def test_only_what_is_registered_can_be_updated(state: DeviceState | None) -> None:
    with pytest.raises(Refusal) as caught:
        model.update(state, DEVICE, "myapp", Details(), NOW)
    assert caught.value.status == 404


def test_a_look_notes_the_day_and_nothing_else() -> None:
    state = registered()
    after, seen = model.see(state, state["registrations"][0], LATER)
    assert seen == {**state["registrations"][0], "seen": "2026-01-03"}
    assert after == {**state, "registrations": [seen]}


def test_deregistering_forgets_the_registration_and_its_token() -> None:
    state = model.deregister(registered("myapp", "otherapp"), "myapp")
    assert [one["application"] for one in state["registrations"]] == ["otherapp"]
    assert state["token_keys"] == ["otherapp:digest-of-t"]
    assert "token_keys" not in model.deregister(state, "otherapp")


@pytest.mark.parametrize("status", sorted(BLOCKING))
def test_a_blocking_status_takes_the_token_from_every_registration(status: DeviceStatus) -> None:
    applied = model.apply_status(registered("myapp", "otherapp"), DEVICE, status, 1)
    assert applied
    state, stripped = applied
    assert tokens(state) == []
    assert [one["token_digest"] for one in stripped] == ["digest-of-t"] * 2
    assert all("token_digest" not in one for one in state["registrations"])
    assert set(state["token_keys"]) == {"myapp:digest-of-t", "otherapp:digest-of-t"}


@pytest.mark.parametrize("status", sorted(BLOCKING))
@pytest.mark.parametrize("known", [True, False])
def test_a_blocked_device_neither_registers_nor_updates(status: DeviceStatus, known: bool) -> None:
    state = under(status, 1, registered() if known else None)
    with pytest.raises(DeviceBlocked):
        model.register(state, DEVICE, "myapp", details(), NOW)
    with pytest.raises(DeviceBlocked):
        model.update(state, DEVICE, "myapp", Details(user_id="a"), NOW)


def test_deregistering_lifts_no_block_and_frees_no_token() -> None:
    state = model.deregister(under(LOST, 1, registered()), "myapp")
    assert state["registrations"] == []
    assert state["token_keys"] == ["myapp:digest-of-t"]
    with pytest.raises(DeviceBlocked):
        model.register(state, DEVICE, "myapp", details(), NOW)


@pytest.mark.parametrize("status", OPEN)
def test_any_other_status_keeps_tokens_and_lets_the_device_in(status: DeviceStatus) -> None:
    state = under(status, 1, registered())
    assert tokens(state) == ["t"]
    assert model.register(state, DEVICE, "myapp", details("new"), LATER)[1]["token"] == "new"


def test_letting_a_device_in_again_frees_the_keys_of_the_tokens_it_has_lost() -> None:
    state = under(ACTIVE, 2, under(LOST, 1, registered()))
    assert tokens(state) == []
    assert "token_keys" not in state
    assert tokens(model.register(state, DEVICE, "myapp", details(), LATER)[0]) == ["t"]


@pytest.mark.parametrize("sequence", [1, 4, 5])
def test_a_status_no_newer_than_the_last_is_ignored(sequence: int) -> None:
    state = under(LOST, 5, registered())
    assert model.apply_status(state, DEVICE, ACTIVE, sequence) is None
    assert model.apply_status(state, DEVICE, LOST, sequence) is None


def test_a_status_set_again_is_applied_and_takes_nothing_twice() -> None:
    applied = model.apply_status(under(LOST, 5, registered()), DEVICE, LOST, 6)
    assert applied
    assert applied[1] == []
    assert applied[0]["token_keys"] == ["myapp:digest-of-t"]


def test_a_device_first_seen_is_passed_over() -> None:
    assert model.apply_status(None, DEVICE, ACTIVE, 1, first_seen=True) is None
    assert model.apply_status(registered(), DEVICE, ACTIVE, 1, first_seen=True) is None


def test_a_removed_device_that_is_seen_again_is_under_the_status_it_comes_with() -> None:
    back = model.apply_status(registered(), DEVICE, LOST, 7, first_seen=True)
    assert back
    assert model.is_blocked(back[0])
    lifted = model.apply_status(under(LOST, 5, registered()), DEVICE, ACTIVE, 7, first_seen=True)
    assert lifted
    assert not model.is_blocked(lifted[0])


def test_a_block_is_kept_for_a_device_that_was_never_seen() -> None:
    state = under(LOST, 1, None)
    assert (state["runtime"], state["device_id"], state["registrations"]) == ("myruntime", "d1", [])
    assert model.is_blocked(state)
    assert not model.is_blocked(None)


def test_the_newest_device_gets_a_token_and_the_holder_lets_go() -> None:
    released = model.release(registered("myapp", "otherapp"), "myapp", "digest-of-t")
    assert released
    state, held = released
    assert held["token"] == "t"
    assert state["token_keys"] == ["otherapp:digest-of-t"]


@pytest.mark.parametrize("deleted", [True, False])
def test_a_blocked_device_lets_nobody_have_its_token(deleted: bool) -> None:
    state = under(LOST, 1, registered())
    with pytest.raises(TokenReserved):
        model.release(model.deregister(state, "myapp") if deleted else state, "myapp", "digest-of-t")


@pytest.mark.parametrize(
    ("state", "application", "digest"),
    [
        (None, "myapp", "digest-of-t"),
        (registered(), "myapp", "another"),
        (registered(), "otherapp", "digest-of-t"),
        (registered(token=None), "myapp", "digest-of-t"),
        (under(ACTIVE, 2, under(LOST, 1, registered())), "myapp", "digest-of-t"),
    ],
)
def test_what_is_not_held_is_not_released(state: DeviceState | None, application: str, digest: str) -> None:
    assert model.release(state, application, digest) is None


def test_fields_of_another_version_survive_every_decision() -> None:
    known: Any = {**registered(), "of_tomorrow": 1}
    known["registrations"][0]["of_tomorrow"] = 2
    states = [
        model.update(known, DEVICE, "myapp", details("new"), NOW)[0],
        model.see(known, known["registrations"][0], LATER)[0],
        under(ACTIVE, 1, known),
        under(EXPIRED, 1, known),
        under(LOST, 1, known),
    ]
    for state in states:
        assert state["of_tomorrow"] == 1  # type: ignore[typeddict-item]
        assert state["registrations"][0]["of_tomorrow"] == 2  # type: ignore[typeddict-item]


def test_no_decision_changes_the_state_it_was_given() -> None:
    before, again = registered("myapp", "otherapp"), registered("myapp", "otherapp")
    model.update(before, DEVICE, "myapp", details("new"), LATER)
    model.register(before, DEVICE, "third", details(), LATER)
    model.deregister(before, "myapp")
    model.release(before, "myapp", "digest-of-t")
    under(LOST, 1, before)
    assert before == again
