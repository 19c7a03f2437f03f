"""The manual's `textual serve` command in a real browser: the main job with the keyboard alone.

Skipped where there is no Chromium; CI installs Debian's.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from PIL import Image
from support import chromium
from support.chromium import BrowserPage
from support.wait import TIMEOUT, wait_until
from test_whole_job import ACCOUNT, SECRET, Simulator, buy_start_stop_delete, simulating

from xds_tui import manual

PROGRAM: Final = chromium.program()
BIN: Final = Path(sys.executable).parent

pytestmark = [
    pytest.mark.skipif(PROGRAM is None, reason="no Chromium is installed (Debian: apt-get install chromium)"),
    pytest.mark.skipif(not (BIN / "textual").exists(), reason="textual-dev, which the test extra installs, is missing"),
]


def serve_command() -> str:
    """Return the command of the manual."""
    commands = re.findall(r"^textual serve .*", manual.read_page("browser", "en"), re.MULTILINE)
    return str(commands[0])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def served(environ: dict[str, str], options: str = "") -> Iterator[str]:
    """Run the manual's command, with a free port and with other options of xds-tui; yields the URL."""
    port = str(free_port())
    command = serve_command().replace("--port 8000", f"--port {port}").replace(" --read-only", options)
    process = subprocess.Popen(
        [BIN / "textual", *shlex.split(command)[1:]],
        env={**environ, "PATH": f"{BIN}:{environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}/"
    try:
        wait_until(lambda: _answers(url))
        yield url
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(TIMEOUT)


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url).close()  # noqa: S310 - loopback
    except OSError:
        return False
    return True


@contextmanager
def opened(url: str, folder: Path, *, width: int = 1280, height: int = 800) -> Iterator[BrowserPage]:
    assert PROGRAM is not None
    with BrowserPage(PROGRAM, folder / "chromium", width=width, height=height) as page:
        page.open(url)
        yield page


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The environment of a server, with the credentials in variables."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with simulating() as running:
        yield running


def colors(picture: Path) -> int:
    """Return the number of colors of a picture."""
    with Image.open(picture) as image:
        found = image.convert("RGB").getcolors(1 << 24)
    assert found is not None
    return len(found)


def test_the_main_job_with_the_keyboard_alone_in_a_window_resized_as_it_starts(
    environ: dict[str, str], tmp_path: Path, simulator: Simulator
) -> None:
    environ |= {"XDS_BASE_URL": simulator.url}
    with served(environ) as url, opened(url, tmp_path) as page:
        page.resize(700, 420)
        page.wait_until("document.querySelector('.intro-dialog .intro > div')?.innerText === 'xds-tui'")
        page.wait_until("document.body.classList.contains('-loaded')")
        page.resize(900, 500)
        page.wait_until("document.body.classList.contains('-first-byte')")
        page.resize(1100, 640)
        page.press("tab")  # the only control of the page is the terminal
        page.wait_for("Sign in to")
        page.type(ACCOUNT)
        page.press("enter")
        page.type(SECRET)
        page.press("enter")
        page.wait_for("● live")
        page.wait_for("Hosts 40")
        assert page.screen.columns > 100
        page.wait_for(rf"(?m)^╭─ Fleet ─.{{{page.screen.columns - 20},}}╮$")
        host_id = buy_start_stop_delete(page, simulator)
        picture = tmp_path / "page.png"
        picture.write_bytes(page.picture())
        assert colors(picture) > 30
        page.press("q")
        page.wait_until("document.body.classList.contains('-closed')")
        state = simulator.state()
        assert [sale["host"] for sale in state["ledger"]] == [host_id]
        assert host_id not in state["hosts"]
        assert SECRET.encode() not in page.raw
        assert page.errors == []
