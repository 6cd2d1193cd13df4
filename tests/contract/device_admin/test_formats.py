"""JSON, application/xml and text/xml, as Accept wants them; and the document's examples."""

from typing import Any

import pytest

from tests.contract.device_admin.calls import failing_once_accepted, put, root_of
from tests.integration.device_admin.admin import BASE, Admin
from tests.support.polling import eventually
from tests.support.services import basic

# As printed, the slips of print included: a comma before the closing bracket, and an ellipsis.
PRINTED_PAYLOAD = '{\n  "status" : "LOST",\n}'
PRINTED_NAMES = {
    "ok": bool,
    "productVersion": str,
    "transaction": {
        "appServerId": str,
        "description": {"deviceId": str, "status": str},
        "errors": [{"details": str}],
        "id": int,
        "project": {"name": str},
        "status": str,
        "timeCreated": str,
        "timeUpdated": str,
        "type": str,
        "userName": str,
    },
}
READS = [
    ("devices", "devices"),
    ("transactions", "transactions"),
    ("transactions/{id}", "transaction"),
    ("transactions/{id}/cascade", "cascade"),
]


def shape(value: Any) -> Any:
    """The names and types of a JSON value."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    return [shape(inner) for inner in value] if isinstance(value, list) else type(value)


@pytest.mark.ledger("admin.example.payload.literal", "admin.errors.400")
async def test_the_payload_literally_as_printed_is_refused_where_it_is_wrong(admin: Admin, runtime: str) -> None:
    await admin.know(runtime, "d")
    status, body, _ = await put(admin, runtime, "d", PRINTED_PAYLOAD)
    assert (status, body["errorCode"]) == (400, "FWLSE3051E")
    # Where exactly depends on Python's version: at the comma, or at the bracket after it.
    assert "line 3, column 1:" in body["message"] or "line 2, column 20:" in body["message"]


@pytest.mark.ledger("admin.example.payload.corrected")
async def test_the_corrected_payload_works(admin: Admin, runtime: str) -> None:
    await admin.know(runtime, "d")
    status, body, _ = await put(admin, runtime, "d", PRINTED_PAYLOAD.replace(",", ""))
    assert (status, body["transaction"]["description"]["status"]) == (200, "LOST")


@pytest.mark.ledger(
    "admin.example.response.json", "admin.response.ok.false", "admin.response.transaction", "admin.produces.json"
)
async def test_the_json_answer_has_the_printed_names(
    admin: Admin, runtime: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await admin.know(runtime, "d")
    failing_once_accepted(admin, monkeypatch, runtime, "d")
    status, body, headers = await put(admin, runtime, "d")
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert shape(body) == PRINTED_NAMES
    assert [*body] == [*PRINTED_NAMES]
    assert (body["ok"], body["transaction"]["status"]) == (False, "FAILURE")


@pytest.mark.ledger("admin.example.response.xml", "admin.response.ok.false")
@pytest.mark.parametrize(
    "media_type",
    [
        pytest.param("application/xml", marks=pytest.mark.ledger("admin.produces.application-xml")),
        pytest.param("text/xml", marks=pytest.mark.ledger("admin.produces.text-xml")),
    ],
)
async def test_the_xml_answer_has_the_printed_elements_and_attributes(
    admin: Admin, runtime: str, monkeypatch: pytest.MonkeyPatch, media_type: str
) -> None:
    await admin.know(runtime, "d")
    failing_once_accepted(admin, monkeypatch, runtime, "d")
    status, text, headers = await put(admin, runtime, "d", headers={"Accept": media_type})
    assert (status, headers["Content-Type"]) == (200, f"{media_type}; charset=utf-8")
    root = root_of(text)
    assert (root.tag, sorted(root.attrib), root.get("ok")) == (
        "set-device-status-result",
        ["ok", "productVersion"],
        "false",
    )
    (transaction,) = root
    assert (transaction.tag, sorted(transaction.attrib)) == (
        "transaction",
        ["appServerId", "id", "status", "timeCreated", "timeUpdated", "type", "userName"],
    )
    description, errors, project = transaction
    assert (description.tag, dict(description.attrib.items())) == ("description", {"deviceId": "d", "status": "LOST"})
    assert (errors.tag, [(error.tag, [*error.attrib]) for error in errors]) == ("errors", [("error", ["details"])])
    assert (project.tag, dict(project.attrib.items())) == ("project", {"name": runtime})
    assert not {*root.itertext()} - {None}


@pytest.mark.ledger("admin.produces.quality")
@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        pytest.param(None, "application/json", marks=pytest.mark.ledger("admin.produces.json")),
        pytest.param("*/*", "application/json", marks=pytest.mark.ledger("admin.produces.json")),
        ("application/*", "application/json"),
        ("text/*", "text/xml"),
        ("application/xml;q=0.9, application/json;q=0.8", "application/xml"),
        ("application/xml;q=0.8, application/json;q=0.9", "application/json"),
        ("application/json;q=0, */*;q=0.1", "application/xml"),
        ("text/html, text/xml;q=0.3, */*;q=0.2", "text/xml"),
        ("APPLICATION/XML", "application/xml"),
    ],
)
async def test_accept_decides_with_quality_values(
    admin: Admin, runtime: str, accept: str | None, media_type: str
) -> None:
    await admin.know(runtime, "d")
    headers = {} if accept is None else {"Accept": accept}
    status, _, given = await put(admin, runtime, "d", headers=headers)
    assert (status, given["Content-Type"].partition(";")[0]) == (200, media_type)


@pytest.mark.ledger("admin.produces.quality")
@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "*/*;q=0", "nonsense", "application/xml;q=2"])
async def test_what_cannot_be_written_is_refused_in_json(admin: Admin, runtime: str, accept: str) -> None:
    await admin.know(runtime, "d")
    status, body, given = await put(admin, runtime, "d", headers={"Accept": accept})
    assert (status, body["errorCode"]) == (406, "FWLSE3053E")
    assert given["Content-Type"] == "application/json"
    assert (await admin.devices(runtime))["d"]["status"] == "ACTIVE"


@pytest.mark.ledger("admin.produces.application-xml", "admin.produces.text-xml")
@pytest.mark.parametrize("media_type", ["application/xml", "text/xml"])
@pytest.mark.parametrize(("path", "name"), READS)
async def test_every_reading_operation_says_the_same_in_each_format(
    admin: Admin, runtime: str, path: str, name: str, media_type: str
) -> None:
    await admin.know(runtime, "d", "e", user="<Jérémie> & 'Co'")
    asynchronous: Any = {"async": "true"}
    _, body, _ = await put(admin, runtime, "d", **asynchronous)
    id = body["transaction"]["id"]

    async def settled() -> bool:
        return bool((await admin.transaction(runtime, id))["status"] == "COMMITTING")

    await eventually(settled)
    path = f"{BASE}/{runtime}/{path.format(id=id)}"
    _, said, _ = await admin.service.request("GET", path, headers=basic("monitor"))
    status, text, _ = await admin.service.request("GET", path, headers={**basic("monitor"), "Accept": media_type})
    assert status == 200
    root = root_of(text)
    assert root.tag == name
    assert plain(root) == as_text(said)


def plain(element: Any) -> Any:
    """An element read back by the rule that the document's examples follow: a plural holds its singulars."""
    if len(element) and all(child.tag == element.tag.removesuffix("s") for child in element):
        return [plain(child) for child in element]
    return {**element.attrib, **{child.tag: plain(child) for child in element}}


def as_text(value: Any) -> Any:
    """A JSON value as XML can say it: scalars are text, what is null or empty is not there."""
    if isinstance(value, dict):
        return {name: as_text(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [as_text(inner) for inner in value] or {}
    return str(value).lower() if isinstance(value, bool) else str(value)
