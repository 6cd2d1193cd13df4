"""One example of every type, as it goes round."""

import pytest

from device_events import Event, catalog
from tests.unit.device_events.examples import example


@pytest.fixture
def events() -> list[Event]:
    """They are of different types, so that each is told apart by it; an SDK knows nothing of traceparent."""
    return [example(type_, id=f"id-{type_}", traceparent=None) for type_ in sorted(catalog.CATALOG)]
