"""No order is sent before it is on disk, tested with real files and real faults."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import cast

import pytest
from support.factories import NOON, a_host, a_quote
from support.privileges import powerless
from support.sql import execute
from support.wait import until
from test_order_service import Service

from xds_tui.api.client import Client
from xds_tui.domain.records import Event, Order, OrderState
from xds_tui.fleet.order_service import OrderService
from xds_tui.store import database, database_file
from xds_tui.store.database import Database
from xds_tui.store.journal import Journal
from xds_tui.store.problems import remedy

Fault = Callable[[Path], AbstractContextManager[None]]


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (database, database_file):
        monkeypatch.setattr(module, "BUSY_TIMEOUT", 0.2)
    monkeypatch.setattr(database, "RETRY_MIN_DELAY", 0.05)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.db"


class Desk:
    """An order service with the history file at a path."""

    def __init__(self, path: Path) -> None:
        self.service = Service()
        self.database = Database(path)
        self.journal = Journal(self.database, "default")
        self.reported: list[Event] = []
        self.orders = OrderService(
            lambda: cast("Client", self.service), self.journal, lambda: NOON, self.reported.extend
        )

    async def ended(self) -> Order:
        await until(lambda: not self.orders.is_sending)
        return self.orders.all[0]


@contextlib.asynccontextmanager
async def at_desk(path: Path) -> AsyncIterator[Desk]:
    desk = Desk(path)
    await desk.journal.open_orders()
    try:
        yield desk
    finally:
        await desk.database.close()


async def place(desk: Desk, what: str) -> Order:
    """Place an order of this kind, and return it when it has ended."""
    desk.service.answers = ["new"] if what == "create" else [True]
    match what:
        case "create":
            desk.orders.buy(a_quote(), 1)
        case "start":
            desk.orders.power([a_host()], on=True)
        case "stop":
            desk.orders.power([a_host()], on=False)
        case "reboot":
            desk.orders.reboot([a_host()])
        case "delete":
            desk.orders.delete([a_host()])
    return await desk.ended()


KINDS = ("create", "start", "stop", "reboot", "delete")


def make(path: Path) -> None:
    """Create a valid, empty history at `path`."""
    database_file.DatabaseFile.open(path).close()


def states_in(path: Path) -> list[str]:
    """Return the states of the orders in the file, as another program reads them."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return [state for (state,) in connection.execute("SELECT state FROM orders ORDER BY rowid")]


# What is wrong with the file, until it is not


@contextlib.contextmanager
def newer(path: Path) -> Iterator[None]:
    make(path)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        connection.execute(f"PRAGMA user_version = {version + 1}")
    yield
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    make(path)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    yield
    holder.close()


@contextlib.contextmanager
def read_only(path: Path) -> Iterator[None]:
    make(path)
    path.chmod(0o400)
    path.parent.chmod(0o500)
    with powerless():
        yield
    path.parent.chmod(0o700)
    path.chmod(0o600)


@contextlib.contextmanager
def a_folder(path: Path) -> Iterator[None]:
    path.mkdir(parents=True)
    yield
    path.rmdir()


@contextlib.contextmanager
def a_fifo(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True)
    os.mkfifo(path)
    yield
    path.unlink()


@contextlib.contextmanager
def damaged_for_good(path: Path) -> Iterator[None]:
    """A damaged file in a read-only folder, so that it cannot be moved away."""
    make(path)
    content = path.read_bytes()
    path.write_bytes(b"\xff" * len(content))
    path.parent.chmod(0o500)
    with powerless():
        yield
    path.parent.chmod(0o700)


FAULTS = {
    "newer": (newer, "newer version"),
    "locked": (locked, "locked"),
    "read-only": (read_only, "writing"),
    "folder": (a_folder, "not a regular file"),
    "fifo": (a_fifo, "not a regular file"),
    "damaged": (damaged_for_good, "writing"),
}


@pytest.mark.parametrize("what", KINDS)
@pytest.mark.parametrize("fault", FAULTS)
async def test_an_order_that_cannot_be_recorded_is_not_sent_and_has_a_reason(path: Path, fault: str, what: str) -> None:
    wrong, reason = FAULTS[fault]
    with wrong(path):
        async with at_desk(path) as desk:
            order = await place(desk, what)
            assert desk.service.asked == []
            assert order.state is OrderState.NOT_SENT
            assert reason in order.summary
            assert str(path) in order.message
            assert remedy(order.summary)
            assert desk.journal.problem is not None


@pytest.mark.parametrize("fault", FAULTS)
async def test_the_file_is_used_as_soon_as_it_is_usable(path: Path, fault: str) -> None:
    wrong, _reason = FAULTS[fault]
    with wrong(path):
        desk = Desk(path)
        refused = await place(desk, "create")
        assert refused.state is OrderState.NOT_SENT
    await until(lambda: desk.journal.problem is None)
    assert (await place(desk, "create")).state is OrderState.ACCEPTED
    assert states_in(path) == ["not sent", "accepted"]
    await desk.database.close()


@pytest.mark.parametrize("fault", ["newer", "locked"])
async def test_a_later_fault_of_the_file_blocks_orders_until_it_is_over(path: Path, fault: str) -> None:
    async with at_desk(path) as desk:
        assert (await place(desk, "create")).state is OrderState.ACCEPTED
        desk.service.asked.clear()
        with FAULTS[fault][0](path):
            assert (await place(desk, "create")).state is OrderState.NOT_SENT
            assert desk.service.asked == []
        await until(lambda: desk.journal.problem is None)
        assert (await place(desk, "create")).state is OrderState.ACCEPTED
        assert states_in(path) == ["accepted", "not sent", "accepted"]


