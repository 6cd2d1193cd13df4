"""Parsers that look alike: a description, examples, and --json."""

import argparse
from collections.abc import Sequence


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
        description=f"{summary}. {description}".strip(),
        epilog="examples:\n" + "\n".join(f"  {example}" for example in examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    return parser


def add_group(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, summary: str
) -> "argparse._SubParsersAction[argparse.ArgumentParser]":
    """A subcommand that has subcommands of its own."""
    parser = commands.add_parser(name, help=summary, description=f"{summary}.")
    return parser.add_subparsers(required=True, metavar="COMMAND")
