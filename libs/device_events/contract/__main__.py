"""`python -m device_events.contract [FOLDER]` writes the schema files, unless that would break what they promise."""

import sys
from pathlib import Path

from device_events.contract.compatibility import ADVICE
from device_events.contract.published import FOLDER, broken, files, text


def main(folder: Path) -> int:
    """Returns 1, with nothing written, when a published version is broken."""
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
