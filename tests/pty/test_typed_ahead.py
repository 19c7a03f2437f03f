"""Keys that arrive in one burst, as on a slow connection: each goes to the screen that the one before has opened."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from support.terminal import Terminal
from test_shutdown import states_of_orders
from test_whole_job import ACCOUNT, SECRET, simulating

HERE = Path(sys.executable).parent / "xds-tui"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8"}


def test_keys_after_a_slash_go_to_the_filter(environ: dict[str, str]) -> None:
    with simulating("--hosts", "3") as simulator:
        environ |= {"XDS_BASE_URL": simulator.url, "XDS_UUID": ACCOUNT, "XDS_SECRET": SECRET}
        environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
        with Terminal([str(HERE)], environ=environ) as terminal:
            terminal.wait_for("● live")
            for _time in range(2):
                terminal.type("/-sssxD+os:ubuntu")
                terminal.wait_for(r"-sssxD\+os:ubuntu")
                terminal.press("escape")
                terminal.wait_for("-sssxD", gone=True)
            assert "Stop 1 host" not in terminal.wait_for("every 15 s")
            terminal.press("q")
            assert terminal.wait_for_end() == 0
        assert states_of_orders(environ) == []


def test_an_id_pasted_as_keys_starts_no_host(environ: dict[str, str]) -> None:
    with simulating("--hosts", "3") as simulator:
        environ |= {"XDS_BASE_URL": simulator.url, "XDS_UUID": ACCOUNT, "XDS_SECRET": SECRET}
        environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
        with Terminal([str(HERE)], environ=environ) as terminal:
            terminal.wait_for("Hosts 3 ")
            terminal.wait_for("● live")
            before = simulator.state()["hosts"]
            terminal.type("Dsjsjs+")
            terminal.wait_for("Delete 1 host")
            terminal.press_until_gone("escape", "Delete 1 host")
            terminal.wait_for("every 15 s")
            terminal.press("3")
            assert simulator.state()["hosts"] == before
            terminal.press("q")
            assert terminal.wait_for_end() == 0
        assert states_of_orders(environ) == []


def test_all_keys_of_a_burst_are_handled(environ: dict[str, str]) -> None:
    with Terminal([str(HERE), "--demo"], environ=environ) as terminal:
        terminal.wait_for("● live")
        terminal.type("j" * 7 + " " + "jj" + " ")
        terminal.wait_for("Stop 2")
        terminal.type("/gpu:4090\r")
        terminal.wait_for("/ gpu:4090 · esc clears")
        terminal.type("q")
        assert terminal.wait_for_end() == 0
