"""Scopes: what a confidential client may ask for."""

import pytest

from device_admin.errors import InvalidScope
from device_admin.model.scope import grant, matches


@pytest.mark.parametrize(
    ("pattern", "element", "expected"),
    [
        ("*", "anything.at-all", True),
        ("**", "anything", True),
        ("push.*", "push.application.myapp", True),
        ("push.*", "pus", False),
        ("push.*", "xpush.a", False),
        ("*.read", "devices.read", True),
        ("*.read", "devices.reader", False),
        ("a*b*c", "a-b-b-c", True),
        ("a*b*c", "a-c-b", False),
        ("a*a", "a", False),
        ("ab*ba", "aba", False),
        ("*aa*", "aXa", False),
        ("devices.read", "devices.read", True),
        ("devices.read", "devicesXread", False),
        ("push.application.myapp", "push.application.*", False),
        ("[a-z]?", "b1", False),
        ("", "x", False),
    ],
)
def test_a_star_stands_for_any_run_of_characters(pattern: str, element: str, expected: bool) -> None:
    assert matches(pattern, element) is expected


def test_many_stars_cost_no_more_than_a_few() -> None:
    assert not matches("a*" * 500 + "b", "a" * 100_000)


@pytest.mark.parametrize("requested", [None, "", "  "])
def test_no_scope_is_the_default_one(requested: str | None) -> None:
    assert grant(requested, "") == "RegisteredClient"


def test_all_of_the_scope_is_given_once_and_in_order() -> None:
    requested = "devices.write push.application.myapp devices.write RegisteredClient"
    assert grant(requested, "devices.* push.*") == "devices.write push.application.myapp RegisteredClient"


@pytest.mark.parametrize(
    "requested", ["admin", "devices.write admin", 'devices."x"', "devices.é", "devices.a\tb", "a\\b"]
)
def test_part_of_the_scope_is_not_given(requested: str) -> None:
    with pytest.raises(InvalidScope):
        grant(requested, "devices.*")


def test_a_scope_that_no_token_could_carry_is_not_given() -> None:
    with pytest.raises(InvalidScope):
        grant("a" * 2_049, "*")
