"""schemathesis as a process of its own: what it is told, and what it counts."""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SEED, EXAMPLES = 20_261_122, 12
LIKELY = 0.8  # how often a parameter takes a value that leads somewhere
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    # Not positive_data_acceptance: a bookmark that was never given out fits every schema and is refused.
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
)
SHARED = f"""
seed = {SEED}
color = false
hooks = {json.dumps(str(Path(__file__).with_name("formats.py")))}
continue-on-failure = true

[generation]
max-examples = {EXAMPLES}
database = "none"

[checks.negative_data_rejection]
expected-statuses = ["4xx"]  # contacts says 417
"""


@dataclass(frozen=True, kw_only=True)
class Target:
    """A running service: valid credentials, and values of parameters (`path.id`, `body.a.b`) that lead somewhere.

    `exceptions` are the credentials of single paths, `accept` is what answers are asked for in.
    """

    url: str
    authorization: str
    values: Mapping[str, Sequence[str | int]] = field(default_factory=dict)
    exceptions: Mapping[str, str] = field(default_factory=dict)
    accept: str = "*/*"
    phases: str = "examples,coverage,fuzzing"

    def configuration(self) -> str:
        """schemathesis.toml."""
        lines = [SHARED, "[headers]", f"Authorization = {json.dumps(self.authorization)}"]
        lines += [f"Accept = {json.dumps(self.accept)}", "[dictionaries]"]
        lines += [f"{json.dumps(name)} = {{values = {json.dumps(found)}}}" for name, found in self.values.items()]
        lines.append("[parameters]")
        for name in map(json.dumps, self.values):
            lines.append(f"{name} = {{dictionary = {name}, probability = {LIKELY}}}")
        for path, authorization in self.exceptions.items():
            lines += ["[[operations]]", f"include-path = {json.dumps(path)}"]
            given = {"Authorization": authorization, "Accept": self.accept}
            lines += ["[operations.headers]", *(f"{name} = {json.dumps(value)}" for name, value in given.items())]
        return "\n".join([*lines, ""])


@dataclass(frozen=True)
class Outcome:
    """How a run ended; `accepted` is how many requests of each operation got a 2xx."""

    status: int
    printed: str
    cases: int
    failures: Sequence[Any]
    errors: Sequence[Any]
    complete: bool
    accepted: Mapping[str, int]

    def __str__(self) -> str:
        accepted = sum(self.accepted.values())
        problems = f"{len(self.failures)} failures, {len(self.errors)} errors"
        return f"{self.cases} cases, {accepted} valid ones accepted, {problems}"


async def fuzz(target: Target, folder: Path) -> Outcome:
    """Let schemathesis loose on a service, bounded by the number of examples and the seed."""
    file, report = folder / "schemathesis.toml", folder / "report.json"
    file.write_text(target.configuration())
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(file), "run", f"{target.url}/openapi.json"),
        *("--phases", target.phases, "--checks", ",".join(CHECKS), "--report-json-path", str(report)),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    assert report.exists(), printed.decode()
    counted = json.loads(report.read_text())
    return Outcome(
        process.returncode or 0,
        printed.decode(),
        counted["test_cases"]["generated"],
        counted["failures"],
        counted["errors"],
        counted["complete"],
        {name: sum(phase["accepted"] for phase in found.values()) for name, found in counted["valid_rates"].items()},
    )
