"""The real program as textual-serve starts it for a browser: packets through pipes, without a terminal."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pyte
import pytest
from rich.cells import cell_len
from support.terminal import _UNKNOWN_TO_PYTE, KEYS, Terminal
from support.wait import TIMEOUT
from test_crash import FAILING, PLANTED, assert_failure_is_reported
from test_limited_terminals import ATTRIBUTES, parameters
from test_no_secret_leaks import found_in, found_in_files, service, sign_in, watched
from test_shutdown import COMMAND, CTRL_Z, assert_closed, history
from test_whole_job import ACCOUNT, SECRET, Simulator, simulating

from tests.simulator_faults.middleware import Service
from tests.simulator_faults.server import RunningSimulator

__all__ = ["service", "watched"]

WEB_DRIVER = "textual.drivers.web_driver:WebDriver"
HANDSHAKE = b"__GANGLION__\n"
GONE = 129

LITTLE = 4096
"""Minimum capacity of a pipe in bytes, less than a repaint of the whole screen."""

PROGRAM_OF_OURS = "#!/bin/sh\ntouch {seen}\n"

DRIVER_OF_THEIRS = """
from pathlib import Path
Path.home().joinpath("the driver was imported").touch()
"""


class Page(Terminal):
    """A browser page and its server, which has started a command; the output is a stream of packets."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        environ: Mapping[str, str],
        columns: int = 120,
        rows: int = 40,
        by_socket: bool = False,
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self.raw = bytearray()
        """The screen, without escape sequences."""
        self.said: list[object] = []
        """Messages to the server itself."""
        self.exit_code = None
        self._stream = pyte.ByteStream(self.screen)
        self._unread = b""
        self._is_greeted = False
        # asyncio, and so textual-serve, gives its children a socket on standard input up to Python 3.11.
        theirs, self._in = _ends() if by_socket else os.pipe()
        served = {"TEXTUAL_DRIVER": WEB_DRIVER, "TEXTUAL_FPS": "60", "TEXTUAL_COLOR_SYSTEM": "truecolor"}
        sized = {"TERM_PROGRAM": "textual", "COLUMNS": str(columns), "ROWS": str(rows)}
        self.process = subprocess.Popen(
            command,
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**served, **sized, **environ},
            start_new_session=True,
        )
        os.close(theirs)
        assert self.process.stdout is not None
        self._out = self.process.stdout.fileno()
        self._pid = self.process.pid

    def __exit__(self, *_error: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.close()
        self.process.communicate()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.type(KEYS.get(key, key))
            self._read(0.02)

    def type(self, text: str) -> None:
        self.send(b"D", text.encode())

    def tell(self, **meta: object) -> None:
        """Send a packet to the program."""
        self.send(b"M", json.dumps(meta).encode())

    def click(self, pattern: str) -> None:
        line = next(line for line in self.wait_for(pattern).splitlines() if re.search(pattern, line))
        found = re.search(pattern, line)
        assert found is not None
        at = f"{cell_len(line[: found.start()]) + 1};{self.text.splitlines().index(line) + 1}"
        self.type(f"\x1b[<0;{at}M\x1b[<0;{at}m")

    def send(self, kind: bytes, payload: bytes) -> None:
        os.write(self._in, kind + len(payload).to_bytes(4, "big") + payload)

    def resize(self, columns: int, rows: int) -> None:
        self.screen.resize(rows, columns)
        self.screen.reset()
        self.tell(type="resize", width=columns, height=rows)

    def close(self) -> None:
        """Close the program's standard input."""
        if self._in >= 0:
            os.close(self._in)
            self._in = -1

    def close_the_other(self) -> None:
        """Close the program's standard output."""
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, self._out)
        os.close(null)

    def stop_reading(self) -> None:
        """Make the program draw without reading its output, until the pipe is full."""
        ends = time.monotonic() + TIMEOUT
        while not self._narrow():
            assert time.monotonic() < ends, "it never stopped drawing"
            self._read(0.02)
        while not self._is_full():
            assert time.monotonic() < ends, "the pipe is never full"
            self.press_unread("?", "\x1b")

    def press_unread(self, *keys: str) -> None:
        """Press keys without reading what the program draws."""
        for key in keys:
            self.type(key)
            select.select([], [], [], 0.2)

    def _is_full(self) -> bool:
        """Return whether the pipe is full."""
        end = os.open(f"/proc/self/fd/{self._out}", os.O_WRONLY | os.O_NONBLOCK)
        poll = select.poll()
        poll.register(end, select.POLLOUT)
        is_full = not poll.poll(0)
        os.close(end)
        return is_full

    def _narrow(self) -> bool:
        """Reduce the capacity of the pipe, unless it contains more."""
        try:
            fcntl.fcntl(self._out, fcntl.F_SETPIPE_SZ, LITTLE)
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
            return False
        return True

    def end(self, *, reading: bool = True) -> int:
        """Wait until the program and all its child processes have ended, and return its exit code."""
        ends = time.monotonic() + TIMEOUT
        while self.process.poll() is None:
            assert time.monotonic() < ends, f"it is still there:\n{self.text}"
            if not reading or not self._read(0.01):
                select.select([], [], [], 0.01)
        with pytest.raises(ProcessLookupError):
            os.killpg(self._pid, 0)
        return self.process.returncode

    def complaint(self) -> str:
        """Return the standard error of the program after it has ended."""
        assert self.process.stderr is not None
        return self.process.stderr.read().decode()

    def _read(self, seconds: float) -> bool:
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            if not select.select([self._out], [], [], left)[0]:
                continue
            data = os.read(self._out, 65536)
            if not data:
                assert not self._unread, self._unread
                return False
            self._unread += data
            self._take_apart()
        return True

    def _take_apart(self) -> None:
        if not self._is_greeted and len(self._unread) >= len(HANDSHAKE):
            assert self._unread.startswith(HANDSHAKE), self._unread
            self._unread, self._is_greeted = self._unread[len(HANDSHAKE) :], True
        while self._is_greeted and len(self._unread) >= 5:
            kind, size = self._unread[:1], int.from_bytes(self._unread[1:5], "big")
            assert kind in b"DM", self._unread
            if len(self._unread) < 5 + size:
                return
            payload, self._unread = self._unread[5 : 5 + size], self._unread[5 + size :]
            if kind == b"M":
                self.said.append(json.loads(payload))
            else:
                self.raw += payload
                self._stream.feed(_UNKNOWN_TO_PYTE.sub(b"", payload))


