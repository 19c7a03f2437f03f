from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from support.privileges import IS_ROOT, powerless
from support.sql import execute, execute_many
from support.wait import TIMEOUT

from xds_tui.store import migrations
from xds_tui.store.database import Database, StoreError
from xds_tui.store.migrations import MIGRATIONS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "xds-tui" / "history.db"


def set_up(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE IF NOT EXISTS marks (text TEXT)")


def add(text: str) -> Callable[[sqlite3.Connection], None]:
    return execute("INSERT INTO marks VALUES (?)", (text,))


def marks(connection: sqlite3.Connection) -> list[str]:
    return [text for (text,) in connection.execute("SELECT text FROM marks ORDER BY rowid")]


def version_of(path: Path) -> int:
    connection = sqlite3.connect(path)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    connection.close()
    return int(version)


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def content(path: Path) -> bytes:
    return path.read_bytes()


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(content)


def let(path: Path, mode: int) -> None:
    path.chmod(mode)


def take_away(path: Path) -> None:
    for rest in ("", "-wal", "-shm"):
        Path(f"{path}{rest}").unlink(missing_ok=True)


def is_link(path: Path) -> bool:
    return path.is_symlink()


def add_name(path: Path, target: Path, *, by_link: bool = True) -> None:
    path.parent.mkdir(parents=True)
    path.symlink_to(target) if by_link else path.hardlink_to(target)


def set_aside(path: Path) -> list[Path]:
    return [found for found in path.parent.glob("history.db.*") if not found.name.endswith("-wal")]


async def a_written_database(path: Path, *texts: str) -> Database:
    database = await Database.open(path)
    await database.write(set_up)
    for text in texts:
        await database.write(add(text))
    return database


async def test_a_new_file_is_migrated_and_private_with_its_folders(path: Path) -> None:
    database = await Database.open(path)
    tables = await database.read(
        lambda connection: {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type='table'")}
    )
    known = {"events", "orders", "snapshots", "snapshot_parts", "samples", "said", "offers"}
    assert tables == known | {"guards", "postponements"}
    assert database.problem is None
    assert [mode_of(file) for file in path.parent.iterdir()] == [0o600] * 3
    assert (mode_of(path.parent), mode_of(path.parent.parent)) == (0o700, 0o700)
    await database.close()
    assert version_of(path) == len(MIGRATIONS)


async def test_a_file_readable_by_others_becomes_private(path: Path) -> None:
    await (await a_written_database(path)).close()
    let(path, 0o644)
    database = await Database.open(path)
    await database.close()
    assert mode_of(path) == 0o600


async def test_commits_are_logged_ahead_and_those_of_orders_are_synced(path: Path) -> None:
    database = await Database.open(path)

    def pragmas(connection: sqlite3.Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "busy_timeout")
        return [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

    for _ in range(2):
        assert await database.write(pragmas) == ["wal", 1, 5000]
        assert await database.write_durably(pragmas, lambda _connection: True) == ["wal", 2, 5000]
    await database.close()


async def test_written_records_exist_at_the_next_start(path: Path) -> None:
    await (await a_written_database(path, "one", "two")).close()
    again = await Database.open(path)
    assert await again.read(marks) == ["one", "two"]
    await again.close()


@pytest.mark.parametrize("version", range(len(MIGRATIONS)))
async def test_a_file_of_an_earlier_version_is_brought_up_to_date(
    path: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(migrations, "MIGRATIONS", MIGRATIONS[:version])
        await (await Database.open(path)).close()
    assert version_of(path) == version
    database = await Database.open(path)
    assert database.problem is None
    await database.close()
    assert version_of(path) == len(MIGRATIONS)


async def test_a_migration_that_fails_changes_nothing_and_is_not_fatal(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await (await a_written_database(path, "kept")).close()
    monkeypatch.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, ("CREATE TABLE more (x)", "CREATE TABLE marks (x)")))
    database = await Database.open(path)
    assert database.problem is not None
    await database.close()
    monkeypatch.setattr(migrations, "MIGRATIONS", MIGRATIONS)
    before = await Database.open(path)
    assert await before.read(marks) == ["kept"]
    assert before.problem is None
    await before.close()


async def test_a_file_of_a_newer_version_is_left_alone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as later:
        later.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, ("CREATE TABLE more (x)",)))
        await (await Database.open(path)).close()
    before = content(path)
    database = await Database.open(path)
    assert database.problem is not None
    assert "newer version" in database.problem.summary
    await database.write(set_up)
    await database.close()
    assert content(path) == before
    assert set_aside(path) == []


async def test_a_file_that_is_no_database_is_set_aside(path: Path) -> None:
    put(path, b"these are not the rows you are looking for\n" * 100)
    database = await a_written_database(path, "new")
    (aside,) = set_aside(path)
    assert content(aside).startswith(b"these are not")
    assert database.notice is not None
    assert database.notice.detail == str(aside)
    assert await database.read(marks) == ["new"]
    await database.close()


async def test_a_database_of_another_program_is_set_aside(path: Path) -> None:
    path.parent.mkdir(parents=True)
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE bookmarks (x)")
    other.close()
    database = await Database.open(path)
    assert database.notice is not None
    assert len(set_aside(path)) == 1
    await database.close()


def spoil(path: Path) -> None:
    """Overwrite the first page of every table and index, but neither the header nor the schema."""
    connection = sqlite3.connect(path)
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    pages = [page for (page,) in connection.execute("SELECT rootpage FROM sqlite_schema WHERE rootpage > 1")]
    connection.close()
    with path.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * size)
            file.write(b"\xff" * size)


