"""A start needs at most twice as many function calls until its first paint as a bare Textual app."""

from __future__ import annotations

from tests.bench import calls


def test_a_start_with_a_remembered_fleet_calls_few_functions() -> None:
    # On a busy machine a frame may be drawn before the fleet has been read.
    ours = min(calls.of_remembered_fleet(100) for _ in range(3))
    assert ours <= calls.AIM * calls.of_bare_app()
