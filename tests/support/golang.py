"""Programs built by Go from a version of their sources that is named."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from deploy.local.backends import BackendError

BUILT_WITHIN = 1800  # seconds


def build(place: Path, package: str, module: str, binary: Path, *, sums: str = "") -> None:
    """Build a program in a folder of its own, `place`; `module` is its sources with their version.

    `sums` are the module's lines of a go.sum, for one that Go's database of checksums may not have.
    Raises BackendError.
    """
    place.mkdir()
    run(["mod", "init", "tools"], place)
    if sums:
        (place / "go.sum").write_text(sums)
    trusted = {"GONOSUMDB": module.partition("@")[0]} if sums else {}
    run(["get", module], place, trusted)
    run(["build", "-trimpath", "-o", str(binary), package], place, trusted)


def run(arguments: Sequence[str], place: Path, more: dict[str, str] | None = None) -> str:
    """What one of Go's commands says. Raises BackendError."""
    if shutil.which("go") is None:
        raise BackendError("It is built by Go, and there is no go on the PATH.")
    try:
        ran = subprocess.run(
            ["go", *arguments],
            cwd=place,
            env={**os.environ, "GOFLAGS": "-mod=mod", **(more or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=BUILT_WITHIN,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BackendError(f"go {arguments[0]} in {place.name} did not end within {BUILT_WITHIN} s") from None
    if ran.returncode:
        raise BackendError(f"go {arguments[0]} in {place.name}: {ran.stderr[-2_000:]}")
    return ran.stdout
