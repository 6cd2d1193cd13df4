"""What an author of handlers is promised: a complete one stays small."""

from pathlib import Path

HANDLERS = Path(__file__).parents[3] / "services" / "email_handlers"


def test_it_stays_under_a_hundred_lines() -> None:
    lines = [line for file in HANDLERS.rglob("*.py") for line in file.read_text().splitlines()]
    assert 0 < len(lines) < 100
