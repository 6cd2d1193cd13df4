"""How much memory a process has."""

import os
from pathlib import Path


def resident(pid: int | None = None) -> int:
    """Bytes in memory of this process, or of another of ours."""
    pages = int(Path(f"/proc/{pid or os.getpid()}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
