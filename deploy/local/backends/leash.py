"""Run a command that the kernel ends when its starter dies, however it dies.

Used as a script in front of the real command, because the wish has to be spoken by the child itself, and doing so
between fork and exec of a threaded parent may deadlock. It replaces itself with the command, so the process id stays.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with(parent: int) -> None:
    """Ask Linux for SIGKILL at the starter's death; elsewhere the starter's own tidying has to do."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit("the starter was gone before its server began")


if __name__ == "__main__":
    die_with(int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - the command comes from this package
