"""device-admin: a device has the status that it last announced, and a transaction took effect once, or never."""

from collections import Counter
from typing import Any

from device_events import catalog
from tests.model.world import World

_ENDED = {"SUCCESS", "FAILURE", "CANCELED"}
_STATUS = "CHANGE_DEVICE_STATUS"


def check_always(world: World) -> None:
    """Also in the middle of a cascade."""
    announced = Counter(
        event.data["transactionId"]
        for event in world.books.named(catalog.DEVICE_STATUS_CHANGED)
        if "transactionId" in event.data
    )
    assert set(announced.values()) <= {1}, f"a transaction took effect twice: {announced}"
    for subject, document in world.snapshot[catalog.DEVICE_ADMIN].items():
        state = document["state"]
        if state["kind"] == "transaction":
            _check_transaction(state, announced[state["id"]])
        else:
            last = world.books.of(catalog.DEVICE_ADMIN, subject)[-1]
            assert state["status"] == last.data["status"], f"{subject} is {state['status']}, but announced {last}"
    known = {state["id"] for state in transactions(world)}
    for accepted in world.books.accepted:
        assert accepted["id"] in known, f"{accepted} was acknowledged and is lost"
        assert announced[accepted["id"]] or not _is_change(accepted), f"{accepted} was acknowledged without an event"


def check_settled(world: World) -> None:
    """Every transaction has ended, and waits for nobody."""
    for state in transactions(world):
        assert state["status"] in _ENDED, f"{state} never ends"
        assert "waiting" not in state or world.broker.has_compacted, f"{state} waits for ever"


def transactions(world: World) -> list[Any]:
    """Their states."""
    documents = world.snapshot[catalog.DEVICE_ADMIN].values()
    return [one["state"] for one in documents if one["state"]["kind"] == "transaction"]


def _is_change(state: Any) -> bool:
    return bool(state["type"] == _STATUS and state["status"] == "SUCCESS")


def _check_transaction(state: Any, announced: int) -> None:
    if state["type"] != _STATUS:
        assert not announced
    elif "changed" in state:
        assert announced == 1, f"{state} has changed its device, but nobody was told"
    elif state["status"] in _ENDED:
        assert announced == 0, f"{state} has ended without effect, but was announced"
    assert (state["status"] in _ENDED) != bool(state.get("open"))