async def test_a_file_found_damaged_is_set_aside_and_work_continues(path: Path) -> None:
    await (await a_written_database(path, *"abc")).close()
    spoil(path)
    database = await Database.open(path)
    await database.write(set_up)
    await database.write(lambda connection: connection.execute("SELECT count(*) FROM events").fetchone())
    assert database.notice is not None
    assert "damaged" in database.notice.summary
    assert len(set_aside(path)) == 1
    await database.close()


async def test_a_program_that_finds_damage_late_keeps_the_new_file_of_another(path: Path) -> None:
    await (await a_written_database(path, "lost")).close()
    spoil(path)
    late = await Database.open(path)
    take_away(path)
    quick = await a_written_database(path, "new")
    assert await late.read(marks) == ["new"]
    assert set_aside(path) == []
    await late.close()
    await quick.close()


async def test_without_a_folder_the_database_is_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    database = await a_written_database(tmp_path / "file" / "history.db", "here")
    assert await database.read(marks) == ["here"]
    assert database.problem is not None
    assert "cannot be opened for writing" in database.problem.summary
    await database.close()


async def test_a_folder_that_cannot_be_written_leaves_a_database_in_memory(tmp_path: Path) -> None:
    let(tmp_path, 0o500)
    with powerless():
        database = await a_written_database(tmp_path / "history.db", "here")
        assert database.problem is not None
        assert await database.read(marks) == ["here"]
        await database.close()
    let(tmp_path, 0o700)
    assert names_in(tmp_path) == []


FULL_DISK = """
import asyncio, pathlib, resource, sys
from xds_tui.store.database import Database, StoreError

async def main(path, limit):
    if limit == "before": resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    database = await Database.open(path)
    print("problem" if database.problem else "sound")
    await database.write(lambda connection: connection.execute("CREATE TABLE marks (text)") and None)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        await database.write(lambda connection: connection.execute("INSERT INTO marks VALUES (1)") and None)
        print("written")
    except StoreError as error:
        print("StoreError")
    print(await database.read(lambda connection: connection.execute("SELECT count(*) FROM marks").fetchone()[0]))
    await database.close()

asyncio.run(main(pathlib.Path(sys.argv[1]), sys.argv[2]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a limit on the size of files stands for a full disk")
@pytest.mark.parametrize(
    ("full", "said"), [("before", ["problem", "written", "1"]), ("later", ["sound", "StoreError", "0"])]
)
def test_a_disk_that_is_full_is_survived(path: Path, full: str, said: list[str]) -> None:
    ran = subprocess.run([sys.executable, "-c", FULL_DISK, path, full], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == said


async def test_work_that_fails_is_taken_back_and_named(path: Path) -> None:
    database = await a_written_database(path, "kept")

    def half(connection: sqlite3.Connection) -> None:
        add("half")(connection)
        connection.execute("SELECT * FROM nowhere")

    with pytest.raises(StoreError, match="no such table: nowhere"):
        await database.write(half)
    assert await database.read(marks) == ["kept"]
    await database.close()


async def test_submitted_work_is_done_although_its_caller_is_cancelled(path: Path) -> None:
    database = await a_written_database(path)
    at_work, go_on = threading.Event(), threading.Event()

    def wait(_: sqlite3.Connection) -> None:
        at_work.set()
        assert go_on.wait(20)

    blocking = asyncio.create_task(database.read(wait))
    assert await asyncio.to_thread(at_work.wait, 20)
    cancelled = asyncio.create_task(database.write(add("still")))
    await asyncio.sleep(0)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    go_on.set()
    await blocking
    assert await database.read(marks) == ["still"]
    await database.close()


async def test_closing_waits_for_submitted_work_and_can_be_repeated(path: Path) -> None:
    database = await a_written_database(path)
    writing = asyncio.create_task(database.write(add("last")))
    await asyncio.sleep(0)
    await database.close()
    await database.close()
    await writing
    with pytest.raises(StoreError, match="closed"):
        await database.read(marks)
    again = await Database.open(path)
    assert await again.read(marks) == ["last"]
    await again.close()


HUNG_DISK = """
import asyncio, threading, sys
from xds_tui.store import database as database_module

