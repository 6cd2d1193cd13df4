"""The README's table of errors is the code's."""

import re
from pathlib import Path

import mobile_platform
from mobile_platform import errors

README = Path(mobile_platform.__file__).with_name("README.md")


def test_the_table_of_errors_has_every_refusal_and_no_other() -> None:
    section = README.read_text().partition("\n## Errors\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\d{3}) \| (\S+) \| (.+?) \| .*\|$", section, re.MULTILINE)
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.MobileRefusal)
    ]
    own = [(str(kind.status), kind.code, kind.title) for kind in kinds if hasattr(kind, "status")]
    assert sorted(rows) == sorted(own)


def test_the_order_of_the_checks_names_codes_that_exist() -> None:
    section = README.read_text().partition("\n## The order of the checks\n")[2].partition("\n## ")[0]
    numbers = {int(number) for number in re.findall(r"MOBILE-(\d{5})", section)}
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.MobileRefusal)
    ]
    assert numbers
    assert numbers <= {int(kind.code.partition("-")[2]) for kind in kinds if hasattr(kind, "code")}
