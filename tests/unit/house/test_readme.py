"""The README names paths that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_every_path_the_readme_names_exists() -> None:
    text = (ROOT / "README.md").read_text()
    paths = re.findall(r"`((?:libs|services|deploy|tests)/[\w./-]+)`", text)
    assert [path for path in paths if not (ROOT / path).exists()] == []
