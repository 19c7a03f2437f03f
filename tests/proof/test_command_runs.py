"""A few runs of `create --request-id`; `python -m tests.proof.command_runs` makes 500."""

from __future__ import annotations

from pathlib import Path

from tests.proof.command_runs import prove


def test_a_request_is_bought_once_whatever_happens_to_its_runs(tmp_path: Path) -> None:
    verdict = prove(8, 3, tmp_path)
    assert verdict.errors == []
    assert verdict.runs >= 8
