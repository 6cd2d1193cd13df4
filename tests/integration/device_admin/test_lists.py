"""Lists of devices and of transactions: pages, orders, queries."""

from datetime import timedelta
from typing import Any

import pytest

from device_admin.model import transaction as transactions
from tests.integration.device_admin.admin import BASE, Admin
from tests.support.services import basic


async def all_pages(admin: Admin, path: str, **params: Any) -> list[Any]:
    """Every item, page by page forwards; then the same backwards, which must be the same."""
    pages = [await admin.get(path, **params)]
    while bookmark := pages[-1]["nextPageBookmark"]:
        pages.append(await admin.get(path, **params, bookmark=bookmark))
    assert pages[0]["prevPageBookmark"] is None
    assert [page["pageNumber"] for page in pages] == [*range(1, len(pages) + 1)]
    back = [pages[-1]]
    while bookmark := back[-1]["prevPageBookmark"]:
        back.append(await admin.get(path, **params, bookmark=bookmark))
    assert [page["items"] for page in reversed(back)] == [page["items"] for page in pages]
    assert [page["startIndex"] for page in reversed(back)] == [page["startIndex"] for page in pages]
    return [item for page in pages for item in page["items"]]


async def test_devices_come_in_pages_forwards_and_backwards(admin: Admin, runtime: str) -> None:
    ids = [f"device-{number:02}" for number in range(25)]
    await admin.know(runtime, *reversed(ids))
    await admin.know("myruntime", "elsewhere")
    page = await admin.get(f"{runtime}/devices", user="monitor")
    assert (page["pageSize"], page["startIndex"], page["totalListSize"]) == (100, 0, 25)
    assert page["productVersion"] == "8.0"
    assert (page["prevPageBookmark"], page["nextPageBookmark"]) == (None, None)
    assert [item["id"] for item in await all_pages(admin, f"{runtime}/devices", pageSize=10)] == ids
    assert [item["id"] for item in await all_pages(admin, f"{runtime}/devices", pageSize=5, orderBy="-uid")] == ids[
        ::-1
    ]


@pytest.mark.parametrize("order", ["friendlyName", "deviceModel", "deviceEnvironment", "status", "lastAccessed"])
@pytest.mark.parametrize("sign", ["", "-"])
async def test_every_order_pages_through_all_devices_once(admin: Admin, runtime: str, order: str, sign: str) -> None:
    now = admin.resources.now()
    for number in range(7):
        await admin.know(runtime, f"d{number}", time=now - timedelta(minutes=number % 3))
        await admin.change(runtime, f"d{number}", ["LOST", "ACTIVE", "STOLEN"][number % 3])
    items = await all_pages(admin, f"{runtime}/devices", pageSize=2, orderBy=sign + order)
    assert sorted(item["id"] for item in items) == [f"d{number}" for number in range(7)]
    if order in ("status", "lastAccessed"):
        keys = [(item[order], item["id"]) for item in items]
        assert keys == sorted(keys, reverse=bool(sign))


async def test_pages_stay_right_while_devices_come(admin: Admin, runtime: str) -> None:
    await admin.know(runtime, "b", "d", "f")
    first = await admin.get(f"{runtime}/devices", pageSize=2)
    await admin.know(runtime, "a", "c", "e")
    second = await admin.get(f"{runtime}/devices", pageSize=2, bookmark=first["nextPageBookmark"])
    assert [item["id"] for item in first["items"] + second["items"]] == ["b", "d", "e", "f"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("JER", ["tablet.x"]),
        ("jérémie", ["watch"]),
        ("JÉRÉMIE", ["watch"]),
        (".x", ["tablet.x"]),
        (".*", []),
        ("^watch", []),
        ("(", ["phone(1)"]),
        ("PHONE", ["phone(1)"]),
        ("a", ["tablet.x", "watch"]),
        ("$where", []),
        ("\\", []),
        ("", ["phone(1)", "tablet.x", "watch"]),
    ],
)
async def test_a_query_is_data_and_is_found_anywhere_in_any_case(
    admin: Admin, runtime: str, query: str, found: list[str]
) -> None:
    await admin.know(runtime, "tablet.x", user="Jeremy")
    await admin.know(runtime, "watch", user="Jérémie")
    await admin.know(runtime, "phone(1)")
    page = await admin.get(f"{runtime}/devices", query=query)
    assert [item["id"] for item in page["items"]] == found
    assert page["totalListSize"] == len(found)


async def test_what_a_device_shows(admin: Admin, runtime: str) -> None:
    await admin.know(runtime, "d", user="Jeremy")
    await admin.change(runtime, "d", "LOST")
    (device,) = (await admin.get(f"{runtime}/devices"))["items"]
    assert device.pop("lastAccessed").endswith("Z")
    assert device == {
        "id": "d",
        "deviceDisplayName": "d",
        "deviceModel": "",
        "deviceOs": "",
        "status": "LOST",
        "userIds": [{"str": "Jeremy"}],
        "applicationDeviceAssociations": [
            {
                "appId": "myapp",
                "appName": "myapp",
                "certSerialNumber": "",
                "deviceId": "d",
                "deviceStatus": "LOST",
                "status": "ENABLED",
            }
        ],
    }


