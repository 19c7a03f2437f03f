from __future__ import annotations

from collections.abc import Mapping

import pytest

from xds_tui.system import clipboard, osc


def test_text_longer_than_the_limit_of_terminals_does_not_fit() -> None:
    assert clipboard.fits("x" * clipboard.MAX_TEXT_BYTES)
    assert not clipboard.fits("x" * (clipboard.MAX_TEXT_BYTES + 1))
    assert not clipboard.fits("渲" * (clipboard.MAX_TEXT_BYTES // 3 + 1))
    assert len(osc.set_clipboard("x" * clipboard.MAX_TEXT_BYTES, None)) <= 100_000


@pytest.mark.parametrize(
    ("environ", "platform", "program"),
    [
        ({}, "linux", None),
        ({"TMUX": "x", "SSH_CONNECTION": "x"}, "linux", "tmux"),
        ({"TMUX": "x", "DISPLAY": ":0"}, "linux", "tmux"),
        ({"DISPLAY": ":0"}, "linux", "xclip"),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "w"}, "linux", "wl-copy"),
        ({"DISPLAY": ":10", "SSH_CONNECTION": "x"}, "linux", None),
        ({"WAYLAND_DISPLAY": "w", "SSH_TTY": "x"}, "linux", None),
        ({}, "darwin", "pbcopy"),
        ({"SSH_TTY": "x"}, "darwin", None),
    ],
)
def test_over_ssh_the_clipboard_of_the_remote_machine_is_not_set(
    environ: Mapping[str, str], platform: str, program: str | None
) -> None:
    found = clipboard.program(environ, platform, lambda name: name)
    assert (found and found[0]) == program


def test_an_installed_program_is_chosen() -> None:
    environ = {"DISPLAY": ":0", "WAYLAND_DISPLAY": "w"}
    found = clipboard.program(environ, "linux", {"xsel": "/usr/bin/xsel"}.get)
    assert found == ("xsel", "--clipboard", "--input")
    assert clipboard.program(environ, "linux", lambda _name: None) is None


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"TERM": "xterm-256color"}, ""),
        ({"TERM": "linux"}, "The Linux console"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, "macOS Terminal"),
        ({}, ""),
    ],
)
def test_terminals_that_ignore_osc_52_are_named(environ: Mapping[str, str], name: str) -> None:
    assert clipboard.terminal_without_osc52(environ) == name
