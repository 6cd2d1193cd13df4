"""`python -m device_events.contract [FOLDER]` writes the schema files, unless that would break what they promise.

FOLDER is where they are and go, instead of the package's own; the golden records are always the package's.
"""

import sys
from pathlib import Path

from device_events.catalog import CATALOG
from device_events.contract.compatibility import ADVICE
from device_events.contract.golden import GOLDEN
from device_events.contract.published import FOLDER, broken, files, text

GOLDEN_ADVICE = (
    "Write it by hand, beside the others in schemas/golden: the key, the headers and the value, as text, of one event "
    "of that type with every field."
)


def main(folder: Path) -> int:
    """Returns 1, with nothing written, when a published version is broken or a type has no golden record."""
    if unknown := [type_ for type_ in CATALOG if not (GOLDEN / f"{type_}.json").exists()]:
        print(*(f"{type_}: has no golden record" for type_ in unknown), GOLDEN_ADVICE, sep="\n", file=sys.stderr)
        return 1
    if found := list(broken(folder)):
        print(*found, "", ADVICE, sep="\n", file=sys.stderr)
        return 1
    for name, content in files().items():
        file, new = folder / name, text(content)
        if not file.exists() or file.read_text(encoding="utf-8") != new:
            file.write_text(new, encoding="utf-8")
            print(f"wrote {file.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER))