async def test_a_full_disk_blocks_orders_until_there_is_space(path: Path) -> None:
    async with at_desk(path) as desk:
        assert (await place(desk, "create")).state is OrderState.ACCEPTED
        await desk.database.write(lambda connection: connection.execute("PRAGMA max_page_count = 1").fetchone())
        fill = "INSERT INTO said SELECT 'default', hex(randomblob(2000)), 1"
        with contextlib.suppress(database.StoreError):
            for _ in range(1000):
                await desk.database.write(execute(fill))
        assert desk.journal.problem is not None
        desk.service.asked.clear()
        orders = [await place(desk, "create") for _ in range(20)]  # the last pages of the file have space for some
        assert orders[-1].state is OrderState.NOT_SENT
        assert "full" in orders[-1].summary
        assert len(desk.service.asked) == states_in(path).count("accepted") - 1 + states_in(path).count("sent")
        await desk.database.write(lambda connection: connection.execute("PRAGMA max_page_count = 9999").fetchone())
        await until(lambda: desk.journal.problem is None)
        assert (await place(desk, "create")).state is OrderState.ACCEPTED


def delete(path: Path) -> None:
    for rest in ("", "-wal", "-shm"):
        Path(f"{path}{rest}").unlink(missing_ok=True)


def delete_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


def replace_by_another(path: Path) -> None:
    other = path.with_name("other.db")
    make(other)
    other.rename(path)


def replace_by_nothing(path: Path) -> None:
    path.rename(path.with_name("moved.db"))
    path.touch()


def truncate(path: Path) -> None:
    os.truncate(path, 0)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def delete_log(path: Path) -> None:
    Path(f"{path}-wal").unlink()


def overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"\xff" * path.stat().st_size)


MISHAPS = (delete, delete_folder, replace_by_another, replace_by_nothing, truncate, cut, delete_log, overwrite)


@pytest.mark.parametrize("checkpointed", [True, False])
@pytest.mark.parametrize("mishap", MISHAPS)
async def test_a_sent_order_is_in_the_file_at_the_path(
    path: Path, mishap: Callable[[Path], None], checkpointed: bool
) -> None:
    async with at_desk(path) as desk:
        assert (await place(desk, "create")).state is OrderState.ACCEPTED
        if checkpointed:
            with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        mishap(path)
        desk.service.asked.clear()
        seen: list[list[str]] = []

        async def look() -> None:
            seen.append(states_in(path))

        desk.service.before_answer = look
        order = await place(desk, "create")
        assert order.state is OrderState.ACCEPTED
        assert "sent" in seen[0]
    # The first order is open, so it is written to the new file as well.
    assert states_in(path) == ["accepted", "accepted"]


async def test_open_orders_of_earlier_runs_survive_the_loss_of_the_file(path: Path) -> None:
    async with at_desk(path) as desk:
        await place(desk, "create")
    async with at_desk(path) as desk:
        delete(path)
        await place(desk, "reboot")
        assert sorted(states_in(path)) == ["accepted", "accepted"]


async def test_an_outcome_that_cannot_be_written_is_written_later(path: Path) -> None:
    async with at_desk(path) as desk:
        with contextlib.ExitStack() as stack:

            async def lock() -> None:
                stack.enter_context(locked(path))

            desk.service.before_answer = lock
            assert (await place(desk, "create")).state is OrderState.ACCEPTED
            assert states_in(path) == ["sent"]
        await until(lambda: desk.journal.problem is None)
        await desk.journal.restore_orders()
        assert states_in(path) == ["accepted"]


MOUNTED = """
import asyncio, pathlib, subprocess, sys
sys.path[:0] = sys.argv[3].split(":")
from test_durable_record import Desk, place
from xds_tui.domain.records import OrderState

async def main(folder, how):
    desk = Desk(folder / "state" / "journal.db")
    if how != "full":
        assert (await place(desk, "create")).state is OrderState.ACCEPTED
        if how == "read-only":
            await desk.database.close()
            subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
            desk = Desk(folder / "state" / "journal.db")
    desk.service.asked.clear()
    states = []
    while OrderState.NOT_SENT not in states:
        order = await place(desk, "create")
        states.append(order.state)
        assert len(desk.service.asked) == states.count(OrderState.ACCEPTED), states
        assert len(states) < 500
    print(order.summary)

asyncio.run(main(pathlib.Path(sys.argv[1]), sys.argv[2]))
"""

CAN_MOUNT = (
    sys.platform == "linux"
    and shutil.which("unshare") is not None
    and subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/proc"], check=False).returncode == 0
)


@pytest.mark.skipif(not CAN_MOUNT, reason="needs a mount namespace of its own")
@pytest.mark.parametrize(
    ("how", "size", "said"),
    [("read-only", "8m", "writing"), ("full", "120k", "full"), ("filling", "240k", "full")],
)
def test_a_real_full_or_read_only_disk_blocks_orders(tmp_path: Path, how: str, size: str, said: str) -> None:
    tests = Path(__file__).parent
    shell = textwrap.dedent(f"""
        mount -t tmpfs -o size={size} none {tmp_path} &&
        exec {sys.executable} -c "$0" {tmp_path} {how} {tests}:{tests.parent}
    """)
    ran = subprocess.run(["unshare", "-rm", "sh", "-c", shell, MOUNTED], check=False, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert said in ran.stdout
