"""What the README says of keys, settings and errors is what the code says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tools.generate_reference import README, made, written

from xds_tui.config.schema import CONFIG_KEYS, ConfigKey
from xds_tui.config.settings import Arguments, load
from xds_tui.config.toml_file import ALERTS, CONNECT, HOSTS, TOP

ROOT = Path(__file__).parents[1]
TEXT = README.read_text(encoding="utf-8")
NAMED = [key for key in CONFIG_KEYS if not key.name.startswith("<")]


def test_the_readme_has_its_parts_as_the_code_has_them() -> None:
    assert written(TEXT) == TEXT, "python -m tests.tools.generate_reference brings it up to date"
    assert all(len(part.splitlines()) > 10 for part in made().values())


@pytest.mark.parametrize("key", NAMED, ids=lambda key: ".".join((*key.table, key.name)))
def test_every_key_that_is_documented_is_read(key: ConfigKey[object], tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    header = f"[{'.'.join(key.table)}]\n" if key.table else ""
    # A date is what no key takes.
    config.write_text(f"{header}{key.name} = 1979-05-27\n")
    (problem,) = load(Arguments(), {}, config_path=config).problems
    assert problem.detail.endswith(f": {'.'.join((*key.table, key.name))}")
    assert problem.summary != "Nothing is known by this name"


@pytest.mark.parametrize("key", [key for key in NAMED if key.in_profile], ids=lambda key: key.name)
def test_every_key_that_a_profile_may_have_is_read_there(key: ConfigKey[object], tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f"[profiles.one]\n{key.name} = 1979-05-27\n")
    (problem,) = load(Arguments(profile="one"), {}, config_path=config).problems
    assert problem.detail.endswith(f": profiles.one.{key.name}")
    assert problem.summary != "Nothing is known by this name"


@pytest.mark.parametrize("table", [TOP, HOSTS, ALERTS, CONNECT], ids=str)
def test_a_key_that_is_not_documented_is_named(table: tuple[str, ...], tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f"[{'.'.join(table)}]\nnonsense = 1\n" if table else "nonsense = 1\n")
    (problem,) = load(Arguments(), {}, config_path=config).problems
    assert problem.summary == "Nothing is known by this name"


def sentences() -> Iterator[str]:
    """The sentences that the README says the program says."""
    section = TEXT.partition("## When something is wrong")[2].partition("\n## ")[0]
    yield from re.findall(r"^\| (.+?) \|", section, re.MULTILINE)[2:]


@pytest.mark.parametrize("sentence", sentences())
def test_what_the_readme_quotes_the_program_says(sentence: str) -> None:
    assert any(f'"{sentence}"' in source.read_text(encoding="utf-8") for source in ROOT.glob("xds_tui/**/*.py"))


def test_every_picture_that_is_shown_is_there() -> None:
    pictures = re.findall(r"\]\((screenshots/[^)]+)\)", TEXT)
    assert len(pictures) > 5
    assert all((ROOT / picture).is_file() for picture in pictures)
