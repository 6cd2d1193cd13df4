"""Orders to a victim: the action happens once, as the point is reached for the N-th time."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from device_events.points import place, reached
from tests.faults import victim


@pytest.fixture(autouse=True)
def _nothing_placed() -> Iterator[None]:
    yield
    place("after-commit", None)


def test_it_happens_once_at_the_nth_time() -> None:
    happened: list[str] = []
    victim.arm("after-commit", lambda: happened.append("now"), 3)
    for expected in ([], [], ["now"], ["now"], ["now"]):
        reached("after-commit")
        assert happened == expected


def test_an_order_names_the_point_the_action_and_the_time() -> None:
    victim.follow("after-commit raise 2")
    reached("after-commit")
    with pytest.raises(RuntimeError):
        reached("after-commit")


@pytest.mark.parametrize("order", ["nowhere kill 1", "after-commit dance 1", "after-commit kill soon", "after-commit"])
def test_what_is_no_order_is_refused(order: str) -> None:
    with pytest.raises(ValueError):
        victim.follow(order)


def test_it_dies_by_sigkill_when_told_through_the_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "orders"
    os.mkfifo(pipe)
    program = (
        "import threading, time; from pathlib import Path; from device_events.points import reached;"
        "from tests.faults import victim;"
        f"threading.Thread(target=victim.listen, args=(Path({str(pipe)!r}),), daemon=True).start()\n"
        "while True: reached('after-commit'); time.sleep(0.01)"
    )
    paths = os.pathsep.join(path for path in sys.path if path)
    process = subprocess.Popen([sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": paths})
    try:
        pipe.write_text("after-commit kill 2\n")
        assert process.wait(timeout=20) == -signal.SIGKILL
    finally:
        process.kill()
