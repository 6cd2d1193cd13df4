"""mongodump and mongorestore, MongoDB's own: those on the PATH, else built from their sources once and kept."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

from deploy.local.backends import BackendError, maven
from tests.support import golang

PROGRAMS = ("mongodump", "mongorestore")
SOURCES = "github.com/mongodb/mongo-tools"
VERSION = "v0.0.0-20240711192303-088725fbaf4b"  # of July 2024: their releases have no versions that Go knows
_SUMS = f"""\
{SOURCES} {VERSION} h1:39IJuPXnaNCjLk6tMywL0OheXyx7S+BTIgn1LUwSrq8=
{SOURCES} {VERSION}/go.mod h1:ZqxDY87qeUsPRQ/H8DAOhp4iQA2zQtn2zR/KmLSsA7U=
"""


def folder() -> Path | None:
    """Where the programs are; None where they are not."""
    if all(map(shutil.which, PROGRAMS)):
        return Path(str(shutil.which(PROGRAMS[0]))).parent
    return _kept() if _kept().is_dir() else None


def folder_or_skip() -> Path:
    """The same for a test, which is skipped without them, unless REQUIRE_MONGO_TOOLS says that they are there."""
    if found := folder():
        return found
    missing = "needs mongodump and mongorestore: `python -m tests.support.mongo_tools` builds them"
    if os.environ.get("REQUIRE_MONGO_TOOLS"):
        pytest.fail(missing)
    pytest.skip(missing)


def built() -> Path:
    """Where the programs are, built if they are not there: two minutes of two cores. Raises BackendError."""
    if found := folder():
        return found
    kept = _kept()
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as place:
        coming = Path(place) / "bin"
        for name in PROGRAMS:
            print(f"Building {name} ...", flush=True)
            package = f"{SOURCES}/{name}/main"
            golang.build(Path(place) / name, package, f"{SOURCES}@{VERSION}", coming / name, sums=_SUMS)
        coming.rename(kept)
    return kept


def _kept() -> Path:
    return maven.cache_folder() / f"mongo-tools-{VERSION.rpartition('-')[2]}"


if __name__ == "__main__":
    try:
        print(built())
    except BackendError as error:
        sys.exit(str(error))
