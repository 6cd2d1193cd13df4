"""Colours on a terminal, and text that cannot disturb one."""

import argparse
import os
import sys
from dataclasses import dataclass

BOLD, DIM, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN = "1", "2", "31", "32", "33", "34", "35", "36"


@dataclass(frozen=True, slots=True)
class Paint:
    """Puts codes around a text, or nothing."""

    on: bool

    def __call__(self, text: str, *codes: str) -> str:
        """The text in these colours."""
        return f"\033[{';'.join(codes)}m{text}\033[0m" if self.on and codes and text else text


def add_colour(parser: argparse.ArgumentParser) -> None:
    """The option."""
    parser.add_argument(
        "--color", choices=["auto", "always", "never"], default="auto", help="auto: on a terminal without NO_COLOR"
    )


def paint(choice: str) -> Paint:
    """As asked by the option, by the environment (NO_COLOR, TERM) and by where the answers go."""
    if choice == "auto":
        return Paint(sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")
    return Paint(choice == "always")


def printable(text: object) -> str:
    """The text with everything escaped that a terminal would act on: ids and names come from outside."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in str(text))
