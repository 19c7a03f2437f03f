"""Terminal input is decoded to the keys that were typed, however it is divided into reads."""

from __future__ import annotations

import pytest
from fuzz.keyboard import Keyboard, run_keyboard, typed
from fuzz.traffic import EIGHT_BIT, GARBAGE, MOUSE, PASTED, REPLIES, Bursts
from textual import events, messages

from xds_tui.tui.runtime.input_events import InputEvents

SEVERAL = 0.3
"""Seconds between two parts of a sequence on a slow connection."""


def said(*reads: bytes) -> list[object]:
    """Return the events of consecutive reads, and of the silence after them."""
    return list(Keyboard().type(reads))


def names(found: list[object]) -> list[str]:
    return [event.key for event in found if isinstance(event, events.Key)]


def slowly(*reads: bytes, seconds: float) -> list[object]:
    """Return the events of reads with a pause between them."""
    now, decoder = 0.0, InputEvents()
    found: list[object] = []
    for read in reads:
        found += decoder.feed(read, now)
        for _ in range(5):
            now += seconds / 5
            found += decoder.tick(now)
    return found


def divided(sequence: bytes) -> list[tuple[bytes, bytes]]:
    return [(sequence[:at], sequence[at:]) for at in range(1, len(sequence))]


@pytest.mark.parametrize(
    ("sequence", "expected"),
    [
        (b"q", ["q"]),
        ("渲é".encode(), ["渲", "é"]),
        (b"\x1b", ["escape"]),
        (b"\r\t\x7f\x03 ", ["enter", "tab", "backspace", "ctrl+c", "space"]),
        (b"\x1b[A\x1bOP\x1b[[A\x1b[15~\x1b[1;5C", ["up", "f1", "f1", "f5", "ctrl+right"]),
        (b"\x1b[7$\x1b[11^", ["shift+home", "ctrl+f1"]),
        (b"\x1bq\x1bQ\x1b\x7f", ["alt+q", "alt+shift+q", "ctrl+w"]),
        (b"\x1b\r", ["alt+enter"]),
        (b"\x1b\x1b[A", ["escape", "up"]),
        (b"\x1b[113u\x1b[113;;113u\x1b[97:65;2;65u", ["q", "q", "A"]),
        (b"\x1b[113;129u\x1b[57399;129;48u", ["q", "0"]),
        (b"\x1b[113;5u\x1b[99;5:1u\x1b[99;5:2u", ["ctrl+q", "ctrl+c", "ctrl+c"]),
        (b"\x1b[27u\x1b[13u\x1b[127u\x1b[9;2u\x1b[32u", ["escape", "enter", "backspace", "shift+tab", "space"]),
        (b"\x1b[0;;20320:22909u", ["你", "好"]),
        (b"\x1b[27;5;97~\x1b[27;2;65~\x1b[27;5;13~", ["ctrl+a", "A", "ctrl+enter"]),
        # Releases of keys, modifier keys alone, and numbers that are not keys.
        (b"\x1b[113;1:3u\x1b[1;1:3A\x1b[3;5:3~", []),
        (b"\x1b[57441u\x1b[57442;5u\x1b[57358u\x1b[57441;2:3u", []),
        (b"\x1b[113~\x1b[99;1~\x1b[99999999999u\x1b[55296u\x1b[3u\x1b[113;?9u", []),
    ],
)
def test_keys_are_named_in_every_protocol(sequence: bytes, expected: list[str]) -> None:
    assert names(said(sequence)) == expected
    for position in range(1, len(sequence)):
        assert names(said(sequence[:position], sequence[position:])) == expected


def test_a_long_sequence_is_skipped_to_its_end() -> None:
    for begin, end in ((b"\x1b[", b"u"), (b"\x1b]", b"\x07"), (b"\x1bP", b"\x1b\\"), (b"\x9b", b"u")):
        assert names(said(begin, *[b"1" * 4096] * 50, b"1" + end + b"q")) == ["q"]


@pytest.mark.parametrize("sequence", [*MOUSE, *REPLIES, *EIGHT_BIT[:1], *EIGHT_BIT[3:]])
def test_no_byte_of_another_sequence_is_a_key(sequence: bytes) -> None:
    """Complete, divided anywhere with pauses, or truncated."""
    assert names(said(sequence)) == []
    assert names(said(sequence, b"q")) == ["q"]
    for first, second in divided(sequence):
        assert names(said(first, second, b"q")) == ["q"]
        late = names(slowly(first, second, b"q", seconds=SEVERAL))
        # ESC alone is a key if nothing follows at once, which is indistinguishable.
        assert late == (["escape", "q"] if first == b"\x1b" else ["q"])
        assert [name for name in names(said(first)) if len(name) == 1] == []


@pytest.mark.parametrize("sequence", [reply for reply in REPLIES if len(reply) > 4])
def test_the_rest_of_a_late_reply_is_not_a_key(sequence: bytes) -> None:
    for first, second in divided(sequence):
        if len(second) > 1:
            assert [name for name in names(slowly(first, second, b"q", seconds=30)) if len(name) == 1] == ["q"]


def test_keys_are_recognized_after_a_truncated_reply() -> None:
    for cut in (b"\x1b[?2026;2$", b"\x1b]11;rgb:00", b"\x1bP>|XTerm", b"\x1b[M!", b"\x1b[200~never ended"):
        assert names(slowly(cut, b"q", b"?", seconds=6)) == ["q", "question_mark"]


