from __future__ import annotations

import asyncio
import os
import threading
import time
from pathlib import Path

import pytest
from support.wait import until

from tests.simulator_faults.server import RunningSimulator
from xds_tui.api.client import Client
from xds_tui.auth.account import Account, TokenCache
from xds_tui.config.hosts_file import HostsFile
from xds_tui.config.hosts_toml import HostsFileContent
from xds_tui.config.toml_file import SettingsError
from xds_tui.domain.annotations import Annotation, AnnotationChange, AnnotationError
from xds_tui.domain.credentials import AccountKey, Credentials, Secret
from xds_tui.fleet import annotation_book
from xds_tui.fleet.annotation_book import AnnotationBook
from xds_tui.fleet.monitor import Monitor
from xds_tui.fleet.state import ConnectionState
from xds_tui.simulator.world import ACCOUNT, SECRET
from xds_tui.store.journal import Journal


def read(book: AnnotationBook) -> tuple[SettingsError | None, str]:
    """Return the problem of the file and the alias of host a."""
    return book.problem, book.find("a").alias


async def connect(base_url: str, credentials: Credentials, tokens: TokenCache) -> Client:
    return Client(base_url, credentials)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "hosts.toml"


def save(path: Path, text: str) -> None:
    path.write_text(text)
    os.utime(path, (time.time() - 60,) * 2)


def content(path: Path) -> str:
    return path.read_text() if path.exists() else ""


async def test_unchanged_annotations_keep_their_identity_when_others_change(path: Path) -> None:
    save(path, '[hosts.a]\nalias = "x"\ntags = ["prod"]\n')
    book = AnnotationBook(HostsFile(path), ["tag:prod"])
    await book.refresh()
    before = book.find("a")
    assert (before.alias, before.rule) == ("x", "tag:prod")
    await book.edit({"b": AnnotationChange(owner="li")})
    assert book.find("a") is before
    assert book.find("b") == Annotation(owner="li")


async def test_an_invalid_file_is_reported_and_the_last_annotations_stay(path: Path) -> None:
    save(path, '[hosts.a]\nalias = "x"\n')
    book = AnnotationBook(HostsFile(path))
    await book.refresh()
    save(path, "[hosts.a")
    await book.refresh()
    assert book.problem is not None
    assert book.find("a").alias == "x"
    with pytest.raises(SettingsError):
        await book.edit({"a": AnnotationChange(alias="y")})
    assert content(path) == "[hosts.a"
    save(path, '[hosts.a]\nalias = "z"\n')
    await book.refresh()
    assert read(book) == (None, "z")


async def test_a_file_that_was_never_valid_is_not_known(path: Path) -> None:
    save(path, "[hosts.a")
    book = AnnotationBook(HostsFile(path))
    await book.refresh()
    assert not book.is_known


async def test_a_disk_that_does_not_respond_delays_no_refresh(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    class StalledFile(HostsFile):
        def read(self) -> HostsFileContent | None:
            released.wait()
            return super().read()

    monkeypatch.setattr(annotation_book, "READ_TIMEOUT", 0.01)
    save(path, '[hosts.a]\nalias = "x"\n')
    book = AnnotationBook(StalledFile(path))
    await book.refresh()
    await book.refresh()
    assert book.problem is not None
    monkeypatch.setattr(annotation_book, "READ_TIMEOUT", 60)
    released.set()
    await book.refresh()
    assert read(book) == (None, "x")


async def test_a_bad_text_changes_nothing(path: Path) -> None:
    book = AnnotationBook(HostsFile(path))
    with pytest.raises(AnnotationError):
        await book.edit({"a": AnnotationChange(alias="x"), "b": AnnotationChange(alias="\x1b")})
    assert content(path) == ""


async def test_the_monitor_shows_what_is_edited_here_and_elsewhere(
    path: Path, simulator: RunningSimulator, journal: Journal
) -> None:
    account = Account(
        connect,
        base_url=simulator.url,
        profile="test",
        keyring_store=None,
        credentials=AccountKey(ACCOUNT, Secret(SECRET)),
    )
    monitor = Monitor(account, journal, interval=3600, annotations=AnnotationBook(HostsFile(path)))
    running = asyncio.create_task(monitor.run(lambda _state: None))

    def name() -> str:
        snapshot = monitor.state.snapshot
        return snapshot.hosts[0].display_name if snapshot and snapshot.hosts else ""

    try:
        await until(lambda: monitor.state.connection is ConnectionState.LIVE and bool(name()))
        snapshot = monitor.state.snapshot
        assert snapshot is not None
        host_id = snapshot.hosts[0].id
        await monitor.annotations.edit({host_id: AnnotationChange(alias="mine")})
        await until(lambda: name() == "mine")
        await asyncio.to_thread(HostsFile(path).edit, {host_id: AnnotationChange(alias="theirs")})
        monitor.refresh()
        await until(lambda: name() == "theirs")
        save(path, f'[hosts.{host_id}]\nalias = "theirs"\nowner = 5\n')
        monitor.refresh()
        await until(lambda: any(f"{path}:3" in event.message for event in monitor.state.events))
        await monitor.annotations.forget([host_id])
        await until(lambda: name() == snapshot.hosts[0].name)
    finally:
        running.cancel()
        await asyncio.wait({running})
        await monitor.close(5)
