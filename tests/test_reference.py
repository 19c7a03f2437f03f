"""The tables of the manual are those of the code, and every documented setting is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from tools.generate_reference import pages, parts, written

from xds_tui.config.config_key import ConfigKey
from xds_tui.config.schema import CONFIG_KEYS
from xds_tui.config.settings import Arguments, load
from xds_tui.config.toml_file import ALERTS, CONNECT, HOSTS, TOP

NAMED = [key for key in CONFIG_KEYS if not key.name.startswith("<")]


PAGES = list(pages())


@pytest.mark.parametrize(("page", "language"), PAGES, ids=[f"{path.stem}-{language}" for path, language in PAGES])
def test_generated_tables_are_up_to_date(page: Path, language: str) -> None:
    text = page.read_text(encoding="utf-8")
    assert written(text, language) == text, "run: python -m tests.tools.generate_reference"


def test_every_table_has_rows_and_a_place() -> None:
    assert all(len(part.splitlines()) > 4 for part in parts("en").values())
    assert len(PAGES) == 2 * len({page.stem for page, _language in PAGES}) >= 10


@pytest.mark.parametrize("key", NAMED, ids=lambda key: ".".join((*key.table, key.name)))
def test_every_key_that_is_documented_is_read(key: ConfigKey[object], tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    header = f"[{'.'.join(key.table)}]\n" if key.table else ""
    # A date is what no key takes.
    config.write_text(f"{header}{key.name} = 1979-05-27\n")
    (problem,) = load(Arguments(), {}, config_path=config).problems
    assert problem.detail.endswith(f": {'.'.join((*key.table, key.name))}")
    assert problem.summary != "There is no such setting"


@pytest.mark.parametrize("key", [key for key in NAMED if key.in_profile], ids=lambda key: key.name)
def test_every_key_that_a_profile_may_have_is_read_there(key: ConfigKey[object], tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f"[profiles.one]\n{key.name} = 1979-05-27\n")
    (problem,) = load(Arguments(profile="one"), {}, config_path=config).problems
    assert problem.detail.endswith(f": profiles.one.{key.name}")
    assert problem.summary != "There is no such setting"


@pytest.mark.parametrize("table", [TOP, HOSTS, ALERTS, CONNECT], ids=str)
def test_a_key_that_is_not_documented_is_named(table: tuple[str, ...], tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f"[{'.'.join(table)}]\nnonsense = 1\n" if table else "nonsense = 1\n")
    (problem,) = load(Arguments(), {}, config_path=config).problems
    assert problem.summary == "There is no such setting"