async def test_transactions_come_in_pages_by_bookmark_or_offset(admin: Admin, runtime: str) -> None:
    await admin.know(runtime, "d")
    ids = [(await admin.change(runtime, "d", "LOST"))["transaction"]["id"] for _ in range(12)]
    assert ids == sorted(ids)
    assert [item["id"] for item in await all_pages(admin, f"{runtime}/transactions", pageSize=5)] == ids
    for order in ("created", "updated", "type", "status", "user", "server"):
        items = await all_pages(admin, f"{runtime}/transactions", pageSize=7, orderBy=f"-{order}")
        assert [item["id"] for item in items] == ids[::-1]
    page = await admin.get(f"{runtime}/transactions", pageSize=5, offset=3)
    assert ([item["id"] for item in page["items"]], page["startIndex"]) == (ids[3:8], 3)
    following = await admin.get(f"{runtime}/transactions", pageSize=5, bookmark=page["nextPageBookmark"], offset=1)
    assert ([item["id"] for item in following["items"]], following["startIndex"]) == (ids[8:], 8)
    before = await admin.get(f"{runtime}/transactions", pageSize=5, bookmark=page["prevPageBookmark"])
    assert ([item["id"] for item in before["items"]], before["startIndex"]) == (ids[:3], 0)


async def test_failed_transactions_can_be_had_alone(admin: Admin, runtime: str) -> None:
    await admin.know(runtime, "d")
    await admin.change(runtime, "d", "LOST")
    failing = (await admin.change(runtime, "d", "ACTIVE", **{"async": "true"}))["transaction"]["id"]
    now = admin.resources.now()

    def give_up(state: transactions.TransactionState) -> transactions.TransactionState:
        return transactions.give_up({**state, "status": "COMMITTING"}, now + timedelta(hours=1), now)

    await admin.resources.store.decide_transaction(failing, give_up)
    page = await admin.get(f"{runtime}/transactions", mode="errors")
    assert [(item["id"], item["status"]) for item in page["items"]] == [(failing, "FAILURE")]
    assert (await admin.get(f"{runtime}/transactions"))["totalListSize"] == 2


@pytest.mark.parametrize(
    ("path", "user", "status", "code"),
    [
        ("{runtime}/devices", None, 401, "FWLSE4065E"),
        ("{runtime}/devices", "nobody", 403, "FWLSE4065E"),
        ("unknown/devices", "monitor", 404, "FWLSE3030E"),
        ("{runtime}/devices?pageSize=0", "admin", 400, "FWLSE3053E"),
        ("{runtime}/devices?pageSize=1001", "admin", 400, "FWLSE3053E"),
        ("{runtime}/devices?orderBy=$natural", "admin", 400, "FWLSE3053E"),
        ("{runtime}/devices?query=%00", "admin", 400, "FWLSE3053E"),
        ("{runtime}/devices?query[$ne]=x&query=a&query=b", "admin", 400, "FWLSE3053E"),
        ("{runtime}/devices?bookmark=ABC", "admin", 400, "FWLSE3053E"),
        ("{runtime}/transactions?bookmark=%FF", "admin", 400, "FWLSE3053E"),
        ("{runtime}/transactions?offset=-1", "admin", 400, "FWLSE3053E"),
        ("{runtime}/transactions?mode=all", "admin", 400, "FWLSE3053E"),
        ("{runtime}/transactions?file=true", "admin", 400, "FWLSE3053E"),
        ("{runtime}/transactions/1", None, 401, "FWLSE4065E"),
        ("{runtime}/transactions/999999", "monitor", 404, "FWLSE3002E"),
        ("{runtime}/transactions/x%00", "monitor", 404, "FWLSE3002E"),
        ("{runtime}/transactions/999999/cascade", "monitor", 404, "FWLSE3002E"),
        ("{runtime}/transactions/999999/cascade", "nobody", 403, "FWLSE4065E"),
        ("unknown/transactions/1/cascade", "monitor", 404, "FWLSE3030E"),
    ],
)
async def test_how_reading_says_no(
    admin: Admin, runtime: str, path: str, user: str | None, status: int, code: str
) -> None:
    answer, body, headers = await admin.service.request(
        "GET", admin.exactly(f"{BASE}/{path.format(runtime=runtime)}"), headers=basic(user) if user else {}
    )
    assert (answer, body["errorCode"]) == (status, code), body
    assert ("WWW-Authenticate" in headers) is (status == 401)


async def test_a_bookmark_is_good_for_its_own_list_only(admin: Admin, runtime: str) -> None:
    await admin.know(runtime, "a", "b")
    bookmark = (await admin.get(f"{runtime}/devices", pageSize=1))["nextPageBookmark"]
    for path, params in (
        ("myruntime/devices", {}),
        (f"{runtime}/devices", {"orderBy": "-uid"}),
        (f"{runtime}/devices", {"query": "a"}),
        (f"{runtime}/transactions", {}),
    ):
        status, body, _ = await admin.service.request(
            "GET", f"{BASE}/{path}", headers=basic("admin"), params={**params, "bookmark": bookmark}
        )
        assert (status, body["errorCode"]) == (400, "FWLSE3053E")


async def test_a_transaction_of_another_runtime_is_not_found(admin: Admin, runtime: str) -> None:
    await admin.know(runtime, "d")
    id = (await admin.change(runtime, "d", "LOST"))["transaction"]["id"]
    for path in (f"myruntime/transactions/{id}", f"{runtime}/transactions/0{id}"):
        status, body, _ = await admin.service.request("GET", f"{BASE}/{path}", headers=basic("admin"))
        assert (status, body["errorCode"]) == (404, "FWLSE3002E")
