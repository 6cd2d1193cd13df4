"""The folder of a local stack: taken by one stack at a time, empty of an earlier one's data, and its record."""

import fcntl
import json
import os
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deploy.local.backends import BackendError
from deploy.local.backends.ports import LOOPBACK


class Home:
    """Names of what is in the folder. Other tools keep a cache there too, which stays."""

    def __init__(self, folder: Path) -> None:
        """The folder need not exist yet."""
        self.folder = folder
        self.data = folder / "data"
        self.logs = folder / "logs"
        self.mailbox = folder / "mailbox"
        self.secrets = folder / "secrets"
        self.record = folder / "stack.json"

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Ours alone while inside; what an earlier stack left is removed first, our data and record at the end.

        Logs and mails stay until the next start, for whoever wants to know what happened.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BackendError(
                    f"Another stack keeps its files in {self.folder}. Stop it, or name another folder in ROLLCALL_HOME."
                ) from None
            self._remove(self.record, self.data, self.secrets, self.logs, self.mailbox)
            for folder in (self.data, self.logs, self.mailbox):
                folder.mkdir()
            try:
                yield
            finally:
                self._remove(self.record, self.data, self.secrets)

    def write_record(self, content: Mapping[str, Any]) -> None:
        """Whoever reads stack.json sees all of it or none."""
        part = self.record.with_suffix(".part")
        part.write_text(json.dumps(content, indent=2) + "\n")
        part.replace(self.record)

    def _remove(self, *paths: Path) -> None:
        for path in paths:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def require_free(ports: Mapping[str, int]) -> None:
    """Raises BackendError naming each taken port and the service that needs it."""
    taken = [f"port {port} of {name}" for name, port in ports.items() if not _is_free(port)]
    if taken:
        raise BackendError(
            f"Already taken: {', '.join(taken)}. Perhaps another stack runs: stop it, or choose {len(ports)} ports in "
            f"a row that are free, for example: ROLLCALL_FIRST_PORT=18081 make run"
        )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the services do
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def shown(path: Path) -> str:
    """The path as a person would type it."""
    return os.path.relpath(path)
