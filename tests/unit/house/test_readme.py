"""The README's table of settings has every setting that the code reads, and no other."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
READ = re.compile(r'env\.(?:str|int|float|bool|list|one_of|secret|yaml)\(\s*"([A-Z_]+)"|_\w+\(env, "([A-Z_]+)"[,)]')


def test_the_table_of_settings_is_complete_and_has_nothing_more() -> None:
    table = (ROOT / "README.md").read_text().partition("## Settings")[2].partition("\n## ")[0]
    listed = {
        name for row in re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    rooms = (ROOT / "services").glob("*/settings*")
    files = [ROOT / "libs/chassis/settings.py", *(file for room in rooms for file in (room, *room.glob("*.py")))]
    read = {first or second for file in files if file.is_file() for first, second in READ.findall(file.read_text())}
    assert listed == read


def test_every_path_the_readme_names_exists() -> None:
    text = (ROOT / "README.md").read_text()
    paths = re.findall(r"`((?:libs|services|deploy|tests)/[\w./-]+)`", text)
    assert [path for path in paths if not (ROOT / path).exists()] == []
