from datetime import UTC, datetime
from typing import Any

import pytest
from marshmallow import ValidationError

from device_events.handlers import CustomEvent, Reject, plain_address
from device_events.handlers.testing import custom_event
from email_handlers.mails import TEXTS, compose

SENDER = "hello@rollcall.example"
JANE = {"Email": "jane@example.com", "FirstName": "Jane"}


def a_trigger(name: str = "SendWelcomeEmail", *, id: str = "e-1", values: Any = JANE, **changes: Any) -> CustomEvent:
    time = datetime(2026, 3, 1, tzinfo=UTC)
    return custom_event(name, trigger_id=id, values=values, time=time, **{"device_id": None, **changes})


@pytest.mark.parametrize(
    ("name", "subject"),
    [
        ("SendWelcomeEmail", "Welcome"),
        ("SendEventInvite", "You are invited"),
        ("SendDeviceLostAlert", "Your device was reported stolen"),
    ],
)
def test_each_custom_event_has_its_mail(name: str, subject: str) -> None:
    mail = compose(a_trigger(name, status="STOLEN", device_id="d1"), SENDER)
    assert (mail["From"], mail["To"], mail["Subject"]) == (SENDER, "jane@example.com", subject)
    assert mail.get_content().startswith("Hello Jane,")
    assert mail["Auto-Submitted"] == "auto-generated"


def test_the_alert_names_the_device() -> None:
    mail = compose(a_trigger("SendDeviceLostAlert", status="LOST", device_id="phone-7"), SENDER)
    assert "phone-7, registered in your name, has been reported lost" in mail.get_content()


def test_there_is_a_mail_for_these_custom_events_and_no_other() -> None:
    assert set(TEXTS) == {"SendWelcomeEmail", "SendEventInvite", "SendDeviceLostAlert"}


def test_one_trigger_always_makes_the_same_mail_and_another_a_new_message_id() -> None:
    one, again, other = (compose(a_trigger(id=id), SENDER) for id in ("e-1", "e-1", "e-2"))
    assert one["Message-ID"] == again["Message-ID"] != other["Message-ID"]
    assert one["Message-ID"].endswith("@rollcall.example>")
    assert bytes(one) == bytes(again)


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        5,
        {},
        ["jane@example.com"],
        "jane",
        "jane@",
        "@example.com",
        "jane@example.com, joe@example.com",
        "jane@example.com\r\nBcc: joe@example.com",
        "jane@example.com\n",
        "Jane <jane@example.com>",
        "j\u00e4ne@example.com",
        "jane..doe@example.com",
        "jane@-example.com",
        "j" * 65 + "@example.com",
        "jane@" + "e" * 250 + ".com",
    ],
)
def test_a_contact_without_one_valid_address_is_rejected(address: Any) -> None:
    with pytest.raises(ValidationError):
        plain_address(address)
    with pytest.raises(Reject, match="e-mail address") as rejected:
        compose(a_trigger(values={"Email": address}), SENDER)
    assert "example" not in str(rejected.value)


@pytest.mark.parametrize("address", ["jane@example.com", "j.d+x'y@mail.example.co.uk", "root@localhost"])
def test_plain_addresses_are_valid(address: str) -> None:
    assert plain_address(address) == address


@pytest.mark.parametrize("name", [None, "", 7, "  "])
def test_without_a_first_name_the_greeting_has_none(name: Any) -> None:
    mail = compose(a_trigger(values={"Email": "jane@example.com", "FirstName": name}), SENDER)
    assert mail.get_content().startswith("Hello,\n")


def test_a_first_name_cannot_add_headers_or_lines() -> None:
    hostile = "Jane\r\nBcc: joe@example.com\r\n\r\n<b>" + "x" * 500
    mail = compose(a_trigger(values={"Email": "jane@example.com", "FirstName": hostile}), SENDER)
    assert mail["Bcc"] is None
    greeting = mail.get_content().splitlines()[0]
    assert greeting.startswith("Hello Jane Bcc: joe@example.com <b>xxx")
    assert len(greeting) < 120
