"""Queries: typed by a schema, nothing unknown, nothing twice."""

import pytest

from chassis.bodies import load_query, require_content_type
from chassis.errors import InvalidQuery, UnsupportedMediaType
from tests.unit.chassis.bodies import Greeting, request

JSON = ("application/json",)


def test_a_query_is_loaded_by_the_schema() -> None:
    assert load_query(request("/?text=a%20b&times=3"), Greeting()) == {"text": "a b", "times": 3}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/?text=a&text=b", "text"),
        ("/?text=a&text=a", "text"),
        ("/?text=a&times=x", "times"),
        ("/?text=a&times=1.5", "times"),
        ("/?times=1", "text"),
        ("/?text=a&more=1", "more"),
        ("/?text=a&text[$ne]=b", "text[$ne]"),
        ("/?text=a&", None),
    ],
)
def test_a_parameter_out_of_its_schema_is_refused_by_name(path: str, name: str | None) -> None:
    if name is None:
        assert load_query(request(path), Greeting())["text"] == "a"
        return
    with pytest.raises(InvalidQuery) as caught:
        load_query(request(path), Greeting())
    assert set(caught.value.errors) == {name}


def test_an_operator_in_a_value_stays_a_text() -> None:
    assert load_query(request('/?text={"$ne":null}'), Greeting())["text"] == '{"$ne":null}'


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON;charset=UTF-8",
        "application/json; x=y",
        'application/json ; charset="utf-8";',
    ],
)
def test_the_content_type_is_taken(content_type: str) -> None:
    require_content_type(request(headers=[("Content-Type", content_type)]), JSON)


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/xml",
        "application/json; charset=latin-1",
        "application/json; charset=",
        "application/json; charset=utf-8; charset=latin-1",
        "application/json; charset",
        "application/json, text/plain",
        "application/jsonp",
        "application/json" + ";  " * 5_000 + "!",
        "json",
        ";;;",
    ],
)
def test_another_content_type_or_none_is_refused(content_type: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        require_content_type(request(headers=[("Content-Type", content_type)]), JSON)
    with pytest.raises(UnsupportedMediaType):
        require_content_type(request(), JSON)
