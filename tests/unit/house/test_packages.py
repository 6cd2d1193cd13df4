"""What the tests of a folder share ends with the folder."""

from pathlib import Path

TESTS = Path(__file__).parents[2]


def test_a_folder_whose_conftest_shares_fixtures_is_a_package_and_so_is_each_above_it() -> None:
    # To pytest, a "package" that is none ends with the run: its services would go on polling beside all other tests.
    sharing = [one.parent for one in TESTS.rglob("conftest.py") if 'scope="package"' in one.read_text()]
    assert sharing
    needed = {above for folder in sharing for above in (folder, *folder.parents) if above.is_relative_to(TESTS)}
    assert [str(folder) for folder in sorted(needed) if not (folder / "__init__.py").exists()] == []
