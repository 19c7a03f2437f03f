"""A start needs few more function calls until its hosts are painted than a bare Textual app until its lines are."""

from __future__ import annotations

from tests.bench import calls


def test_a_start_with_a_remembered_fleet_calls_few_functions() -> None:
    ours = calls.of_remembered_fleet(100)
    assert ours.calls <= ours.aim * calls.of_bare_app()
