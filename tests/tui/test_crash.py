from __future__ import annotations

from textual.app import App

from xds_tui.tui import crash
from xds_tui.tui.app import XdsApp


def _fails_with(secret: str) -> None:
    raise ValueError(secret)


def test_a_report_names_the_place_and_none_of_the_values() -> None:
    planted = "planted-secret"
    try:
        _fails_with(planted)
    except ValueError as error:
        told = crash.report(error)
    assert "ValueError" in told
    assert "_fails_with" in told
    assert planted not in told


def test_textual_still_calls_what_is_replaced() -> None:
    assert callable(App._fatal_error)
    assert XdsApp._fatal_error is not App._fatal_error
