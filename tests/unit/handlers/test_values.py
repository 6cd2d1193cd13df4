"""Contact values are texts from outside."""

from typing import Any

import pytest

from device_events.handlers import Reject, one_line
from device_events.handlers.testing import custom_event


@pytest.mark.parametrize(
    ("value", "line"),
    [("Jane", "Jane"), ("a\r\nBcc: b\t c", "a Bcc: b c"), (7, ""), (None, ""), ("x" * 500, 100 * "x")],
)
def test_a_value_is_part_of_one_line(value: Any, line: str) -> None:
    assert one_line(value) == line
    assert custom_event("E", values={"FirstName": value}).line("FirstName") == line


def test_an_address_that_is_none_rejects_the_event_without_quoting_it() -> None:
    with pytest.raises(Reject) as rejected:
        custom_event("E", values={"Email": "jane@example.com\nBcc: joe@example.com"}).address("Email")
    assert str(rejected.value) == "the contact has no valid e-mail address in Email"
