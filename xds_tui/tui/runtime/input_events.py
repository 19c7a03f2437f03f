"""Decodes terminal input into Textual's events.

In contrast to Textual's parser, no input raises an exception, and an unknown sequence yields no key press.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from textual import constants, events, messages
from textual.keys import KEY_NAME_REPLACEMENTS
from textual.message import Message

from xds_tui.tui.runtime.input_scanner import InputScanner
from xds_tui.tui.runtime.input_tokens import Character, Paste, Token
from xds_tui.tui.textual_compat import (
    ANSI_SEQUENCES_KEYS,
    FUNCTIONAL_KEYS,
    IGNORE_SEQUENCE,
    IS_ITERM,
    MODIFIER_FUNCTIONAL_KEYS,
    XTermParser,
    key_from_character,
)

MAX_SIZE: Final = 2000
"""The largest number of columns or rows that is accepted."""

_KEY: Final = re.compile(r"\x1b\[([\d:]{0,32})(?:;([\d:]{0,16}))?(?:;([\d:]{0,64}))?([u~A-FHPQRS])")
_OTHER_KEY: Final = re.compile(r"\x1b\[27;(\d{1,3});(\d{1,7})~")
_MOUSE: Final = re.compile(r"\x1b\[<\d{1,3};-?\d{1,5};-?\d{1,5}[Mm]")
_CURSOR: Final = re.compile(r"\x1b\[(\d{1,5});(\d{1,5})R")
_MODE: Final = re.compile(r"\x1b\[\?(\d{1,5});(\d)\$y")
_RESIZE: Final = re.compile(r"\x1b\[48;(\d{1,5})[\d:]*;(\d{1,5})[\d:]*;(\d{1,6})[\d:]*;(\d{1,6})[\d:]*t")

_FOCUS: Final = {"\x1b[I": events.AppFocus, "\x1b[O": events.AppBlur}
_MODIFIERS: Final = ("shift", "alt", "ctrl", "super", "hyper", "meta")
"""The modifiers by their bits in kitty's protocol. Caps Lock and Num Lock follow, which do not change the key."""

_SHIFT: Final = 1
_RELEASE: Final = "3"
_LOCKS: Final = frozenset({"caps_lock", "scroll_lock", "num_lock"})
_CHARACTERS: Final = {"backspace": "\x7f", "enter": "\r", "tab": "\t"}
_EXTRA_BUTTONS: Final = 128
"""The bit of mouse buttons 8 to 11, which Textual would take for the first four."""


class InputEvents:
    """Decodes input into events, byte for byte as it is read."""

    def __init__(self) -> None:
        """Start outside of any sequence."""
        self._scanner = InputScanner(constants.ESCAPE_DELAY)
        self._mouse = XTermParser()
        self.reported_modes: set[str] = set()
        """The DEC private modes that the terminal has reported the state of."""

    def feed(self, data: bytes, now: float) -> Iterator[Message]:
        """Return the events of one read; `now` is the time of a monotonic clock in seconds."""
        return self._decode(self._scanner.feed(data, now))

    def tick(self, now: float) -> Iterator[Message]:
        """Return the events that are complete because no input has followed."""
        return self._decode(self._scanner.tick(now))

    @property
    def is_pending(self) -> bool:
        """Whether `tick` will return events."""
        return self._scanner.is_pending

    def _decode(self, tokens: Iterable[Token]) -> Iterator[Message]:
        for token in tokens:
            if isinstance(token, Paste):
                yield events.Paste(_without_controls(token.text))
            elif isinstance(token, Character):
                yield from _character_keys(token.text)
            else:
                yield from self._decode_sequence(token.text)

    def _decode_sequence(self, sequence: str) -> Iterator[Message]:
        if sequence in _FOCUS:
            yield _FOCUS[sequence]()
        elif match := _RESIZE.fullmatch(sequence):
            yield from self._resize(*map(int, match.groups()))
        elif match := _CURSOR.fullmatch(sequence):
            row, column = map(int, match.groups())
            yield events.CursorPosition(column - 1, row - 1)
        elif match := _MODE.fullmatch(sequence):
            self.reported_modes.add(match[1])
            yield from _mode(match[1], int(match[2]))
        elif _MOUSE.fullmatch(sequence):
            yield from self._mouse_event(sequence)
        else:
            yield from decode_keys(sequence)

    def _resize(self, rows: int, columns: int, height: int, width: int) -> Iterator[Message]:
        if not (0 < rows <= MAX_SIZE and 0 < columns <= MAX_SIZE):
            return
        event = events.Resize.from_dimensions((columns, rows), (width, height))
        if height >= rows and width >= columns:  # otherwise positions cannot be calculated from pixels
            self._mouse.terminal_size = event.size
            self._mouse.terminal_pixel_size = event.pixel_size
            self._mouse.mouse_pixels = True
        yield event

    def _mouse_event(self, sequence: str) -> Iterator[Message]:
        if int(sequence[3 : sequence.index(";")]) & _EXTRA_BUTTONS:
            return
        event = self._mouse.parse_mouse_code(sequence)
        if event is not None:
            yield event


