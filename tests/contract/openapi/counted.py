"""Lines that a run ends with, whatever its verbosity."""

import pytest

LINES = pytest.StashKey[list[str]]()


def note(config: pytest.Config, line: str) -> None:
    """Print this line at the end."""
    config.stash.setdefault(LINES, []).append(line)
