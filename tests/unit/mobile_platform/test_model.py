"""The rules of clients, held tokens and blocks."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from mobile_platform import model
from mobile_platform.errors import MobileClientNotFound
from mobile_platform.model import Block, Cause, Client, Registering, StatusChange, TokenHold

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DEVICE = "myruntime/d1"
LOST = Cause(DEVICE, "event-2", 2)


def a_command(**changes: Any) -> Registering:
    said: dict[str, Any] = {
        "runtime": "myruntime",
        "backend": "b",
        "digest": "abc",
        "token": "secret",
        "client_id": "my.app.id",
        "platform": "IOS",
    }
    return Registering(**{**said, **changes})


def a_client(client: Client | None = None, **changes: Any) -> Client:
    return model.register(client, a_command(**changes), instance_id="id-1", at=NOON)


def a_change(status: str, sequence: int) -> StatusChange:
    return StatusChange(DEVICE, status, f"event-{sequence}", sequence)


@pytest.mark.parametrize(
    ("platform", "provider"), [("IOS", "APNS"), ("ANDROID", "GCM"), ("WINDOWS", "WNS"), ("WEB", "FCM")]
)
def test_a_provider_that_is_not_named_follows_from_the_platform(platform: str, provider: str) -> None:
    assert a_client(platform=platform)["provider"] == provider


def test_a_named_provider_is_kept() -> None:
    assert a_client(platform="ANDROID", provider="SYNIVERSE")["provider"] == "SYNIVERSE"


def test_registering_again_keeps_the_id_and_replaces_what_was_said() -> None:
    first = a_client(version="1.0", user="joe", device=DEVICE)
    second = model.register(
        first, a_command(client_id="my.other.app"), instance_id="id-2", at=NOON + timedelta(hours=1)
    )
    assert second["id"] == "id-1"
    assert second["client_id"] == "my.other.app"
    assert second["modified_on"] == NOON + timedelta(hours=1)
    assert "version" not in second
    assert "user" not in second


def test_a_call_without_the_device_header_does_not_cut_the_link_to_the_device() -> None:
    assert a_client(a_client(device=DEVICE))["device"] == DEVICE
    assert a_client(model.bury(a_client(device=DEVICE)))["device"] == DEVICE


def test_a_call_with_another_device_id_moves_the_link() -> None:
    assert a_client(a_client(device=DEVICE), device="myruntime/d2")["device"] == "myruntime/d2"


def test_a_client_that_comes_back_is_a_new_instance() -> None:
    back = model.register(model.bury(a_client()), a_command(), instance_id="id-2", at=NOON)
    assert back["id"] == "id-2"


def test_coming_back_forgets_what_took_the_client_away() -> None:
    assert "released" not in a_client(model.release(a_client(), LOST))


def test_a_tombstone_holds_nothing_personal() -> None:
    client = a_client(version="1", user="joe", device=DEVICE)
    gone = model.deregister(client, "my.app.id", "IOS")
    assert gone == {"runtime": "myruntime", "backend": "b", "digest": "abc", "device": DEVICE}
    assert not model.is_registered(gone)


def test_a_client_that_never_registered_cannot_deregister() -> None:
    with pytest.raises(MobileClientNotFound):
        model.deregister(None, "my.app.id", "IOS")


def test_a_client_deregisters_once() -> None:
    gone = model.deregister(a_client(), "my.app.id", "IOS")
    with pytest.raises(MobileClientNotFound):
        model.deregister(gone, "my.app.id", "IOS")


@pytest.mark.parametrize(("client_id", "platform"), [("my.other.app", "IOS"), ("my.app.id", "ANDROID")])
def test_a_token_of_another_application_or_platform_is_not_this_client(client_id: str, platform: str) -> None:
    with pytest.raises(MobileClientNotFound):
        model.deregister(a_client(), client_id, platform)


def test_fields_of_a_newer_version_survive() -> None:
    newer = cast(Client, {**a_client(), "badge": 7})
    assert "badge" in a_client(newer)
    assert "badge" in model.deregister(newer, "my.app.id", "IOS")
    newer_block = cast(Block, {"status": "ACTIVE", "event_id": "e", "sequence": 1, "colour": "red"})
    taken = model.take_status(newer_block, a_change("LOST", 2))
    assert taken is not None
    assert "colour" in taken
    held = model.hold(cast(TokenHold, {"holders": [], "colour": "red"}), LOST)
    assert held is not None
    assert "colour" in held


def test_a_released_client_counts_for_the_change_that_took_it() -> None:
    gone = model.release(a_client(device=DEVICE), LOST)
    assert gone["released"] == {"device": DEVICE, "sequence": 2}
    assert not model.is_registered(gone)


def test_a_refused_registration_counts_for_no_change() -> None:
    assert "released" not in model.refuse(a_client(device=DEVICE), LOST)


def test_a_client_found_by_its_token_is_linked_to_the_device_from_then_on() -> None:
    assert model.release(a_client(), LOST)["device"] == DEVICE
    assert model.release(a_client(device="myruntime/d9"), LOST)["device"] == "myruntime/d9"


def test_a_token_is_held_once_a_device() -> None:
    held = model.hold(None, LOST)
    assert held == {"holders": [{"device": DEVICE, "event_id": "event-2", "sequence": 2}]}
    assert model.hold(held, LOST) is None
    assert model.hold(held, Cause(DEVICE, "event-1", 1)) is None
    later = model.hold(held, Cause(DEVICE, "event-4", 4))
    assert later == {"holders": [{"device": DEVICE, "event_id": "event-4", "sequence": 4}]}


def test_two_devices_may_hold_one_token() -> None:
    held = model.hold(model.hold(None, LOST), Cause("myruntime/d2", "event-9", 9))
    assert held is not None
    assert [holder["device"] for holder in held["holders"]] == [DEVICE, "myruntime/d2"]


@pytest.mark.parametrize("status", ["LOST", "STOLEN", "DISABLED"])
def test_a_shut_out_device_is_blocked(status: str) -> None:
    block = model.take_status(None, a_change(status, 2))
    assert block is not None
    assert model.what_blocks(None, {DEVICE: block}, DEVICE) == Cause(DEVICE, "event-2", 2)


@pytest.mark.parametrize("status", ["ACTIVE", "EXPIRED"])
def test_other_statuses_block_nothing_and_are_applied_at_once(status: str) -> None:
    block = model.take_status(model.take_status(None, a_change("LOST", 2)), a_change(status, 3))
    assert block is not None
    assert model.what_blocks(model.hold(None, LOST), {DEVICE: block}, DEVICE) is None
    assert not model.is_outstanding(block, a_change(status, 3))


def test_a_device_nobody_has_spoken_of_is_not_blocked() -> None:
    assert model.what_blocks(None, {}, DEVICE) is None
    assert model.what_blocks(None, {}, None) is None


@pytest.mark.parametrize("device", [None, DEVICE, "myruntime/d2"])
def test_a_held_token_is_refused_to_everyone_even_before_the_status_itself_is_known(device: str | None) -> None:
    assert model.what_blocks(model.hold(None, LOST), {}, device) == LOST


def test_a_held_token_is_free_once_a_later_status_lets_its_device_in() -> None:
    block: Block = {"status": "ACTIVE", "event_id": "event-3", "sequence": 3, "lifted": 3, "applied": 3}
    assert model.what_blocks(model.hold(None, LOST), {DEVICE: block}, "myruntime/d2") is None
    again: Block = {"status": "LOST", "event_id": "event-4", "sequence": 4, "lifted": 3, "applied": 3}
    assert model.what_blocks(model.hold(None, LOST), {DEVICE: again}, "myruntime/d2") is None


def test_an_earlier_active_does_not_free_a_held_token() -> None:
    block: Block = {"status": "ACTIVE", "event_id": "event-1", "sequence": 1, "lifted": 1, "applied": 1}
    assert model.what_blocks(model.hold(None, LOST), {DEVICE: block}, None) == LOST


def test_a_token_held_for_two_devices_waits_for_both() -> None:
    held = model.hold(model.hold(None, LOST), Cause("myruntime/d2", "event-9", 9))
    back: Block = {"status": "ACTIVE", "event_id": "event-3", "sequence": 3, "lifted": 3, "applied": 3}
    blocking = model.what_blocks(held, {DEVICE: back}, DEVICE)
    assert blocking is not None
    assert blocking.device == "myruntime/d2"


@pytest.mark.parametrize("sequence", [1, 2])
def test_a_stale_or_repeated_status_changes_nothing(sequence: int) -> None:
    lost = model.take_status(None, a_change("LOST", 2))
    assert model.take_status(lost, a_change("ACTIVE", sequence)) is None


def test_lost_active_lost_in_any_order_ends_lost() -> None:
    block: Block | None = None
    for change in (a_change("LOST", 3), a_change("LOST", 1), a_change("ACTIVE", 2)):
        block = model.take_status(block, change) or block
    assert block is not None
    assert block["status"] == "LOST"


def test_a_status_is_outstanding_until_it_is_finished_and_finishes_once() -> None:
    change = a_change("LOST", 2)
    lost = model.take_status(None, change)
    assert model.is_outstanding(lost, change)
    finished = model.finish(lost, change)
    assert finished is not None
    assert not model.is_outstanding(finished, change)
    assert model.finish(finished, change) is None


def test_a_status_overtaken_by_another_is_not_finished() -> None:
    stolen = model.take_status(model.take_status(None, a_change("LOST", 2)), a_change("STOLEN", 3))
    assert model.finish(stolen, a_change("LOST", 2)) is None
    assert model.finish(None, a_change("LOST", 2)) is None


def test_a_device_id_may_hold_slashes() -> None:
    assert model.device_id_of(model.device_key("myruntime", "a/b")) == "a/b"
