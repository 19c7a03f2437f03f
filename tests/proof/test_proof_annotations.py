"""A small run of the proof; `python -m tests.proof.annotations` makes 1,000 edits."""

from __future__ import annotations

from pathlib import Path

from tests.proof.annotations import prove


def test_no_edit_of_the_hosts_file_is_lost(tmp_path: Path) -> None:
    verdict = prove(30, 7, tmp_path)
    assert verdict.errors == []
    assert verdict.edits >= 30
    assert verdict.saves
