from __future__ import annotations

import re
from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xds_tui.system import osc
from xds_tui.system.terminal import Multiplexer

TEXTS = st.text(st.characters(codec="utf-8"), max_size=2000)
SCREEN_CHUNK = re.compile(r"\x1bP(.*?)\x1b\\", re.DOTALL)


def unwrap_tmux(sequence: str) -> str:
    """Return what tmux passes on to its terminal."""
    match = re.fullmatch(r"\x1bPtmux;(.*)\x1b\\", sequence, re.DOTALL)
    assert match
    # tmux removes one of two escapes, and a single one would end the wrapping.
    assert "\x1b" not in match[1].replace("\x1b\x1b", "")
    return match[1].replace("\x1b\x1b", "\x1b")


def unwrap_screen(sequence: str) -> str:
    """Return what GNU screen passes on to its terminal."""
    chunks = SCREEN_CHUNK.findall(sequence)
    assert SCREEN_CHUNK.sub("", sequence) == ""
    assert all(len(chunk) < 256 for chunk in chunks)
    return "".join(chunks)


@given(TEXTS)
def test_a_terminal_decodes_the_clipboard_text(text: str) -> None:
    match = re.fullmatch(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", osc.set_clipboard(text, None))
    assert match
    assert b64decode(match[1]).decode() == text


@given(TEXTS)
def test_tmux_receives_the_clipboard_text_plain_and_wrapped(text: str) -> None:
    plain = osc.set_clipboard(text, None)
    sequence = osc.set_clipboard(text, Multiplexer.TMUX)
    assert sequence.startswith(plain)
    assert unwrap_tmux(sequence[len(plain) :]) == plain


@given(TEXTS)
def test_screen_receives_the_clipboard_text_in_chunks(text: str) -> None:
    assert unwrap_screen(osc.set_clipboard(text, Multiplexer.SCREEN)) == osc.set_clipboard(text, None)


@given(TEXTS)
def test_a_notification_passes_through_multiplexers(text: str) -> None:
    plain = osc.notify_iterm2(text, None)
    assert unwrap_tmux(osc.notify_iterm2(text, Multiplexer.TMUX)) == plain
    assert unwrap_screen(osc.notify_iterm2(text, Multiplexer.SCREEN)) == plain.removesuffix("\x1b\\") + "\a"


@given(TEXTS, TEXTS)
def test_no_text_ends_its_sequence_or_adds_a_parameter(title: str, text: str) -> None:
    sequences = (osc.notify_iterm2(text, None), osc.notify_urxvt(title, text, None), osc.set_title(text))
    for sequence, parameters in zip(sequences, (1, 3, 1), strict=True):
        body = sequence.removeprefix("\x1b]").removesuffix("\x1b\\")
        assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in body)
        assert body.count(";") == parameters
        assert len(body) <= 2 * osc.MAX_LENGTH + len("777;notify;;")


@pytest.mark.parametrize(
    ("sequence", "expected"),
    [
        (osc.notify_iterm2("ready", None), "\x1b]9;ready\x1b\\"),
        (osc.notify_urxvt("xds-tui", "ready", None), "\x1b]777;notify;xds-tui;ready\x1b\\"),
        (osc.set_title("xds 1/2 on"), "\x1b]2;xds 1/2 on\x1b\\"),
    ],
)
def test_the_sequences_of_notifications_and_titles(sequence: str, expected: str) -> None:
    assert sequence == expected
