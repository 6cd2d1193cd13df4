"""The machine: which core is whose, and what a process has used of it so far."""

import os
import platform
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from deploy.local.backends import kafka_jars
from deploy.local.backends.mongod import mongod_version

_TICKS = os.sysconf("SC_CLK_TCK")
_CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE = _CORES[-1]
OTHER_CORES = _CORES[:-1] or _CORES
REPOSITORY = Path(__file__).parents[2]
IMPORTED_FROM = os.pathsep.join(str(REPOSITORY / folder) for folder in ("libs", "services", ""))
PACKAGES = ("aiohttp", "pymongo", "aiokafka", "uvloop")


def leave_the_server_its_core() -> None:
    """Keep off the server's core, with everything started from here; the server is put on it by `taskset`."""
    os.sched_setaffinity(0, OTHER_CORES)


@contextmanager
def on_all_cores(*pids: int) -> Iterator[None]:
    """These processes, and what is started inside, may run anywhere, as where nobody pins anything."""
    os.sched_setaffinity(0, _CORES)
    for pid in pids:
        _pin(pid, _CORES)
    try:
        yield
    finally:
        leave_the_server_its_core()
        for pid in pids:
            _pin(pid, OTHER_CORES)


def _pin(pid: int, cores: list[int]) -> None:
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(ProcessLookupError):
            os.sched_setaffinity(int(thread.name), cores)


def server_cores() -> str:
    """Where a server is to run, as `taskset` takes it: on its core, or anywhere inside `on_all_cores`."""
    free = os.sched_getaffinity(0) == set(_CORES)
    return ",".join(map(str, _CORES if free else [SERVER_CORE]))


@dataclass(frozen=True, slots=True)
class Usage:
    """Seconds of CPU, in user and system mode together, of the server and of mongod."""

    server: float
    mongod: float

    def since(self, before: "Usage") -> "Usage":
        """What was used in between."""
        return Usage(self.server - before.server, self.mongod - before.mongod)


def usage(server: int, mongod: int) -> Usage:
    """As of now, by process id."""
    return Usage(cpu_seconds(server), cpu_seconds(mongod))


def cpu_seconds(pid: int) -> float:
    """What the process has used since it began."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident_mb(pid: int) -> float:
    """Resident memory."""
    found = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def description() -> list[str]:
    """The machine, who runs where, and the versions: a line each."""
    others = ", ".join(map(str, OTHER_CORES))
    model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return [
        f"machine   {model[1] if model else platform.processor()}, {len(_CORES)} cores, Linux {platform.release()}",
        f"pinning   the server on core {SERVER_CORE}; mongod, Kafka, wrk and this program on core {others}",
        f"versions  Python {platform.python_version()}, {packages}",
        f"          MongoDB {mongod_version()}, Apache Kafka {kafka_jars.KAFKA_VERSION}, {_wrk_version()}",
        f"load      {os.getloadavg()[0]:.1f} at the start (others' work on this machine makes all figures worse)",
    ]


def _wrk_version() -> str:
    told = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout
    return " ".join(told.split()[:2])
