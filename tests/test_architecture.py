"""The house rules that a machine can check: who imports whom, and what a start must not import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_the_import_contracts_are_kept() -> None:
    command = Path(sys.executable).parent / "lint-imports"
    ended = subprocess.run([command, "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize(
    ("code", "unwanted"),
    [
        (
            "import xds_tui.cli.main",
            {"textual", "rich", "httpx", "keyring", "starlette", "uvicorn", "sqlite3", "msgspec"},
        ),
        ("import xds_tui.simulator.demo_fleet", {"textual", "httpx", "starlette", "uvicorn", "msgspec"}),
        ("import xds_tui.tui.app", {"httpx", "keyring", "starlette", "uvicorn"}),
        ("import xds_tui.fleet.monitor", {"textual", "rich", "httpx", "keyring", "starlette"}),
        ("import xds_tui.api.errors, xds_tui.api.decode", {"textual", "rich", "httpx", "keyring"}),
    ],
)
def test_importing_brings_no_more_than_is_needed(code: str, unwanted: set[str]) -> None:
    listing = subprocess.run(
        [sys.executable, "-c", f"{code}; import sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    ).stdout
    assert unwanted.isdisjoint(listing.split())


def test_every_module_begins_with_what_it_is_for_and_fits_in_a_head() -> None:
    for path in (ROOT / "xds_tui").rglob("*.py"):
        lines = path.read_text().splitlines()
        assert lines[0].startswith('"""'), path
        assert len(lines) <= 400, path
