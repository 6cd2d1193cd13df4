"""`python -m device_events.handlers MODULE` runs the handlers of a module."""

import argparse
import sys
from pathlib import Path

from device_events.handlers.runner import run


def main() -> None:
    """The command line."""
    options = argparse.ArgumentParser(
        prog="python -m device_events.handlers", description="Run the custom-event handlers of a module until SIGTERM."
    )
    options.add_argument("module", help="as it is imported; it has one Handlers object")
    options.add_argument("--group", help="the consumer group (the name of the module's outermost package, with dashes)")
    options.add_argument("--create-topics", action="store_true", help="create the group's own topics if missing")
    asked = options.parse_args()
    # So that a module beside you is found, however the interpreter was started.
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    run(asked.module, group=asked.group, make_topics=asked.create_topics)


if __name__ == "__main__":
    main()
