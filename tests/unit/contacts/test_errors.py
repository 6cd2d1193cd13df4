import pytest

from chassis import errors as generic
from chassis.errors import Refusal
from contacts.errors import STYLE, ContactListNotFound

MALFORMED = generic.MalformedBody(line=2, column=7, problem="Expecting value")


@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [
        (MALFORMED, 417, "malformed_body"),
        (generic.InvalidPayload(errors={"DeviceId": ["bad"]}), 417, "invalid_parameters"),
        (generic.InvalidQuery(errors={"x": ["Unknown field."]}), 417, "invalid_parameters"),
        (generic.InvalidPath(problem="x"), 417, "invalid_parameters"),
        (generic.UnsupportedMediaType(content_type="text/plain"), 417, "unsupported_media_type"),
        (generic.NotAcceptable(), 406, "not_acceptable"),
        (generic.Unauthenticated(), 401, "unauthorized"),
        (generic.Forbidden(), 403, "not_permitted"),
        (generic.RouteNotFound(path="/x"), 404, "not_found"),
        (generic.MethodNotAllowed(method="DELETE", headers={"Allow": "GET"}), 405, "method_not_allowed"),
        (generic.BodyTooLarge(limit=1), 413, "body_too_large"),
        (generic.Unavailable(), 503, "unavailable"),
        (generic.Overloaded(), 503, "overloaded"),
        (generic.InternalError(), 500, "internal_error"),
        (ContactListNotFound(list_id=9), 404, "contact_list_not_found"),
    ],
)
def test_every_refusal_has_one_shape(refusal: Refusal, status: int, code: str) -> None:
    translated = STYLE.translate(refusal)
    assert (translated.status, translated.code) == (status, code)
    body = STYLE.body(translated, path="/contactLists", correlation_id="c1")
    assert body == {"Message": translated.detail, "Code": code, "CorrelationId": "c1"}


def test_a_malformed_body_names_its_line_and_column() -> None:
    refusal = STYLE.translate(MALFORMED)
    assert refusal.detail == "The body cannot be read at line 2, column 7: Expecting value"


def test_invalid_parameters_are_named() -> None:
    refusal = STYLE.translate(generic.InvalidPayload(errors={"ContactDTO": {"ListId": ["bad"]}, "_schema": ["worse"]}))
    assert refusal.detail == "The request has invalid parameters: ContactDTO.ListId: bad; worse"


def test_headers_survive() -> None:
    assert STYLE.translate(generic.MethodNotAllowed(method="X", headers={"Allow": "GET"})).headers == {"Allow": "GET"}
    challenge = STYLE.translate(generic.Unauthenticated(headers={"WWW-Authenticate": "Bearer"})).headers
    assert challenge == {"WWW-Authenticate": "Bearer"}
    assert "Basic" in STYLE.translate(generic.Unauthenticated()).headers["WWW-Authenticate"]
    assert "Retry-After" in STYLE.translate(generic.Unavailable()).headers
