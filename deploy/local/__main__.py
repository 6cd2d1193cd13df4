"""`python -m deploy.local run` and `python -m deploy.local demo`: the stack on this machine, and a story on it."""

import argparse
import asyncio
import logging
import signal
import sys

from deploy.local.backends import BackendError
from deploy.local.demo import play
from deploy.local.group import alongside, first_end
from deploy.local.options import Options
from deploy.local.progress import Progress
from deploy.local.stack import running

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> None:
    """The command line."""
    options = argparse.ArgumentParser(prog="python -m deploy.local", description=__doc__)
    options.add_argument("what", choices=["run", "demo"], help="serve until Ctrl-C, or stop after the story")
    asked = options.parse_args()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # what matters of it is said in our own words
    sys.exit(asyncio.run(Life(serve=asked.what == "run").supervised()))


class Life:
    """One stack from start to end. A signal ends it in order; a second one does not wait for what takes long."""

    def __init__(self, *, serve: bool) -> None:
        """`serve`: stay after the story until a signal comes."""
        self._serve = serve
        self._status = 1
        self._serving = False
        self._signal: signal.Signals | None = None

    async def supervised(self) -> int:
        """Live, and return the exit status: 0 if the story came true and nothing failed before it was told to end."""
        for number in SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self._interrupt, number, asyncio.current_task())
        try:
            await self._live()
        except BackendError as error:
            print(f"\n{error}", file=sys.stderr)
            return 1
        except asyncio.CancelledError:
            return self._status if self._serving else 128 + (self._signal or signal.SIGINT)
        return self._status

    async def _live(self) -> None:
        progress = Progress()
        async with running(Options.from_environment(), progress) as stack:
            missing = await alongside(play(stack.record), stack.servers)
            self._status = 1 if missing else 0
            if self._serve:
                addresses = "".join(f"\n  {name:<16} {url}" for name, url in stack.record["services"].items())
                print(f"\nServing until Ctrl-C:{addresses}", flush=True)
                self._serving = True
                await first_end(stack.servers)

    def _interrupt(self, number: signal.Signals, task: "asyncio.Task[int] | None") -> None:
        self._signal = self._signal or number
        if task:
            task.cancel()


if __name__ == "__main__":
    main()
