"""The npm packages that some tests run, installed once into the cache folder exactly as the lock file says."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from deploy.local.backends.maven import cache_folder

HERE = Path(__file__).parent
NEEDS = 18  # Debian 12 has it; the package of CloudEvents asks for 20, and works with it
INSTALLED_WITHIN = 300  # seconds


def node_modules() -> Path:
    """The folder of the packages. Skips the test where there is no Node with npm, unless REQUIRE_NODE says there is."""
    if missing := _missing():
        if os.environ.get("REQUIRE_NODE"):
            pytest.fail(missing)
        pytest.skip(missing)
    digest = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()[:12]
    folder = cache_folder() / f"npm-{digest}"
    if not folder.is_dir():
        _install(folder)
    return folder / "node_modules"


def run(script: Path, *arguments: str, stdin: str = "") -> str:
    """What a script prints, with the packages at hand. Raises AssertionError with its complaint when it fails."""
    environment = {**os.environ, "NODE_PATH": str(node_modules()), "KAFKAJS_NO_PARTITIONER_WARNING": "1"}
    ran = subprocess.run(
        ["node", str(script), *arguments],
        input=stdin,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def _missing() -> str:
    if not (shutil.which("node") and shutil.which("npm")):
        return "needs Node and npm"
    told = subprocess.run(["node", "--version"], capture_output=True, text=True, timeout=30, check=True).stdout.strip()
    return "" if int(told.removeprefix("v").split(".")[0]) >= NEEDS else f"needs Node {NEEDS} or newer, not {told}"


def _install(folder: Path) -> None:
    """Installed beside and renamed into place at the end, so that half an installation never counts."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        coming = Path(temporary) / "npm"
        coming.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, coming)
        subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=coming,
            stdin=subprocess.DEVNULL,
            timeout=INSTALLED_WITHIN,
            check=True,
        )
        try:
            coming.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another run was quicker
                raise
