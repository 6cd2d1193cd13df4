"""Correlation ids and traces: a caller's are kept where they are well-formed, else new ones are made."""

import re

import pytest

from chassis.context import correlation_id, event_context, in_reaction, request_context, traceparent

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.parametrize("given", ["a", "A-1_b.c:d", "x" * 128])
def test_a_callers_correlation_id_is_kept(given: str) -> None:
    with request_context(given, None) as id:
        assert id == given == correlation_id()


@pytest.mark.parametrize("given", [None, "", "a b", "a\nb", "x" * 129, "é", '"', "${jndi:x}"])
def test_any_other_is_replaced(given: str | None) -> None:
    with request_context(given, None) as id:
        assert re.fullmatch(r"[0-9a-f]{32}", id)


def test_a_trace_goes_on_with_a_new_parent() -> None:
    with request_context(None, TRACE):
        child = traceparent() or ""
    assert child[:36] == TRACE[:36]
    assert child[52:] == "-01"
    assert child[36:52] != TRACE[36:52]


@pytest.mark.parametrize(
    "given",
    [None, "", "00-xyz-b7ad6b7169203331-01", f"00-{'0' * 32}-b7ad6b7169203331-01", f"ff{TRACE[2:]}", TRACE + "-x"],
)
def test_a_malformed_trace_is_replaced_by_a_new_one(given: str | None) -> None:
    with request_context(None, given):
        assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-00", traceparent() or "")


def test_an_events_context_ends_with_its_reaction() -> None:
    with event_context("cause", TRACE):
        assert (correlation_id(), in_reaction()) == ("cause", True)
    assert (correlation_id(), traceparent(), in_reaction()) == (None, None, False)