def _ends() -> tuple[int, int]:
    theirs, ours = socket.socketpair()
    return theirs.detach(), ours.detach()


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The environment of a server, which has no information about the browser."""
    (tmp_path / "bin").mkdir()
    return {
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with simulating() as running:
        yield running


@pytest.fixture
def known(environ: dict[str, str], simulator: Simulator) -> dict[str, str]:
    """The environment of a signed-in user with a history file."""
    return {**environ, "XDS_BASE_URL": simulator.url, "XDS_UUID": ACCOUNT, "XDS_SECRET": SECRET}


def opened(environ: Mapping[str, str], *options: str, by_socket: bool = False) -> Page:
    """The program in a browser, after it has shown the fleet."""
    page = Page([COMMAND, *options], environ=environ, by_socket=by_socket)
    page.wait_for("● live")
    return page


@pytest.mark.sweep(1)
@pytest.mark.parametrize("by_socket", [False, True], ids=["pipe", "socket"])
def test_the_fleet_is_shown_keys_work_and_no_process_remains(environ: dict[str, str], by_socket: bool) -> None:
    with opened(environ, "--demo", by_socket=by_socket) as page:
        page.wait_for("ci-runner-5")
        page.press("?")
        page.wait_for("Keys")
        page.press("escape")
        page.wait_for("Keys", gone=True)
        page.press("q")
        assert page.end() == 0
        page._read(0.05)
        assert page.said == [{"type": "exit"}]
        assert page.complaint() == ""


def test_a_click_runs_the_shown_command(environ: dict[str, str]) -> None:
    with opened(environ, "--demo") as page:
        page.tell(type="focus")
        # The keys of the table come with its focus, and move those behind them.
        page.wait_for("⏎ Open")
        page.click("Help")
        page.wait_for("Keys")
        page.tell(type="blur")
        page.press("escape")
        page.wait_for("Keys", gone=True)


def test_the_app_follows_the_size_of_the_page(environ: dict[str, str]) -> None:
    with opened(environ, "--demo") as page:
        page.resize(50, 10)
        page.wait_for("60")
        page.resize(160, 50)
        page.wait_for(r"╭─ Fleet ─.{130,}╮")
        page.wait_for("ci-runner-5")
        page.wait_for("Catalog")


WAYS: dict[str, tuple[Callable[[Page], None], int]] = {
    "the page is closed": (lambda page: page.tell(type="quit"), GONE),
    "nothing more will be said": (lambda page: page.tell(type="exit"), GONE),
    "the server is gone": (lambda page: page.close(), GONE),
    "SIGTERM": (lambda page: os.kill(page._pid, signal.SIGTERM), 143),
    "SIGINT": (lambda page: os.kill(page._pid, signal.SIGINT), 130),
    "SIGHUP": (lambda page: os.kill(page._pid, signal.SIGHUP), 129),
    "ctrl-c twice": (lambda page: page.press("\x03", "\x03"), 130),
}


@pytest.mark.sweep(2)
@pytest.mark.parametrize("by_socket", [False, True], ids=["pipe", "socket"])
@pytest.mark.parametrize("way", WAYS)
def test_the_app_exits_at_once_and_closes_its_file(known: dict[str, str], way: str, by_socket: bool) -> None:
    leave, code = WAYS[way]
    with opened(known, by_socket=by_socket) as page:
        leave(page)
        assert page.end() == code
    assert_closed(history(known))


def test_the_app_exits_when_the_server_is_gone(known: dict[str, str]) -> None:
    with opened(known) as page:
        page.close_the_other()
        page.type("?")
        assert page.end(reading=False) == GONE
        assert page.complaint() == ""
    assert_closed(history(known))
    assert not list(Path(known["HOME"]).rglob("crashes/*.txt"))


@pytest.mark.sweep(1)
@pytest.mark.parametrize(("leave", "code"), [WAYS["SIGTERM"], WAYS["the server is gone"]], ids=["SIGTERM", "gone"])
def test_a_stalled_server_does_not_delay_the_exit(
    known: dict[str, str], leave: Callable[[Page], None], code: int
) -> None:
    with opened(known) as page:
        page.stop_reading()
        leave(page)
        assert page.end(reading=False) == code
    assert_closed(history(known))


def test_polling_continues_while_the_server_is_stalled(known: dict[str, str], simulator: Simulator) -> None:
    with opened(known) as page:
        page.stop_reading()
        asked, ends = len(simulator.state()["requests"]), time.monotonic() + TIMEOUT
        while len(simulator.state()["requests"]) == asked:
            assert time.monotonic() < ends, "its event loop stands still"
            page.press_unread("r")
        page.press_unread("z", "?")
        page.wait_for("Keys")
        page.press("escape")
        page.wait_for("Keys", gone=True)
        page.press("q")
        assert page.end() == 0


def test_an_unknown_packet_is_ignored(known: dict[str, str]) -> None:
    with opened(known) as page:
        page.send(b"M", b"no JSON")
        page.press("q")
        assert page.end() == 0


def test_ctrl_z_does_not_stop_the_app_and_shows_the_reason(environ: dict[str, str]) -> None:
    with opened(environ, "--demo") as page:
        page.press(CTRL_Z)
        page.wait_for("no shell")
        page.press("q")
        assert page.end() == 0


def test_the_fleet_is_refreshed_after_the_server_was_stopped_and_continued(
    known: dict[str, str], simulator: Simulator
) -> None:
    with opened(known) as page:
        page.signal(signal.SIGSTOP)
        assert os.WIFSTOPPED(os.waitpid(page._pid, os.WUNTRACED)[1])
        asked = len(simulator.state()["requests"])
        os.kill(page._pid, signal.SIGCONT)
        ends = time.monotonic() + TIMEOUT
        while len(simulator.state()["requests"]) == asked:
            assert time.monotonic() < ends
            page._read(0.02)
        page.press("q")
        assert page.end() == 0


def test_connecting_starts_no_program_on_the_server(known: dict[str, str]) -> None:
    seen = Path(known["HOME"], "seen")
    for name in ("ssh", "xfreerdp", "xfreerdp3", "wlfreerdp", "remmina", "mstsc.exe", "rdesktop"):
        program = Path(known["HOME"], "bin", name)
        program.write_text(PROGRAM_OF_OURS.format(seen=seen))
        program.chmod(0o755)
    with opened({**known, "DISPLAY": ":0"}) as page:
        page.press("c")
        page.wait_for("A browser cannot connect")
        page.press("q")
        assert page.end() == 0
    assert not seen.exists()


def test_a_copy_goes_to_the_browser_whatever_the_server_runs_in(known: dict[str, str]) -> None:
    seen = Path(known["HOME"], "seen")
    for name in ("tmux", "xclip"):
        program = Path(known["HOME"], "bin", name)
        program.write_text(PROGRAM_OF_OURS.format(seen=seen))
        program.chmod(0o755)
    of_the_server = {"TMUX": "/tmp/tmux-0/default,1,0", "STY": "1.here", "DISPLAY": ":0"}  # noqa: S108 - a name alone
    with opened({**known, **of_the_server}) as page:
        page.press("y")
        page.wait_for("Copy from")
        page.press("enter")
        page.wait_for("browser's clipboard")
        assert re.search(rb"(?<!\x1b)\x1b\]52;c;[A-Za-z0-9+/=]+\x07", page.raw)
        assert b"\x1bP" not in page.raw
    assert not seen.exists()


@pytest.mark.sweep(1)
@pytest.mark.parametrize("of_the_server", [{"TERM": "dumb"}, {"LC_ALL": "C"}, {"LANG": "en_US.ISO-8859-1"}], ids=str)
def test_the_terminal_and_locale_of_the_server_do_not_affect_the_browser(
    environ: dict[str, str], of_the_server: dict[str, str]
) -> None:
    with opened({**environ, **of_the_server}, "--demo") as page:
        page.wait_for("渲大师")
        assert b"\x1b[38;2;" in page.raw or b";38;2;" in page.raw


def test_no_color_writes_only_attributes(environ: dict[str, str]) -> None:
    with opened({**environ, "NO_COLOR": "1"}, "--demo") as page:
        page.press("?")
        page.wait_for("Keys")
        assert parameters(bytes(page.raw)) <= ATTRIBUTES | {"39", "49"}


def test_the_selection_of_the_browser_works_without_the_mouse(environ: dict[str, str]) -> None:
    with opened(environ, "--demo", "--no-mouse") as page:
        for mode in (b"1000", b"1003", b"1006", b"1015"):
            on, off = (page.raw.rfind(b"\x1b[?%s%s" % (mode, letter)) for letter in (b"h", b"l"))
            assert off > on


def test_a_crash_is_reported_to_the_server_without_values(environ: dict[str, str]) -> None:
    with Page([sys.executable, "-c", FAILING, "key"], environ=environ) as page:
        page.wait_for("● live")
        page.press("z")
        assert page.end() == 1
        page._read(0.05)
        assert page.said == [{"type": "exit"}]
        assert_failure_is_reported(page.complaint(), Path(environ["HOME"]))
        assert PLANTED.encode() not in page.raw


def test_a_typed_secret_is_neither_echoed_nor_logged_by_textual(service: Service, watched: dict[str, str]) -> None:
    with (
        RunningSimulator(service) as simulator,
        Page([COMMAND, "--base-url", simulator.url], environ=watched, columns=160) as page,
    ):
        sign_in(page)
        assert found_in(bytes(page.raw)) == set()
        page.press("q")
        assert page.end() == 0
        assert page.complaint() == ""
    home = Path(watched["HOME"])
    assert not list(home.rglob("textual*was imported"))
    assert not list(home.rglob("textual.log"))
    assert found_in_files(home) == {}


@pytest.fixture
def theirs(environ: dict[str, str]) -> dict[str, str]:
    """The path of a driver of the user."""
    folder = Path(environ["HOME"], "packages")
    folder.mkdir()
    (folder / "theirs.py").write_text(DRIVER_OF_THEIRS)
    return {**environ, "PYTHONPATH": str(folder), "LANG": "C.UTF-8", "TEXTUAL_DRIVER": "theirs:Driver"}


@pytest.mark.parametrize("driver", ["theirs:Driver", "", f"{WEB_DRIVER} ", f"{WEB_DRIVER.lower()}"])
def test_no_other_driver_is_used_through_pipes(theirs: dict[str, str], driver: str) -> None:
    ended = run_through_pipes({**theirs, "TEXTUAL_DRIVER": driver})
    assert ended.returncode == 1
    assert "needs a terminal" in ended.stderr
    assert ended.stdout == ""
    assert not list(Path(theirs["HOME"]).glob("the driver was imported"))


def run_through_pipes(environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, "--demo"], input="", env=environ, capture_output=True, text=True, check=False, timeout=TIMEOUT
    )


def test_the_browser_driver_requires_pipes(environ: dict[str, str], tmp_path: Path) -> None:
    served = {**environ, "TEXTUAL_DRIVER": WEB_DRIVER}
    written = tmp_path / "written"
    with written.open("wb") as file:
        for stdin, stdout in ((subprocess.DEVNULL, subprocess.PIPE), (subprocess.PIPE, file)):
            ended = subprocess.Popen(
                [COMMAND, "--demo"], stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, env=served, text=True
            )
            _said, complaint = ended.communicate(timeout=TIMEOUT)
            assert ended.returncode == 1
            assert "needs a terminal" in complaint
    assert written.read_bytes() == b""


@pytest.mark.sweep(1)
@pytest.mark.parametrize("driver", ["theirs:Driver", WEB_DRIVER])
def test_a_configured_driver_is_ignored_in_a_terminal(theirs: dict[str, str], driver: str) -> None:
    with Terminal([str(COMMAND), "--demo"], environ={**theirs, "TEXTUAL_DRIVER": driver}) as terminal:
        terminal.wait_for("● live")
        terminal.press("q")
        assert terminal.wait_for_end() == 0
        assert HANDSHAKE not in terminal.raw
    assert not list(Path(theirs["HOME"]).glob("the driver was imported"))
