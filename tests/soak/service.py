"""The process of the simulated service as this process controls it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import msgspec

from tests.simulator_faults.faults import Fault
from xds_tui.simulator.options import Options

ROOT: Final = Path(__file__).parents[2]


class Service:
    """A simulated service in its own process; as a context manager it makes sure that no process remains.

    Attributes:
        url: its address.

    """

    def __init__(self, options: Options, clock: Path | None = None) -> None:
        """Start a service with `options.hosts` hosts, by the clock in that file or in real time."""
        fields = {name: value for name, value in asdict(options).items() if name != "extra_packages"}
        command = [
            sys.executable,
            "-m",
            "tests.soak.service_process",
            str(clock or ""),
            msgspec.json.encode(fields).decode(),
        ]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, start_new_session=True
        )

    def __enter__(self) -> Self:
        self.url = str(self._ask("up"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.kill()
        self._process.wait()

    def up(self) -> None:
        """Accept connections again."""
        self._ask("up")

    def down(self) -> None:
        """Refuse every connection."""
        self._ask("down")

    def strike(self, faults: Sequence[Fault]) -> None:
        """Inject these faults."""
        self._ask("faults", faults)

    def clear(self) -> None:
        """Clear all faults."""
        self._ask("clear")

    def expire(self) -> None:
        """Expire every token."""
        self._ask("expire")

    def stir(self) -> str:
        """Let another user do something, and return what."""
        return str(self._ask("stir"))

    def truth(self) -> dict[str, int]:
        """Return the status of each host by its ID."""
        return {str(host_id): int(status) for host_id, status in self._ask("truth").items()}

    def gone(self) -> dict[str, float]:
        """Return the time of deletion of each deleted host, in seconds since the epoch, by its ID."""
        return {str(host_id): float(at) for host_id, at in self._ask("gone").items()}

    def carried_out(self) -> dict[str, int]:
        """Return how often the request of each order was carried out, by the order's ID."""
        return {str(order_id): int(times) for order_id, times in self._ask("carried_out").items()}

    def _ask(self, name: str, *arguments: object) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode((name, arguments)) + b"\n")
        self._process.stdin.flush()
        return msgspec.json.decode(self._process.stdout.readline())
