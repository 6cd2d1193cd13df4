"""What is announced fits the public catalogue."""

from device_admin import events
from device_admin.model.device import StatusChange
from device_events.catalog import CATALOG, DEVICE_ADMIN, DEVICE_STATUS_TOPIC, topic_for


def test_a_change_by_an_operator_names_the_previous_status_and_the_transaction() -> None:
    announcement = events.status_changed(
        StatusChange(
            runtime="myruntime",
            device_id="a/b",
            status="LOST",
            reason="operator",
            previous="ACTIVE",
            transaction_id=7,
        )
    )
    assert announcement.data == {
        "runtime": "myruntime",
        "deviceId": "a/b",
        "status": "LOST",
        "previous": "ACTIVE",
        "transactionId": 7,
        "reason": "operator",
    }
    assert announcement.deviceid == "myruntime/a/b"
    assert topic_for(announcement.type, DEVICE_ADMIN) == DEVICE_STATUS_TOPIC
    assert CATALOG[announcement.type].schema.validate(dict(announcement.data)) == {}


def test_a_device_first_seen_has_no_previous_status() -> None:
    announcement = events.status_changed(
        StatusChange(runtime="myruntime", device_id="d", status="ACTIVE", reason="first-seen")
    )
    assert announcement.data == {"runtime": "myruntime", "deviceId": "d", "status": "ACTIVE", "reason": "first-seen"}
    assert CATALOG[announcement.type].schema.validate(dict(announcement.data)) == {}
