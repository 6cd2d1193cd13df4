"""Transactions: written first, then following their device, then hearing from the services."""

import pytest

from device_admin.errors import DeviceNotFound, problems
from device_admin.errors.problems import said
from device_admin.model import transaction
from device_admin.model.transaction import SERVICES, Recent, TransactionState, TransactionStatus, TransactionType
from tests.unit.device_admin.builders import NOON, a_transaction, later

TOOK_EFFECT = Recent(id=1, sequence=5, time=later(seconds=1))
OVERTAKEN = Recent(id=1, overtaken_by=2)


def followed(*, asynchronous: bool) -> TransactionState:
    """A transaction whose device has taken the status as its fifth event, a second after noon."""
    return transaction.follow(a_transaction(asynchronous=asynchronous), TOOK_EFFECT, later(seconds=1))


def acknowledged(
    state: TransactionState,
    *services: str,
    sequence: int = 5,
    effects: dict[str, int] | None = None,
    seconds: float = 2,
) -> TransactionState:
    """The transaction after these services have applied the change with that sequence."""
    for service in services:
        state = transaction.acknowledge(
            state, service, sequence=sequence, effects=effects or {}, now=later(seconds=seconds)
        )
    return state


def test_a_new_transaction_is_pending_and_waits_for_every_service() -> None:
    state = a_transaction(3, "STOLEN", asynchronous=True)
    assert (state["id"], state["status"], state["device_status"], state["type"]) == (
        3,
        "PENDING",
        "STOLEN",
        "CHANGE_DEVICE_STATUS",
    )
    assert (state["device"], state["open"], state["waiting"]) == ("myruntime/12345-6789", True, list(SERVICES))
    assert (state["created"], state["updated"], state["errors"]) == (NOON, NOON, [])


def test_a_synchronous_transaction_succeeds_with_its_device() -> None:
    state = followed(asynchronous=False)
    assert (state["status"], state["sequence"], state["changed"]) == ("SUCCESS", 5, later(seconds=1))
    assert state["updated"] == later(seconds=1)
    assert "open" not in state
    assert state["waiting"] == list(SERVICES)


def test_an_asynchronous_transaction_commits_until_every_service_has_acknowledged() -> None:
    state = followed(asynchronous=True)
    assert (state["status"], state["open"]) == ("COMMITTING", True)
    state = acknowledged(state, "contacts", "push-registry")
    assert (state["status"], state["waiting"]) == ("COMMITTING", ["mobile-platform"])
    state = acknowledged(state, "mobile-platform", seconds=3)
    assert (state["status"], state["updated"]) == ("SUCCESS", later(seconds=3))
    assert not {"open", "waiting"} & state.keys()


def test_following_twice_changes_nothing() -> None:
    for asynchronous in (True, False):
        state = followed(asynchronous=asynchronous)
        assert transaction.follow(state, TOOK_EFFECT, later(hours=1)) is state
        assert transaction.follow(state, OVERTAKEN, later(hours=1)) is state


@pytest.mark.parametrize("asynchronous", [True, False])
def test_an_overtaken_transaction_is_canceled_and_says_by_whom(asynchronous: bool) -> None:
    state = transaction.follow(a_transaction(asynchronous=asynchronous), OVERTAKEN, later(seconds=40))
    assert (state["status"], state["updated"]) == ("CANCELED", later(seconds=40))
    assert said(state["errors"][0]) == "FWLSE3092W: Canceled before it started; transaction 2 came first"
    assert not {"open", "waiting", "changed"} & state.keys()
    assert not transaction.is_well(state)
    assert acknowledged(state, *SERVICES) is state


def test_an_acknowledgement_settles_every_earlier_transaction() -> None:
    state = acknowledged(followed(asynchronous=True), *SERVICES, sequence=9, effects={"tokensRemoved": 2})
    assert state["status"] == "SUCCESS"
    # Those were the effects of another change.
    assert all(part.applied and part.effects == {} for part in transaction.cascade(state))


def test_an_acknowledgement_of_an_earlier_change_settles_nothing() -> None:
    state = followed(asynchronous=True)
    assert acknowledged(state, *SERVICES, sequence=4) is state


def test_nothing_is_acknowledged_before_the_device_has_changed() -> None:
    state = a_transaction(asynchronous=True)
    assert acknowledged(state, *SERVICES) is state


def test_a_repeated_acknowledgement_changes_nothing() -> None:
    state = acknowledged(followed(asynchronous=True), "contacts", effects={"events": 1})
    assert acknowledged(state, "contacts", effects={"events": 0}, seconds=9) is state
    assert acknowledged(state, "contacts", sequence=6, seconds=9) is state


def test_an_unknown_service_is_not_waited_for() -> None:
    state = followed(asynchronous=True)
    assert acknowledged(state, "email-handlers") is state


def test_the_effects_of_the_very_change_count_also_when_they_are_told_late() -> None:
    state = acknowledged(followed(asynchronous=True), *SERVICES, sequence=6)
    state = acknowledged(state, "push-registry", effects={"tokensRemoved": 2}, seconds=8)
    push = next(part for part in transaction.cascade(state) if part.service == "push-registry")
    assert (push.effects, push.milliseconds) == ({"tokensRemoved": 2}, 1000)
    assert state["status"] == "SUCCESS"


