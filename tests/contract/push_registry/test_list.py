"""The list of an application's registrations: filters, pages, and what a row shows."""

from typing import Any

import pytest
import pytest_asyncio

from push_registry.schemas import DeviceListBody
from tests.contract.push_registry.conftest import Push

# Device, platform, user.
FLEET = [("a", "A", "joe"), ("b", "G", "joe"), ("c", "W", None), ("d", "A", None), ("e", "G", "ann"), ("f", "A", "a,b")]


@pytest_asyncio.fixture(autouse=True)
async def fleet(push: Push) -> None:
    """Six registrations with the application `listed`; making them again changes nothing that the list shows."""
    for name, platform, user in FLEET:
        more = {} if user is None else {"userId": user}
        await push.register(name, application="listed", platform=platform, token=f"listed-{name}", **more)


async def page(push: Push, query: str = "") -> Any:
    answer = await push.call("GET", f"listed/devices{query}")
    assert answer.status == 200, answer.body
    DeviceListBody().load(answer.body)
    return answer.body


def names(page: Any) -> str:
    return "".join(row["deviceId"] for row in page["devices"])


async def test_a_row_is_short(push: Push) -> None:
    rows = (await page(push))["devices"]
    assert rows[0] == {"deviceId": "a", "platform": "A", "token": "listed-a", "userId": "joe"}
    assert rows[2]["userId"] == "anonymous"


async def test_an_expanded_row_has_the_times(push: Push) -> None:
    rows = (await page(push, "?expand=true"))["devices"]
    assert set(rows[0]) == {
        *("deviceId", "platform", "token", "userId"),
        *("createdMode", "createdTime", "lastUpdatedTime"),
    }
    assert rows[0] == (await push.read("a", "listed")).body
    assert set((await page(push, "?expand=false"))["devices"][0]) == {"deviceId", "platform", "token", "userId"}


async def test_the_page_info_is_text(push: Push) -> None:
    body = await page(push)
    assert names(body) == "abcdef"
    assert body["pageInfo"] == {"count": "6", "next": "", "previous": "", "totalCount": "6"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("filter=platform==A", "adf"),
        ("filter=platform%3D%3DG", "be"),
        ("filter=platform==A,platform==G", "abdef"),
        ("filter=platform==A&filter=platform==G", ""),
        ("filter=platform==A,platform==G&filter=platform==G,platform==W", "be"),
        ("filter=platform==X", ""),
        ("userId=joe", "ab"),
        ("userId=anonymous", "cd"),
        ("userId=a%2Cb", "f"),
        ("userId=JOE", ""),
        ("userId=%7B%22%24ne%22%3A1%7D", ""),
        ("userId=joe&filter=platform==G", "b"),
        ("offset=4", "ef"),
        ("offset=1&size=2", "bc"),
        ("offset=100", ""),
        ("filter=platform==A&size=1&offset=1", "d"),
    ],
)
async def test_filters_and_pages_choose(push: Push, query: str, found: str) -> None:
    assert names(await page(push, f"?{query}")) == found


async def test_a_count_is_of_the_page_and_the_total_of_all_that_match(push: Push) -> None:
    info = (await page(push, "?filter=platform==A&size=2"))["pageInfo"]
    assert (info["count"], info["totalCount"]) == ("2", "3")
    assert info["previous"] == ""


async def test_the_links_lead_through_all_pages_and_back(push: Push) -> None:
    first = await page(push, "?filter=platform==A,platform==G&size=2&expand=true")
    second = (await push.call("GET", first["pageInfo"]["next"])).body
    third = (await push.call("GET", second["pageInfo"]["next"])).body
    assert [names(one) for one in (first, second, third)] == ["ab", "de", "f"]
    assert "createdTime" in third["devices"][0]
    assert third["pageInfo"]["next"] == ""
    back = (await push.call("GET", third["pageInfo"]["previous"])).body
    assert names(back) == "de"
    assert names((await push.call("GET", back["pageInfo"]["previous"])).body) == "ab"


@pytest.mark.parametrize(
    ("query", "code", "named"),
    [
        ("offset=-1", "FPWSE1079E", "offset"),
        ("offset=x", "FPWSE1079E", "offset"),
        ("offset=", "FPWSE1079E", "offset"),
        ("offset=99999999999999999999", "FPWSE1079E", "offset"),
        ("size=0", "FPWSE1080E", "size"),
        ("size=501", "FPWSE1080E", "size"),
        ("size=1.5", "FPWSE1080E", "size"),
        ("size=1&size=2", "FPWSE1080E", "size"),
        ("expand=maybe", "FPWSE0007E", "expand"),
        ("userId=a&userId=b", "FPWSE0007E", "userId"),
        (f"userId={'a' * 255}", "FPWSE0007E", "userId"),
        ("filter=", "FPWSE0007E", "filter"),
        ("filter=platform", "FPWSE0007E", "filter"),
        ("filter=platform=@A", "FPWSE0007E", "filter"),
        ("filter=userId==joe", "FPWSE0007E", "filter"),
        ("filter=platform==A,userId==joe", "FPWSE0007E", "filter"),
        ("platform=A", "FPWSE0007E", "platform"),
        ("Size=1", "FPWSE0007E", "Size"),
    ],
)
async def test_a_wrong_parameter_is_named(push: Push, query: str, code: str, named: str) -> None:
    refused = await push.call("GET", f"listed/devices?{query}")
    assert refused.refusal == (400, code)
    assert named in refused.body["message"]


async def test_an_application_without_devices_has_an_empty_list(push: Push) -> None:
    body = (await push.call("GET", "empty/devices")).body
    assert body == {"devices": [], "pageInfo": {"count": "0", "next": "", "previous": "", "totalCount": "0"}}
