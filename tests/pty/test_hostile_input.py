"""Byte sequences that no keyboard sends, as input of the real program: they must not trigger any command."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

import pytest
from fuzz.traffic import EIGHT_BIT, GARBAGE, MOUSE, PASTES, REPLIES
from support.terminal import Terminal
from support.wait import TIMEOUT
from test_shutdown import COMMAND, Program, assert_closed, history, set_faults, states_of_orders
from test_whole_job import ACCOUNT, SECRET, assert_restored, simulating

CLICKS = b"\x1b[<"
NO_KEYS = [*(report for report in MOUSE if not report.startswith(CLICKS)), *REPLIES, *EIGHT_BIT, *GARBAGE]
PROMPT = "shell-prompt>"
READING = re.compile(r"/getToken|/mypage\?|/one/|/open/(image|packAge/)")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }


def test_a_purchase_completes_whatever_is_typed(environ: dict[str, str]) -> None:
    with simulating() as simulator:
        environ |= {"XDS_BASE_URL": simulator.url, "XDS_UUID": ACCOUNT, "XDS_SECRET": SECRET}
        with Program([str(COMMAND)], environ=environ) as program:
            program.wait_for("● live")
            program.press("2")
            program.wait_for("4090×1 16核")
            program.press("n")
            program.wait_for("Choose an image|▸2 Image")
            program.press("enter")
            program.wait_for(r"× 1 h × 1 = ¥")
            program.press("enter")
            program.wait_for("Press B")
            set_faults(simulator, [{"kind": "latency", "endpoint": "createquantity", "seconds": 2}])
            program.press_until_gone("B", "Press B")
            program.until(lambda: states_of_orders(environ) == ["sent"])
            os.write(program._fd, b"\xe9 ")
            for sequence in [*NO_KEYS, *PASTES]:
                os.write(program._fd, sequence)
            program.wait_for("1 bought")
            assert len(simulator.state()["ledger"]) == 1
            program.press_until_gone("enter", "1 bought")
            program.wait_for("q Quit")
            program.press("q")
            assert program.end() == 0
            assert_restored(program)
        assert_closed(history(environ))
        assert not list(Path(environ["HOME"]).rglob("crashes/*"))


def test_no_sequence_triggers_a_command(environ: dict[str, str]) -> None:
    with simulating() as simulator:
        environ |= {"XDS_BASE_URL": simulator.url, "XDS_UUID": ACCOUNT, "XDS_SECRET": SECRET}
        with Terminal([str(COMMAND)], environ=environ) as terminal:
            terminal.wait_for("● live")
            terminal.press("j", "j")
            for sequence in NO_KEYS:
                os.write(terminal._fd, sequence)
                os.write(terminal._fd, sequence[:-1] + b"\x18")
            for paste in PASTES:
                os.write(terminal._fd, paste)
            terminal.press("?")
            terminal.wait_for("Help")
            terminal.press("escape")
            assert "crash" not in terminal.wait_for("q Quit")
            terminal.press("q")
            assert terminal.wait_for_end() == 0
            assert_restored(terminal)
        assert states_of_orders(environ) == []
        requests = simulator.state()["requests"]
        assert not [request for request in requests if not READING.search(request)]


class Slow(Terminal):
    """A terminal behind a slow connection, which replies late."""

    DELAY = 0.7

    def answer_late(self) -> None:
        """Wait for the queries at the start of the program, press q, and reply when it may have ended."""
        ends = time.monotonic() + TIMEOUT
        while b"\x1b[?2048$p" not in self.raw:
            assert time.monotonic() < ends
            self._read(0.02)
        self.type("q")
        late = time.monotonic() + self.DELAY
        while (left := late - time.monotonic()) > 0:
            self._read(left)
        os.write(self._fd, b"\x1b[?2026;2$y\x1b[?2048;0$y")


def test_late_replies_of_the_terminal_do_not_reach_the_shell(environ: dict[str, str]) -> None:
    with Slow(["bash", "--norc", "--noprofile", "-i"], environ={**environ, "PS1": PROMPT}) as terminal:
        terminal.answers = ()
        terminal.wait_for(PROMPT)
        terminal.type(f"{COMMAND} --demo\n")
        terminal.answer_late()
        ends = time.monotonic() + TIMEOUT
        while PROMPT.encode() not in terminal.raw.partition(b"\x1b[?1049l")[2]:
            assert time.monotonic() < ends
            terminal._read(0.02)
        terminal.screen.reset()
        terminal.type("echo the''end\n")
        terminal.wait_for("theend")
        assert "2026" not in terminal.text
        assert "2048" not in terminal.text
