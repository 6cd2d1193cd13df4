"""Accept: which of the media types that an operation writes is chosen."""

import pytest

from chassis.errors import NotAcceptable
from chassis.media import require_accept
from tests.unit.chassis.bodies import request

JSON, XML = "application/json", "application/xml"
BOTH = (JSON, XML)


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, JSON),
        ("", JSON),
        ("  ", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/xml", XML),
        ("APPLICATION/XML", XML),
        ("application/json;q=0.5, application/xml;q=0.9", XML),
        ("application/json;q=0.5, application/xml; q=0.5", JSON),
        ("application/xml, */*;q=0.1", XML),
        ("*/*, application/json;q=0.2", XML),
        ("application/json;q=0, */*", XML),
        ("application/*;q=0.1, application/json;q=0.9, text/html", JSON),
        ("text/html, application/xml;q=0.001", XML),
        ("application/json;charset=utf-8;q=0.3, application/xml;q=0.4", XML),
        ("application/json; version=1", JSON),
        (",application/xml,", XML),
    ],
)
def test_the_best_liked_is_chosen(accept: str | None, chosen: str) -> None:
    headers = [] if accept is None else [("Accept", accept)]
    assert require_accept(request(headers=headers), BOTH) == chosen


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "application/json;q=0",
        "*/*;q=0",
        "application/json;q=0, application/xml;q=0.0, */*",
        "application/json;q=2",
        "application/json;q=-1",
        "application/json;q=abc",
        "application/json;q=0.1234",
        "json",
        "application/",
        "/json",
        "application json",
        "*/json",
        "application/json@x",
    ],
)
def test_nothing_acceptable_or_a_broken_header_is_refused(accept: str) -> None:
    with pytest.raises(NotAcceptable):
        require_accept(request(headers=[("Accept", accept)]), BOTH)


def test_two_accept_headers_count_as_one() -> None:
    both = [("Accept", "application/json;q=0.1"), ("Accept", "application/xml")]
    assert require_accept(request(headers=both), BOTH) == XML
