"""The table of a run, as Markdown, with the machine and the versions it was measured on."""

import os
import platform
import re
from collections.abc import Sequence
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

from deploy.local.backends import kafka_jars
from deploy.local.backends.mongod import mongod_version
from tests.faults.figures import EVIDENCE_SHOWN, Row

HEADER = (
    *("fault", "rounds", "A", "L", "phantom", "D", "E", "O", "stuck", "readable", "failed"),
    *("mails again", "recovery s (median / worst)", "notes"),
)
LEGEND = (
    "A acknowledged writes; L acknowledged changes or events lost; phantom: events of changes that were not made; "
    "D deliveries beyond the first (allowed); E effects repeated for one cause; O final states out of order; "
    "stuck after settling; readable: devices shut out with a token left, or that got in; failed requests, though "
    "tried again; mails again with the same Message-ID, of those that SMTP itself cannot tell; recovery from the end "
    "of a fault until everything had settled."
)
PACKAGES = ("aiohttp", "pymongo", "aiokafka", "uvloop")


def machine() -> list[str]:
    """What the figures were measured on, a line each."""
    model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return [
        f"{model[1] if model else platform.processor()}, {os.cpu_count()} cores, Linux {platform.release()}",
        f"Python {platform.python_version()}, {packages}, MongoDB {mongod_version()}, "
        f"Apache Kafka {kafka_jars.KAFKA_VERSION}",
    ]


def render(rows: Sequence[Row], *, seed: int) -> str:
    """All rows, those of a group under its name, and what was found in those that are not good."""
    lines = [*machine(), f"seed {seed}", "", _line(HEADER), _line(["---"] * len(HEADER))]
    for group, members in groupby(rows, key=lambda row: row.group):
        lines.append(_line([f"**{group}**", *[""] * (len(HEADER) - 1)]))
        lines += [_line(row.cells()) for row in members]
    lines += ["", LEGEND]
    for row in rows:
        if not row.good:
            lines += ["", f"NOT GOOD: {row.name}", *(f"  {line}" for line in findings(row))]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def findings(row: Row) -> list[str]:
    """Why a row is not good, as far as a person reads on."""
    found = row.figures.evidence
    shown = [*([row.problem] if row.problem else []), *found[:EVIDENCE_SHOWN]]
    if len(found) > EVIDENCE_SHOWN:
        shown.append(f"and {len(found) - EVIDENCE_SHOWN} more")
    return shown or ["nothing was acknowledged, so nothing was shown"]
