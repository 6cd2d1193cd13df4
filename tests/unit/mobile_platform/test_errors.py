"""How this service says no: the vendor's error object and codes."""

from typing import Any

import pytest

from chassis import errors as generic
from chassis.errors import Refusal
from mobile_platform import errors


def body(refusal: Refusal) -> dict[str, Any]:
    translated = errors.STYLE.translate(refusal)
    return errors.STYLE.body(translated, path="/mobile/platform/devices/register", correlation_id="c-1")


def test_the_error_object_has_the_documented_properties() -> None:
    assert body(errors.BackendHeaderMissing()) == {
        "type": "http://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html#sec10.4.1",
        "title": "Cannot call API",
        "status": 400,
        "detail": errors.BackendHeaderMissing.message,
        "o:errorCode": "MOBILE-58060",
        "o:errorPath": "/mobile/platform/devices/register",
        "o:ecid": "c-1, 0",
    }


@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [
        (generic.Unauthenticated(reason="no such user"), 401, "MOBILE-15209"),
        (generic.Forbidden(), 401, "MOBILE-15209"),
        (generic.UnsupportedMediaType(content_type="text/xml"), 415, "MOBILE-92515"),
        (errors.BackendNotFound(backend="x", scheme="BASIC"), 404, "MOBILE-58026"),
        (generic.MalformedBody(line=1, column=2, problem="no value"), 400, "MOBILE-90001"),
        (generic.BodyTooLarge(limit=10), 413, "MOBILE-91301"),
        (generic.RouteNotFound(path="/x"), 404, "MOBILE-90402"),
        (generic.InvalidPath(problem="x"), 404, "MOBILE-90402"),
        (generic.MethodNotAllowed(method="GET"), 405, "MOBILE-90501"),
        (generic.TooManyFailures(), 429, "MOBILE-92901"),
        (generic.Unavailable(), 503, "MOBILE-95301"),
        (generic.Overloaded(), 503, "MOBILE-95301"),
        (generic.InternalError(), 500, "MOBILE-95001"),
        (errors.DeviceBlocked(), 401, "MOBILE-90101"),
    ],
)
def test_every_refusal_of_the_plumbing_has_a_code(refusal: Refusal, status: int, code: str) -> None:
    shown = body(refusal)
    assert (shown["status"], shown["o:errorCode"]) == (status, code)
    assert errors.STYLE.translate(refusal).status == status


def test_codes_are_distinct() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Refusal)]
    codes = [kind.code for kind in kinds if "code" in vars(kind) and kind.__module__ == errors.__name__]
    assert len(codes) == len(set(codes)) > 15


def test_headers_of_the_plumbing_go_out_too() -> None:
    assert "Retry-After" in errors.STYLE.translate(generic.Unavailable()).headers
    bearer = generic.Unauthenticated(headers={"WWW-Authenticate": "Bearer"})
    assert errors.STYLE.translate(bearer).headers == {"WWW-Authenticate": "Bearer"}


@pytest.mark.parametrize("refusal", [errors.Unauthorized(), errors.DeviceBlocked(), generic.Unauthenticated()])
def test_every_401_says_how_to_authenticate(refusal: Refusal) -> None:
    assert "WWW-Authenticate" in errors.STYLE.translate(refusal).headers


def test_one_issue_stands_for_itself() -> None:
    shown = body(generic.InvalidPayload(errors={"mobileClient": {"platform": ["Must be one of ..."]}}))
    assert shown["o:errorCode"] == "MOBILE-90002"
    assert shown["detail"] == "mobileClient.platform: Must be one of ..."
    assert "o:errorDetails" not in shown


def test_an_invalid_provider_has_its_own_code() -> None:
    assert body(generic.InvalidPayload(errors={"notificationProvider": ["no"]}))["o:errorCode"] == "MOBILE-90003"


def test_several_issues_are_listed() -> None:
    shown = body(generic.InvalidPayload(errors={"notificationToken": ["a"], "notificationProvider": ["b"]}))
    assert shown["o:errorCode"] == "MOBILE-90004"
    assert shown["detail"].startswith("The body has 2 issues")
    assert [issue["o:errorCode"] for issue in shown["o:errorDetails"]] == ["MOBILE-90002", "MOBILE-90003"]
    assert all(issue["o:ecid"] == "c-1, 0" for issue in shown["o:errorDetails"])


@pytest.mark.parametrize("problems", [{"_schema": ["A JSON object is expected."]}, "A JSON object is expected."])
def test_a_body_that_is_no_object_is_one_issue(problems: Any) -> None:
    assert body(generic.InvalidPayload(errors=problems))["detail"] == "body: A JSON object is expected."


def test_text_of_the_caller_is_shown_as_it_is() -> None:
    shown = body(errors.BackendNotFound(backend="{evil}", scheme="BASIC"))
    assert "{evil}" in shown["detail"]
