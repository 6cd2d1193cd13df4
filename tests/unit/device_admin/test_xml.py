"""Answers as XML: scalars are attributes, objects children, arrays wrappers of singular children."""

from typing import Any

import pytest

from chassis.xml import parse_xml, write_xml
from device_admin import schemas
from device_admin.errors import STYLE, DeviceNotFound, problems
from device_admin.model import transaction
from device_admin.model.page import Page
from device_events.statuses import DeviceStatus
from tests.unit.device_admin.builders import NOON, a_device, a_transaction, later


def written(name: str, content: Any) -> str:
    return write_xml(schemas.element(name, content)).decode()


def test_a_change_looks_as_the_document_prints_it() -> None:
    failed = transaction.fail(a_transaction(), problems.FAULT.problem(), later(milliseconds=36_979))
    assert written("set-device-status-result", schemas.change_result(failed, "8.0")) == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<set-device-status-result ok="false" productVersion="8.0">'
        '<transaction appServerId="rollcall" id="1" status="FAILURE" timeCreated="2026-05-01T12:00:00.000Z"'
        ' timeUpdated="2026-05-01T12:00:36.979Z" type="CHANGE_DEVICE_STATUS" userName="demouser">'
        '<description deviceId="12345-6789" status="LOST"/>'
        '<errors><error details="FWLSE3000E: An internal error occurred"/></errors>'
        '<project name="myruntime"/>'
        "</transaction></set-device-status-result>"
    )


def test_a_list_of_devices() -> None:
    page = Page(items=[a_device(DeviceStatus.LOST)], start=0, size=100, total=1, previous=None, next="ABC")
    assert written("devices", schemas.device_page(page, "8.0")) == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<devices nextPageBookmark="ABC" pageNumber="1" pageSize="100" productVersion="8.0" startIndex="0"'
        ' totalListSize="1"><items>'
        '<item deviceDisplayName="12345-6789" deviceModel="" deviceOs="iOS" id="12345-6789"'
        ' lastAccessed="2026-05-01T12:00:00.000Z" status="LOST">'
        '<userIds><userId str="Jeremy"/></userIds>'
        '<applicationDeviceAssociations><applicationDeviceAssociation appId="myapp" appName="myapp"'
        ' certSerialNumber="" deviceId="12345-6789" deviceStatus="LOST" status="ENABLED"/>'
        "</applicationDeviceAssociations></item></items></devices>"
    )


def test_an_empty_array_is_an_empty_wrapper() -> None:
    assert written("a", {"items": []}).endswith("<a><items/></a>")


@pytest.mark.parametrize("text", ["<&>\"'", "é 漢 😀", "tab\there", "line\nbreak\r", "&#10;", "]]>", "x" * 10_000, ""])
def test_any_text_comes_back_as_it_was(text: str) -> None:
    root = parse_xml(write_xml(schemas.element("a", {"b": text})))
    assert root.get("b") == text


@pytest.mark.parametrize("text", ["\x00", "\x1f", "\ud800", "\ufffe"])
def test_what_xml_cannot_carry_is_replaced(text: str) -> None:
    assert parse_xml(write_xml(schemas.element("a", {"b": f"1{text}2"}))).get("b") == "1\ufffd2"


@pytest.mark.parametrize(("key", "name"), [("a.$b", "a._x0024_b"), ("1st", "_1st"), ("", "_"), ("é", "_x00E9_")])
def test_a_key_that_is_no_name_becomes_one(key: str, name: str) -> None:
    root = schemas.element("effects", {key: 1})
    assert dict(root.attrib.items()) == {name: "1"}


def test_the_cascade_with_effects_of_any_name() -> None:
    state = transaction.follow(a_transaction(), {"id": 1, "sequence": 2, "time": NOON}, NOON)
    state = transaction.acknowledge(state, "contacts", sequence=2, effects={"tokens removed": 2}, now=NOON)
    root = schemas.element("cascade", schemas.cascade_view(state, "8.0"))
    first = root.find("services/service[@service='contacts']/effects")
    assert first is not None
    assert dict(first.attrib.items()) == {"tokens_x0020_removed": "2"}


@pytest.mark.parametrize("media_type", ["application/xml", "text/xml"])
def test_errors_are_written_as_attributes(media_type: str) -> None:
    body = STYLE.body(DeviceNotFound(runtime="r", device_id="<\x00>"), path="/", correlation_id="c-1")
    root = parse_xml(STYLE.write(body, media_type))
    assert (root.tag, dict(root.attrib.items())) == (
        "error",
        {
            "errorCode": "FWLSE3002E",
            "message": "The device <\ufffd> does not exist in the runtime r",
            "correlationId": "c-1",
        },
    )


def test_the_token_endpoint_writes_json_only() -> None:
    assert STYLE.media_types_for("/myruntime/api/az/v1/token") == ("application/json",)
    assert STYLE.media_types_for("/mfpadmin/x") == ("application/json", "application/xml", "text/xml")
