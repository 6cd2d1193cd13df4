"""Waiting ends with the first truthy value, or with a message that says what was seen last."""

import pytest

from tests.support.polling import eventually


async def test_gives_the_first_truthy_value() -> None:
    values = iter([0, None, "there"])
    assert await eventually(lambda: next(values), within=1, every=0) == "there"


async def test_awaits_a_coroutine_and_forgives_what_it_raises_until_then() -> None:
    calls = 0

    async def check() -> int:
        nonlocal calls
        calls += 1
        if calls < 3:
            raise LookupError("not yet")
        return calls

    assert await eventually(check, within=1, every=0) == 3


async def test_names_the_last_value() -> None:
    with pytest.raises(AssertionError, match=r"within 0\.05 s: the check last gave \[\]"):
        await eventually(list, within=0.05, every=0.01)


async def test_names_and_keeps_the_last_exception() -> None:
    def check() -> bool:
        raise LookupError("no such device")

    with pytest.raises(AssertionError, match="no such device") as raised:
        await eventually(check, within=0.05, every=0.01)
    assert isinstance(raised.value.__cause__, LookupError)
