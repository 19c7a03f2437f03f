"""The whole workflow in a real terminal with the mouse only."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from support.terminal import Terminal
from test_whole_job import ACCOUNT, SECRET, assert_restored, simulating

from xds_tui.tui.screens.create.draft_screen import PAGE_COLUMNS

COMMAND = Path(sys.executable).parent / "xds-tui"

HOSTS_HAVE_THE_FOCUS = "(?m)^ ?(⏎ Open +)?n New +s Start"
"""The key bar moves then, and a click must not arrive at an earlier position."""


@pytest.mark.sweep(1)
@pytest.mark.parametrize(("columns", "rows"), [(120, 40), (80, 24)])
def test_a_host_is_bought_started_stopped_and_deleted_by_mouse(tmp_path: Path, columns: int, rows: int) -> None:
    with simulating() as simulator:
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "LANG": "C.UTF-8",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "XDS_BASE_URL": simulator.url,
            "XDS_UUID": ACCOUNT,
            "XDS_SECRET": SECRET,
        }
        with Terminal([str(COMMAND), "--interval", "5"], columns=columns, rows=rows, environ=environ) as terminal:
            terminal.wait_for("● live")
            terminal.click("2 Catalog")
            terminal.wait_for("m Mode")
            terminal.click("web 2C")
            terminal.click("n New")
            terminal.wait_for("Choose an image|▸2 Image")
            terminal.click("Ubuntu Server 20.04")
            terminal.wait_for("▸3 Order|Press B")
            if columns < PAGE_COLUMNS:
                terminal.click("4 Review")
            terminal.wait_for("Press B")
            terminal.click_until_gone("B +Rent 1 host", "Press B")
            terminal.wait_for("1 bought")
            (sale,) = simulator.state()["ledger"]
            host_id = str(sale["host"])
            terminal.click("⏎ Close")
            row = rf"▌ +渲大师{host_id[:5]}\S*"
            terminal.wait_for(f"{row} .*off")
            terminal.wait_for(HOSTS_HAVE_THE_FOCUS)
            terminal.click("s Start")
            if "Start 1 host?" in terminal.wait_for(rf"{row} .*(→ on|starting)|Start 1 host\?"):
                terminal.click_until_gone("Yes", "Start 1 host")
            terminal.wait_for(f"{row} .*(→ on|starting)")
            simulator.advance(60)
            terminal.wait_for(f"{row} .*● on")
            terminal.click("x Stop")
            terminal.wait_for("Stop 1 host")
            terminal.click_until_gone("Yes", "Stop 1 host")
            simulator.advance(60)
            terminal.wait_for(f"{row} .*○ off")
            terminal.click("D Delete")
            terminal.wait_for("Delete 1 host")
            terminal.paste(host_id)
            terminal.wait_for(f" {host_id} *│")
            terminal.click_until_gone("Delete +Cancel|Delete for good|Delete +│", "Delete 1 host")
            terminal.wait_for(rf"▌ +渲大师{host_id[:5]}", gone=True)
            terminal.click("q Quit")
            assert terminal.wait_for_end() == 0
            assert_restored(terminal)
        assert host_id not in simulator.state()["hosts"]
