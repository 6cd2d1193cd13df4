"""The README's table of rights is the one that the tests try out."""

from pathlib import Path

from tests.integration.security.printing import rows

ROOT = Path(__file__).parents[3]


def test_the_table_of_rights_is_the_one_that_is_tested() -> None:
    section = (ROOT / "README.md").read_text().partition("\n## Security\n")[2].partition("\n## ")[0]
    printed = [line for line in section.splitlines() if line.startswith("| ")]
    assert printed[1:] == rows()


def test_the_section_is_short_enough_to_be_read() -> None:
    section = (ROOT / "README.md").read_text().partition("\n## Security\n")[2].partition("\n## ")[0]
    assert len(section.splitlines()) <= 60
