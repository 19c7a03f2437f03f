"""The files that start `xds-tui watch` after the sign-in, and the commands that write them."""

from __future__ import annotations

import os
import plistlib
import shutil
import subprocess
from pathlib import Path

import pytest
from support.cli_runner import SECRET, Run

from xds_tui.system.user_service import MARK, UserService, command_of, launch_agent, systemd_unit

HOME = Path("/home/li")
SECRETS = {"XDS_SECRET": "secret-1", "XDS_TOKEN": "secret-2", "XDS_UUID": "u"}
ENVIRON = {**SECRETS, "XDS_CONFIG": "/etc/x y.toml", "TZ": "PRC"}
COMMAND = ("/opt/my tools/100%/xds-tui",)


def unit(profile: str = "work") -> UserService:
    return systemd_unit(COMMAND, profile, ENVIRON, HOME)


def test_a_unit_runs_the_program_of_the_profile_and_has_no_secret() -> None:
    service = unit()
    assert service.path == HOME / ".config/systemd/user/xds-tui-watch-work.service"
    lines = service.text.splitlines()
    assert lines[0] == f"# {MARK}"
    assert 'ExecStart="/opt/my tools/100%%/xds-tui" --profile work watch' in lines
    assert [line for line in lines if line.startswith("Environment")] == [
        'Environment="XDS_CONFIG=/etc/x y.toml"',
        "Environment=TZ=PRC",
    ]
    assert "secret" not in service.text
    assert "systemctl --user enable --now xds-tui-watch-work.service" in service.enable


def test_special_characters_of_a_path_are_escaped() -> None:
    service = systemd_unit(('/a"b\\c$d/xds-tui',), "default", {}, HOME)
    assert r'ExecStart="/a\"b\\c$$d/xds-tui" --profile default watch' in service.text


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed")
    program = tmp_path / "my tools" / "xds-tui"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    service = systemd_unit((str(program),), "work", ENVIRON, tmp_path)
    path = tmp_path / service.path.name
    path.write_text(service.text)
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    command = [analyze, "--user", "verify", str(path)]
    ended = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    complaints = [line for line in ended.stderr.splitlines() if path.name in line]
    assert (ended.returncode, complaints) == (0, []), ended.stderr


def test_an_agent_runs_the_program_of_the_profile_and_has_no_secret() -> None:
    service = launch_agent(COMMAND, "default", ENVIRON, HOME)
    assert service.path == HOME / "Library/LaunchAgents/io.github.xds-tui-watch.plist"
    content = plistlib.loads(service.text.encode())
    assert content["ProgramArguments"] == [*COMMAND, "--profile", "default", "watch"]
    assert content["EnvironmentVariables"] == {"XDS_CONFIG": "/etc/x y.toml", "TZ": "PRC"}
    assert content["KeepAlive"] == {"SuccessfulExit": False}
    assert MARK in service.text
    assert "secret" not in service.text


def test_the_program_is_named_by_its_full_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "xds-tui").touch()
    monkeypatch.chdir(tmp_path)
    assert command_of("./xds-tui", "/usr/bin/python3") == (str(tmp_path / "xds-tui"),)
    assert command_of(str(tmp_path / "__main__.py"), "/usr/bin/python3") == ("/usr/bin/python3", "-m", "xds_tui")
    assert command_of("-c", "/usr/bin/python3") == ("/usr/bin/python3", "-m", "xds_tui")


# The commands


def test_the_service_is_installed_shown_and_removed(run: Run, environ: dict[str, str]) -> None:
    path = Path(environ["HOME"]) / ".config/systemd/user/xds-tui-watch.service"
    assert f"Not installed: {path}" in run("watch", "status").stdout
    installed = run("watch", "install")
    assert installed.returncode == 0
    assert f"Written: {path}" in installed.stdout
    assert "systemctl --user enable --now xds-tui-watch.service" in installed.stdout
    assert "XDS_UUID, XDS_SECRET" in installed.stdout
    text = path.read_text()
    assert SECRET not in text
    assert f"XDS_BASE_URL={environ['XDS_BASE_URL']}" in text
    status = run("watch", "status")
    assert status.stdout.splitlines() == [f"Installed: {path}", "rules: no program carries them out"]
    link = path.parent / "default.target.wants" / path.name
    link.parent.mkdir()
    link.symlink_to(path)
    removed = run("watch", "uninstall")
    assert (removed.returncode, path.exists(), link.is_symlink()) == (0, False, False)
    assert "systemctl --user stop xds-tui-watch.service" in removed.stdout
    assert run("watch", "uninstall").returncode == 0


@pytest.mark.parametrize("action", ["install", "uninstall"])
def test_a_file_of_the_user_is_left_alone(run: Run, environ: dict[str, str], action: str) -> None:
    path = Path(environ["HOME"]) / ".config/systemd/user/xds-tui-watch.service"
    path.parent.mkdir(parents=True)
    path.write_text("[Service]\nExecStart=/bin/true\n")
    ended = run("watch", action)
    assert ended.returncode == 1
    assert str(path) in ended.stderr
    assert path.read_text() == "[Service]\nExecStart=/bin/true\n"
