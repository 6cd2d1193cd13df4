"""How device-admin says no: the vendor's ids, one JSON shape, and RFC 6749's at the token endpoint."""

import pytest

from chassis import errors as chassis
from device_admin import errors
from device_admin.errors import STYLE

ADMIN = "/mfpadmin/management-apis/2.0/runtimes/myruntime/devices/d"
TOKEN = "/myruntime/api/az/v1/token"


@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [
        (chassis.RouteNotFound(path="/x"), 404, "FWLSE3002E"),
        (chassis.MethodNotAllowed(method="PATCH"), 405, "FWLSE3053E"),
        (chassis.MalformedBody(line=1, column=2, problem="p"), 400, "FWLSE3051E"),
        (chassis.BodyTooLarge(limit=5), 413, "FWLSE3051E"),
        (chassis.UnsupportedMediaType(content_type=""), 415, "FWLSE3051E"),
        (chassis.NotAcceptable(), 406, "FWLSE3053E"),
        (chassis.InvalidPayload(errors={"status": ["bad"]}), 400, "FWLSE3051E"),
        (chassis.InvalidPayload(errors="a value cannot be stored"), 400, "FWLSE3051E"),
        (chassis.InvalidQuery(errors={"async": ["bad"]}), 400, "FWLSE3053E"),
        (chassis.Unauthenticated(), 401, "FWLSE4065E"),
        (chassis.Forbidden(), 403, "FWLSE4065E"),
        (chassis.Unavailable(), 503, "FWLSE3010E"),
        (chassis.Overloaded(), 503, "FWLSE3010E"),
        (chassis.InternalError(), 500, "FWLSE3000E"),
        (errors.RuntimeNotFound(runtime="r"), 404, "FWLSE3030E"),
        (errors.DeviceNotFound(runtime="r", device_id="d"), 404, "FWLSE3002E"),
        (errors.TransactionNotFound(runtime="r", transaction_id="7"), 404, "FWLSE3002E"),
        (errors.InvalidBookmark(), 400, "FWLSE3053E"),
    ],
)
def test_every_refusal_has_its_status_its_id_and_one_shape(refusal: chassis.Refusal, status: int, code: str) -> None:
    own = STYLE.translate(refusal)
    body = STYLE.body(own, path=ADMIN, correlation_id="c-1")
    assert own.status == status
    assert type(own).__module__ == "device_admin.errors.refusals"
    assert body == {"errorCode": code, "message": own.detail, "correlationId": "c-1"}
    assert "{" not in body["message"]


def test_headers_are_kept() -> None:
    assert STYLE.translate(chassis.Overloaded()).headers == {"Retry-After": "1"}
    refusal = chassis.Unauthenticated(headers={"WWW-Authenticate": "Basic"})
    assert STYLE.translate(refusal).headers == {"WWW-Authenticate": "Basic"}


def test_the_problems_of_a_payload_are_worded() -> None:
    refusal = chassis.InvalidPayload(errors={"status": ["Must be one of: A."], "x": {"0": ["Unknown field."]}})
    assert STYLE.translate(refusal).detail == "The payload is invalid: status: Must be one of: A.; x.0: Unknown field."


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (errors.InvalidClient(), "invalid_client"),
        (errors.InvalidScope(), "invalid_scope"),
        (errors.UnsupportedGrantType(), "unsupported_grant_type"),
        (errors.InvalidTokenRequest(problem='a "quoted" \\ é'), "invalid_request"),
        (errors.RuntimeNotFound(runtime="r"), "invalid_request"),
        (chassis.MethodNotAllowed(method="GET"), "invalid_request"),
        (chassis.BodyTooLarge(limit=5), "invalid_request"),
        (chassis.Overloaded(), "temporarily_unavailable"),
        (chassis.InternalError(), "server_error"),
    ],
)
def test_the_token_endpoint_speaks_rfc_6749(refusal: chassis.Refusal, error: str) -> None:
    body = STYLE.body(STYLE.translate(refusal), path=TOKEN, correlation_id="c-1")
    assert body["error"] == error
    assert all(" " <= letter <= "~" and letter not in '"\\' for letter in body["error_description"])


def test_a_device_whose_id_looks_like_the_token_endpoint_is_none() -> None:
    body = STYLE.body(errors.DeviceNotFound(runtime="r", device_id="d"), path=f"{ADMIN}{TOKEN}", correlation_id="c")
    assert set(body) == {"errorCode", "message", "correlationId"}
