from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from xds_tui.store.instance_lock import InstanceLock

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
