"""A run of the real program with recognizable secrets, followed by a search of everything it leaves behind."""

from __future__ import annotations

import base64
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from support.terminal import Terminal
from support.wait import TIMEOUT
from test_crash import after_the_screen
from test_whole_job import ACCOUNT

from tests.simulator_faults.faults import Fault, Kind
from tests.simulator_faults.middleware import Service
from tests.simulator_faults.server import RunningSimulator
from xds_tui.simulator.demo_fleet import populate
from xds_tui.simulator.world import World

TOKEN = "tkn-planted-5d0e9c"
SECRET = "sec-planted-b81f44"
PASSWORD = "pwd-planted-27ac63"
PLANTED = (TOKEN, SECRET, PASSWORD)

PROGRAM = """
import logging, sys
logging.basicConfig(filename=sys.argv.pop(1), level=logging.DEBUG)

from xds_tui.cli import bootstrap, main

def fail_with_everything(self):
    from xds_tui.api import envelope

    def require_success(response, mask):
        page, headers = response.text, dict(response.request.headers)
        raise RuntimeError(f"{page} {headers}")

    envelope.require_success = require_success
    self.action_refresh()

build = bootstrap.app_services

def parts(*args):
    # Textual reads its variables when it is imported.
    from xds_tui.tui.screens.fleet import FleetScreen

    FleetScreen.action_zoom = fail_with_everything
    return build(*args)

bootstrap.app_services = parts
sys.exit(main.main())
"""
"""The program with every logger at DEBUG, and a key that raises an exception with secrets in its values."""

LISTENING = """
from pathlib import Path
Path.home().joinpath("textual_dev was imported").touch()
"""
"""A replacement for Textual's console, to which the app would send every key."""

COMMANDS = [
    *([command, form] for command in ("hosts", "catalog", "orders", "events") for form in ("--json", "--csv")),
    *(["hosts"], ["catalog"], ["orders"], ["events"], ["doctor"], ["doctor", "--json"], ["logout"]),
]


@pytest.fixture
def service() -> Service:
    """A service with planted secrets."""
    world = World()
    populate(world, 12)
    world.accounts[ACCOUNT].secret = SECRET
    world.tokens._name = lambda _length: TOKEN
    for number, host in enumerate(world.hosts.values()):
        host.password, host.port = PASSWORD, 50_000 + number
    return Service(world)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }


