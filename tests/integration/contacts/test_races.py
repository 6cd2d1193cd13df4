"""Two replicas at once."""

import asyncio
from typing import Any

from tests.integration.contacts.stage import Stage
from tests.support.polling import eventually


async def test_two_matches_at_once_make_one_contact(stage: Stage, twin: Stage, email: str) -> None:
    answers = await asyncio.gather(
        *(one.try_to_register({"Email": email}, match="Email") for _ in range(20) for one in (stage, twin))
    )
    assert len(contacts_of(answers)) == 1
    again = await stage.register({"Email": email}, match="Email")
    assert contacts_of(answers) == {again["EncContactId"]}


async def test_one_device_registered_at_once_makes_one_contact(stage: Stage, twin: Stage, device: str) -> None:
    answers = await asyncio.gather(*(one.try_to_register(device=device) for _ in range(10) for one in (stage, twin)))
    assert len(contacts_of(answers)) == 1
    assert len(await stage.holders(device)) == 1


def contacts_of(answers: list[tuple[int, Any]]) -> set[str]:
    """The contacts answered; on a machine that is busy elsewhere, a call may be told to try again."""
    assert {status for status, _ in answers} <= {200, 503}
    return {answer["EncContactId"] for status, answer in answers if status == 200}


async def test_a_device_fought_over_ends_with_one_contact(stage: Stage, twin: Stage, device: str, email: str) -> None:
    answers = await asyncio.gather(
        *(
            one.try_to_register({"Email": f"{number}{email}"}, device=device, match="Email")
            for number in range(4)
            for one in (stage, twin)
        )
    )
    assert {status for status, _ in answers} <= {200, 503}
    contacts = {answer["EncContactId"]: answer for status, answer in answers if status == 200}
    assert len(await stage.holders(device)) == 1
    owners = [contact for contact in contacts.values() if await stage.devices(contact) == [device]]
    assert len(owners) <= 1


async def test_a_device_marked_while_it_is_registered_is_never_left_unblocked(stage: Stage, twin: Stage) -> None:
    async def fight(device: str) -> None:
        await asyncio.gather(
            stage.try_to_register(device=device), twin.try_to_register(device=device), stage.mark(device, "LOST", 2)
        )
        await stage.applied(device, 2)

        async def is_shut_out() -> bool:
            holders = await stage.aggregates.find({"state.device_keys": f"3:{device}"})
            return all(one.state and one.state["devices"][0].get("status") == "LOST" for one in holders)

        await eventually(is_shut_out)
        assert (await twin.try_to_register(device=device))[0] == 403

    await asyncio.gather(*(fight(f"fought-{number}-{id(stage)}") for number in range(10)))
