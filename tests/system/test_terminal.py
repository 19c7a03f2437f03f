from __future__ import annotations

from collections.abc import Mapping

import pytest

from xds_tui.system import terminal
from xds_tui.system.terminal import ColorDepth, Multiplexer


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({"TMUX": "", "STY": ""}, None),
        ({"TMUX": "/run/tmux/default,1,0"}, Multiplexer.TMUX),
        ({"STY": "1.pts-0"}, Multiplexer.SCREEN),
        ({"TMUX": "x", "STY": "y", "SSH_CONNECTION": "z"}, Multiplexer.TMUX),
    ],
)
def test_multiplexer(environ: Mapping[str, str], expected: Multiplexer | None) -> None:
    assert terminal.multiplexer(environ) is expected


@pytest.mark.parametrize(
    ("environ", "expected"),
    [({}, False), ({"SSH_TTY": ""}, False), ({"SSH_TTY": "/dev/pts/1"}, True), ({"SSH_CONNECTION": "a 1 b 2"}, True)],
)
def test_is_remote(environ: Mapping[str, str], expected: bool) -> None:
    assert terminal.is_remote(environ) is expected


@pytest.mark.parametrize(
    ("environ", "expected"),
    [({}, False), ({"DISPLAY": ""}, False), ({"DISPLAY": ":0"}, True), ({"WAYLAND_DISPLAY": "wayland-0"}, True)],
)
def test_has_display(environ: Mapping[str, str], expected: bool) -> None:
    assert terminal.has_display(environ) is expected


@pytest.mark.parametrize(
    ("environ", "expected"), [({}, True), ({"TERM": "dumb"}, True), ({"TERM": "xterm-256color"}, False)]
)
def test_is_dumb(environ: Mapping[str, str], expected: bool) -> None:
    assert terminal.is_dumb(environ) is expected


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, False),
        ({"LANG": "C"}, False),
        ({"LANG": "zh_CN.GBK"}, False),
        ({"LANG": "en_US.UTF-8"}, True),
        ({"LANG": "en_US.utf8"}, True),
        ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, False),
        ({"LC_CTYPE": "C.UTF-8", "LANG": "C"}, True),
    ],
)
def test_has_utf8(environ: Mapping[str, str], expected: bool) -> None:
    assert terminal.has_utf8(environ) is expected


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, ColorDepth.STANDARD),
        ({"TERM": "xterm"}, ColorDepth.STANDARD),
        ({"TERM": "xterm-256color"}, ColorDepth.PALETTE),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, ColorDepth.TRUE_COLOR),
        ({"COLORTERM": "24bit", "NO_COLOR": "1"}, ColorDepth.NONE),
    ],
)
def test_color_depth(environ: Mapping[str, str], expected: ColorDepth) -> None:
    assert terminal.color_depth(environ) is expected


@pytest.mark.parametrize(
    ("variable", "expected"), [("", True), ("15;0", True), ("0;15", False), ("0;default;7", False), ("7;8", True)]
)
def test_is_dark(variable: str, expected: bool) -> None:
    assert terminal.is_dark({"COLORFGBG": variable}) is expected
