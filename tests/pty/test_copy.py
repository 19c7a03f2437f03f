"""Copying in the real program: directly to the terminal, in pieces through screen, and through a real tmux."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from test_shutdown import COMMAND, Program, started
from test_whole_job import ACCOUNT, SECRET, Simulator, simulating

PLAIN = re.compile(rb"\x1b\]52;c;([A-Za-z0-9+/=]+)\x07")
BY_TMUX = re.compile(rb"\x1b\]52;c?;([A-Za-z0-9+/=]+)(?:\x07|\x1b\\)")
ADDRESS = rb"gx-xds-rdp\.songmao-idc\.com:\d+"

TMUX = shutil.which("tmux")

TAKER = """#!{python}
import sys
with open({seen!r}, "w") as file:
    file.write(" ".join(sys.argv[1:]) + "|" + sys.stdin.read())
"""


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with simulating() as running:
        yield running


@pytest.fixture
def environ(tmp_path: Path, simulator: Simulator) -> dict[str, str]:
    """The environment of a signed-in user."""
    (tmp_path / "bin").mkdir()
    return {
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        "TMUX_TMPDIR": str(tmp_path),
        "XDS_BASE_URL": simulator.url,
        "XDS_UUID": ACCOUNT,
        "XDS_SECRET": SECRET,
    }


def taker(environ: dict[str, str], name: str) -> Path:
    """Install a fake clipboard program, and return the file that it writes to."""
    seen = Path(environ["HOME"], f"{name}.txt")
    script = Path(environ["HOME"], "bin", name)
    script.write_text(TAKER.format(python=sys.executable, seen=str(seen)))
    script.chmod(0o755)
    return seen


def copy_address(program: Program) -> None:
    program.press("y")
    program.wait_for("type to search")
    program.press("enter")
    program.wait_for("Sent to the terminal's clipboard")


def test_a_copy_is_sent_once_without_wrapping(environ: dict[str, str]) -> None:
    with started(environ) as program:
        copy_address(program)
        program.wait_for("It arrives only if")
        (copied,) = PLAIN.findall(bytes(program.raw))
        assert re.fullmatch(ADDRESS, b64decode(copied))


def test_a_copy_is_sent_in_pieces_through_screen(environ: dict[str, str]) -> None:
    with started(environ | {"STY": "1.pts-0"}) as program:
        program.press("y")
        program.wait_for("type to search")
        program.type("json")
        program.wait_for("> json|json")
        program.press("enter")
        program.wait_for("Sent to the terminal's clipboard")
        raw = bytes(program.raw)
        assert not PLAIN.search(raw)
        pieces = re.findall(rb"\x1bP((?:\x1b\]52|[A-Za-z0-9+/=])[^\x1b]*)\x1b\\", raw)
        assert len(pieces) > 1
        (copied,) = PLAIN.findall(b"".join(pieces))
        assert b'"address"' in b64decode(copied)


def test_the_clipboard_of_a_local_desktop_is_set_too(environ: dict[str, str]) -> None:
    seen = taker(environ, "xclip")
    with started(environ | {"DISPLAY": ":9"}) as program:
        copy_address(program)
        program.wait_for("Also copied with xclip")
        assert re.fullmatch(rb"-selection clipboard\|" + ADDRESS, seen.read_bytes())
        assert len(PLAIN.findall(bytes(program.raw))) == 1
    seen.unlink()
    over_ssh = {"DISPLAY": "localhost:10.0", "SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"}
    with started(environ | over_ssh) as program:
        copy_address(program)
        program.wait_for("It arrives only if")
        assert not seen.exists()


@pytest.fixture
def tmux(environ: dict[str, str]) -> Iterator[Sequence[str]]:
    """The command of a tmux server for this test."""
    if TMUX is None:
        pytest.skip("there is no tmux here")
    command = [TMUX, "-L", "xds-test", "-f", "/dev/null"]
    yield command
    subprocess.run([*command, "kill-server"], env=environ, check=False, capture_output=True)


@pytest.mark.parametrize("options", ["", "set -s set-clipboard on", "set -g allow-passthrough on"])
def test_a_copy_passes_through_tmux_with_any_setting(
    environ: dict[str, str], tmux: Sequence[str], options: str
) -> None:
    settings = [*options.split(), ";"] if options else []
    with Program([*tmux, *settings, "new-session", str(COMMAND)], environ=environ) as program:
        program.wait_for("● live")
        assert not BY_TMUX.search(bytes(program.raw))
        copy_address(program)
        program.wait_for("Also copied with tmux")
        program.until(lambda: BY_TMUX.search(bytes(program.raw)) is not None)
        copied = {b64decode(sent) for sent in BY_TMUX.findall(bytes(program.raw))}
        assert len(copied) == 1
        assert re.fullmatch(ADDRESS, copied.pop())
        kept = subprocess.run([*tmux, "show-buffer"], env=environ, check=True, capture_output=True).stdout
        assert re.fullmatch(ADDRESS, kept)


def test_doctor_reports_how_tmux_handles_copies(environ: dict[str, str], tmux: Sequence[str]) -> None:
    environ["XDS_BASE_URL"] = "http://127.0.0.1:9"
    doctor = f"{COMMAND} doctor; sleep 60"
    with Program([*tmux, "new-session", doctor], environ=environ, rows=60) as program:
        program.wait_for(
            r"ok    clipboard: tmux \d\S+ forwards copies to its terminal \(set-clipboard external, allow-pas"
        )
