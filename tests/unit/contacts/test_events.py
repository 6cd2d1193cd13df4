import pytest

from chassis.decisions import Announcement
from contacts import events
from contacts.events import Subject
from device_events.catalog import CATALOG, CONTACTS, topic_for
from tests.unit.contacts.builders import a_change, a_list, a_registration

SUBJECT = Subject(a_list(), "enc")
CALLED = events.called_for(SUBJECT, ["SendEventInvite"], cause="call", values={"Email": "a@x"}, device_id="d1")
BY_STATUS = events.called_for_by_status(SUBJECT, ["SendDeviceLostAlert"], a_change(), {"Email": "a@x"})
EVERY = [
    events.created(SUBJECT, ["Email"]),
    events.updated(SUBJECT),
    events.device_registered(SUBJECT, a_registration(device_type=1), "d1"),
    events.status_applied(a_change(), contact_devices=1, custom_events=2),
    *CALLED,
    *BY_STATUS,
    *events.called_for(SUBJECT, ["SendWelcomeEmail"], cause="registered", values={}, device_id=None),
]


@pytest.mark.parametrize("announced", EVERY, ids=lambda one: one.type)
def test_every_announcement_is_what_the_catalogue_promises(announced: Announcement) -> None:
    assert CATALOG[announced.type].schema.validate(dict(announced.data)) == {}
    assert topic_for(announced.type, CONTACTS)
    assert announced.data["runtime"] == "myruntime"
    assert announced.deviceid == ("myruntime/d1" if "deviceId" in announced.data else None)


def test_values_travel_in_custom_events_only() -> None:
    assert [one.type for one in EVERY if "values" in one.data] == [one.type for one in [*CALLED, *BY_STATUS, EVERY[-1]]]


def test_an_effect_of_a_status_names_its_cause() -> None:
    for announced in (*BY_STATUS, EVERY[3]):
        assert (announced.causationid, announced.statussequence) == ("e1", 5)
        assert announced.data["status"] == "LOST"
    assert CALLED[0].causationid is None