async def main():
    database_module._CLOSE_TIMEOUT = 0.05
    database = await database_module.Database.open(None)
    asyncio.ensure_future(database.read(lambda connection: threading.Event().wait()))
    await asyncio.sleep(0)
    await database.close()
    print("left")

asyncio.run(main())
"""


def test_a_hung_disk_does_not_hold_up_the_exit() -> None:
    ran = subprocess.run([sys.executable, "-c", HUNG_DISK], capture_output=True, text=True, check=True, timeout=TIMEOUT)
    assert (ran.stdout, ran.stderr) == ("left\n", "")


OPENS = """
import asyncio, pathlib, sys
from xds_tui.store.database import Database

async def main(path):
    print("ready", flush=True)
    sys.stdin.readline()
    database = await Database.open(path)
    print(database.problem)
    await database.close()

asyncio.run(main(pathlib.Path(sys.argv[1])))
"""


def test_several_first_starts_at_the_same_moment_all_succeed(path: Path) -> None:
    starts = [
        subprocess.Popen([sys.executable, "-c", OPENS, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    for start in starts:
        assert start.stdout is not None
        assert start.stdout.readline() == "ready\n"
    for start in starts:
        assert start.stdin is not None
        start.stdin.write("go\n")
        start.stdin.flush()
    assert [start.communicate(timeout=TIMEOUT)[0] for start in starts] == ["None\n"] * 4


@pytest.mark.parametrize("name", ["link", "second name"])
async def test_the_mode_of_a_linked_file_is_unchanged(path: Path, tmp_path: Path, name: str) -> None:
    target = tmp_path / "elsewhere.db"
    await (await a_written_database(target, "kept")).close()
    let(target, 0o640)
    add_name(path, target, by_link=name == "link")
    database = await Database.open(path)
    assert await database.read(marks) == ["kept"]
    await database.write(add("new"))
    await database.close()
    assert database.problem is None
    assert is_link(path) == (name == "link")
    assert mode_of(target) == 0o640


async def test_a_dangling_link_creates_its_target(path: Path, tmp_path: Path) -> None:
    add_name(path, tmp_path / "elsewhere.db")
    await (await a_written_database(path, "new")).close()
    assert is_link(path)
    assert mode_of(tmp_path / "elsewhere.db") == 0o600


async def test_damage_behind_a_link_is_set_aside_beside_the_target(path: Path, tmp_path: Path) -> None:
    put(tmp_path / "disk" / "elsewhere.db", b"no database\n" * 1000)
    add_name(path, tmp_path / "disk" / "elsewhere.db")
    await (await a_written_database(path, "new")).close()
    assert is_link(path)
    assert len([name for name in names_in(tmp_path / "disk") if name.startswith("elsewhere.db.2")]) == 1


@pytest.mark.skipif(not IS_ROOT, reason="only root can give files away")
async def test_files_created_by_root_belong_to_the_owner_of_the_folder(tmp_path: Path) -> None:
    os.chown(tmp_path, 1234, 4321)
    database = await Database.open(tmp_path / "state" / "history.db")
    database.instance.acquire()
    for made in (tmp_path / "state", *(tmp_path / "state").iterdir()):
        assert (made.stat().st_uid, made.stat().st_gid) == (1234, 4321), made
    await database.close()


async def test_orders_are_saved_out_of_a_damaged_file(path: Path) -> None:
    database = await Database.open(path)
    statement = "INSERT INTO orders (id, scope, created_at, state, body) VALUES (?, 'default', 0, 'unknown', '{}')"
    await database.write(execute_many(statement, [(f"o{n}",) for n in range(9)]))
    await database.close()
    connection = sqlite3.connect(path)
    (root,) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'events'").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    with path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)
    database = await Database.open(path)
    await database.write(execute("DELETE FROM events"))
    assert database.notice is not None
    saved = await database.read(lambda connection: connection.execute("SELECT id FROM orders ORDER BY id").fetchall())
    assert saved == [(f"o{n}",) for n in range(9)]
    await database.close()
