"""The real program with an unwritable or full home directory, or an invalid configuration: it continues to work."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.privileges import POWERLESS
from support.terminal import Terminal
from test_crash import BEFORE, PLANTED
from test_whole_job import ACCOUNT, SECRET, Simulator, assert_restored, simulating

COMMAND = Path(sys.executable).parent / "xds-tui"
FULL = ["bash", "-c", 'ulimit -f "$0"; exec "$@"']
"""Runs a command that can write no file longer than a number of KB, which simulates a full disk."""


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with simulating() as running:
        yield running


@pytest.fixture
def environ(tmp_path: Path, simulator: Simulator) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        # Python takes a truncated file in its cache for a complete one.
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "XDS_BASE_URL": simulator.url,
        "XDS_UUID": ACCOUNT,
        "XDS_SECRET": SECRET,
    }


def works(environ: dict[str, str], *wrapped: str, message: str) -> None:
    """Check that the program reports the problem, shows the fleet, continues, and exits normally."""
    with Terminal([*wrapped, str(COMMAND)], columns=160, environ=environ) as program:
        program.wait_for("Hosts 4")
        program.wait_for(message)
        program.wait_for("● live")
        program.press("r", "3", "1", "down")
        program.wait_for("● live")
        program.press("q")
        assert program.wait_for_end() == 0
        assert_restored(program)


@pytest.mark.sweep(1)
@pytest.mark.parametrize("home", ["/proc", "/dev/null", "/proc/nobody/here"])
def test_the_app_works_with_an_unwritable_home(environ: dict[str, str], home: str) -> None:
    works(environ | {"HOME": home}, message="The history file cannot be opened for writing")


def test_the_app_works_with_a_read_only_home(environ: dict[str, str], tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    works(environ, *POWERLESS, message="The history file cannot be opened for writing")
    tmp_path.chmod(0o700)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.sweep(1)
@pytest.mark.parametrize("left", ["0", "4", "16", "40"])
def test_the_app_works_on_a_full_disk(environ: dict[str, str], left: str) -> None:
    works(environ, *FULL, left, message="The history file (cannot be opened|could not be read)|history file is full")


def test_a_full_disk_does_not_damage_the_history(environ: dict[str, str]) -> None:
    with Terminal([str(COMMAND)], environ=environ) as program:
        program.wait_for("● live")
        program.press("q")
        assert program.wait_for_end() == 0
    works(environ, *FULL, "1", message="The history file (cannot be opened|could not be read)|history file is full")
    with Terminal([str(COMMAND)], environ=environ) as program:
        program.wait_for("● live")
        assert "The history" not in program.text
        program.press("q")
        assert program.wait_for_end() == 0
    assert len(list(Path(environ["HOME"]).rglob("journal.db*"))) == 1


def test_a_failure_on_a_full_disk_is_reported_on_the_terminal(environ: dict[str, str]) -> None:
    with Terminal([*FULL, "0", sys.executable, "-c", BEFORE], environ=environ) as program:
        assert program.wait_for_end() == 1
    assert b"LookupError" in program.raw
    assert b"send it" in program.raw
    assert PLANTED.encode() not in program.raw


@pytest.mark.sweep(1)
@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("interval = 30\nlanguage = \n", "line 2"),
        ("interval = 1\n", "interval"),
        ("[alerts]\nbell = 1\n", "bell"),
        ("no_such_key = 1\n", "no_such_key"),
        ("\x00\x1b[2J = 1\n", "config.toml"),
    ],
)
def test_an_invalid_config_is_reported_and_the_app_starts(
    environ: dict[str, str], tmp_path: Path, written: str, message: str
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(written)
    works(environ | {"XDS_CONFIG": str(path)}, message=message)