def decode_keys(sequence: str) -> Iterator[events.Key]:
    """Yield the key presses that a sequence stands for: none for the release of a key or an unknown sequence."""
    if sequence == "\x1b":
        yield events.Key("escape", sequence)
    elif match := _OTHER_KEY.fullmatch(sequence):
        yield from _other_key(int(match[1]), int(match[2]))
    elif (match := _KEY.fullmatch(sequence)) and (extended := list(_extended_keys(*match.groups(default="")))):
        yield from extended
    elif sequence in ANSI_SEQUENCES_KEYS:
        yield from _listed_keys(sequence)
    elif len(sequence) == len("\x1bx"):
        for key in _character_keys(sequence[1]):
            name = f"shift+{key.key.lower()}" if len(key.key) == 1 and key.key.isupper() else key.key
            yield events.Key(f"alt+{name}", sequence[1])


def _character_keys(character: str) -> Iterator[events.Key]:
    if character in ANSI_SEQUENCES_KEYS:
        yield from _listed_keys(character)
    else:
        name = character if character.isalnum() else key_from_character(character)
        yield events.Key(KEY_NAME_REPLACEMENTS.get(name, name), character)


def _listed_keys(sequence: str) -> Iterator[events.Key]:
    listed = ANSI_SEQUENCES_KEYS[sequence]
    if listed is IGNORE_SEQUENCE:
        return
    if isinstance(listed, str):
        yield from _character_keys(listed)
    elif isinstance(listed, tuple):
        for key in listed:
            yield events.Key(key.value, sequence if len(sequence) == 1 else None)


def _extended_keys(codes: str, modifiers: str, texts: str, final: str) -> Iterator[events.Key]:
    """Yield the key presses of kitty's protocol, which extends the sequences of function keys.

    The release of a key and modifier keys alone yield none. Only with the final byte `u` are numbers characters.
    """
    bits, _, kind = modifiers.partition(":")
    code = codes.partition(":")[0] or "1"
    name = FUNCTIONAL_KEYS.get(f"{code}{final}", "")
    character = _printable(code) if final == "u" else ""
    if kind == _RELEASE or name in MODIFIER_FUNCTIONAL_KEYS or name in _LOCKS or not (name or character or texts):
        return
    pressed = max(int(bits or 0) - 1, 0)
    typed = [_printable(text) for text in texts.split(":")] if texts and final == "u" else [""]
    for text in typed:
        if name or text or character:
            yield _key(name or key_from_character(text or character), pressed, text)


def _other_key(modifiers: int, code: int) -> Iterator[events.Key]:
    """Yield the key press of xterm's modifyOtherKeys."""
    pressed = max(modifiers - 1, 0)
    name, character = FUNCTIONAL_KEYS.get(f"{code}u", ""), _printable(str(code))
    if name not in MODIFIER_FUNCTIONAL_KEYS and (name or character):
        yield _key(name or key_from_character(character), pressed, character if pressed <= _SHIFT and not name else "")


def _key(name: str, pressed: int, text: str) -> events.Key:
    """Return a key press. Shift, and Alt on some keyboards, are part of the typed text and not of the key's name."""
    is_in_text = {"shift": bool(text) and not text.isspace(), "alt": bool(text)}
    modifiers = [
        modifier
        for bit, modifier in enumerate(_MODIFIERS)
        if pressed & (1 << bit) and not is_in_text.get(modifier, False)
    ]
    character = text or (None if pressed else _CHARACTERS.get(name))
    return events.Key("+".join([*sorted(modifiers), name]), character)


def _printable(code: str) -> str:
    """Return the character of a code point, or an empty string if it is not printable."""
    if not code or len(code) > len("1114111") or int(code) > 0x10FFFF:
        return ""
    character = chr(int(code))
    return character if character.isprintable() else ""


def _mode(mode: str, setting: int) -> Iterator[Message]:
    if mode == "2026" and setting > 0:
        yield messages.TerminalSupportsSynchronizedOutput()
    elif mode == "2048" and constants.SMOOTH_SCROLL and not IS_ITERM:
        yield messages.InBandWindowResize.from_setting_parameter(setting)


def _without_controls(text: str) -> str:
    return "".join(character for character in text if character in "\t\n\r" or not _is_control(character))


def _is_control(character: str) -> bool:
    return character < " " or "\x7f" <= character < "\xa0"
