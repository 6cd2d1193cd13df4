"""The command line: one subcommand a module, each with examples, --json and the same exit statuses.

Only the module of the command that was asked for is imported: all of them take 0.6 s, most of it for what others need.
"""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from typing import Protocol, cast

import orjson
import structlog
from aiokafka.errors import KafkaError
from pymongo.errors import PyMongoError

from chassis.environment import SettingsError
from chassis.errors import Unavailable
from chassis.mongo import why
from rollcall.outcome import NOT_ALLOWED, Exit, Misused, Outcome, PipeClosed, Unfinished, say
from rollcall.stack import use_stack

Run = Callable[[argparse.Namespace], Awaitable[Outcome]]


class Command(Protocol):
    """A module with a subcommand: `add` puts its parser under the others, with its `run` as a default."""

    def add(self, commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
        """Add the parser."""


COMMANDS = ("events", "device", "status", "replay", "dead-letters", "outbox", "indexes", "reconcile", "erase")
_ENDS = """examples:
  rollcall events tail --from 10m
  rollcall device show myruntime 12345-6789
  rollcall status set myruntime 12345-6789 LOST --wait
  rollcall replay --topic rollcall.contacts --from 2h --group device-admin --dry-run
  rollcall dead-letters list --help

exit status: 0 done, 1 something not found or not done, 2 wrong arguments or settings, or not allowed,
3 a backend is away, 130 interrupted. Every command may be repeated, also after it was interrupted."""


def build(named: str = "") -> argparse.ArgumentParser:
    """The command line of the command that is named, and the whole one where none of them is."""
    parser = argparse.ArgumentParser(
        prog="rollcall",
        description=(
            "Look into and after a running Rollcall. MongoDB and Kafka are named by the services' own variables,\n"
            "or, while `make run` serves, by --stack .rollcall/stack.json or ROLLCALL_STACK."
        ),
        epilog=_ENDS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name in [named] if named in COMMANDS else COMMANDS:
        cast(Command, import_module(f"rollcall.{name.replace('-', '_')}")).add(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status. Answers go to standard output, everything else to standard error."""
    given = sys.argv[1:] if arguments is None else arguments
    args = build(*given[:1]).parse_args(given)
    _log_to_standard_error()
    try:
        return _answer(args)
    except PipeClosed:
        # Python would complain once more, of what it could not write at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.DONE
    except SettingsError as error:
        return _fail(Exit.USAGE, f"The settings cannot be used:\n{error}")
    except Misused as error:
        return _fail(Exit.USAGE, str(error))
    except Unfinished as error:
        return _fail(Exit.AWAY, str(error))
    except PyMongoError as error:
        return _fail(Exit.AWAY, f"MongoDB does not answer as it should ({why(error)}); try again")
    except NOT_ALLOWED as error:
        return _fail(Exit.USAGE, f"Kafka does not let us do this ({type(error).__name__})")
    except (KafkaError, TimeoutError, OSError) as error:
        return _fail(Exit.AWAY, f"Kafka does not answer as it should ({type(error).__name__}); try again")
    except Unavailable:
        return _fail(Exit.AWAY, "MongoDB is away or too busy; try again")
    except KeyboardInterrupt:
        return _fail(Exit.INTERRUPTED, "interrupted; repeating the command does the rest")


def _answer(args: argparse.Namespace) -> int:
    try:
        orjson.dumps([str(value) for value in vars(args).values()])
    except orjson.JSONEncodeError:
        raise Misused("the arguments are no text in UTF-8") from None
    if args.stack:
        use_stack(args.stack)
    outcome: Outcome = asyncio.run(args.run(args))
    if args.json and outcome.data is not None:
        say(orjson.dumps(outcome.data, option=orjson.OPT_INDENT_2).decode())
    elif not args.json:
        for line in outcome.lines:
            say(line)
    return outcome.exit


def _fail(status: Exit, problem: str) -> int:
    print(problem, file=sys.stderr)
    return status


def _log_to_standard_error() -> None:
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
