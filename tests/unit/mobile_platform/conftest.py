"""A store in memory for each test."""

import pytest

from tests.unit.mobile_platform.fakes import (
    FakeAggregates,
)


@pytest.fixture
def store() -> FakeAggregates:
    return FakeAggregates()
