from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xds_tui.system import clipboard
from xds_tui.system.clipboard import Osc52Route

PIECE = re.compile(r"\x1bP(.*?)\x1b\\", re.DOTALL)


@pytest.mark.parametrize(
    ("environ", "way"),
    [
        ({}, Osc52Route.PLAIN),
        ({"TMUX": "", "STY": ""}, Osc52Route.PLAIN),
        ({"TMUX": "/run/tmux/default,1,0"}, Osc52Route.TMUX),
        ({"STY": "1.pts-0"}, Osc52Route.SCREEN),
        ({"TMUX": "x", "STY": "y", "SSH_CONNECTION": "z"}, Osc52Route.TMUX),
    ],
)
def test_the_way_leads_out_of_what_it_runs_in(environ: Mapping[str, str], way: Osc52Route) -> None:
    assert clipboard.osc52_route(environ) is way


@given(st.text())
def test_a_terminal_reads_the_text_that_was_sent(text: str) -> None:
    text = text.encode(errors="replace").decode()
    plain = clipboard.sequence(text, Osc52Route.PLAIN)
    found = re.fullmatch(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", plain)
    assert found
    assert b64decode(found[1]).decode() == text


@given(st.text(max_size=2000))
def test_tmux_is_given_it_plainly_and_wrapped(text: str) -> None:
    text = text.encode(errors="replace").decode()
    plain = clipboard.sequence(text, Osc52Route.PLAIN)
    through = clipboard.sequence(text, Osc52Route.TMUX)
    assert through.startswith(plain)
    wrapped = re.fullmatch(r"\x1bPtmux;(.*)\x1b\\", through[len(plain) :], re.DOTALL)
    assert wrapped
    # tmux takes one of two escapes away, and the wrapping ends at the first that is alone.
    assert "\x1b" not in wrapped[1].replace("\x1b\x1b", "")
    assert wrapped[1].replace("\x1b\x1b", "\x1b") == plain


@given(st.text(max_size=2000))
def test_screen_is_given_it_in_pieces_that_it_keeps(text: str) -> None:
    text = text.encode(errors="replace").decode()
    through = clipboard.sequence(text, Osc52Route.SCREEN)
    pieces = PIECE.findall(through)
    assert PIECE.sub("", through) == ""
    assert all(len(piece) < 256 for piece in pieces)
    assert "".join(pieces) == clipboard.sequence(text, Osc52Route.PLAIN)


def test_what_is_longer_than_terminals_take_does_not_fit() -> None:
    assert clipboard.fits("x" * clipboard.MAX_SEQUENCE_BYTES)
    assert not clipboard.fits("x" * (clipboard.MAX_SEQUENCE_BYTES + 1))
    assert not clipboard.fits("渲" * (clipboard.MAX_SEQUENCE_BYTES // 3 + 1))
    assert len(clipboard.sequence("x" * clipboard.MAX_SEQUENCE_BYTES, Osc52Route.PLAIN)) <= 100_000


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
def test_over_ssh_the_clipboard_of_the_other_machine_is_left_alone(
    environ: Mapping[str, str], platform: str, program: str | None
) -> None:
    found = clipboard.program(environ, platform, lambda name: name)
    assert (found and found[0]) == program


def test_of_the_programs_one_that_is_installed_is_taken() -> None:
    environ = {"DISPLAY": ":0", "WAYLAND_DISPLAY": "w"}
    found = clipboard.program(environ, "linux", {"xsel": "/usr/bin/xsel"}.get)
    assert found == ("xsel", "--clipboard", "--input")
    assert clipboard.program(environ, "linux", {}.get) is None


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"TERM": "xterm-256color"}, ""),
        ({"TERM": "linux"}, "The Linux console"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, "macOS Terminal"),
        ({}, ""),
    ],
)
def test_terminals_that_are_known_to_take_nothing_are_named(environ: Mapping[str, str], name: str) -> None:
    assert clipboard.terminal_without_osc52(environ) == name
