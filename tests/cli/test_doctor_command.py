"""`xds-tui doctor`: the checks that pass and fail, and the advice, which can be typed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import sqlite3
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from support.cli_runner import COMMAND, SECRET, Run, runner
from support.terminal import Terminal

from tests.simulator_faults.server import RunningSimulator
from xds_tui.api import probe
from xds_tui.auth.keyring_store import CredentialStoreError, KeyringProblem, KeyringStore, StoredCredentials
from xds_tui.cli.doctor import Check, CheckStatus, keyring, machine, network, report
from xds_tui.config.settings import Settings
from xds_tui.domain.credentials import AccountKey, Secret
from xds_tui.domain.endpoint import PRODUCTION
from xds_tui.simulator.world import ACCOUNT
from xds_tui.store.database import Database

CHECKS = {
    *("versions", "configuration", "profile", "files", "disk", "history", "terminal", "keyring", "credentials"),
    *("dns", "connection", "service", "clock"),
}


def checks(run: Run, *args: str, **environ: str) -> dict[str, dict[str, Any]]:
    return {row["check"]: row for row in json.loads(run("doctor", "--json", *args, **environ).stdout)}


def test_all_checks_pass_with_credentials_in_the_environment(run: Run) -> None:
    ended = run("doctor", "--json")
    rows = {row["check"]: row for row in json.loads(ended.stdout)}
    assert ended.returncode == 0
    assert rows.keys() == CHECKS
    assert {name for name, row in rows.items() if row["status"] != "ok"} == {"keyring"}
    assert "XDS_UUID, XDS_SECRET" in rows["credentials"]["message"]
    assert isinstance(rows["service"]["milliseconds"], int)


def test_without_credentials_a_missing_keyring_fails_with_advice(bare: dict[str, str]) -> None:
    ended = runner({**bare, "XDS_BASE_URL": "http://127.0.0.1:9"})("doctor")
    assert ended.returncode == 1
    assert "bad   keyring: No keyring was found on this machine" in ended.stdout
    assert "gnome-keyring dbus-daemon" in ended.stdout
    assert "bad   connection: 127.0.0.1:9" in ended.stdout
    assert "\x1b" not in ended.stdout


def test_every_advised_command_is_valid_in_bash(bare: dict[str, str]) -> None:
    printed = runner(bare)("doctor").stdout.splitlines()
    commands = [line.strip() for line in printed if line.startswith(" " * 8)]
    assert len(commands) >= 5
    for command in commands:
        assert subprocess.run(["bash", "-n", "-c", command], check=False).returncode == 0, command


def test_an_error_in_the_configuration_is_reported(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("interval = 1\n")
    row = checks(run, XDS_CONFIG=str(config))["configuration"]
    assert row["status"] == "warn"
    assert f"{config}:1: interval" in row["message"]


def test_files_readable_by_others_are_reported_with_a_remedy(run: Run, tmp_path: Path) -> None:
    state = tmp_path / ".local/state/xds-tui"
    state.mkdir(parents=True)
    state.chmod(0o755)
    row = checks(run)["files"]
    assert row["status"] == "warn"
    subprocess.run(["bash", "-c", *row["advice"]], check=True)
    assert checks(run)["files"]["status"] == "ok"


def test_a_history_that_cannot_be_opened_fails(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".local/state/xds-tui/journal.db").mkdir(parents=True, mode=0o700)
    (tmp_path / ".local/state/xds-tui").chmod(0o700)
    assert checks(run)["history"]["status"] == "bad"


def test_events_and_samples_that_cannot_be_read_are_counted(run: Run, tmp_path: Path) -> None:
    state = tmp_path / ".local/state/xds-tui"
    state.mkdir(parents=True, mode=0o700)
    asyncio.run(write_unreadable_rows(state / "journal.db"))
    row = checks(run)["history"]
    assert row["status"] == "warn"
    assert "2 events, 1 samples" in row["message"]


async def write_unreadable_rows(path: Path) -> None:
    database = await Database.open(path)

    def write(connection: sqlite3.Connection) -> None:
        connection.executemany("INSERT INTO events (scope, at, body) VALUES ('s', 1, ?)", [("{}",), ("[",)])
        connection.execute(
            "INSERT INTO samples (scope, at, total, running, changing, unpriced) VALUES ('s', 1, -1, 0, 0, 0)"
        )

    await database.write(write)
    await database.close()


@asynccontextmanager
async def answering(answer: bytes, requests: list[bytes]) -> AsyncIterator[str]:
    """Respond to every request with `answer`, and yield the address without its scheme."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.read(4096))
        writer.write(answer)
        with contextlib.suppress(ConnectionError):
            writer.close()
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


