"""The commands that `doctor` prints for setting up a keyring, typed into a real shell."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from support.terminal import Terminal
from support.wait import TIMEOUT
from test_whole_job import ACCOUNT, SECRET, Simulator, simulating

PROGRAM = Path(sys.executable).parent / "xds-tui"
PHRASE = "quite a long 1 password"

EMPTY, FILLED = r"Passphrase: _", r"Passphrase: \*"
"""The texts of pinentry before and after input."""

ANSWERS = {
    r"Keyring password:\s*\Z": f"{PHRASE}\n",
    EMPTY: PHRASE,
    r"Account ID:\s*\Z": f"{ACCOUNT}\n",
    r"Secret:\s*\Z": f"{SECRET}\n",
}
"""The answers to the prompts."""

PROMPT = r"\n[^\n]*[#$]\s*\Z"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with simulating() as running:
        yield running


@pytest.fixture
def environ(simulator: Simulator) -> Iterator[dict[str, str]]:
    """The environment of a new user; the path of the home directory is short, because it contains sockets."""
    home = tempfile.mkdtemp(prefix="xds")
    environ = {
        "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}",
        "HOME": home,
        "LANG": "C.UTF-8",
        "XDS_BASE_URL": simulator.url,
    }
    yield environ
    if shutil.which("gpgconf"):
        subprocess.run(["gpgconf", "--kill", "all"], env=environ, check=False)
    shutil.rmtree(home, ignore_errors=True)


def advised(environ: Mapping[str, str], about: str) -> list[str]:
    """Return the commands that `doctor` prints below a line with `about`, except those that install packages."""
    ended = subprocess.run(
        [PROGRAM, "doctor", "--json"], env=environ, capture_output=True, text=True, check=False, timeout=TIMEOUT
    )
    (row,) = (row for row in json.loads(ended.stdout) if row["check"] == "keyring")
    advice: list[str] = row["advice"]
    begin = next((number for number, line in enumerate(advice) if about in line), None)
    assert begin is not None, row
    end = next(number for number, line in enumerate(advice) if line.startswith("To work without a keyring"))
    return [line for line in advice[begin:end] if not line.endswith(":") and "apt-get" not in line]


class Session:
    """A login shell in its own terminal."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        terminal.wait_for(r"[#$]\s*\Z")

    def run(self, command: str) -> str:
        """Type a command, answer its prompts, and return the screen when the shell prompt is back."""
        self._terminal.screen.reset()
        self._terminal.type(f"{command}\n")
        while True:
            self._terminal.wait_for("|".join((PROMPT, *ANSWERS)))
            shown = self._terminal.text
            asked = next((pattern for pattern in ANSWERS if re.search(pattern, shown)), None)
            if asked is None:
                return shown
            self._terminal.type(ANSWERS[asked])
            self._terminal.wait_for(asked, gone=True)
            if re.search(FILLED, self._terminal.text):
                # Not in one burst with the passphrase: the next dialog looks like this one before it is filled.
                self._terminal.type("\r")
                self._terminal.wait_for(f"{EMPTY}|{PROMPT}")

    def run_all(self, commands: Sequence[str]) -> str:
        return "\n".join(self.run(command) for command in commands)


def logged_in(environ: Mapping[str, str]) -> Terminal:
    return Terminal(["bash", "--norc", "-i"], environ=environ, columns=200, rows=50)


@pytest.mark.skipif(not shutil.which("gnome-keyring-daemon"), reason="needs gnome-keyring and dbus-daemon")
def test_the_printed_commands_set_up_gnome_keyring(environ: dict[str, str]) -> None:
    commands = advised(environ, "To set one up on Debian")
    commands = commands[: commands.index("xds-tui login") + 1]
    with logged_in(environ) as terminal:
        assert "stored in SecretService Keyring" in Session(terminal).run_all(commands)
    with logged_in(environ) as terminal:
        session = Session(terminal)
        session.run_all(commands[:-1])
        assert "node-" in session.run("xds-tui hosts")


@pytest.mark.skipif(not shutil.which("gnome-keyring-daemon"), reason="needs gnome-keyring and dbus-daemon")
def test_the_printed_commands_unlock_gnome_keyring(environ: dict[str, str]) -> None:
    bus, unlock, login = advised(environ, "To set one up on Debian")[:3]
    with logged_in(environ) as terminal:
        Session(terminal).run_all([bus, unlock, login])
    with logged_in(environ) as terminal:
        session = Session(terminal)
        session.run(bus)
        session.run("printf wrong | gnome-keyring-daemon --unlock --components=secrets >/dev/null")
        said = session.run("xds-tui doctor")
        assert "The keyring is locked" in said
        assert "gcr-prompter" not in said
        assert unlock in said
        session.run(unlock)
        assert "node-" in session.run("xds-tui hosts")


@pytest.mark.skipif(not (shutil.which("pass") and shutil.which("gpg")), reason="needs pass and gnupg")
def test_the_printed_commands_set_up_pass(environ: dict[str, str]) -> None:
    commands = advised(environ, "set up pass")
    with logged_in(environ) as terminal:
        assert "stored in pass" in Session(terminal).run_all(commands)
    files = [path.read_bytes() for path in Path(environ["HOME"], ".password-store").rglob("*.gpg")]
    assert files
    assert not any(SECRET.encode() in content for content in files)
    subprocess.run(["gpgconf", "--kill", "gpg-agent"], env=environ, check=True)
    assert (
        "The keyring is locked"
        in subprocess.run([PROGRAM, "doctor"], env=environ, capture_output=True, text=True, check=False).stdout
    )
    unlocking = advised(environ, "Let gpg prompt")
    with logged_in(environ) as terminal:
        session = Session(terminal)
        session.run_all(unlocking)
        assert "node-" in session.run("xds-tui hosts")