def test_a_late_service_fails_the_transaction_and_is_named() -> None:
    state = acknowledged(followed(asynchronous=True), "contacts", "mobile-platform")
    assert transaction.give_up(state, later(seconds=1), later(minutes=6)) is state
    state = transaction.give_up(state, later(seconds=2), later(minutes=6))
    assert (state["status"], state["updated"]) == ("FAILURE", later(minutes=6))
    assert [said(problem) for problem in state["errors"]] == [
        "FWLSE3090E: push-registry has not acknowledged the change in time; the status stands"
    ]
    assert "open" not in state
    assert not transaction.is_well(state)


def test_a_late_acknowledgement_still_counts_in_the_cascade() -> None:
    state = transaction.give_up(followed(asynchronous=True), later(minutes=1), later(minutes=6))
    state = acknowledged(state, *SERVICES, effects={"done": 1}, seconds=601)
    assert state["status"] == "FAILURE"
    assert [(part.applied, part.milliseconds) for part in transaction.cascade(state)] == [(True, 600_000)] * 3
    assert "waiting" not in state


def test_a_synchronous_transaction_is_never_given_up() -> None:
    state = followed(asynchronous=False)
    assert transaction.give_up(state, later(days=1), later(days=1)) is state


@pytest.mark.parametrize(
    ("type", "code"),
    [
        (TransactionType.CHANGE_DEVICE_STATUS, "FWLSE4201E"),
        (TransactionType.REMOVE_DEVICE, "FWLSE4203E"),
        (TransactionType.CHANGE_DEVICE_APPLICATION_STATUS, "FWLSE4200E"),
    ],
)
def test_a_transaction_that_its_device_does_not_take_fails(type: TransactionType, code: str) -> None:
    problem = problems.not_taken(type, DeviceNotFound(runtime="myruntime", device_id="d"))
    state = transaction.fail(a_transaction(type=type), problem, later(seconds=1))
    assert state["status"] == "FAILURE"
    assert [said(problem) for problem in state["errors"]] == [
        f"{code}: The device d does not exist in the runtime myruntime"
    ]
    assert not {"open", "waiting"} & state.keys()
    done = followed(asynchronous=False)
    assert transaction.fail(done, problem, NOON) is done


@pytest.mark.parametrize("type", [TransactionType.REMOVE_DEVICE, TransactionType.CHANGE_DEVICE_APPLICATION_STATUS])
@pytest.mark.parametrize("asynchronous", [True, False])
def test_what_no_event_announces_waits_for_nobody(type: TransactionType, asynchronous: bool) -> None:
    state = a_transaction(type=type, asynchronous=asynchronous)
    assert (state["status"], "waiting" in state) == ("PENDING", False)
    state = transaction.follow(state, Recent(id=1, time=later(seconds=1)), later(seconds=1))
    assert (state["status"], state["changed"]) == ("SUCCESS", later(seconds=1))
    assert not {"open", "sequence"} & state.keys()
    assert acknowledged(state, *SERVICES) is state
    assert list(transaction.cascade(state)) == []


def test_every_state_of_the_vendors_is_known_and_can_be_read() -> None:
    assert {*TransactionStatus} == {"PENDING", "PREPARING", "COMMITTING", "REJECTING", "SUCCESS", "FAILURE", "CANCELED"}


@pytest.mark.parametrize("status", TransactionStatus)
def test_only_failed_and_canceled_transactions_are_not_well(status: TransactionStatus) -> None:
    state: TransactionState = {**a_transaction(), "status": status.value}
    assert transaction.is_well(state) is (status not in ("FAILURE", "CANCELED"))


@pytest.mark.parametrize("status", [TransactionStatus.PREPARING, TransactionStatus.REJECTING])
def test_a_transaction_in_a_state_that_never_occurs_here_is_left_as_it_is(status: TransactionStatus) -> None:
    state: TransactionState = {**a_transaction(asynchronous=True), "status": status.value}
    assert transaction.follow(state, TOOK_EFFECT, NOON) is state
    assert transaction.give_up(state, later(days=1), later(days=1)) is state


def test_the_cascade_shows_every_service() -> None:
    state = acknowledged(followed(asynchronous=False), "push-registry", effects={"tokensRemoved": 2, "a.$b": 1})
    parts = {part.service: part for part in transaction.cascade(state)}
    assert set(parts) == {"contacts", "mobile-platform", "push-registry"}
    assert parts["push-registry"].effects == {"tokensRemoved": 2, "a.$b": 1}
    assert parts["push-registry"].milliseconds == 1000
    assert (parts["contacts"].applied, parts["contacts"].milliseconds) == (False, None)


def test_clocks_that_disagree_show_no_negative_duration() -> None:
    state = acknowledged(followed(asynchronous=False), "contacts", seconds=0.5)
    assert next(part.milliseconds for part in transaction.cascade(state) if part.applied) == 0
