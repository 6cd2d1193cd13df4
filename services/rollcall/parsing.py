"""Parsers that look alike: a description, examples, and --json."""

import argparse
import os
import textwrap
from collections.abc import Sequence
from pathlib import Path

STACK = "ROLLCALL_STACK"


def add_parser(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    summary: str,
    *,
    examples: Sequence[str],
    description: str = "",
) -> argparse.ArgumentParser:
    """A subcommand's parser."""
    parser = commands.add_parser(
        name,
        help=summary,
        description=textwrap.fill(f"{summary}. {description}".strip(), width=100, break_on_hyphens=False),
        epilog="examples:\n" + "\n".join(f"  {example}" for example in examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    parser.add_argument(
        "--stack",
        type=Path,
        default=os.environ.get(STACK) or None,
        metavar="FILE",
        help=f"take settings that are not given from a local stack's .rollcall/stack.json; else {STACK}",
    )
    return parser


def add_group(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, summary: str
) -> "argparse._SubParsersAction[argparse.ArgumentParser]":
    """A subcommand that has subcommands of its own."""
    parser = commands.add_parser(name, help=summary, description=f"{summary}.")
    return parser.add_subparsers(required=True, metavar="COMMAND")


def positive(text: str) -> int:
    """A whole number from 1. Raises ValueError."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def seconds(text: str) -> float:
    """A number of seconds from 0. Raises ValueError."""
    number = float(text)
    if not number >= 0:
        raise ValueError
    return number
