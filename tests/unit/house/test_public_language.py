"""The public language can be installed by itself: it imports what its own package asks for, and nothing else."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[3] / "libs" / "device_events"
DECLARED = tomllib.loads((PACKAGE / "pyproject.toml").read_text())


def imported() -> Iterator[str]:
    """The outermost name of every import in the package, outside the standard library and the package itself."""
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            yield from (name.split(".")[0] for name in names)


def test_imports_only_what_it_declares() -> None:
    declared = {dependency.split(">")[0] for dependency in DECLARED["project"]["dependencies"]}
    assert set(imported()) - set(sys.stdlib_module_names) - {"device_events"} == declared


def test_every_folder_of_it_is_in_the_wheel() -> None:
    files = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.json")]
    folders = {file.parent for file in files if "build" not in file.parts}
    packages = {".".join(("device_events", *folder.relative_to(PACKAGE).parts)) for folder in folders}
    assert packages == set(DECLARED["tool"]["setuptools"]["packages"])
