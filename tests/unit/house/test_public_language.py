"""The public language can be installed by itself: it imports what its own package asks for, and nothing else."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[3] / "libs" / "device_events"
DECLARED = tomllib.loads((PACKAGE / "pyproject.toml").read_text())


# Modules behind an extra.
OPTIONAL = {PACKAGE / "handlers" / "mongodb.py": "mongodb", PACKAGE / "mongodb_store.py": "mongodb"}


def imported(files: Iterable[Path]) -> Iterator[str]:
    """The outermost name of every import in these files, outside the standard library and the package itself."""
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [node.module]
            yield from (name.split(".")[0] for name in names)


def foreign(files: Iterable[Path]) -> set[str]:
    return set(imported(files)) - set(sys.stdlib_module_names) - {"device_events"}


def names(dependencies: Iterable[str]) -> set[str]:
    return {dependency.split(">")[0] for dependency in dependencies}


def test_imports_only_what_it_declares() -> None:
    core = set(PACKAGE.rglob("*.py")) - set(OPTIONAL)
    assert foreign(core) == names(DECLARED["project"]["dependencies"])


def test_a_module_behind_an_extra_imports_what_the_extra_declares() -> None:
    extras = DECLARED["project"]["optional-dependencies"]
    assert set(extras) == set(OPTIONAL.values())
    for file, extra in OPTIONAL.items():
        assert foreign([file]) - names(DECLARED["project"]["dependencies"]) == names(extras[extra])


def test_a_module_behind_an_extra_is_imported_only_when_it_is_needed() -> None:
    """Else the others would not run without it."""
    code = "import sys, device_events.handlers.runner, device_events.handlers.testing; print('pymongo' in sys.modules)"
    env = {"PYTHONPATH": str(PACKAGE.parent)}
    ran = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout == "False\n"


def test_every_folder_of_it_is_in_the_wheel() -> None:
    files = [*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.json")]
    folders = {file.parent for file in files if "build" not in file.parts}
    packages = {".".join(("device_events", *folder.relative_to(PACKAGE).parts)) for folder in folders}
    assert packages == set(DECLARED["tool"]["setuptools"]["packages"])
