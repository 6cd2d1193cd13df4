"""`python -m deploy.helm` writes what of the chart is made from something else: its table of values, its Kafka data."""

from collections.abc import Mapping
from pathlib import Path

from deploy.helm.kafka import kafka_file
from deploy.helm.table import values_table

CHART = Path(__file__).parent / "rollcall"
HEADING = "## Values\n"


def made() -> Mapping[Path, str]:
    """The files, and what they should hold now."""
    readme = CHART / "README.md"
    own = readme.read_text().partition(HEADING)[0]
    table = values_table((CHART / "values.yaml").read_text())
    return {
        CHART / "files" / "kafka.yaml": kafka_file(),
        readme: f"{own}{HEADING}\nWritten by `python -m deploy.helm` from values.yaml.\n\n{table}",
    }


def main() -> None:
    """The command line."""
    for path, text in made().items():
        path.write_text(text)


if __name__ == "__main__":
    main()
