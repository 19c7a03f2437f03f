"""Real terminal input, mutations of it, and the keys that a reference decoder finds in it."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Final

TYPED: Final = [b"q", b"y", b"D", b"s", b"\r", b" ", b"/", b"\x03", b"\x7f", "渲".encode(), "é".encode(), "😀".encode()]

LEGACY: Final = [
    *(b"\x1b[" + final for final in (b"A", b"B", b"C", b"D", b"H", b"F", b"Z", b"1;5A", b"1;2D", b"5~", b"3;5~")),
    *(b"\x1bO" + final for final in (b"P", b"Q", b"R", b"S", b"A", b"H", b"M")),
    *(b"\x1b[[" + final for final in (b"A", b"E")),
    b"\x1b[15~", b"\x1b[24;5~", b"\x1b[7$", b"\x1b[11^", b"\x1bx", b"\x1b\x7f", "\x1bé".encode(),
]  # fmt: skip
KITTY: Final = [
    b"\x1b[113u", b"\x1b[113;;113u", b"\x1b[97:65;2;65u", b"\x1b[113;5u", b"\x1b[113;1:1u", b"\x1b[113;1:2u",
    b"\x1b[113;1:3u", b"\x1b[57441u", b"\x1b[57441;2:3u", b"\x1b[57358;129u", b"\x1b[27u", b"\x1b[13;2u",
    b"\x1b[1;1:3A", b"\x1b[3;5:2~", b"\x1b[57399;129;48u", b"\x1b[0;;20320:22909u",
]  # fmt: skip
OTHER_KEYS: Final = [b"\x1b[27;5;97~", b"\x1b[27;2;65~", b"\x1b[27;5;13~", b"\x1b[27;6;113~"]
MOUSE: Final = [
    b"\x1b[M !!", b"\x1b[M\x20\xff\xf1", b"\x1b[M#qq", b"\x1b[M \xc2\x80\xc3\xa9", b"\x1b[M \xc4\x80q",
    b"\x1b[<0;10;20M", b"\x1b[<0;10;20m", b"\x1b[<35;200;50M", b"\x1b[<65;3;4M", b"\x1b[<131;9;9M",
    b"\x1b[<0;1450;820M", b"\x1b[<0;-3;4M", b"\x1b[32;10;20M", b"\x1b[67;10;20M", b"\x1b[t!q", b"\x1b[T!q!q!q",
    b"\x1b[1;2;3;4;5&w",
]  # fmt: skip
REPLIES: Final = [
    b"\x1b[?2026;2$y", b"\x1b[?2048;0$y", b"\x1b[4;1$y", b"\x1b[?62;22c", b"\x1b[>1;10;0c", b"\x1b[0n", b"\x1b[12;40R",
    b"\x1b[?0u", b"\x1b]10;rgb:ffff/ffff/ffff\x1b\\", b"\x1b]11;rgb:0000/0000/0000\x07", b"\x1b]52;c;cXFx\x1b\\",
    b"\x1bP>|XTerm(390)\x1b\\", b"\x1bP1+r544e=787465726d\x1b\\", b"\x1bP!|00000000\x1b\\", b"\x1b_Gi=1;OK\x1b\\",
    b"\x1b[48;40;120;800;1200t", b"\x1b[8;40;120t", b"\x1b[?997;1n", b"\x1b[I", b"\x1b[O", b"\x1b^pm q\x1b\\",
]  # fmt: skip
EIGHT_BIT: Final = [
    b"\x9b?2026;2$y", b"\x9bA", b"\x8fP", b"\x9d11;rgb:0000/0000/0000\x9c", b"\x90>|XTerm(390)\x9c", b"\x9fGi=1;OK\x9c",
    "\x9b?62;22c".encode(),
]  # fmt: skip
PASTED: Final = [
    b"", b"quit\r", b"y\rDs", b"a\x1bq\x1b[A", b"\x1b[200~q", b"\x1b[20", b"\x00\x03\x18\x1a\x9c\x07",
    "渲大师".encode(), b"\xe9 \xff\xc3", b"x" * 200,
]  # fmt: skip
PASTES: Final = [b"\x1b[200~" + text + b"\x1b[201~" for text in PASTED]
GARBAGE: Final = [b"\xe9", b"\xe9 ", b"\xff\xfe", b"\xc3", b"\xe4\xbd", "é".encode("latin-1"), "说明".encode("gbk")]

ALL: Final = [*TYPED, *LEGACY, *KITTY, *OTHER_KEYS, *MOUSE, *REPLIES, *EIGHT_BIT, *PASTES, *GARBAGE]

_CSI: Final = rb"(?:\x1b\[|\x9b|\xc2\x9b)"
_END: Final = rb"(?:\x1b\[|\x9b)201~"
_ITEM: Final = rb"(?:[\xc2-\xdf][\x80-\xbf]|[^\x1b])"
_WIDE: Final = rb"(?:[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})"
_INSIDE: Final = rb"[^\x1b\x18\x1a\x40-\x7e]*"

_BOOK: Final = re.compile(
    rb"(?P<paste>CSI200~.*?(?:END|\Z)(?:(?:(?!CSI200~).)*END)?)"
    rb"|(?P<mouse>CSI[^\x1b\x18\x1a\x20-\x7e]*(?:M ITEM{0,3}|t ITEM{0,2}|T ITEM{0,6}|\[[^\x1b]?))"
    rb"|(?P<csi>(?:CSI|\x1bO|\x8f|\xc2\x8f)INSIDE[\x18\x1a\x40-\x7e]?)"
    rb"|(?P<string>(?:\x1b\])[^\x1b\x07\x18\x1a]*(?:\x1b\\|\x1b\Z|[\x07\x18\x1a])?"
    rb"|(?:\x9d|\xc2\x9d)[^\x1b\x07\x18\x1a\x9c]*(?:\x1b\\|\x1b\Z|[\x07\x18\x1a\x9c])?"
    rb"|(?:\x1b[PX^_])[^\x1b\x18\x1a]*(?:\x1b\\|\x1b\Z|[\x18\x1a])?"
    rb"|(?:[\x90\x98\x9e\x9f]|\xc2[\x90\x98\x9e\x9f])[^\x1b\x18\x1a\x9c]*(?:\x1b\\|\x1b\Z|[\x18\x1a\x9c])?)"
    rb"|(?P<two>\x1b(?:WIDE|[\x00-\x1a\x1c-\x7f]))"
    rb"|(?P<wide>WIDE)"
    rb"|(?P<byte>.)".replace(b" ITEM", b"ITEM")
    .replace(b"ITEM", _ITEM)
    .replace(b"INSIDE", _INSIDE)
    .replace(b"WIDE", _WIDE)
    .replace(b"CSI", _CSI)
    .replace(b"END", _END),
    re.DOTALL,
)
"""ECMA-48 with the extensions of xterm and other terminals as one expression, for a burst followed by silence."""

_KITTY: Final = re.compile(rb"\x1b\[(\d*)(?::[\d:]*)?(?:;(\d*)(?::([\d:]*))?)?(?:;([\d:]*))?u")
_OTHER_KEY: Final = re.compile(rb"\x1b\[27;\d+;(\d+)~")
_KEYPAD: Final = re.compile(rb"\x1bO([j-y])")
_MAC: Final = re.compile(rb"\x1b[0-9=-]")


def characters(burst: bytes) -> Iterator[str]:
    """Return the characters that a burst types: bytes outside of sequences, and those in key sequences."""
    for found in _BOOK.finditer(burst):
        text = re.sub(rb"\A(?:\xc2)?([\x80-\x9f])", lambda c1: b"\x1b" + bytes([c1[1][0] - 0x40]), found[0])
        if found.lastgroup in ("byte", "wide"):
            for character in found[0].decode(errors="replace"):
                yield "\ufffd" if "\x80" <= character < "\xa0" else character
        elif keypad := _KEYPAD.fullmatch(text):
            yield "*+,-./0123456789"[keypad[1][0] - ord("j")]
        elif (_MAC.fullmatch(text)) or found.lastgroup == "two":
            yield "¡™£¢∞§¶•ªº–≠\ufffd"  # any of them
        elif other := _OTHER_KEY.fullmatch(text):
            yield _character(other[1])
        elif (kitty := _KITTY.fullmatch(text)) and kitty[3] != b"3":
            # The character that a key types, or the key.
            yield from (_character(text) + _character(kitty[1]) for text in (kitty[4] or b"").split(b":"))


def _character(code: bytes) -> str:
    if 57399 <= int(code[:6] or b"0") <= 57408:
        return f"{int(code) - 57399}"  # of the keypad
    return chr(int(code)) if code.isdigit() and len(code) < 8 and int(code) < 0x110000 else ""


class Bursts:
    """Generates bursts of input, valid or mutated."""

    def __init__(self, seed: object) -> None:
        self.random = random.Random(f"{seed}")

    def whole(self) -> bytes:
        return b"".join(self.random.choices(ALL, k=self.random.randint(1, 6)))

    def mutated(self) -> bytes:
        burst = bytearray(self.whole())
        for _ in range(self.random.randint(1, 4)):
            self._mutate(burst)
        return bytes(burst)

    def _mutate(self, burst: bytearray) -> None:
        at = self.random.randint(0, len(burst))
        end = min(len(burst), at + self.random.choice((1, 1, 2, 5, 20)))
        kind = self.random.randrange(6)
        if kind == 0:
            del burst[at:end]
        elif kind == 1:
            burst[at:end] = self.random.randbytes(end - at)
        elif kind == 2:
            burst[at:at] = self.random.choice((b"\x1b", b"\x9b", b"\x00", b"\xff", b"q", b"9" * 300, b"\x1b[201~"))
        elif kind == 3:
            burst[at:at] = self.random.choice(ALL)
        elif kind == 4:
            del burst[at:]
        elif at < len(burst):
            burst[at] ^= 1 << self.random.randrange(8)

    def divided(self, burst: bytes) -> Iterator[bytes]:
        """Divide a burst into reads."""
        position = 0
        while position < len(burst):
            size = self.random.choice((1, 1, 2, 3, 7, 4096))
            yield burst[position : position + size]
            position += size
