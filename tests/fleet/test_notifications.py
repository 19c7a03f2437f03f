"""Notifications in the background: each alert once per channel, whatever fails."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from support.factories import NOON
from support.raw_server import http, raw_server
from support.wait import TIMEOUT, until

from xds_tui.domain.annotations import Annotation
from xds_tui.domain.credentials import Secret
from xds_tui.domain.model import Status
from xds_tui.domain.notification import Channel, ChannelKind, ChannelSecrets, Message, QuietHours
from xds_tui.domain.records import Event, EventKind
from xds_tui.fleet import notifications as module
from xds_tui.fleet.notifications import Notifications
from xds_tui.fleet.recorder import Recorder
from xds_tui.fleet.updates import NoticeRaised, UpdateQueue
from xds_tui.store.journal import Journal
from xds_tui.text import notification

WEBHOOK = Channel("hook", ChannelKind.WEBHOOK)


def gone(host_id: str = "h1", at: datetime = NOON) -> Event:
    return Event(at=at, kind=EventKind.GONE, host_id=host_id, host_name=host_id, old=Status.ON, alert=True)


def writer(path: Path) -> Channel:
    """A command that appends its input and its environment to a file."""
    return Channel("desk", ChannelKind.COMMAND, (sys.executable, "-c", WRITE, str(path)))


def written(path: Path) -> list[dict[str, object]]:
    """The generic bodies that the command of `writer` received; they have the host if it is only one."""
    return [json.loads(json.loads(line)[0]) for line in path.read_text().splitlines()] if path.exists() else []


WRITE = """
import json, os, sys
with open(sys.argv[1], "a") as file:
    print(json.dumps([sys.stdin.read(), dict(os.environ)]), file=file)
"""


class Clock:
    """The real time, ahead by what the test says."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


def notifications(
    journal: Journal,
    *channels: Channel,
    url: str = "",
    quiet: QuietHours | None = None,
    clock: Clock | None = None,
) -> Notifications:
    async def read_secrets(_name: str) -> ChannelSecrets | None:
        return ChannelSecrets(Secret(url)) if url else None

    compose = partial(notification.compose, profile="work")
    return Notifications(channels, quiet, compose, read_secrets, journal, clock or Clock())


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xds_tui.domain.notification.GROUPING_TIME", timedelta(seconds=0.2))
    monkeypatch.setattr("xds_tui.domain.notification.MIN_INTERVAL", timedelta(seconds=0.1))
    monkeypatch.setattr("xds_tui.domain.notification.RETRY_DELAYS", (timedelta(seconds=0.1),))


async def until_sent(sending: Notifications) -> None:
    """Wait until there is nothing left to send."""
    await until(lambda: sending._working is not None and sending._working.done())


async def test_a_webhook_gets_the_alerts_that_come_together_in_one_message(journal: Journal) -> None:
    async with raw_server(http("{}")) as server:
        sending = notifications(journal, WEBHOOK, url=server.url)
        sending.add([gone("h1")])
        sending.add([gone("h2"), Event(at=NOON, kind=EventKind.APPEARED, host_id="h3", new=Status.ON)])
        await until_sent(sending)
    (request,) = server.requests
    body = json.loads(request.partition("\r\n\r\n")[2])
    assert "work" in body["title"]
    assert "2" in body["title"]
    assert [event["host_id"] for event in body["events"]] == ["h1", "h2"]


def test_hosts_are_called_by_the_names_of_the_user() -> None:
    event = Event(at=NOON, kind=EventKind.GONE, host_id="h1", host_name="渲大师h1", alert=True)
    named = notification.compose(Message((event,)), "work", {"h1": Annotation("render-1")})
    assert named.host == "render-1"
    assert "render-1" in named.title
    assert (named.events[0]["host_name"], named.events[0]["alias"]) == ("渲大师h1", "render-1")


