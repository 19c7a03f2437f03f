"""The tokens of terminal input, the sequences that deviate from ECMA-48, and the bytes of a bracketed paste."""

from __future__ import annotations

import re
from typing import Final

from xds_tui.structs import dataclass

PAYLOADS: Final = {"\x1b[M": 3, "\x1b[t": 2, "\x1b[T": 6}
"""Characters after the final byte of mouse reports: the X10 and UTF-8 protocols, and highlight tracking."""

SHIFTED_KEY: Final = re.compile(r"\x1b\[\d{1,2}\$")
"""Keys with Shift in rxvt, which end with an intermediate byte."""

LINUX_CONSOLE: Final = "\x1b[["
"""F1 to F5 of the Linux console, which one more letter follows."""


@dataclass(frozen=True, slots=True)
class Character:
    """A character of text; U+FFFD for bytes that are not UTF-8."""

    text: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """ESC alone, ESC and a character, or a complete control sequence in its 7-bit form."""

    text: str


@dataclass(frozen=True, slots=True)
class Paste:
    """Text between the markers of a bracketed paste."""

    text: str


Token = Character | Sequence | Paste


MAX_PASTE_BYTES: Final = 1 << 20
"""Maximum length of a paste in bytes; the rest is dropped."""

PASTE_STARTS: Final = (b"\x1b[200~", b"\x9b200~")
PASTE_ENDS: Final = (b"\x1b[201~", b"\x9b201~")
"""The markers around a paste, in their 7-bit and 8-bit forms."""

_MARKER: Final = len(PASTE_ENDS[0])
_MAX_HELD_BYTES: Final = 1 << 16


class PasteBuffer:
    """Collects a paste up to its end marker, then holds input: a text that contains an end marker has a second one."""

    def __init__(self) -> None:
        self._text = bytearray()
        self._held: bytearray | None = None

    @property
    def is_holding(self) -> bool:
        """Whether input after a paste is held."""
        return self._held is not None

    def collect(self, data: bytes) -> bytes | None:
        """Add `data` up to the end marker.

        Returns:
            The bytes after the marker, with which the holding begins; None if there is no marker yet.

        """
        before = len(self._text)
        self._text += data
        searched = max(0, before - _MARKER)
        ends = [(at, len(marker)) for marker in PASTE_ENDS if (at := self._text.find(marker, searched)) >= 0]
        if not ends:
            del self._text[MAX_PASTE_BYTES:-_MARKER]
            return None
        at, length = min(ends)
        del self._text[at:]
        self._held = bytearray()
        return data[at + length - before :]

    def take(self) -> Paste:
        """Remove and return the collected text."""
        paste = Paste(self._text[:MAX_PASTE_BYTES].decode(errors="replace"))
        self._text.clear()
        return paste

    def hold(self, data: bytes) -> tuple[list[Paste], bytes]:
        """Hold `data`; return what turns out to be pasted, up to a second end marker, and the bytes to process."""
        held = (self._held or b"") + data
        starts = [at for marker in PASTE_STARTS if (at := held.find(marker)) >= 0]
        until = min(starts, default=len(held))
        end = max(at + len(marker) if (at := held.rfind(marker, 0, until)) >= 0 else 0 for marker in PASTE_ENDS)
        text = bytes(held[:end])
        for marker in PASTE_ENDS:
            text = text.replace(marker, b"")
        self._held = bytearray(held[end:])
        is_certain = bool(starts) or len(self._held) > _MAX_HELD_BYTES
        return ([Paste(text.decode(errors="replace"))] if end else []), self.release() if is_certain else b""

    def release(self) -> bytes:
        """End the holding, and return the held bytes."""
        held, self._held = bytes(self._held or b""), None
        return held
