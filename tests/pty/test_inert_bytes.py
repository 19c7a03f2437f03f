"""The output of the real program on a real terminal while its service sends hostile strings."""

from __future__ import annotations

import base64
import os
import re
import sys
from pathlib import Path

import pytest
from support.hostile import MARK, unsafe_in
from support.terminal import Terminal
from test_whole_job import ACCOUNT, SECRET, simulating

TESTS = Path(__file__).parents[1]

PROGRAM = f"""
import sys
sys.path.insert(0, {str(TESTS)!r})
from support.hostile import FRAGMENTS, HostileService
from xds_tui.cli import main
from xds_tui.api import client

straight = client.open_route
client.open_route = lambda url, keep_alive: HostileService(straight(url, keep_alive=keep_alive), FRAGMENTS)
sys.exit(main.main(sys.argv[1:]))
"""
"""The program, with every text of the service replaced."""

SETTINGS = """
[alerts]
bell = false
title = true
notification = "osc777"
"""

SEQUENCE = re.compile(
    r"\x1b\[[<=>?]?[0-9;:]*[ $]?[A-Za-z@`]"  # CSI
    r"|\x1b\][0-9]+;[^\x00-\x1f\x7f-\x9f]*\x1b\\"  # OSC, ended by ST
    r"|\x1b\](?:52;c;[A-Za-z0-9+/=]*|22;[a-z-]+)\x07"  # Textual's own OSC: the clipboard, the pointer's shape
    r"|\x1bP[=+$][^\x00-\x1f\x7f-\x9f]*\x1b\\"  # DCS
    r"|\x1b_G[^\x00-\x1f\x7f-\x9f]*\x1b\\"  # APC: does the terminal know pictures?
    r"|\x1b[78=>M]"
)
"""The control sequences that the program may write."""

NOTIFICATION = re.compile(r"\x1b\]777;notify;xds-tui;[^;]*\x1b\\")
"""The sequences of the app, and the one that may contain a text of the service as its last parameter."""

WRITTEN_BY_US = frozenset("\r\n")

F8 = "\x1b[19~"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "config.toml").write_text(SETTINGS)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "XDS_CONFIG": str(tmp_path / "config.toml"),
        "XDS_UUID": ACCOUNT,
        "XDS_SECRET": SECRET,
    }


def assert_inert(raw: bytes) -> list[str]:
    """Check that all sequences are complete and none is from the service; return the sequences."""
    written = raw.decode()
    sequences = SEQUENCE.findall(written)
    carrying = [sequence for sequence in sequences if MARK in sequence]
    assert [ascii(sequence) for sequence in carrying if not NOTIFICATION.fullmatch(sequence)] == []
    for copied in re.findall(r"\x1b]52;c;([^\x07]*)\x07", written):
        assert unsafe_in(base64.b64decode(copied).decode()) == set()
    text = SEQUENCE.sub("", written)
    unsafe = "".join(unsafe_in(text) - WRITTEN_BY_US)
    assert unsafe == "", ascii(re.findall(f".{{,20}}[{re.escape(unsafe)}].{{,20}}", text))
    return sequences


def assert_aligned(program: Terminal) -> None:
    """Check that no text is wider than calculated: the frame at the right edge is in its column."""
    framed = [line for line in program.text.splitlines() if line.startswith(("╭", "│", "╰"))]
    assert len(framed) > program.screen.lines / 2, program.text
    edge = {line[-1:] for line in framed}
    assert edge <= {"│", "╮", "╯"}, program.text


def look_around(program: Terminal) -> None:
    """Open every screen that shows strings of the service, and quit."""
    program.press("enter")
    program.wait_for("Password")
    program.press("v", "y")
    program.wait_for("type to search")
    program.press("enter")
    program.wait_for("clipboard|OSC 52")
    program.press("escape")
    program.wait_for("Hosts 40")
    for _ in range(12):
        program.press("down")
    program.press("enter")
    program.wait_for("Password")
    program.press("escape")
    program.wait_for("Hosts 40")
    program.press("D")
    program.wait_for("permanently")
    program.press("escape")
    program.wait_for("permanently", gone=True)
    program.press("s")
    if "Start 1 host" in program.wait_for("→ on|is already|Start 1 host"):
        program.press_until_gone("y", "Start 1 host")
    program.press("2", "down", "enter", "n")
    # The last line of the screen is written last.
    program.wait_for("B Rent  esc Close")
    assert_aligned(program)
    program.press("enter", F8)
    program.wait_for("Charged hourly")
    assert_aligned(program)
    program.press_until_gone("escape", "Charged hourly")
    program.press("3")
    program.wait_for(r"▌ +\d\d:\d\d:\d\d")
    program.press("enter")
    program.wait_for(r"█ \d{4}-\d\d-\d\d \d\d:\d\d ·")
    program.press("z", "z", "escape")
    # An escape followed at once by another key is Alt with that key.
    program.wait_for(r"· host\b", gone=True)
    program.press("h")
    program.wait_for(r"▌ +\d{4}-\d\d-\d\d \d\d:\d\d")  # the events are read after the screen has opened
    program.press("enter")
    program.wait_for(r"█ \d{4}-\d\d-\d\d \d\d:\d\d ·")
    program.press("escape")
    program.wait_for(r"· host\b", gone=True)
    program.press("2")
    program.wait_for("▸2 ")
    program.press("3")
    program.wait_for("▸3 ")
    program.press_until_gone("escape", "▸3 ")
    program.press("q")


@pytest.mark.sweep(1)
@pytest.mark.parametrize(("columns", "rows"), [(200, 50), (80, 24)])
def test_bytes_of_the_service_do_not_control_the_terminal(environ: dict[str, str], columns: int, rows: int) -> None:
    command = [sys.executable, "-c", PROGRAM, "--interval", "5"]
    with (
        simulating() as simulator,
        Terminal(command, columns=columns, rows=rows, environ=environ | {"XDS_BASE_URL": simulator.url}) as program,
    ):
        program.wait_for("● live")
        program.wait_for(r"\[@click=")
        assert_aligned(program)
        look_around(program)
        assert program.wait_for_end() == 0
        sequences = assert_inert(bytes(program.raw))
    for ours in ("\x1b]2;", "\x1b]777;", "\x1b]52;"):
        assert any(sequence.startswith(ours) for sequence in sequences), ours
    # Only the harmless parts of the hostile texts are visible.
    assert f"]2;{MARK}".encode() in program.raw
    assert b"[@click" in program.raw


@pytest.mark.parametrize("written", [f"\x1b[{MARK}m", "\x9b1m", "\x1b]2;", "\x1bc", "\x08", "\u202e", "\u200b", "\x1b"])
def test_control_sequences_are_detected_by_the_test(written: str) -> None:
    with pytest.raises(AssertionError):
        assert_inert(f"\x1b[1mtext {written} text\r\n".encode())
