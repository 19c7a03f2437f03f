"""`xds-tui notify` and `doctor --notify`: channels are configured without their secrets."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cli_runner import runner, watching
from support.memory_keyring import Desktop
from support.terminal import Terminal
from support.wait import wait_until

from tests.simulator_faults.faults import Fault, Kind
from tests.simulator_faults.middleware import Service
from xds_tui.auth.keyring_store import KeyringStore
from xds_tui.cli import secret_prompt
from xds_tui.cli.commands import notify
from xds_tui.cli.output import CommandError
from xds_tui.config.settings import Arguments, Settings, load
from xds_tui.domain.notification import Channel, ChannelKind
from xds_tui.simulator.host import BILLED, OFF

URL = "https://oapi.dingtalk.com/robot/send?access_token=planted-token"
KEY = "SEC-planted-key"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text("# mine\n[alerts]\nbell = false\n")
    return path


def settings(config: Path) -> Settings:
    return load(Arguments(), {}, config_path=config)


@pytest.fixture
def keyring() -> Desktop:
    return Desktop()


@pytest.fixture
def prompts(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What the user types at the prompts."""
    answers: list[str] = []
    keyboard = io.StringIO()
    monkeypatch.setattr(keyboard, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", keyboard)
    monkeypatch.setattr(secret_prompt, "ask", lambda _prompt: answers.pop(0))
    yield answers
    assert answers == []


def test_address_and_key_are_in_the_keyring_only(
    config: Path, keyring: Desktop, prompts: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    prompts += [URL, KEY]
    assert notify.add(settings(config), KeyringStore(keyring), "team", "dingtalk", None) == 0
    assert keyring.items == {"channel:team/url": URL, "channel:team/key": KEY}
    assert settings(config).channels == (Channel("team", ChannelKind.DINGTALK),)
    assert notify.show(settings(config)) == 0
    output = capsys.readouterr()
    assert "team  dingtalk\n" in output.out
    for secret in ("planted", "SEC"):
        assert secret not in config.read_text() + output.out + output.err
    assert config.read_text().startswith("# mine\n")
    assert notify.remove(settings(config), KeyringStore(keyring), "team") == 0
    assert (keyring.items, settings(config).channels) == ({}, ())


def test_a_command_is_a_channel_without_secrets(config: Path, keyring: Desktop) -> None:
    assert notify.add(settings(config), KeyringStore(keyring), "desk", None, "notify-send 'two words'") == 0
    assert settings(config).channels == (Channel("desk", ChannelKind.COMMAND, ("notify-send", "two words")),)
    assert keyring.items == {}


@pytest.mark.parametrize("url", ["http://example.com/hook", "nonsense", ""])
def test_an_address_that_reveals_the_token_is_rejected(
    config: Path, keyring: Desktop, prompts: list[str], url: str
) -> None:
    prompts.append(url)
    with pytest.raises(CommandError):
        notify.add(settings(config), KeyringStore(keyring), "team", "wecom", None)
    assert (keyring.items, settings(config).channels) == ({}, ())


@pytest.mark.parametrize(
    "words",
    [
        ("notify", "add"),
        ("notify", "add", "team"),
        ("notify", "add", "a/b", "--type", "wecom"),
        ("notify", "add", "a", "--type", "wecom", "--run", "cat"),
        ("notify", "add", "a", "--run", " "),
        ("notify", "add", "a", "--run", "it's"),
        ("notify", "remove"),
        ("notify", "send"),
    ],
)
def test_incomplete_commands_are_usage_errors(bare: dict[str, str], words: tuple[str, ...]) -> None:
    assert runner(bare)(*words).returncode == 2


def test_without_a_terminal_or_a_channel_nothing_is_done(bare: dict[str, str]) -> None:
    run = runner(bare)
    assert run("notify", "add", "team", "--type", "wecom").returncode == 1
    assert "no channels" in run("notify", "list").stderr
    assert run("doctor", "--notify").returncode == 1


def test_the_test_is_sent_to_every_channel(bare: dict[str, str], tmp_path: Path) -> None:
    run = runner(bare)
    out = tmp_path / "out"
    assert run("notify", "add", "good", "--run", f"tee {out}").returncode == 0
    assert run("notify", "add", "bad", "--run", "false").returncode == 0
    ended = run("doctor", "--notify")
    assert ended.returncode == 1
    assert "good: delivered" in ended.stdout
    assert "bad: " in ended.stdout
    assert json.loads(out.read_text())["title"] == "xds-tui · default · test"


def test_the_prompts_do_not_echo(bare: dict[str, str]) -> None:
    command = [sys.executable, "-m", "xds_tui", "notify", "add", "team", "--type", "feishu"]
    with Terminal(command, environ=bare) as terminal:
        terminal.wait_for("Address of the webhook")
        terminal.type(f"{URL}\r")
        terminal.wait_for("Signing key")
        terminal.type(f"{KEY}\r")
        assert terminal.wait_for_end() == 1  # there is no keyring
        assert b"planted" not in terminal.raw


def test_watched_hosts_send_their_alerts_to_the_channels(
    environ: dict[str, str], service: Service, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert runner(environ)("notify", "add", "desk", "--run", f"tee {out}").returncode == 0
    running = next(host for host in service.world.hosts.values() if host.status == BILLED)
    with watching(environ, "--json") as process:
        assert process.stdout is not None
        for _row in range(30):
            process.stdout.readline()
        running.status = OFF
        # Other alerts, of hosts that expire, come first.
        wait_until(lambda: out.exists() and running.id in out.read_text() and out.read_text().endswith("}"))
    body = json.loads(out.read_text())
    assert (body["host"], body["resolved"]) == (running.name, False)
    assert body["events"][0]["new_status"] == "off"


def test_an_outage_is_recorded_by_a_watcher(environ: dict[str, str], service: Service) -> None:
    service.faults.set(Fault(kind=Kind.CODE, endpoint="pve/open/mypage", code=500, times=1))
    with watching(environ, "--json") as process:
        assert process.stdout is not None
        assert process.stdout.readline()
    rows = json.loads(runner(environ)("events", "--json").stdout)
    assert [row["kind"] for row in rows if row["kind"] in ("error", "recovered")] == ["error", "recovered"]
