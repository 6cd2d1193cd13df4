"""How push-registry says no: its codes, its one shape, and a text for each of the plumbing's refusals."""

from collections.abc import Iterator
from typing import Any

import pytest

from chassis import errors as generic
from chassis.errors import Refusal
from push_registry import errors
from push_registry.errors import STYLE


def every(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    """All of the plumbing's refusals."""
    for one in kind.__subclasses__():
        if one.__module__ == generic.__name__:
            yield one
            yield from every(one)


PARAMS: dict[str, Any] = {"line": 1, "column": 2, "problem": "p", "errors": {"x": ["bad"]}, "path": "/x", "limit": 1}


@pytest.mark.parametrize("kind", [*every(Refusal)], ids=lambda kind: str(kind.__name__))
def test_every_refusal_of_the_plumbing_becomes_one_of_ours(kind: type[Refusal]) -> None:
    refusal = STYLE.translate(kind(**PARAMS, method="GET", content_type="x"))
    assert type(refusal).__module__ == errors.__name__
    assert STYLE.body(refusal, path="/x", correlation_id="c-1") == {
        "code": refusal.code,
        "message": refusal.detail,
        "correlationId": "c-1",
    }


@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [
        (generic.Unauthenticated(reason="no such user"), 401, "FPWSE0401E"),
        (generic.Forbidden(), 401, "FPWSE0401E"),
        (generic.RouteNotFound(path="/x"), 404, "FPWSE0001E"),
        (generic.UnsupportedMediaType(content_type="text/xml"), 405, "FPWSE0405E"),
        (generic.NotAcceptable(), 406, "FPWSE0406E"),
        (generic.BodyTooLarge(limit=1), 413, "FPWSE0413E"),
        (generic.TooManyFailures(), 503, "FPWSE0025E"),
        (generic.InternalError(), 500, "FPWSE0010E"),
        (generic.Unavailable(), 503, "FPWSE0025E"),
        (generic.Overloaded(), 503, "FPWSE0025E"),
    ],
)
def test_statuses_are_the_documents(refusal: Refusal, status: int, code: str) -> None:
    translated = STYLE.translate(refusal)
    assert (translated.status, translated.code) == (status, code)


@pytest.mark.parametrize(
    ("problems", "code", "end"),
    [
        ({"x": ["Unknown field."], "userId": [errors.TOO_LONG]}, "FPWSE0006E", ": x"),
        ({"b": ["Unknown field."], "a": ["Unknown field."]}, "FPWSE0006E", ": a, b"),
        ({"userId": [errors.TOO_LONG]}, "FPWSE0005E", "254 characters"),
        ({"userId": [errors.TOO_LONG], "token": ["bad"]}, "FPWSE0005E", ": token, userId"),
        ({"_schema": ["A JSON object is expected."]}, "FPWSE0013E", "invalid JSON payload"),
        ("a value cannot be stored", "FPWSE0013E", "invalid JSON payload"),
    ],
)
def test_a_wrong_payload_names_what_is_wrong(problems: Any, code: str, end: str) -> None:
    refusal = STYLE.translate(generic.InvalidPayload(errors=problems))
    assert (refusal.status, refusal.code) == (400, code)
    assert refusal.detail.endswith(end)


@pytest.mark.parametrize(
    ("problems", "code", "end"),
    [
        ({"x": ["Unknown field."], "offset": ["bad"]}, "FPWSE0007E", ": x"),
        ({"offset": ["bad"], "size": ["bad"]}, "FPWSE1079E", "0 to 10000000"),
        ({"size": ["bad"], "userId": ["bad"]}, "FPWSE1080E", "1 to 500"),
        ({"userId": ["bad"], "expand": ["bad"]}, "FPWSE0007E", "invalid value: expand, userId"),
    ],
)
def test_a_wrong_query_names_what_is_wrong(problems: Any, code: str, end: str) -> None:
    refusal = STYLE.translate(generic.InvalidQuery(errors=problems))
    assert (refusal.status, refusal.code) == (400, code)
    assert refusal.detail.endswith(end)


@pytest.mark.parametrize("refusal", [errors.NotAuthorized(), errors.DeviceBlocked(), generic.Unauthenticated()])
def test_every_401_says_how_to_authenticate(refusal: Refusal) -> None:
    assert STYLE.translate(refusal).headers["WWW-Authenticate"] == "Bearer"


def test_headers_of_the_plumbing_go_out_too() -> None:
    assert STYLE.translate(generic.MethodNotAllowed(method="X", headers={"Allow": "GET"})).headers == {"Allow": "GET"}
    assert "Retry-After" in STYLE.translate(generic.Unavailable()).headers
    challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    assert STYLE.translate(generic.Unauthenticated(headers=challenge)).headers == challenge


def test_text_of_the_caller_is_shown_as_it_is() -> None:
    assert "{evil} %s" in errors.DeviceNotFound(name="{evil} %s").detail
