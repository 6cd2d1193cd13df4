"""The chart's manifests for every set of values, rendered once."""

from collections.abc import Mapping

import pytest

from tests.integration.deploy.value_sets import SETS
from tests.support.chart.renderer import ChartError, Manifests, render


@pytest.fixture(scope="session")
def rendered() -> Mapping[str, Manifests]:
    """The manifests by the set's name."""
    found: dict[str, Manifests] = {}
    for name, answer in zip(SETS, render(*SETS.values()), strict=True):
        if isinstance(answer, ChartError):
            pytest.fail(f"{name}: {answer}")
        found[name] = answer
    return found
