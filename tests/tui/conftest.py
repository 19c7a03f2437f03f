from __future__ import annotations

import time
from collections.abc import Iterator
from math import inf
from pathlib import Path

import pytest
from rich.console import RenderableType
from support import style_memo
from textual._compositor import Compositor
from textual._context import visible_screen_stack
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.screen import Screen

from xds_tui.tui.screens import reading_guard

PARSED_STYLES: dict[tuple[object, ...], list[RuleSet]] = {}
"""The rules of a style sheet by its variables, text, place and kind."""


@pytest.fixture(autouse=True)
def _in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Show times as they are inside."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(autouse=True)
def _paint_on_demand(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paint the screen only when a test looks at it, which saves a third of the CPU time of these tests.

    A headless app paints each frame and then drops it. Tests that are about painting are marked `paints`, and those
    in `tests/pty` see the frames of a terminal.
    """
    if "paints" in request.keywords:
        return
    render_update = Compositor.render_update

    def skip_partial_update(
        self: Compositor, full: bool = False, screen_stack: list[Screen[object]] | None = None, simplify: bool = False
    ) -> RenderableType | None:
        if full:  # a picture is taken
            return render_update(self, full, screen_stack, simplify)
        visible_screen_stack.set(screen_stack or [])
        self._dirty_regions.clear()
        return None

    monkeypatch.setattr(Compositor, "render_update", skip_partial_update)


@pytest.fixture(autouse=True)
def _parse_styles_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Share the parsed style sheets between the apps of all tests."""
    parse = Stylesheet._parse_rules

    def parse_once(
        self: Stylesheet,
        css: str,
        read_from: tuple[str, str],
        is_default_rules: bool = False,
        tie_breaker: int = 0,
        scope: str = "",
    ) -> list[RuleSet]:
        key = (tuple(self._variables.items()), css, read_from, is_default_rules, tie_breaker, scope)
        if key not in PARSED_STYLES:
            PARSED_STYLES[key] = parse(self, css, read_from, is_default_rules, tie_breaker, scope)
        return PARSED_STYLES[key]

    monkeypatch.setattr(Stylesheet, "_parse_rules", parse_once)
    monkeypatch.setattr(Stylesheet, "apply", style_memo.apply)
    monkeypatch.setattr(Stylesheet, "_process_component_classes", style_memo.process_components)


@pytest.fixture(autouse=True)
def _at_home_nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let an app that fails in a test leave its report in the test's own folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Accept confirmations at once, in tests that are not about keys pressed too early."""
    monkeypatch.setattr(reading_guard, "READING_TIME", -inf)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ignore every confirmation as pressed too early, however slow the machine is."""
    monkeypatch.setattr(reading_guard, "READING_TIME", inf)
