"""Programs of one machine know of each other's renewals, and nothing else."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from support.factories import NOON

from xds_tui.store.instance_lock import InstanceLock, RenewalTimes

CLAIMS = """
import pathlib, signal, sys
from xds_tui.store.instance_lock import InstanceLock
print(InstanceLock(pathlib.Path(sys.argv[1])).acquire(), flush=True)
signal.pause()
"""


def test_a_program_lives_until_it_closes(tmp_path: Path) -> None:
    one, other = InstanceLock(tmp_path), InstanceLock(tmp_path)
    name = one.acquire()
    assert other.is_another_alive(name)
    assert not one.is_another_alive(name)
    one.close()
    assert not other.is_another_alive(name)
    assert list(tmp_path.iterdir()) == []


def test_a_killed_program_counts_as_ended_and_its_lock_is_removed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", CLAIMS, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        assert InstanceLock(tmp_path).is_another_alive(name)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not InstanceLock(tmp_path).is_another_alive(name)
    assert list(tmp_path.iterdir()) == []


def test_no_name_is_a_path(tmp_path: Path) -> None:
    (tmp_path / "outside.lock").touch()
    folder = tmp_path / "inside"
    folder.mkdir()
    assert not InstanceLock(folder).is_another_alive("../outside")
    assert (tmp_path / "outside.lock").exists()


def test_a_database_in_memory_is_not_shared() -> None:
    one = InstanceLock(None)
    assert one.acquire()
    assert not InstanceLock(None).is_another_alive(one.acquire())


URL, ACCOUNT = "https://service.test", "A27550582"
EARLIER, LATER = NOON - timedelta(seconds=5), NOON + timedelta(seconds=5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "renewals"


@pytest.fixture
def one(folder: Path) -> Iterator[RenewalTimes]:
    times = RenewalTimes(folder, URL, ACCOUNT)
    yield times
    times.close()


@pytest.fixture
def other(folder: Path) -> Iterator[RenewalTimes]:
    times = RenewalTimes(folder, URL, ACCOUNT)
    yield times
    times.close()


def test_another_program_that_runs_is_seen_to_renew(one: RenewalTimes, other: RenewalTimes) -> None:
    assert not one.is_renewed_elsewhere(EARLIER)
    other.note(NOON)
    assert one.is_renewed_elsewhere(EARLIER)
    assert not one.is_renewed_elsewhere(LATER)
    assert not other.is_renewed_elsewhere(EARLIER)
    one.note(LATER)
    assert other.is_renewed_elsewhere(NOON)
    assert not one.is_renewed_elsewhere(EARLIER)


def test_a_program_that_ended_renews_no_more(one: RenewalTimes, other: RenewalTimes) -> None:
    other.note(NOON)
    other.close()
    assert not one.is_renewed_elsewhere(EARLIER)


def test_another_account_and_another_service_do_not_matter(folder: Path, one: RenewalTimes) -> None:
    for url, account in (("https://other.test", ACCOUNT), (URL, "B")):
        times = RenewalTimes(folder, url, account)
        times.note(NOON)
        assert not one.is_renewed_elsewhere(EARLIER)
        times.close()


def test_shared_files_are_private_and_contain_no_account(folder: Path, one: RenewalTimes) -> None:
    one.note(NOON)
    assert folder.stat().st_mode & 0o077 == 0
    for file in folder.iterdir():
        assert file.stat().st_mode & 0o077 == 0
        assert ACCOUNT not in file.name + file.read_text()
        assert "service" not in file.name + file.read_text()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"by":1,"at":2}', b'{"by":"../x","at":"2026-01-01"}', b"\xff"])
def test_an_invalid_file_is_ignored(folder: Path, one: RenewalTimes, content: bytes) -> None:
    one.note(NOON)
    (file,) = folder.glob("*.json")
    file.write_bytes(content)
    assert not one.is_renewed_elsewhere(EARLIER)


def test_a_folder_that_cannot_be_used_costs_the_knowledge_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    times = RenewalTimes(tmp_path / "file", URL, ACCOUNT)
    times.note(NOON)
    assert not times.is_renewed_elsewhere(EARLIER)
    times.close()
