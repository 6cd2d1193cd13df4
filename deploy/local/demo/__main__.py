"""`python -m deploy.local.demo`: play the story once more, on the stack that runs already."""

import asyncio
import json
import sys
from typing import Any

from deploy.local.demo import play
from deploy.local.home import Home, shown
from deploy.local.options import Options


def main() -> None:
    """The command line; the environment says where the stack keeps its files."""
    home = Home(Options.from_environment().home)
    try:
        record: dict[str, Any] = json.loads(home.record.read_text())
    except FileNotFoundError:
        sys.exit(f"No stack runs here: there is no {shown(home.record)}. Start one: make run")
    missing = asyncio.run(play(record))
    sys.exit(1 if missing else 0)


if __name__ == "__main__":
    main()
