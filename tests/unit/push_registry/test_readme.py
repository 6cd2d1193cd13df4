"""The README's table of errors is the code's."""

import re
from pathlib import Path

import push_registry
from chassis.errors import Refusal
from push_registry import errors

README = Path(push_registry.__file__).with_name("README.md")


def test_the_table_of_errors_has_every_refusal_and_no_other() -> None:
    section = README.read_text().partition("\n## Errors\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\d{3}) \| (\w+) \| (.+?) \| .*\|$", section, re.MULTILINE)
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Refusal)]
    own = [(str(kind.status), kind.code, kind.message) for kind in kinds if kind.__module__ == errors.__name__]
    assert sorted(rows) == sorted(own)


def test_the_catalogue_of_the_readme_names_real_files() -> None:
    root = README.parents[2]
    paths = re.findall(r"`((?:libs|services|deploy|tests)/[\w./-]+)`", README.read_text())
    assert paths
    assert [path for path in paths if not (root / path).exists()] == []
