"""The clipboard checks of doctor with a fake tmux; `tests/pty` has tests with a real one."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.terminal import Terminal

from xds_tui.cli.doctor import CheckStatus, clipboard
from xds_tui.cli.doctor.clipboard import TerminalReply

COMMAND = Path(sys.executable).parent / "xds-tui"

Tmux = Callable[[str], dict[str, str]]


@pytest.fixture
def tmux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tmux:
    """Install a tmux that prints one response, and return the environment of a program in it."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    def install(answer: str) -> dict[str, str]:
        script = tmp_path / "tmux"
        script.write_text(f"#!{sys.executable}\n{answer}\n")
        script.chmod(0o755)
        return {**os.environ, "TMUX": "x"}

    return install


@pytest.mark.parametrize(
    ("answer", "verdict", "expected", "advice"),
    [
        ("3.3a|external|0|bpaste,clipboard,title", CheckStatus.OK, "set-clipboard external, allow-passthrough off", ""),
        ("next-3.6|off|all|clipboard", CheckStatus.OK, "tmux next-3.6 forwards copies to its terminal", ""),
        ("3.2||1|", CheckStatus.OK, "set-clipboard ?, allow-passthrough on", ""),
        ("3.4|on|off|title", CheckStatus.OK, "forwards copies", "terminal-features ',*:clipboard'"),
        ("3.1c|external|0|", CheckStatus.WARN, "does not forward copies", "set-clipboard on"),
        ("3.1c|on|0|", CheckStatus.OK, "forwards copies", ""),
        ("2.9|external||", CheckStatus.OK, "forwards copies", ""),
        ("what?", CheckStatus.WARN, "did not respond", "set-clipboard on"),
    ],
)
async def test_the_options_of_tmux_determine_the_result(
    tmux: Tmux, answer: str, verdict: CheckStatus, expected: str, advice: str
) -> None:
    found = await clipboard.examine(tmux(f"print({answer!r})"))
    assert found.status is verdict
    assert expected in found.message
    assert advice in "\n".join(found.advice)
    assert ("terminal-features" in str(found.advice)) is ("terminal-features" in advice)


async def test_a_hanging_tmux_is_abandoned(tmux: Tmux, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clipboard, "CLIPBOARD_TIMEOUT", 0.2)
    found = await clipboard.examine(tmux("import time; time.sleep(60)"))
    assert "did not respond" in found.message


@pytest.mark.parametrize(
    ("environ", "verdict", "expected"),
    [
        ({"TERM": "xterm"}, CheckStatus.OK, "to the terminal (OSC 52)"),
        ({"TERM": "screen", "STY": "1.x"}, CheckStatus.OK, "through screen"),
        ({"TERM": "linux"}, CheckStatus.WARN, "The Linux console does not support copying"),
        (
            {"TERM": "xterm", "TERM_PROGRAM": "Apple_Terminal"},
            CheckStatus.WARN,
            "macOS Terminal does not support copying",
        ),
    ],
)
async def test_the_route_of_copies_is_reported(environ: dict[str, str], verdict: CheckStatus, expected: str) -> None:
    found = await clipboard.examine(environ)
    assert found.status is verdict
    assert expected in found.message
    assert found.advice


@pytest.mark.parametrize(
    ("answer", "understood"),
    [
        (b"\x1bP>|XTerm(379)\x1b\\\x1b[?64;1;22c", TerminalReply("XTerm(379)", accepts_copies=False)),
        (b"\x1bP>|ghostty 1.2\x1b\\\x1b[?62;22;52c", TerminalReply("ghostty 1.2", accepts_copies=True)),
        (b"\x1b[?152;520c", TerminalReply()),
        (b"", TerminalReply()),
        (b"typed ahead\x1b[?1;2c", TerminalReply()),
        (b"\x1bP>|a\x9bb\x07\x1b\\\x1b[?6c", TerminalReply("a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}")),
    ],
)
def test_the_reply_of_the_terminal_is_decoded(answer: bytes, understood: TerminalReply) -> None:
    assert clipboard.parse_reply(answer) == understood


def test_the_reply_of_the_terminal_is_not_echoed(tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8"}
    with Terminal([str(COMMAND), "doctor", "--clipboard"], environ=environ) as terminal:
        assert terminal.wait_for_end() == 0
        assert b"\x1b[>q\x1b[c" in terminal.raw
        assert "62;22" not in terminal.text
        assert terminal.text.startswith('"xds-tui was here" was sent to the clipboard.')
        assert terminal.modes == terminal.modes_before
    with Terminal([str(COMMAND), "doctor", "--clipboard"], environ=environ | {"TMUX": "x"}) as terminal:
        assert terminal.wait_for_end() == 0
        assert re.search(rb"\x1b\]52;c;eGRz\S+\x07\x1bPtmux;\x1b\x1b\]52;c;", terminal.raw)
