"""The queue of commands: bounded, fair to requests, first come first served within each line."""

import asyncio

import pytest

from chassis.commands import Command, CommandQueue, StoreLimits
from chassis.context import event_context, request_context
from chassis.errors import Overloaded, Unavailable
from tests.unit.chassis.deciding import add, command, ids

LIMITS = StoreLimits(queue=10, batch_documents=4)


def filled(requests: str = "", reactions: str = "", limits: StoreLimits = LIMITS) -> CommandQueue:
    queue = CommandQueue(limits)
    for id in requests:
        queue.put(command(id))
    for id in reactions:
        queue.put(command(id, reaction=True))
    return queue


async def test_a_lone_command_is_taken_at_once() -> None:
    assert ids(await filled("a").take()) == ["a"]


async def test_taking_waits_for_the_first_command() -> None:
    queue = filled()
    taking = asyncio.create_task(queue.take())
    await asyncio.sleep(0)
    assert not taking.done()
    queue.put(command("a"))
    assert ids(await taking) == ["a"]


async def test_a_batch_is_bounded_by_documents_not_by_commands() -> None:
    queue = filled("aabbccddee")
    assert ids(await queue.take()) == list("aabbccd")
    assert ids(await queue.take()) == list("dee")


async def test_many_commands_on_one_document_are_bounded_too() -> None:
    queue = filled("a" * 40, limits=StoreLimits(queue=50, batch_documents=4))
    assert len(await queue.take()) == 16


async def test_reactions_get_at_most_half_of_a_batch() -> None:
    queue = filled("abcd", reactions="wxyz")
    assert ids(await queue.take()) == list("wxab")
    assert ids(await queue.take()) == list("yzcd")


async def test_reactions_get_what_few_requests_leave_free() -> None:
    queue = filled("a", reactions="vwxyz")
    assert ids(await queue.take()) == list("vwxa")
    assert ids(await queue.take()) == list("yz")


async def test_reactions_are_never_refused_by_their_own_line() -> None:
    assert len(filled(reactions="a" * 30)) == 30


async def test_requests_get_a_whole_batch_when_nothing_reacts() -> None:
    assert ids(await filled("abcde").take()) == list("abcd")


async def test_a_full_line_refuses_and_leaves_the_other_line_open() -> None:
    queue = filled("a" * 10)
    with pytest.raises(Overloaded):
        queue.put(command("b"))
    queue.put(command("b", reaction=True))
    assert len(queue) == 11


async def test_what_is_put_back_comes_first_and_is_never_refused() -> None:
    queue = filled("abcdefghij")
    first = await queue.take()
    queue.put(command("k"))
    queue.put(command("l"))
    queue.put(command("m"))
    queue.put(command("n"))
    queue.put_back(first)
    assert len(queue) == 14
    assert ids(await queue.take()) == list("abcd")


async def test_a_command_that_must_be_alone_gets_its_document_to_itself() -> None:
    queue = filled("b")
    queue.put(command("a", alone=True))
    queue.put(command("a", alone=True))
    queue.put(command("a"))
    queue.put(command("c"))
    assert ids(await queue.take()) == list("bac")
    assert ids(await queue.take()) == list("a")
    assert ids(await queue.take()) == list("a")


async def test_a_lonely_request_does_not_meet_a_reaction_on_its_document() -> None:
    queue = filled(reactions="a")
    queue.put(command("a", alone=True))
    assert [one.reaction for one in await queue.take()] == [True]
    assert [one.alone for one in await queue.take()] == [True]


async def test_a_lonely_reaction_is_not_met_by_a_request_on_its_document() -> None:
    queue = filled("a")
    queue.put(command("a", reaction=True, alone=True))
    assert [one.reaction for one in await queue.take()] == [True]
    assert [one.reaction for one in await queue.take()] == [False]


async def test_draining_gives_everything_that_waits() -> None:
    queue = filled("ab", reactions="c")
    assert sorted(ids(queue.drain())) == list("abc")
    assert len(queue) == 0


async def test_a_caller_who_has_left_is_neither_answered_nor_an_error() -> None:
    one = command("a")
    one.future.cancel()
    one.succeed(1)
    one.fail(Unavailable())
    assert one.future.cancelled()


async def test_a_command_remembers_the_cause_it_was_given_in() -> None:
    future = asyncio.get_running_loop().create_future()
    with event_context("cause-1", None):
        reacting = Command("a", add(1), future, deadline=0.0)
    with request_context("call-1", None):
        asking = Command("a", add(1), future, deadline=0.0)
    assert (reacting.reaction, reacting.correlationid) == (True, "cause-1")
    assert (asking.reaction, asking.correlationid) == (False, "call-1")
    assert asking.traceparent != reacting.traceparent


async def test_one_that_comes_after_another_goes_with_it() -> None:
    queue = CommandQueue(LIMITS)
    first, second = pair("a", "b")
    queue.put(first, second)
    assert ids(await queue.take()) == ["a", "b"]


async def test_one_that_comes_after_another_waits_while_that_one_waits() -> None:
    queue = CommandQueue(LIMITS)
    first, second = pair("a", "b")
    queue.put(first, second)
    queue.put(command("c"))
    assert ids(await queue.take(busy={"a"})) == ["c"]
    assert ids(await queue.take()) == ["a", "b"]


async def test_one_that_comes_after_another_waits_while_that_one_is_in_flight() -> None:
    queue = CommandQueue(LIMITS)
    first, second = pair("a", "b")
    queue.put(second)
    queue.put(command("c"))
    assert ids(await queue.take()) == ["c"]
    first.succeed(None)
    assert ids(await queue.take()) == ["b"]


async def test_of_commands_put_together_all_or_none_are_taken() -> None:
    queue = filled("abcdefghi")
    with pytest.raises(Overloaded):
        queue.put(*pair("x", "y"))
    assert len(queue) == 9
    queue.put(command("x"))
    assert len(queue) == 10


def pair(first: str, second: str) -> tuple[Command, Command]:
    """The second is never to be written before the first."""
    before, after = command(first), command(second)
    after.after = before
    return before, after
