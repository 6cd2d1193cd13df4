"""Figures, rows and the table that they are printed in."""

from typing import Any

import pytest

from tests.faults.figures import Figures, Row
from tests.faults.table import render


def row(**figures: Any) -> Row:
    return Row("a fault", "a group", 3, 1.0, Figures(**{"acknowledged": 10, **figures}))


@pytest.mark.parametrize("name", ["lost", "phantom", "repeated", "out_of_order", "stuck", "readable", "failed"])
def test_a_row_is_good_only_with_nothing_of_what_must_not_be(name: str) -> None:
    assert row(duplicates=5).good
    assert not row(**{name: 1}).good


def test_a_row_on_which_nothing_was_acknowledged_shows_nothing() -> None:
    assert not row(acknowledged=0).good


def test_a_row_that_was_not_measured_to_its_end_is_not_good() -> None:
    assert not Row("a fault", "a group", 3, 1.0, Figures(acknowledged=10), problem="it raised").good


def test_figures_add_up() -> None:
    one, other = Figures(acknowledged=1, recoveries=[1.0]), Figures(acknowledged=2, recoveries=[3.0], notes=["n"])
    assert one + other == Figures(acknowledged=3, recoveries=[1.0, 3.0], notes=["n"])


def test_what_is_found_is_counted_and_kept() -> None:
    figures = Figures()
    figures.find("lost", "this", "that")
    assert (figures.lost, figures.evidence) == (2, ["lost: this", "lost: that"])


def test_the_table_shows_every_figure_and_says_what_was_found() -> None:
    figures = Figures(acknowledged=1_234, duplicates=2, mails_again=1, mails_excused=8, recoveries=[1.0, 2.0, 9.0])
    figures.find("lost", "an event")
    text = render([row(), Row("another", "a group", 3, 1.0, figures)], seed=7)
    assert "| another | 3 | 1,234 | 1 | 0 | 2 | 0 | 0 | 0 | 0 | 0 | 1 of 8 | 2.0 / 9.0 |  |" in text
    assert "NOT GOOD: another\n  lost: an event" in text
    assert "NOT GOOD: a fault" not in text
    assert "seed 7" in text
