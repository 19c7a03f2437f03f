"""`python -m tests.bench.calls`: the function calls until the first paint, compared with a bare Textual app.

Unlike times they are nearly the same in each run, so the suite checks the same limits.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.bench.fleet import START, hosts
from tests.bench.screen import ROWS, Screen, environ
from tests.bench.table import Line, run
from xds_tui.domain.model import Snapshot
from xds_tui.store.database import Database
from xds_tui.store.journal import Journal

HERE: Final = Path(__file__).parent
HOSTS: Final = (100, 10_000)
AIM: Final = 2.0
LATE_AIM: Final = 2.5
"""The aim if the screen was painted before the stored fleet had been read, and is therefore painted twice: on a busy
machine, and since Python 3.12, where Textual mounts a screen in fewer turns of the event loop (its tasks are eager)."""

ADDRESS: Final = "http://127.0.0.1:9"
"""Nothing listens there: the first paint does not wait for the network."""
ACCOUNT: Final = "A1"


@dataclass(frozen=True, order=True)
class Start:
    """The function calls and the frames until a text was drawn."""

    calls: int
    frames: int

    @property
    def aim(self) -> float:
        """How many times as many calls as those of a bare app are acceptable."""
        return AIM if self.frames == 1 else LATE_AIM


def count(command: Sequence[str], env: Mapping[str, str], text: str) -> Start:
    """Count the function calls until `command` has drawn `text`."""
    with TemporaryDirectory() as folder:
        report = Path(folder) / "calls"
        script = str(HERE / "counted_start.py")
        with Screen([sys.executable, script, str(report), text, *command], env) as screen:
            screen.wait_for_end()
            if not report.exists():
                output = b"".join(chunk.data for chunk in screen.chunks())
                raise RuntimeError(f"{command} did not draw {text!r}: {output[-2000:]!r}")
        return Start(*map(int, report.read_text().split()))


def of_bare_app() -> int:
    """Return the function calls of a bare Textual app."""
    with TemporaryDirectory() as home:
        return count([str(HERE / "bare_lines.py"), str(ROWS)], environ(Path(home)), "host-7").calls


def of_remembered_fleet(number: int) -> Start:
    """Count the function calls of the program with a fleet that an earlier run has stored."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        asyncio.run(store(home / ".local/state/xds-tui/journal.db", number))
        env = environ(home, XDS_BASE_URL=ADDRESS, XDS_UUID=ACCOUNT, XDS_SECRET="none")
        return count(["xds-tui"], env, "gpu-node-")


async def store(path: Path, number: int) -> None:
    """Store a fleet like an earlier run."""
    database = await Database.open(path)
    journal = Journal(database, "default")
    await journal.bind_account(ADDRESS, ACCOUNT)
    await journal.save_snapshot(Snapshot(tuple(hosts(number)), START))
    await database.close()


def measure(_quick: bool) -> list[Line]:
    """Count the function calls."""
    bare = of_bare_app()
    return [
        compared(f"function calls until the first paint, {number:,} hosts remembered", number, bare) for number in HOSTS
    ]


def compared(what: str, number: int, bare: int) -> Line:
    """Compare a start with that of a bare app."""
    ours = of_remembered_fleet(number)
    ratio = ours.calls / bare
    aim = f"≤ {ours.aim:g}"
    return Line(what, f"{ours.calls:,}", f"{bare:,}", f"{ratio:.2f}", aim=aim, is_met=ratio <= ours.aim)


if __name__ == "__main__":
    run(measure)
