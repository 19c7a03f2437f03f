"""Split the input of a terminal into characters, control sequences and pastes.

No byte of a control sequence, a mouse report, a reply to a query or a paste is ever returned as a character, however
the terminal divides it over reads: a character can run a command. Where the input is ambiguous, it is dropped.

The grammar is that of ECMA-48 and xterm's control sequences, with the exceptions that terminals have in use for input.
Pure: the time is passed in, in seconds of any monotonic clock.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

from xds_tui.tui.runtime.input_tokens import (
    LINUX_CONSOLE,
    PASTE_ENDS,
    PASTE_STARTS,
    PAYLOADS,
    SHIFTED_KEY,
    Character,
    PasteBuffer,
    Sequence,
    Token,
)

ESCAPE_DELAY: Final = 0.1
"""Seconds after which a lone ESC is the Escape key."""

SEQUENCE_DELAY: Final = 1.0
"""Seconds of silence after which the rest of a sequence is no longer expected."""

PASTE_DELAY: Final = 5.0
"""Seconds of silence after which the rest of a paste is no longer expected."""

AFTER_PASTE: Final = 0.05
"""Seconds for which input after a paste is held: after a text that contains an end marker a second one follows."""

MAX_SEQUENCE_BYTES: Final = 256
"""Maximum length of a sequence in bytes; longer ones are skipped."""

_ESC: Final = 0x1B
_CANCELS: Final = (0x18, 0x1A)
_BEL: Final = 0x07
_ST: Final = 0x9C
_REPLACEMENT: Final = "\ufffd"


class _State(Enum):
    GROUND = auto()
    ESCAPE = auto()
    CSI = auto()
    SS3 = auto()
    PAYLOAD = auto()
    STRING = auto()
    STRING_ESCAPE = auto()
    PASTE = auto()


_AFTER_ESC: Final = {
    ord("["): _State.CSI,
    ord("O"): _State.SS3,
    ord("P"): _State.STRING,
    ord("]"): _State.STRING,
    ord("X"): _State.STRING,
    ord("^"): _State.STRING,
    ord("_"): _State.STRING,
}
"""The states after ESC and a second byte. The 8-bit form of each pair is one byte, 0x40 above the second."""

_C1: Final = 0x40


class InputScanner:
    """Converts the bytes of successive reads into tokens."""

    def __init__(self, escape_delay: float = ESCAPE_DELAY) -> None:
        """Start outside of any sequence; `escape_delay` is in seconds."""
        self._escape_delay = escape_delay
        self._state = _State.GROUND
        self._sequence = ""
        self._payload = 0
        self._is_8_bit = self._is_alt = self._is_malformed = False
        self._is_undecodable = self._is_of_earlier_read = False
        self._partial = b""
        self._paste = PasteBuffer()
        self._is_stale = False
        self._last = 0.0
        self._tokens: list[Token] = []

    def feed(self, data: bytes, now: float) -> list[Token]:
        """Return the tokens that are complete after a read of `data`."""
        if self._paste.is_holding and now - self._last >= AFTER_PASTE:
            self._scan(self._paste.release())
        silence, self._last = now - self._last, now
        if self._is_stale:
            data = self._resume(data, silence)
        self._scan(data)
        return self._take_tokens()

    def tick(self, now: float) -> list[Token]:
        """Return the tokens completed by the silence since the last read. Call it about every `AFTER_PASTE` seconds."""
        silence = now - self._last
        if self._paste.is_holding and silence >= AFTER_PASTE:
            self._scan(self._paste.release())
        if not self._is_stale and silence >= self._delay():
            self._expire()
        return self._take_tokens()

    @property
    def is_pending(self) -> bool:
        """Whether silence will complete a token."""
        return (
            self._paste.is_holding or bool(self._partial) or (self._state is not _State.GROUND and not self._is_stale)
        )

    def _take_tokens(self) -> list[Token]:
        tokens, self._tokens = self._tokens, []
        return tokens

    def _delay(self) -> float:
        if self._state is _State.PASTE:
            return PASTE_DELAY
        is_key = self._state is _State.ESCAPE or self._is_shifted_key()
        return self._escape_delay if is_key else SEQUENCE_DELAY

    def _is_shifted_key(self) -> bool:
        return self._state is _State.CSI and SHIFTED_KEY.fullmatch(self._sequence) is not None

    def _expire(self) -> None:
        if self._state is _State.GROUND:
            self._abandon_partial()
            return
        # Alt+[ and Alt+O are sent like the beginning of a sequence.
        is_key = len(self._sequence) <= len("\x1b[") and not (self._is_8_bit or self._is_malformed)
        if self._state is not _State.PASTE and (is_key or self._is_shifted_key()):
            self._tokens.append(Sequence(self._sequence))
        self._is_stale = True

    def _resume(self, data: bytes, silence: float) -> bytes:
        """Return the part of `data` that does not belong to the sequence that was interrupted by silence.

        A person types one byte at a time, so the sequence continues if two or more bytes of one read complete it. It is
        dropped even then, because its beginning may have counted as a key. ESC begins a new sequence.
        """
        self._is_stale = False
        if self._state is not _State.PASTE:
            return self._resume_sequence(data, silence)
        is_continuation = any(marker in data for marker in PASTE_ENDS) or (len(data) > 1 and data[0] != _ESC)
        if not is_continuation:
            self._end_paste()
        return data

    def _resume_sequence(self, data: bytes, silence: float) -> bytes:
        if self._state is _State.ESCAPE and data[:1] in (b"[", b"]") and silence < SEQUENCE_DELAY:
            return data  # no command has one of these keys
        # ESC is the next key: within a sequence, it can only end a string.
        is_key = data[:1] == b"\x1b" and (self._state is not _State.STRING or data[1:2] not in (b"", b"\\"))
        count = len(self._tokens)
        for used, byte in enumerate(data, 1):
            if is_key or (byte >= 0x80 and self._state not in (_State.STRING, _State.STRING_ESCAPE)):
                break
            self._step(byte)
            if self._state in (_State.GROUND, _State.PASTE):
                del self._tokens[count:]
                if used > 1 or self._state is _State.PASTE:
                    return data[used:]
                break
        del self._tokens[count:]
        self._reset()
        self._partial = b""
        return data

    def _reset(self) -> None:
        self._state = _State.GROUND
        self._sequence = ""
        self._is_8_bit = self._is_alt = self._is_malformed = False

    def _scan(self, data: bytes) -> None:
        self._is_undecodable = False
        self._is_of_earlier_read = bool(self._partial)
        while data:
            if self._paste.is_holding:
                data = self._hold(data)
            elif self._state is _State.PASTE:
                data = self._scan_paste(data)
            else:
                data = self._scan_keys(data)

    def _scan_keys(self, data: bytes) -> bytes:
        """Process bytes up to the beginning of a paste, and return the rest."""
        for position, byte in enumerate(data, 1):
            self._step(byte)
            if self._state is _State.PASTE:
                return data[position:]
        return b""

    def _scan_paste(self, data: bytes) -> bytes:
        """Process a paste up to its end marker, and return the rest."""
        rest = self._paste.collect(data)
        if rest is None:
            return b""
        self._end_paste()
        return rest

    def _end_paste(self) -> None:
        self._reset()
        self._tokens.append(self._paste.take())

    def _hold(self, data: bytes) -> bytes:
        """Hold the bytes after a paste, and return those to process."""
        pastes, rest = self._paste.hold(data)
        self._tokens += pastes
        return rest

    # Characters and sequences, byte by byte

    def _step(self, byte: int) -> None:
        if self._state is _State.GROUND:
            self._step_ground(byte)
        elif self._state is _State.ESCAPE:
            self._step_escape(byte)
        elif self._state is _State.PAYLOAD:
            self._step_payload(byte)
        elif self._state is _State.STRING_ESCAPE:
            self._reset()
            if byte != ord("\\"):
                self._enter(_State.ESCAPE, "\x1b")
                self._step_escape(byte)
        elif byte == _ESC:
            self._handle_escape()
        elif byte in _CANCELS:
            self._reset()
        elif self._state is _State.STRING:
            self._step_string(byte)
        else:
            self._step_control(byte)

    def _handle_escape(self) -> None:
        """Handle an ESC in a sequence: it ends a string, and begins a new sequence anywhere else."""
        if self._state is _State.STRING:
            self._state = _State.STRING_ESCAPE
            return
        if self._is_shifted_key():
            self._tokens.append(Sequence(self._sequence))
        self._enter(_State.ESCAPE, "\x1b")

    def _enter(self, state: _State, sequence: str) -> None:
        self._reset()
        self._is_undecodable = False
        self._state = state
        self._sequence = sequence

    def _step_ground(self, byte: int) -> None:
        if self._partial:
            if 0x80 <= byte < 0xC0:
                self._partial += bytes([byte])
                if len(self._partial) == _character_length(self._partial[0]):
                    self._decode()
                return
            self._abandon_partial()
            self._step(byte)
        elif 0xC2 <= byte < 0xF5:
            self._partial = bytes([byte])
        elif byte >= 0x80:
            self._step_c1(byte)
        elif byte == _ESC:
            self._enter(_State.ESCAPE, "\x1b")
        else:
            # The second byte of a character in GBK or Big5 may be that of a letter.
            is_second = self._is_undecodable and 0x40 <= byte < 0x7F
            self._is_undecodable = False
            if not is_second:
                self._add(chr(byte))

    def _decode(self) -> None:
        try:
            character = self._partial.decode()
        except UnicodeDecodeError:
            self._abandon_partial()
            return
        self._partial = b""
        self._is_undecodable = self._is_of_earlier_read = False
        if 0x80 <= ord(character) < 0xA0:
            self._step_c1(ord(character))
        else:
            self._add(character)

    def _abandon_partial(self) -> None:
        """Treat the first byte of an incomplete character as invalid UTF-8, and process the others separately."""
        partial, self._partial = self._partial, b""
        if partial:
            self._replace()
        for byte in partial[1:]:
            self._step(byte)

    def _add(self, character: str) -> None:
        is_alt, self._is_alt = self._is_alt, False
        self._tokens.append(Sequence(f"\x1b{character}") if is_alt else Character(character))

    def _replace(self) -> None:
        self._is_alt = False
        # A byte that arrives in a separate read was typed.
        self._is_undecodable, self._is_of_earlier_read = not self._is_of_earlier_read, False
        self._tokens.append(Character(_REPLACEMENT))

    def _step_c1(self, byte: int) -> None:
        """Handle an 8-bit control character, or a byte that cannot begin a UTF-8 character."""
        second = byte - _C1
        if byte < 0xA0 and second in _AFTER_ESC:
            self._enter(_AFTER_ESC[second], f"\x1b{chr(second)}")
            self._is_8_bit = True
        else:
            self._replace()

    def _step_escape(self, byte: int) -> None:
        if byte == _ESC:
            self._tokens.append(Sequence("\x1b"))
        elif byte in _AFTER_ESC:
            self._enter(_AFTER_ESC[byte], f"\x1b{chr(byte)}")
        else:
            self._reset()
            self._is_alt = True
            self._step_ground(byte)

    def _step_control(self, byte: int) -> None:
        """Process one byte of a sequence that ends with a letter; invalid bytes do not end it."""
        self._append(byte)
        if not 0x40 <= byte < 0x7F:
            return
        sequence = self._sequence
        if sequence in PAYLOADS or sequence == LINUX_CONSOLE:
            self._state = _State.PAYLOAD
            self._payload = PAYLOADS.get(sequence, 1)
            return
        is_well_formed = not self._is_malformed
        self._reset()
        if sequence.encode() in PASTE_STARTS:
            self._state = _State.PASTE
        elif is_well_formed and sequence.encode() not in PASTE_ENDS:
            self._tokens.append(Sequence(sequence))

    def _append(self, byte: int) -> None:
        if len(self._sequence) < MAX_SEQUENCE_BYTES and 0x20 <= byte < 0x7F:
            self._sequence += chr(byte)
        else:
            self._is_malformed = True

    def _step_payload(self, byte: int) -> None:
        if byte == _ESC:
            self._partial = b""
            self._enter(_State.ESCAPE, "\x1b")
            return
        # A coordinate above 94 is two bytes in UTF-8 mode, of which the first alone could be one in X10's.
        was_first, self._partial = bool(self._partial), b""
        is_second = was_first and 0x80 <= byte < 0xC0
        if not is_second and self._payload == 0:
            self._reset()
            self._step_ground(byte)
            return
        if self._sequence == LINUX_CONSOLE:
            self._tokens.append(Sequence(self._sequence + chr(byte)))
        elif not is_second and 0xC2 <= byte < 0xE0:
            self._partial = bytes([byte])
        self._payload -= not is_second
        if self._payload == 0 and not self._partial:
            self._reset()

    def _step_string(self, byte: int) -> None:
        if (byte == _BEL and self._sequence.startswith("\x1b]")) or (byte == _ST and self._is_8_bit):
            self._reset()
        else:
            self._append(byte)


def _character_length(first: int) -> int:
    """Return the length of a UTF-8 character in bytes by its first byte."""
    return 2 if first < 0xE0 else 3 if first < 0xF0 else 4
