"""The auditor is no part of what it audits: neither it nor anything it imports knows the product."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.faults import audit

ROOT = Path(__file__).parents[3]
PACKAGE = Path(next(iter(audit.__path__)))
ALLOWED = {"aiokafka", "pymongo", *sys.stdlib_module_names}


def imported(file: Path) -> Iterator[str]:
    """The modules that a file imports, and what it takes from them, as these may be modules too."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module, f"{file}: a relative import"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def reached() -> dict[str, Path]:
    """By module, every file of the tests that the auditor comes to use."""
    found: dict[str, Path] = {}
    ahead = [*PACKAGE.glob("*.py")]
    while ahead:
        file = ahead.pop()
        for module in imported(file):
            path = ROOT / f"{module.replace('.', '/')}.py"
            if module.startswith("tests.") and path.exists() and module not in found:
                found[module] = path
                ahead.append(path)
    return found | {file.stem: file for file in PACKAGE.glob("*.py")}


def test_the_auditor_uses_nothing_of_the_product() -> None:
    files = reached()
    assert {"tests.faults.journal", "tests.faults.figures", "auditor", "records"} <= files.keys()
    strange = {
        f"{file.name} imports {module}"
        for file in files.values()
        for module in imported(file)
        if module.partition(".")[0] not in ALLOWED | {"tests"}
    }
    assert not strange