async def test_an_unrelated_page_is_not_the_service() -> None:
    page = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 20\r\n\r\n<title>Login</title>"
    async with answering(page, []) as address:
        service = (await network.examine(f"http://{address}"))[2]
    assert (service.subject, service.status) == ("service", CheckStatus.BAD)
    assert "Login" in service.message


async def test_a_server_without_tls_is_detected_before_any_request() -> None:
    requests: list[bytes] = []
    async with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n", requests) as address:
        found = await network.examine(f"https://{address}")
    assert [(finding.subject, finding.status) for finding in found] == [
        ("dns", CheckStatus.OK),
        ("tls", CheckStatus.BAD),
    ]
    assert len(requests) == 1
    assert b"GET" not in requests[0]


@pytest.mark.parametrize(
    ("variable", "name", "said"),
    [
        ("SSL_CERT_FILE", "nothing.pem", "No such file"),
        ("SSL_CERT_FILE", "empty.pem", "no certificate"),
        ("SSL_CERT_FILE", "folder", "not a regular file"),
        ("SSL_CERT_DIR", "nothing", "No such file"),
    ],
)
async def test_unreadable_certificates_are_reported_before_any_request(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, name: str, said: str
) -> None:
    (tmp_path / "empty.pem").touch()
    (tmp_path / "folder").mkdir()
    for other in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(variable, str(tmp_path / name))
    requests: list[bytes] = []
    async with answering(b"", requests) as address:
        (found,) = await network.examine(f"https://{address}")
    assert (found.subject, found.status) == ("tls", CheckStatus.BAD)
    assert str(tmp_path / name) in found.message
    assert said in found.message
    assert requests == []


async def test_an_invalid_host_name_is_reported_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "CHECK_TIMEOUT", 1e6)
    (found,) = await network.examine(f"https://{'a' * 70}.test")
    assert (found.subject, found.status) == ("dns", CheckStatus.BAD)
    assert "label" in found.message


@pytest.mark.parametrize(
    ("ahead", "verdict"),
    [
        (0, CheckStatus.OK),
        (-29, CheckStatus.OK),
        (45, CheckStatus.WARN),
        (-3600, CheckStatus.BAD),
        (None, CheckStatus.WARN),
    ],
)
def test_a_wrong_clock_is_reported(ahead: float | None, verdict: CheckStatus) -> None:
    assert network._clock(ahead).status is verdict


async def test_the_clock_of_the_service_is_read_from_its_response() -> None:
    late = format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True)
    body = b'{"code": 401, "data": null, "msg": "", "traceId": "t"}'
    requests: list[bytes] = []
    head = f"HTTP/1.1 200 OK\r\nDate: {late}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    async with answering(head + body, requests) as address:
        probed = await probe.probe(f"http://{address}")
    assert probed.code == 401
    assert probed.ahead == pytest.approx(7200, abs=60)
    assert b"token" not in requests[0].lower()


