"""When a service's documents show a device's newest status, and when that is still to be told to it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka import TopicPartition

from rollcall.services import CONTACTS, MOBILE_PLATFORM, PUSH_REGISTRY, ServiceData
from rollcall.survey import Newest, _shows

EACH = pytest.mark.parametrize("service", [PUSH_REGISTRY, CONTACTS, MOBILE_PLATFORM], ids=lambda one: one.name)


def newest(status: str, sequence: int = 5) -> Newest:
    return Newest("r", "d", status, datetime(2026, 1, 1, tzinfo=UTC), sequence, TopicPartition("t", 0), 7)


def state(service: ServiceData, status: str, taken: int, applied: int) -> dict[str, Any]:
    assert service.statuses
    return {service.statuses.status: status, service.statuses.taken: taken, service.statuses.applied: applied}


def shows(service: ServiceData, stored: dict[str, Any], last: Newest) -> bool:
    assert service.statuses
    return _shows(stored, service.statuses, last)


@EACH
def test_what_is_applied_is_shown_and_what_was_applied_later_too(service: ServiceData) -> None:
    assert shows(service, state(service, "LOST", 5, 5), newest("LOST"))
    assert shows(service, state(service, "ACTIVE", 6, 6), newest("LOST"))


@EACH
def test_an_older_status_is_not_the_newest_unless_it_is_the_same_and_complete(service: ServiceData) -> None:
    assert not shows(service, state(service, "ACTIVE", 4, 4), newest("LOST"))
    assert not shows(service, state(service, "LOST", 4, 4), newest("ACTIVE"))
    assert shows(service, state(service, "LOST", 4, 4), newest("LOST"))


@pytest.mark.parametrize("service", [CONTACTS, MOBILE_PLATFORM], ids=lambda one: one.name)
def test_a_status_that_was_begun_and_not_finished_is_not_shown(service: ServiceData) -> None:
    assert not shows(service, state(service, "LOST", 5, 3), newest("LOST"))


@EACH
def test_a_service_without_a_document_shows_what_shuts_nobody_out(service: ServiceData) -> None:
    assert shows(service, {}, newest("ACTIVE"))
    assert shows(service, {}, newest("EXPIRED"))
    assert not shows(service, {}, newest("LOST"))