@pytest.fixture
def watched(environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The environment of a user who makes Textual log everything, including key presses."""
    package = tmp_path / "packages" / "textual_dev"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "client.py").write_text(LISTENING)
    # A secret is found in the output only if it is written in one piece.
    config = tmp_path / ".config/xds-tui/config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("cell_diff = false\n")
    return {
        **environ,
        "PYTHONPATH": str(package.parent),
        "PYTHONUNBUFFERED": "1",
        "TEXTUAL": "debug,devtools",
        "TEXTUAL_DEBUG": "1",
        "TEXTUAL_LOG": str(tmp_path / "textual.log"),
        "TEXTUAL_SCREENSHOT": "1",
        "TEXTUAL_SCREENSHOT_LOCATION": str(tmp_path),
    }


def forms(secret: str) -> Iterator[bytes]:
    """Return the encodings of a secret to search for."""
    plain = secret.encode()
    yield plain
    yield base64.b64encode(plain).rstrip(b"=")
    yield plain.hex().encode()
    yield secret.encode("utf-16-le")


def found_in(data: bytes | bytearray) -> set[str]:
    return {secret for secret in PLANTED if any(form in data for form in forms(secret))}


def found_in_files(folder: Path) -> dict[str, set[str]]:
    """Return the files below `folder` that contain a secret; databases are also dumped, because pages split texts."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and (here := found_in(path.read_bytes()) | found_in(said_by(path))):
            found[path.name] = here
    return found


def said_by(path: Path) -> bytes:
    if path.suffix != ".db":
        return b""
    with closing(sqlite3.connect(path)) as database:
        return "\n".join(database.iterdump()).encode()


class Onlooker(threading.Thread):
    """Another user of the machine, who reads arguments and environment of the program and its child processes."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._is_over = threading.Event()
        self.seen: dict[int, bytes] = {}

    def run(self) -> None:
        while not self._is_over.wait(0.005):
            self._look_at([self._pid])

    def _look_at(self, processes: Iterable[int]) -> None:
        for pid in processes:
            folder = Path("/proc", str(pid))
            try:
                self.seen[pid] = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
                children = [path.read_text().split() for path in folder.glob("task/*/children")]
            except OSError:  # it has ended
                continue
            self._look_at(int(child) for family in children for child in family)

    def end(self) -> bytes:
        self._is_over.set()
        self.join()
        return b"\n".join(self.seen.values())


def sign_in(terminal: Terminal) -> None:
    terminal.wait_for("Sign in to")
    terminal.wait_for("Stored for this run only")
    terminal.type(ACCOUNT)
    terminal.press("enter")
    terminal.type(SECRET)
    terminal.wait_for("•{9}")
    terminal.press("enter")
    terminal.wait_for("● live")
    terminal.wait_for("Hosts 12")


def go_everywhere(terminal: Terminal, service: Service) -> None:
    """Open every screen that shows strings of the service, while all its messages contain secrets."""
    terminal.press("enter")
    terminal.wait_for("press v to show")
    terminal.press("escape")
    terminal.wait_for("Hosts 12")
    terminal.press("2")
    terminal.wait_for("backspace|4090")
    echo = f"token {TOKEN}, secret {SECRET}"
    service.faults.set(Fault(kind=Kind.CODE, endpoint="pve/open/mypage", code=500, message=echo))
    terminal.press("1", "r")
    terminal.wait_for("▲")
    terminal.wait_for("token ••••, secret ••••")
    terminal.press("3", "enter")
    terminal.press("escape", "r")
    terminal.wait_for("● live")
    service.faults.set(Fault(kind=Kind.CODE, endpoint="pve/open/reboot", code=1001, message=echo))
    terminal.press("1", "b")
    terminal.wait_for("Reboot 1 host")
    terminal.press_until_gone("y", "Reboot 1 host")
    terminal.wait_for("rejected")
    terminal.press("h")
    terminal.wait_for("▸1 ")
    for view in ("1", "2"):
        terminal.press(view, "e")
        terminal.wait_for(f"{'events' if view == '1' else 'orders'}-.*csv")
    terminal.press("escape")
    terminal.wait_for("csv", gone=True)
    terminal.press("escape")
    terminal.wait_for("Hosts 12")
    service.world.expire_tokens()
    terminal.press("r")
    terminal.wait_for("● live")
    terminal.press("escape")


def test_no_secret_leaks_to_screen_disk_logs_reports_or_other_users(service: Service, watched: dict[str, str]) -> None:
    home = Path(watched["HOME"])
    log = home / "debug.log"
    with RunningSimulator(service) as simulator:
        debug_log = home / "xds.log"
        command = [sys.executable, "-c", PROGRAM, str(log), "--base-url", simulator.url, "--debug", str(debug_log)]
        with Terminal(command, environ=watched, columns=160) as terminal:
            onlooker = Onlooker(terminal._pid)
            onlooker.start()
            sign_in(terminal)
            go_everywhere(terminal, service)
            assert found_in(terminal.raw) == set()
            assert found_in_files(home) == {}

            # The search is effective: it finds the password after the user has displayed it.
            terminal.press("enter")
            terminal.wait_for("press v to show")
            terminal.press("v")
            terminal.wait_for(PASSWORD)
            assert found_in(terminal.raw) == {PASSWORD}
            terminal.press("escape")
            terminal.wait_for("Hosts 12")
            terminal.wait_for(PASSWORD, gone=True)
            terminal.raw.clear()

            terminal.press("z")
            assert terminal.wait_for_end() == 1
            assert b"RuntimeError" in terminal.raw
            assert found_in(terminal.raw) == set()
            assert len(after_the_screen(terminal).strip().splitlines()) == 3
            assert found_in(onlooker.end()) == set()
        assert said_without_a_screen(watched, simulator.url) == {}
    assert onlooker.seen[terminal._pid].startswith(sys.executable.encode())
    assert "mypage" in log.read_text()
    assert "hostPw: str" in debug_log.read_text()
    assert len(list(home.rglob("crashes/*.txt"))) == 1
    assert len(list(home.rglob("journal.db"))) == 1
    assert [path.suffix for path in sorted(home.rglob("exports/*"))] == [".csv", ".json"] * 2
    assert not list(home.rglob("textual*was imported"))
    assert not list(home.rglob("textual.log"))
    assert found_in_files(home) == {}


def said_without_a_screen(environ: dict[str, str], url: str) -> dict[str, set[str]]:
    """Return the output of the commands for a user with credentials in the environment."""
    known = {**environ, "XDS_BASE_URL": url, "XDS_UUID": ACCOUNT, "XDS_SECRET": SECRET}
    found = {}
    for arguments in COMMANDS:
        ended = subprocess.run(
            [sys.executable, "-m", "xds_tui", *arguments], env=known, capture_output=True, check=False, timeout=TIMEOUT
        )
        assert ended.stdout or ended.returncode, arguments
        if here := found_in(ended.stdout + ended.stderr):
            found[" ".join(arguments)] = here
    return found


@pytest.mark.parametrize("secret", PLANTED)
def test_the_search_finds_a_secret_in_every_encoding(tmp_path: Path, secret: str) -> None:
    for number, form in enumerate(forms(secret)):
        (tmp_path / f"{number}").write_bytes(b"before " + form + b" after")
    assert found_in_files(tmp_path) == {f"{number}": {secret} for number in range(4)}


def test_the_search_finds_a_secret_that_is_split_over_database_pages(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE texts (text TEXT)")
        # Contents that do not fit into a page continue in pages of 4096 - 4 bytes, counted from the end.
        database.execute(
            "INSERT INTO texts VALUES (?)", (f"{'x' * 8000}{PASSWORD}{'x' * (4092 - len(PASSWORD) // 2)}",)
        )
        database.commit()
    assert PASSWORD.encode() not in path.read_bytes()
    assert found_in_files(tmp_path) == {"some.db": {PASSWORD}}
