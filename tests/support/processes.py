"""Whether a process is still there."""

from pathlib import Path


def is_running(pid: int) -> bool:
    """Whether this process lives; one that has ended and only waits for its parent to notice does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")
