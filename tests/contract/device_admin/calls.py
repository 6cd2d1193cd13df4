"""How the tests put a status, and look at answers in each format."""

from collections.abc import Mapping
from typing import Any

from lxml import etree

from chassis.xml import parse_xml
from tests.integration.device_admin.admin import BASE, Admin
from tests.support.services import basic

JSON = {"Content-Type": "application/json"}


async def put(
    admin: Admin,
    runtime: str,
    device_id: str,
    body: str | bytes = '{"status": "LOST"}',
    *,
    user: str = "demouser",
    headers: Mapping[str, str] | None = None,
    **params: Any,
) -> tuple[int, Any, Any]:
    """Status, body and headers of the answer to a status change; the body is sent as it stands."""
    return await admin.service.request(
        "PUT",
        f"{BASE}/{runtime}/devices/{device_id}",
        headers={**basic(user), **JSON, **(headers or {})},
        params=params,
        data=body,
    )


async def changed(admin: Admin, runtime: str, device_id: str, status: str = "LOST", **params: Any) -> Any:
    """The transaction of a change that was answered with 200."""
    code, body, _ = await put(admin, runtime, device_id, f'{{"status": "{status}"}}', **params)
    assert code == 200, body
    return body["transaction"]


def failing_once_accepted(admin: Admin, monkeypatch: Any, runtime: str, device_id: str) -> None:
    """Have the next change fail: between its acceptance and its execution somebody else removes the device."""
    numbers = admin.resources.store.next_transaction_id

    async def removing_first() -> int:
        monkeypatch.undo()
        status, body, _ = await admin.service.request(
            "DELETE", f"{BASE}/{runtime}/devices/{device_id}", headers=basic("operator")
        )
        assert status == 200, body
        return await numbers()

    monkeypatch.setattr(admin.resources.store, "next_transaction_id", removing_first)


def root_of(text: str) -> etree._Element:
    """An XML answer."""
    return parse_xml(text.encode())
