"""Changing the profile in a real terminal, and where credentials are sent."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from support.terminal import Terminal
from test_whole_job import ACCOUNT, SECRET, assert_restored, simulating


class _Stranger(BaseHTTPRequestHandler):
    """A service that accepts no credentials of these tests and records all requests."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(f"{self.path} {self.headers}")
        self.send_error(404)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *about: object) -> None:
        """Disable the log of requests."""


@pytest.fixture
def stranger() -> Iterator[tuple[str, list[str]]]:
    """The address of the service, and the requests that it has received."""
    asked: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Stranger,), {"asked": asked}))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()
    thread.join()


def test_credentials_of_the_environment_are_not_sent_to_another_profile(
    tmp_path: Path, stranger: tuple[str, list[str]]
) -> None:
    url, asked = stranger
    config = tmp_path / "config.toml"
    config.write_text(f'[profiles.elsewhere]\nbase_url = "{url}"\nband = "green"\n')
    here = Path(sys.executable).parent / "xds-tui"
    with simulating("--hosts", "4") as simulator:
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "LANG": "C.UTF-8",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "XDS_CONFIG": str(config),
            "XDS_BASE_URL": simulator.url,
            "XDS_UUID": ACCOUNT,
            "XDS_SECRET": SECRET,
        }
        with Terminal([str(here), "--interval", "5"], environ=environ) as terminal:
            terminal.wait_for("Hosts 4 ")
            terminal.wait_for(ACCOUNT)
            terminal.press("P")
            terminal.wait_for("─ Profile ─")
            terminal.wait_for("elsewhere +127")
            terminal.type("elsew")
            terminal.wait_for("elsew +│")
            terminal.press_until_gone("enter", "─ Profile ─")
            terminal.wait_for("Sign in to")
            terminal.wait_for(url.partition("://")[2])
            assert "Hosts 4 " not in terminal.text
            terminal.press_until_gone("escape", "Sign in to")
            terminal.press("r")
            terminal.press("P")
            terminal.wait_for("─ Profile ─")
            terminal.type("default")
            terminal.press_until_gone("enter", "─ Profile ─")
            terminal.wait_for("Hosts 4 ")
            terminal.wait_for("● live")
            terminal.press("P")
            terminal.wait_for("─ Profile ─")
            terminal.type("demo")
            terminal.press_until_gone("enter", "─ Profile ─")
            terminal.wait_for(r" demo · .*● live")
            terminal.wait_for("Hosts 40 ")
            terminal.press("q")
            assert terminal.wait_for_end() == 0
            assert_restored(terminal)
    assert asked == []
    assert SECRET.encode() not in terminal.raw
