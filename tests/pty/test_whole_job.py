"""The built wheel in a real terminal: the workflow of a user from the first start to the deleted host."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.terminal import Terminal
from support.wait import TIMEOUT

ROOT = Path(__file__).parents[2]
ACCOUNT, SECRET = "A27550582", "demo-secret-7f3c"


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout and installed in an empty environment; returns its `bin` folder."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", folder, ROOT], check=True)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv")
    # Only what the program imports is compiled, when it starts.
    install = [*pip, "--python", str(folder / "venv"), "install", "--no-compile", f"{wheel}[simulate]"]
    subprocess.run(install, check=True)
    return folder / "venv" / "bin"


class Simulator:
    """The simulator in its own process, with control routes."""

    def __init__(self, url: str) -> None:
        self.url = url

    def state(self) -> Any:
        with urllib.request.urlopen(f"{self.url}/_sim/state") as answer:  # noqa: S310 - loopback
            return json.load(answer)

    def advance(self, seconds: float) -> None:
        body = json.dumps({"seconds": seconds}).encode()
        request = urllib.request.Request(f"{self.url}/_sim/advance", body, method="POST")  # noqa: S310 - loopback
        urllib.request.urlopen(request).close()  # noqa: S310 - loopback

    def token(self) -> str:
        body = json.dumps({"uuid": ACCOUNT, "secret": SECRET}).encode()
        with urllib.request.urlopen(f"{self.url}/v1/auth/getToken", body) as answer:  # noqa: S310 - loopback
            return str(json.load(answer)["data"]["token"])


@contextmanager
def simulating(*options: str) -> Iterator[Simulator]:
    command = [sys.executable, "-m", "tests.simulator_faults", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    line = process.stdout.readline()
    try:
        yield Simulator(line.split()[-1])
    finally:
        process.send_signal(signal.SIGINT)
        process.stdout.close()
        assert process.wait(TIMEOUT) in (0, 130)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The environment of a new user without a keyring."""
    kept = {name: os.environ[name] for name in ("PATH",) if name in os.environ}
    return {**kept, "HOME": str(tmp_path), "LANG": "C.UTF-8", "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}


def buy_start_stop_delete(terminal: Terminal, simulator: Simulator) -> str:
    """Do the whole workflow with the first package and image of the catalog, and return the host's ID."""
    terminal.press("2")
    terminal.wait_for("4090×1 16核")
    terminal.press("n")
    terminal.wait_for("Choose an image|▸2 Image")
    terminal.press("enter")
    terminal.wait_for(r"× 1 h × 1 = ¥")
    terminal.press("enter")
    terminal.wait_for("Press B")
    terminal.press_until_gone("B", "Press B")
    terminal.wait_for("1 bought")
    (sale,) = simulator.state()["ledger"]
    host_id = str(sale["host"])
    terminal.press("enter")
    row = rf"▌ +渲大师{host_id[:5]}\S*"
    terminal.wait_for(f"{row} .*off")
    terminal.press("s")
    if "Start 1 host?" in terminal.wait_for(rf"{row} .*(→ on|starting)|Start 1 host\?"):
        terminal.press_until_gone("y", r"Start 1 host\?")
    terminal.wait_for(f"{row} .*(→ on|starting)")
    simulator.advance(60)
    terminal.wait_for(f"{row} .*● on")
    terminal.press("x")
    terminal.wait_for("Stop 1 host")
    terminal.press_until_gone("y", "Stop 1 host")
    simulator.advance(60)
    terminal.wait_for(f"{row} .*○ off")
    terminal.press("D")
    terminal.wait_for("Delete 1 host")
    terminal.type(host_id)
    terminal.wait_for(f" {host_id} *│")
    terminal.press_until_gone("enter", "Delete 1 host")
    terminal.wait_for(rf"▌ +渲大师{host_id[:5]}", gone=True)
    return host_id


def assert_restored(terminal: Terminal) -> None:
    """Check that line discipline, screen, mouse and cursor are restored."""
    assert terminal.modes == terminal.modes_before
    for on, off in ((b"\x1b[?1049h", b"\x1b[?1049l"), (b"\x1b[?1000h", b"\x1b[?1000l"), (b"\x1b[?25l", b"\x1b[?25h")):
        assert terminal.raw.rfind(off) > terminal.raw.rfind(on), on


def test_the_whole_job_from_the_wheel(installed: Path, environ: dict[str, str]) -> None:
    command = installed / "xds-tui"
    with (
        simulating() as simulator,
        Terminal([str(command), "--base-url", simulator.url], environ=environ) as terminal,
    ):
        terminal.wait_for("Sign in to")
        terminal.wait_for("Stored for this run only")
        terminal.type(ACCOUNT)
        terminal.press("enter")
        terminal.type(SECRET)
        terminal.press("enter")
        terminal.wait_for("● live")
        terminal.wait_for(r"Hosts 40")
        host_id = buy_start_stop_delete(terminal, simulator)
        terminal.press("q")
        assert terminal.wait_for_end() == 0
        assert_restored(terminal)
        state = simulator.state()
        assert [sale["host"] for sale in state["ledger"]] == [host_id]
        assert host_id not in state["hosts"]
        assert SECRET.encode() not in terminal.raw
    for path in Path(environ["HOME"]).rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path


@pytest.fixture
def here() -> Path:
    """Return the path of the command in the environment that runs the tests."""
    return Path(sys.executable).parent / "xds-tui"


@pytest.mark.sweep(1)
@pytest.mark.parametrize("dialect", ["later", "document"])
def test_the_job_with_credentials_from_the_environment(here: Path, environ: dict[str, str], dialect: str) -> None:
    with simulating("--dialect", dialect) as simulator:
        environ |= {"XDS_BASE_URL": simulator.url, "XDS_UUID": ACCOUNT, "XDS_SECRET": SECRET}
        with Terminal([str(here)], columns=80, rows=24, environ=environ) as terminal:
            terminal.wait_for(r"Hosts 40")
            buy_start_stop_delete(terminal, simulator)
            terminal.press("q")
            assert terminal.wait_for_end() == 0


def test_a_token_alone_is_sufficient(here: Path, environ: dict[str, str]) -> None:
    with simulating() as simulator:
        token = simulator.token()
        environ |= {"XDS_BASE_URL": simulator.url, "XDS_TOKEN": token}
        with Terminal([str(here)], environ=environ) as terminal:
            terminal.wait_for(r"Hosts 40")
            terminal.press("q")
            assert terminal.wait_for_end() == 0
            assert token.encode() not in terminal.raw


@pytest.mark.sweep(1)
@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 40), (200, 50)])
def test_the_demo_shows_hosts_and_keys_and_leaves_no_files(
    here: Path, environ: dict[str, str], columns: int, rows: int
) -> None:
    command = [str(here), "--demo"]
    with Terminal(command, columns=columns, rows=rows, environ=environ) as terminal:
        terminal.wait_for("● live")
        terminal.wait_for("Hosts 40")
        keys = terminal.text.splitlines()[-1]
        for key in ("n New", "s Start", "x Stop", "b Reboot", "D Delete", "/ Filter", "q Quit", "? Help"):
            assert key in keys
        terminal.press("q")
        assert terminal.wait_for_end() == 0
        assert_restored(terminal)
    assert list(Path(environ["HOME"]).iterdir()) == []


@pytest.mark.sweep(1)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_restores_the_terminal(here: Path, environ: dict[str, str], number: signal.Signals) -> None:
    with Terminal([str(here), "--demo"], environ=environ) as terminal:
        terminal.wait_for("● live")
        terminal.signal(number)
        assert terminal.wait_for_end() == 128 + number
        assert_restored(terminal)


@pytest.mark.parametrize(
    ("options", "extra", "code", "words"),
    [
        (["--version"], {}, 0, r"xds-tui \d+\.\d+"),
        (["--help"], {}, 0, "--demo"),
        (["--no-such-thing"], {}, 2, "no-such-thing"),
        ([], {"XDS_BASE_URL": "http://example.org"}, 2, "https"),
        ([], {"XDS_UUID": "A1"}, 2, "XDS_SECRET"),
        (["--demo"], {}, 1, "terminal"),
    ],
)
def test_the_command_line_reports_errors(
    here: Path, environ: dict[str, str], options: list[str], extra: dict[str, str], code: int, words: str
) -> None:
    ended = subprocess.run(
        [here, *options], env=environ | extra, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert ended.returncode == code
    assert re.search(words, ended.stdout + ended.stderr)
