"""mongosh, MongoDB's shell, from npm, and somebody at a terminal who types what it asks for."""

import os
import pty
import select
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local.backends import BackendError, maven

VERSION = "2.12.0"
INSTALLED_WITHIN, ENDS_WITHIN = 600, 120  # seconds
_CHUNK = 4_096


def folder() -> Path:
    """Where the program is, installed the first time. Raises BackendError."""
    kept = maven.cache_folder() / f"mongosh-{VERSION}"
    if not kept.is_dir():
        kept.parent.mkdir(parents=True, exist_ok=True)
        print("Installing mongosh ...", flush=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as place:
            coming = Path(place) / "mongosh"
            _install(coming)
            coming.rename(kept)
    return kept / "node_modules" / ".bin"


def at_a_terminal(
    command: str, *, place: Path, variables: Mapping[str, str], prompt: str, answers: Sequence[str]
) -> str:
    """Run a shell's command at a terminal, give the answers one after the other; what it said.

    Raises AssertionError if it fails or does not ask so often.
    """
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        ["bash", "-euc", command],
        cwd=place,
        env={**variables, "HOME": str(place), "TERM": "dumb"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    said, given, deadline = "", 0, time.monotonic() + ENDS_WITHIN
    try:
        while (heard := _heard(ours, deadline)) is not None:
            said += heard
            while given < min(said.count(prompt), len(answers)):
                os.write(ours, f"{answers[given]}\n".encode())
                given += 1
        status = process.wait(10)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    assert (status, given) == (0, len(answers)), said
    return said


def _heard(terminal: int, deadline: float) -> str | None:
    """What is said next; None at the end."""
    ready, _, _ = select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))
    assert ready, f"it did not end within {ENDS_WITHIN} s"
    try:
        chunk = os.read(terminal, _CHUNK)
    except OSError:
        return None  # nobody has the terminal's other end open any more
    return chunk.decode(errors="replace") if chunk else None


def _install(place: Path) -> None:
    command = ["npm", "install", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        ran = subprocess.run(
            [*command, "--prefix", str(place), f"mongosh@{VERSION}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=INSTALLED_WITHIN,
            check=False,
        )
    except (FileNotFoundError, subprocess.TimeoutExpired) as error:
        raise BackendError(f"mongosh is installed by npm: {error}") from None
    if ran.returncode:
        raise BackendError(f"npm could not install mongosh: {ran.stderr[-600:]}")