def test_a_proxy_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:hidden@proxy.example:3128")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert str(probe.proxy_of("https://client.xuandashi.com")) == "HTTPS_PROXY=http://proxy.example:3128"


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.usefixtures("no_proxy")
@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_an_unreachable_proxy_is_reported_instead_of_the_address(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    async with answering(b"", []) as address:
        pass
    monkeypatch.setenv("ALL_PROXY", f"{scheme}://me:hidden@{address}")
    (found,) = await network.examine("https://client.xuandashi.com")
    assert (found.subject, found.status) == ("proxy", CheckStatus.BAD)
    assert f"ALL_PROXY={scheme}://{address}" in found.message
    assert found.advice[-1] == "  unset ALL_PROXY"


@pytest.mark.usefixtures("no_proxy")
@pytest.mark.parametrize("value", ["socks5://{address}", "http://{address}", "socks4://{address}", "http://{address}x"])
async def test_an_unusable_proxy_is_reported_instead_of_the_address(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    async with answering(b"I am no proxy\r\n\r\n", []) as address:
        monkeypatch.setenv("https_proxy", value.format(address=address))
        (found,) = await network.examine("https://client.xuandashi.com")
    assert (found.subject, found.status) == ("proxy", CheckStatus.BAD)
    assert "https_proxy" in found.message
    assert found.advice[-1] == "  unset https_proxy"


class Troubled(KeyringStore):
    """A keyring that fails in one way."""

    def __init__(self, trouble: KeyringProblem) -> None:
        super().__init__()
        self._trouble = trouble

    async def backend_name(self) -> str:
        raise CredentialStoreError(self._trouble, "The keyring reported an error")


@pytest.mark.parametrize("trouble", list(KeyringProblem))
async def test_every_keyring_failure_has_advice(trouble: KeyringProblem) -> None:
    kept = await keyring.read(Troubled(trouble), "default")
    keyring_row, credentials = keyring.examine(kept, PRODUCTION, "")
    assert keyring_row.status is CheckStatus.BAD
    assert any("XDS_UUID" in line for line in keyring_row.advice)
    assert ("This profile has none" in credentials.message) is (trouble is KeyringProblem.UNAVAILABLE)


def examined(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, stored: StoredCredentials, **settings: Any
) -> dict[str, dict[str, Any]]:
    """Return the checks of doctor with `stored` in the keyring."""
    chosen = Settings(config_path=tmp_path / "config.toml", **settings)
    report.examine(chosen, Holding(stored), tmp_path / "state", as_json=True)
    return {row["check"]: row for row in json.loads(capsys.readouterr().out)}


class Holding(KeyringStore):
    """A keyring that contains the credentials of one account."""

    def __init__(self, stored: StoredCredentials) -> None:
        super().__init__()
        self._stored = stored

    async def backend_name(self) -> str:
        return "Test keyring"

    async def read(self, profile: str) -> StoredCredentials:
        return self._stored


@pytest.mark.usefixtures("no_proxy")
def test_the_service_of_the_credentials_is_checked(
    simulator: RunningSimulator, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    stored = StoredCredentials(AccountKey(ACCOUNT, Secret(SECRET)), simulator.url)
    rows = examined(capsys, tmp_path, stored)
    assert rows["service"]["status"] == "ok"
    assert simulator.url in rows["service"]["message"]
    assert rows["credentials"]["status"] == "ok"
    assert PRODUCTION not in json.dumps(rows)


@pytest.mark.usefixtures("no_proxy")
def test_credentials_for_another_address_fail(
    simulator: RunningSimulator, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    stored = StoredCredentials(AccountKey(ACCOUNT, Secret(SECRET)), PRODUCTION)
    rows = examined(capsys, tmp_path, stored, base_url=simulator.url, base_url_given=True)
    assert simulator.url in rows["service"]["message"]
    assert rows["credentials"]["status"] == "bad"
    assert f"not sent to {simulator.url}" in rows["credentials"]["advice"][0]


@pytest.mark.usefixtures("no_proxy")
def test_credentials_of_the_environment_belong_to_its_address(
    simulator: RunningSimulator, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    stored = StoredCredentials(AccountKey(ACCOUNT, Secret(SECRET)), PRODUCTION)
    key = AccountKey(ACCOUNT, Secret(SECRET))
    given = {"base_url": simulator.url, "credentials": key, "credentials_source": "XDS_UUID, XDS_SECRET"}
    rows = examined(capsys, tmp_path, stored, **given)
    assert simulator.url in rows["service"]["message"]
    assert rows["credentials"]["status"] == "ok"


@pytest.mark.parametrize(
    ("status", "expected", "advice"),
    [
        ("200 OK", "web page", "sign-in page of a network"),
        ("502 Bad Gateway", "not available", "at the service"),
        ("404 Not Found", "no service at this address", "Check the address"),
        ("403 Forbidden", "blocked", "firewall"),
        ("302 Found", "redirected", "sign-in page of a network"),
        ("400 Bad Request", "is not the Xuandashi service", "Check the address"),
    ],
)
async def test_other_content_in_place_of_the_service_has_matching_advice(
    status: str, expected: str, advice: str
) -> None:
    body = "<html><title>Hello</title></html>"
    head = f"Content-Type: text/html\r\nLocation: https://login.test/\r\nContent-Length: {len(body)}"
    if "302" not in status:
        head = head.replace("Location: https://login.test/\r\n", "")
    async with answering(f"HTTP/1.1 {status}\r\n{head}\r\n\r\n{body}".encode(), []) as address:
        service = (await network.examine(f"http://{address}"))[2]
    assert service.status is CheckStatus.BAD
    assert expected in service.message
    assert advice in service.advice[0]


def test_a_small_terminal_is_reported_and_the_clipboard_can_be_tried(bare: dict[str, str]) -> None:
    environ = {**bare, "XDS_BASE_URL": "http://127.0.0.1:9", "TMUX": "1"}
    with Terminal([*COMMAND, "doctor"], environ=environ, columns=70, rows=80) as terminal:
        assert terminal.wait_for_end() == 1
        assert "warn  terminal: xterm-256color, 70x80, 256 colors, tmux" in terminal.text
        assert "set-clipboard on" in terminal.text
        assert b"\x1b" not in terminal.raw
    with Terminal([*COMMAND, "doctor", "--clipboard"], environ=environ) as terminal:
        assert terminal.wait_for_end() == 0
        assert b"\x1b]52;c;eGRzLXR1aSB3YXMgaGVyZQ==\a" in terminal.raw
    assert runner(bare)("doctor", "--clipboard").returncode == 1


def test_a_check_never_shows_a_secret() -> None:
    assert "hush" not in str(Check("keyring", CheckStatus.OK, f"{Secret('hush')}"))


def test_a_nearly_full_disk_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for free, verdict in ((1 << 40, CheckStatus.OK), (50 << 20, CheckStatus.WARN), (0, CheckStatus.BAD)):
        usage = type("Usage", (), {"free": free})
        monkeypatch.setattr(shutil, "disk_usage", lambda _path, usage=usage: usage)
        assert machine._space(tmp_path).status is verdict


def test_the_program_that_provides_the_credentials_is_run(
    run: Run, bare: dict[str, str], environ: dict[str, str]
) -> None:
    folder = Path(bare["HOME"]) / ".config" / "xds-tui"
    folder.mkdir(parents=True)
    words = {"XDS_UUID": "", "XDS_SECRET": ""}
    for script, status, message in (
        ('echo \'{"uuid": "A1", "secret": "s3cret-of-mine"}\'', "ok", "account A1"),
        ("echo s3cret-of-mine; exit 4", "bad", "/bin/sh: 4"),
    ):
        (folder / "config.toml").write_text(f"credential_command = ['/bin/sh', '-c', '''{script}''']\n")
        ended = run("doctor", "--json", **words)
        (check,) = [row for row in json.loads(ended.stdout) if row["check"] == "credentials"]
        assert (check["status"], message in check["message"]) == (status, True)
        assert "s3cret" not in ended.stdout + ended.stderr


def test_a_command_signs_in_with_what_the_program_prints(run: Run, environ: dict[str, str]) -> None:
    folder = Path(environ["HOME"]) / ".config" / "xds-tui"
    folder.mkdir(parents=True)
    output = json.dumps({"uuid": environ["XDS_UUID"], "secret": environ["XDS_SECRET"]})
    (folder / "config.toml").write_text(f"credential_command = ['/bin/echo', '''{output}''']\n")
    rows = json.loads(run("hosts", "--json", XDS_UUID="", XDS_SECRET="").stdout)
    assert len(rows) == 30
    (folder / "config.toml").write_text("credential_command = '/bin/false --now'\n")
    ended = run("hosts", "--json", XDS_UUID="", XDS_SECRET="")
    assert ended.returncode == 1
    assert "/bin/false: 1" in ended.stderr
