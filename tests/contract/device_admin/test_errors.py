"""Each error code that the document lists, in the way it gives for it, in each format."""

from typing import Any

import pytest

from tests.contract.device_admin.calls import put, root_of
from tests.integration.device_admin.admin import Admin

FORMATS = pytest.mark.parametrize("accept", ["application/json", "application/xml", "text/xml"])


async def refusal(admin: Admin, runtime: str, device_id: str, *, accept: str, **more: Any) -> tuple[int, Any]:
    """Status and scalars of a refusal, whose shape is checked in whichever format it came."""
    headers = {"Accept": accept, "X-Correlation-ID": "quote-me"}
    status, body, given = await put(admin, runtime, device_id, headers=headers, **more)
    assert given["Content-Type"] == accept
    assert given["X-Correlation-ID"] == "quote-me"
    if accept != "application/json":
        root = root_of(body)
        assert (root.tag, len(root)) == ("error", 0)
        body = dict(root.attrib.items())
    assert set(body) == {"errorCode", "message", "correlationId"}
    assert body.pop("correlationId") == "quote-me"
    return status, body


@FORMATS
@pytest.mark.ledger("admin.errors.400")
@pytest.mark.parametrize(
    "body", ["", "no JSON", "[]", "{}", '{"status": "GONE"}', '{"status": 1}', '{"state": "LOST"}']
)
async def test_400_for_an_invalid_payload(admin: Admin, runtime: str, accept: str, body: str) -> None:
    await admin.know(runtime, "d")
    status, said = await refusal(admin, runtime, "d", accept=accept, body=body)
    assert (status, said["errorCode"]) == (400, "FWLSE3051E")


@FORMATS
@pytest.mark.ledger("admin.errors.403")
async def test_403_for_a_user_who_may_not(admin: Admin, runtime: str, accept: str) -> None:
    await admin.know(runtime, "d")
    assert await refusal(admin, runtime, "d", accept=accept, user="monitor") == (
        403,
        {"errorCode": "FWLSE4065E", "message": "The roles of this user do not allow this operation"},
    )


@FORMATS
@pytest.mark.ledger("admin.errors.404.runtime")
async def test_404_for_an_unknown_runtime(admin: Admin, accept: str) -> None:
    assert await refusal(admin, "nowhere", "d", accept=accept) == (
        404,
        {"errorCode": "FWLSE3030E", "message": "The runtime nowhere does not exist"},
    )


@FORMATS
@pytest.mark.ledger("admin.errors.404.device")
async def test_404_for_an_unknown_device(admin: Admin, runtime: str, accept: str) -> None:
    assert await refusal(admin, runtime, "nobody", accept=accept) == (
        404,
        {"errorCode": "FWLSE3002E", "message": f"The device nobody does not exist in the runtime {runtime}"},
    )


@FORMATS
@pytest.mark.ledger("admin.errors.500")
@pytest.mark.parametrize("place", ["device", "next_transaction_id", "create_transaction_with", "decide_transaction"])
async def test_500_for_a_fault_inside(
    admin: Admin, runtime: str, monkeypatch: pytest.MonkeyPatch, accept: str, place: str
) -> None:
    await admin.know(runtime, "d")

    async def break_down(*_: Any) -> None:
        raise RuntimeError("secret: mongodb://user:password@host")

    monkeypatch.setattr(
        admin.resources.store, "remembered_device", lambda _: None
    )  # as at a replica that did not write it
    monkeypatch.setattr(admin.resources.store, place, break_down)
    assert await refusal(admin, runtime, "d", accept=accept) == (
        500,
        {"errorCode": "FWLSE3000E", "message": "An internal error occurred"},
    )
