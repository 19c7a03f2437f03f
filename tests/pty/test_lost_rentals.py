"""Hosts that were rented by a program that was killed before a response are found by the next run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

from support.cli_runner import COMMAND
from support.terminal import Terminal
from support.wait import wait_until

from tests.simulator_faults.faults import Fault, Kind
from tests.simulator_faults.middleware import Service
from tests.simulator_faults.server import RunningSimulator
from xds_tui.simulator.demo_fleet import populate
from xds_tui.simulator.world import ACCOUNT, World

RENTALS = {
    "office": ("--package", "bzoff4", "--image", "5001", "--tag", "render", "--name", "office", "--owner", "li"),
    "web": ("--package", "blweb2", "--image", "4005", "--tag", "render", "--tag", "prod", "--name", "web"),
}
"""The options of each rental, by the alias of its host."""


def rent_and_kill(options: tuple[str, ...], environ: Mapping[str, str], world: World) -> str:
    """Rent a host, kill the program as soon as the service has sold it, and return its ID."""
    count = len(world.ledger)
    rental = [*COMMAND, "create", "--on-demand", "--yes", *options]
    with subprocess.Popen(rental, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: len(world.ledger) > count)
        process.kill()
    assert len(world.ledger) == count + 1
    return world.ledger[-1].host_id


def test_rented_hosts_are_found_tagged_and_grouped_after_a_lost_response_and_a_kill(tmp_path: Path) -> None:
    world = World()
    populate(world, 10)
    service = Service(world)
    folder = tmp_path / ".config" / "xds-tui"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('[hosts]\ngroup = "tag"\n')
    service.faults.set(Fault(kind=Kind.DROP_AFTER, endpoint="pve/open/createquantity", times=2))
    with RunningSimulator(service) as simulator:
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "LANG": "C.UTF-8",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "XDS_BASE_URL": simulator.url,
            "XDS_UUID": ACCOUNT,
            "XDS_SECRET": world.accounts[ACCOUNT].secret,
        }
        ids = {name: rent_and_kill(options, environ, world) for name, options in RENTALS.items()}
        with Terminal([str(Path(sys.executable).parent / "xds-tui")], environ=environ) as terminal:
            screen = terminal.wait_for(r"render +2 hosts")
            assert re.search(r"render +2 hosts.*\n.*(office|web) .*\n.*(office|web) ", screen)
            terminal.press("q")
            assert terminal.wait_for_end() == 0
    hosts = tomllib.loads((folder / "hosts.toml").read_text())["hosts"]
    assert hosts == {
        ids["office"]: {"alias": "office", "tags": ["render"], "owner": "li"},
        ids["web"]: {"alias": "web", "tags": ["render", "prod"]},
    }
    assert len(world.ledger) == len(RENTALS)