async def test_a_command_gets_json_and_no_credentials(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDS_SECRET", "planted")
    sending = notifications(journal, writer(tmp_path / "out"))
    sending.add([gone()])
    await until_sent(sending)
    (line,) = (tmp_path / "out").read_text().splitlines()
    body, environ = json.loads(line)
    assert json.loads(body)["title"].endswith("h1 is gone")
    assert not any(name.startswith("XDS_") for name in environ)
    assert "planted" not in line


async def test_two_programs_send_an_alert_once(journal: Journal, tmp_path: Path) -> None:
    one, two = (notifications(journal, writer(tmp_path / "out")) for _ in range(2))
    one.add([gone()])
    await until_sent(one)
    two.add([gone(at=NOON + timedelta(seconds=40))])
    await until_sent(two)
    two.add([gone("h2")])
    await until_sent(two)
    assert [message["host"] for message in written(tmp_path / "out")] == ["h1", "h2"]


async def test_a_broken_channel_delays_no_other_is_reported_once_and_tried_again(
    journal: Journal, tmp_path: Path
) -> None:
    updates = UpdateQueue()
    recorder = Recorder(journal, Clock(), updates)
    async with raw_server(http("", status="500 Broken")) as server:
        sending = notifications(journal, WEBHOOK, writer(tmp_path / "out"), url=server.url)
        recorder.notify_through(sending)
        recorder.record([gone()])
        await until(lambda: len(server.requests) >= 3 and bool(written(tmp_path / "out")))
        server.answer = http("{}")
        await until_sent(sending)
    assert len(written(tmp_path / "out")) == 1
    notices = [update.event for update in updates.take() if isinstance(update, NoticeRaised)]
    assert [(notice.message, notice.alert) for notice in notices] == [("hook: HTTP 500", False)]
    assert server.url not in str(notices)


async def test_a_channel_without_an_address_is_reported(journal: Journal) -> None:
    events: list[Event] = []
    sending = notifications(journal, WEBHOOK)
    sending.on_failure = events.append
    sending.add([gone()])
    await sending.flush(TIMEOUT)
    assert [event.summary for event in events] == [module.MISSING]


async def test_a_command_that_hangs_is_ended(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "COMMAND_TIMEOUT", 0.3)
    events: list[Event] = []
    sending = notifications(journal, Channel("desk", ChannelKind.COMMAND, ("sleep", "600")))
    sending.on_failure = events.append
    sending.add([gone()])
    await sending.flush(TIMEOUT)
    assert [event.message for event in events] == ["desk: sleep"]


def hours_around(now: datetime) -> QuietHours:
    local = now.astimezone()
    return QuietHours((local - timedelta(hours=1)).time(), (local + timedelta(hours=1)).time())


async def test_nothing_is_sent_in_quiet_hours_and_everything_afterwards(journal: Journal, tmp_path: Path) -> None:
    clock = Clock()
    sending = notifications(journal, writer(tmp_path / "out"), quiet=hours_around(clock()), clock=clock)
    for host in ("h1", "h2"):
        sending.add([gone(host)])
        await sending.flush(TIMEOUT)
    assert written(tmp_path / "out") == []
    clock.ahead = timedelta(hours=2)
    await sending.flush(TIMEOUT)
    (message,) = written(tmp_path / "out")
    assert "h1 is gone" in str(message["text"])
    assert "h2 is gone" in str(message["text"])


async def test_what_is_pending_is_sent_when_the_program_ends(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xds_tui.domain.notification.GROUPING_TIME", timedelta(hours=1))
    sending = notifications(journal, writer(tmp_path / "out"))
    recorder = Recorder(journal, Clock(), UpdateQueue())
    recorder.notify_through(sending)
    recorder.record([gone()])
    await recorder.close(None, TIMEOUT)
    assert len(written(tmp_path / "out")) == 1


async def test_adding_never_waits_for_a_channel(journal: Journal) -> None:
    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with raw_server(silent) as server:
        sending = notifications(journal, WEBHOOK, url=server.url)
        sending.add([gone()])
        await server.asked.wait()
        sending.add([gone("h2")])
        await sending.flush(0.1)
    assert sending.pending["hook"].pending


@pytest.mark.parametrize("events", [(), (Event(at=NOON, kind=EventKind.STATUS, host_id="h", new=Status.ON),)])
async def test_without_alerts_nothing_is_started(journal: Journal, events: Sequence[Event]) -> None:
    sending = notifications(journal, WEBHOOK)
    sending.add(events)
    assert sending._working is None
