"""The README's table of errors is the code's."""

import re
from pathlib import Path
from types import ModuleType

import contacts
from chassis import errors as generic
from chassis.errors import Refusal
from chassis.openapi.refusals import own_refusal
from contacts import errors

README = Path(contacts.__file__).with_name("README.md")


def refusals(module: ModuleType) -> set[type[Refusal]]:
    """Those that a module knows, without the base of them all."""
    kinds = (kind for kind in vars(module).values() if isinstance(kind, type) and issubclass(kind, Refusal))
    return {kind for kind in kinds if kind is not Refusal}


def test_the_table_of_errors_has_every_refusal_and_no_other() -> None:
    section = README.read_text().partition("\n## Errors\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\d{3}) \| `(\w+)` \| .+ \|$", section, re.MULTILINE)
    met = refusals(errors) | {own_refusal(kind, errors.STYLE) for kind in refusals(generic)}
    assert sorted(rows) == sorted({(str(kind.status), kind.code) for kind in met})


def test_the_readme_names_real_files() -> None:
    root = README.parents[2]
    paths = re.findall(r"`((?:libs|services|deploy|tests)/[\w./-]+)`", README.read_text())
    assert paths
    assert [path for path in paths if not (root / path).exists()] == []