@pytest.mark.parametrize("before", [b"\x1b", b"\x1b[", b"\x1bO", b"\x1b[?2026;2$", b"\x1b]11;rgb:00", b"\x1bP>|XTerm"])
@pytest.mark.parametrize("key", [b"\x1b[B", b"\x1bOB", b"\x1b[1B"])
def test_the_first_arrow_after_an_interrupted_sequence_is_a_key(before: bytes, key: bytes) -> None:
    """Above all after Escape, which looks like the beginning of a sequence until nothing follows."""
    assert names(slowly(before, key, seconds=6))[-1:] == ["down"]


@pytest.mark.parametrize("text", PASTED)
def test_text_in_a_paste_is_not_a_key(text: bytes) -> None:
    paste = b"\x1b[200~" + text + b"\x1b[201~"
    for first, second in divided(paste):
        for found in (said(first, second), slowly(first, second, seconds=SEVERAL)):
            assert [name for name in names(found) if name != "escape"] == []
            assert len([event for event in found if isinstance(event, events.Paste)]) == 1 or first == b"\x1b"


def test_a_paste_is_text_without_controls() -> None:
    (paste,) = said(b"\x1b[200~a\x1b[31m\x00\x07\tb\r\n\xc2\x9b\xe9c\x1b[201~")
    assert isinstance(paste, events.Paste)
    assert paste.text == "a[31m\tb\r\n\ufffdc"


def test_a_paste_with_end_markers_in_it_extends_to_the_last_one() -> None:
    found = said(b"\x1b[200~one\x1b[2", b"01~y\rDq\x1b[20", b"1~", b"q")
    assert [event.text for event in found if isinstance(event, events.Paste)] == ["one", "y\rDq"]
    assert names(found) == ["q"]


def test_keys_after_a_paste_in_the_same_read_are_recognized() -> None:
    found = said(b"\x1b[200~one\x1b[201~\r\x1b[200~two\x1b[201~q")
    assert [type(event).__name__ for event in found] == ["Paste", "Key", "Paste", "Key"]
    assert names(found) == ["enter", "q"]


def test_a_long_paste_is_truncated() -> None:
    found = said(b"\x1b[200~", *[b"x" * 4096] * 1000, b"\x1b[201~", b"q")
    (paste,) = (event for event in found if isinstance(event, events.Paste))
    assert len(paste.text) == 1 << 20
    assert names(found) == ["q"]


@pytest.mark.parametrize("garbage", GARBAGE)
def test_invalid_utf_8_is_replaced_or_dropped(garbage: bytes) -> None:
    assert set(typed(said(garbage))) <= {"\ufffd", " ", "˵"}
    assert names(said(garbage, b"?"))[-1] == "question_mark"


def test_the_second_byte_of_a_gbk_character_is_not_a_letter() -> None:
    assert "镕".encode("gbk") == b"\xe9F"
    assert list(typed(said(b"\xe9F"))) == ["\ufffd"]
    assert names(said(b"\xe9", b"F")) == ["replacement_character", "F"]


@pytest.mark.parametrize("sequence", [b"\x1b[O", b"\x1b[I", b"\x1b]11;rgb:0000/0000/0000\x07", b""])
def test_a_key_after_an_invalid_byte_and_a_sequence_is_not_a_second_byte(sequence: bytes) -> None:
    assert names(said(b"\xf9" + sequence + b"\x1bx", b"1")) == ["replacement_character", "alt+x", "1"]


def test_mouse_and_terminal_reports_are_decoded() -> None:
    kinds = [type(event) for event in said(b"\x1b[<0;10;20M\x1b[<0;10;20m\x1b[<65;1;1M\x1b[I\x1b[O\x1b[?2026;2$y")]
    assert kinds == [
        events.MouseDown,
        events.MouseUp,
        events.MouseScrollDown,
        events.AppFocus,
        events.AppBlur,
        messages.TerminalSupportsSynchronizedOutput,
    ]
    # A button above the third, and positions outside of the screen.
    assert said(b"\x1b[<128;9;9M\x1b[<0;0;0M\x1b[<0;99999999;1M") == []


def test_a_size_without_pixels_leaves_mouse_positions_unchanged() -> None:
    resize, down = said(b"\x1b[48;40;120;0;0t\x1b[<0;11;21M")
    assert isinstance(resize, events.Resize)
    assert isinstance(down, events.MouseDown)
    assert (down.x, down.y) == (10, 20)
    assert said(b"\x1b[48;0;0;0;0t\x1b[48;99999;99999;1;1t") == []


def test_mutated_input_yields_no_extra_keys() -> None:
    outcome = run_keyboard(60_000, seed=1)
    assert outcome.complaints == []
    assert outcome.ends["Key"] > 1000
    assert outcome.ends["Paste"] > 50


def test_input_is_decoded_equally_however_it_is_divided() -> None:
    bursts = Bursts("divided")
    for _ in range(300):
        burst = bursts.whole()
        if not any(garbage in burst for garbage in GARBAGE):
            assert list(map(repr, said(*bursts.divided(burst)))) == list(map(repr, said(burst))), burst
