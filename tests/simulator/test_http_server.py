from __future__ import annotations

import gc
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from support.simulator_client import PAIR
from support.wait import TIMEOUT

from tests.simulator_faults.faults import Fault, Kind
from tests.simulator_faults.middleware import Service
from tests.simulator_faults.server import RunningSimulator
from xds_tui.simulator.demo_fleet import populate
from xds_tui.simulator.http_server import greeting
from xds_tui.simulator.world import ACCOUNT, SECRET, World

ROOT = Path(__file__).parents[2]


def port_of(url: str) -> int:
    return int(url.rsplit(":", 1)[1])


def signed_in(simulator: RunningSimulator) -> httpx.Client:
    with simulator.service.lock:
        headers = {"Finovy-Access-Token": simulator.service.world.mint()}
    return httpx.Client(base_url=f"{simulator.url}/v1/pve/open", headers=headers, trust_env=False)


def test_the_server_uses_loopback_and_frees_the_port_at_the_end() -> None:
    with RunningSimulator(Service(World())) as simulator, signed_in(simulator) as http:
        assert simulator.url.startswith("http://127.0.0.1:")
        assert http.get("image").json()["code"] == 0
    with socket.create_server(("127.0.0.1", port_of(simulator.url))):
        pass


def test_a_port_in_use_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        RunningSimulator(Service(World()), port=taken.getsockname()[1])


def test_the_port_can_be_reused_immediately() -> None:
    service, port = Service(World()), 0
    for _ in range(3):
        with RunningSimulator(service, port=port) as simulator, signed_in(simulator) as http:
            port = port_of(simulator.url)
            assert http.get("image").json()["code"] == 0


@pytest.mark.parametrize("kind", [Kind.LATENCY, Kind.DRIP])
def test_the_server_ends_while_a_client_waits(kind: Kind) -> None:
    service = Service(World())
    service.faults.set(Fault(kind=kind, endpoint="pve/open/image", seconds=3600.0))
    with ThreadPoolExecutor() as pool:
        with RunningSimulator(service) as simulator:
            http = signed_in(simulator)
            waiting = pool.submit(http.get, "image", timeout=TIMEOUT)
            while service.faults.pending:
                assert not waiting.done()
        with pytest.raises(httpx.TransportError):
            waiting.result(timeout=TIMEOUT)
    http.close()
    assert not [thread for thread in threading.enumerate() if thread.daemon and "lambda" in thread.name]


def test_connections_opened_while_the_server_ends_are_closed() -> None:
    service = Service(World())
    simulator = RunningSimulator(service).__enter__()
    address = ("127.0.0.1", port_of(simulator.url))
    with ExitStack() as stack, ThreadPoolExecutor() as pool:
        with service.lock:  # the server waits for it with its whole event loop
            first = stack.enter_context(socket.create_connection(address))
            first.sendall(b"POST /v1/auth/getToken HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
            while not service.requests:
                pass
            for _ in range(10):
                stack.enter_context(socket.create_connection(address))
            ending = pool.submit(simulator.__exit__, None, None, None)
        ending.result(timeout=TIMEOUT)
    gc.collect()  # what was left open warns, and a warning is an error


def test_concurrent_clients_are_served_with_a_correct_ledger() -> None:
    world = World()
    populate(world, 40)
    with RunningSimulator(Service(world)) as simulator:

        def shop(_: int) -> list[int]:
            with signed_in(simulator) as http:
                codes = [http.get(f"mypage?page={page}&pageSize=25").json()["code"] for page in (1, 2)]
                rent = PAIR | {"periodNumber": 1, "periodType": 0}
                return [*codes, *(http.post("createRent", json=rent).json()["code"] for _ in range(5))]

        with ThreadPoolExecutor(8) as pool:
            codes = Counter(code for codes in pool.map(shop, range(8)) for code in codes)
        with simulator.service.lock:
            assert codes == {0: 56}
            assert len(world.ledger) == 40
            assert len({sale.host_id for sale in world.ledger}) == 40
            assert world.accounts[ACCOUNT].wallet <= 100_000 - 40 * Decimal("0.99")
            assert len(world.listed()) == 80


def test_the_greeting_explains_how_to_connect() -> None:
    said = greeting("http://127.0.0.1:1")
    assert all(word in said for word in ("http://127.0.0.1:1", ACCOUNT, SECRET, "XDS_BASE_URL=", "curl"))


@contextmanager
def simulate(*module: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Serve a simulator of 3 hosts in a process, and yield the process and its URL."""
    command = [sys.executable, "-m", *module, "--port", "0", "--hosts", "3", "--dialect", "document"]
    environ = {**os.environ, "XDS_LANG": "en"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            url = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
            assert url is not None
            yield process, url[0]
        finally:
            process.kill()


SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 0)]


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_the_command_serves_until_a_signal(number: int, code: int) -> None:
    with simulate("xds_tui", "simulate") as (process, url):
        key = {"uuid": ACCOUNT, "secret": SECRET}
        with httpx.Client(base_url=url, trust_env=False) as http:
            token = http.post("/v1/auth/getToken", json=key).json()["data"]["token"]
            page = http.get("/v1/pve/open/mypage?page=1&pageSize=25", headers={"Finovy-Access-Token": token}).json()
            assert page["data"]["totalCounts"] == 3
            process.send_signal(number)
            assert process.wait(timeout=TIMEOUT) == code
        with socket.create_server(("127.0.0.1", port_of(url))):
            pass


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_signal_ends_the_server_while_a_client_waits(number: int, code: int) -> None:
    with simulate("tests.simulator_faults") as (process, url):
        latency = [{"kind": "latency", "seconds": 3600}]
        assert httpx.post(f"{url}/_sim/faults", json=latency, trust_env=False).status_code == 200
        with ThreadPoolExecutor() as pool:
            waiting = pool.submit(httpx.get, f"{url}/v1/pve/open/image", timeout=TIMEOUT, trust_env=False)
            while not httpx.get(f"{url}/_sim/state", trust_env=False).json()["requests"]:
                assert not waiting.done()
            process.send_signal(number)
            assert process.wait(timeout=TIMEOUT) == code
            waiting.exception(timeout=TIMEOUT)


def test_the_command_rejects_an_unavailable_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for port, code in ((taken.getsockname()[1], 1), (70_000, 2)):
            command = [sys.executable, "-m", "xds_tui", "simulate", "--port", str(port)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert (done.returncode, done.stdout) == (code, "")
            assert "Traceback" not in done.stderr
