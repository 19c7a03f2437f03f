"""The program as a subprocess, and a service for it on a port of this machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cli_runner import PASSWORD, SECRET, TOKEN, Run, runner

from tests.simulator_faults.middleware import Service
from tests.simulator_faults.server import RunningSimulator
from xds_tui.simulator.demo_fleet import populate
from xds_tui.simulator.world import ACCOUNT, World


@pytest.fixture
def service() -> Service:
    """A service of 30 hosts with planted secrets."""
    world = World()
    populate(world, 30)
    world.accounts[ACCOUNT].secret = SECRET
    world.tokens._name = lambda _length: TOKEN
    for host in world.hosts.values():
        host.password = PASSWORD
    return Service(world)


@pytest.fixture
def simulator(service: Service) -> Iterator[RunningSimulator]:
    with RunningSimulator(service) as running:
        yield running


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """The environment of a user without credentials and keyring."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "TZ": "Asia/Shanghai",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }


@pytest.fixture
def environ(bare: dict[str, str], simulator: RunningSimulator) -> dict[str, str]:
    """The environment of a user with valid credentials."""
    return {**bare, "XDS_BASE_URL": simulator.url, "XDS_UUID": ACCOUNT, "XDS_SECRET": SECRET}


@pytest.fixture
def run(environ: dict[str, str]) -> Run:
    return runner(environ)
